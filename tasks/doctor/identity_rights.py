"""Whether the two identities may do what a response needs, and nothing they must not: by the server's own word."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from blocks.kubernetes import Cluster
from blocks.kubernetes.api_kinds import KINDS
from outage.errors import OutageError
from outage.kubernetes.access_right import Right
from outage.platforms.cluster_rights import NEVER
from tasks.doctor.check_result import CheckResult

AT_ONCE = 8


def examine_rights(
    identities: Mapping[str, Cluster], rights: Iterable[Right], namespace: str
) -> tuple[CheckResult, ...]:
    """One SelfSubjectAccessReview per right; what is missing is one sentence each, what is there one for all.

    Args:
        identities: `reader` and `writer`.
        rights: What they need.
        namespace: The platform's own: there the rights that they must not have are asked for, too.
    """
    wanted = [one for one in rights if one.identity in identities]
    never = [one.model_copy(update={"namespace": namespace}) for one in NEVER if one.identity in identities]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda one: _may(identities[one.identity], one), [*wanted, *never]))
    missing = [
        CheckResult(about=one.identity, ok=False, needed=one.needed, says=_missing(one, may, namespace))
        for one, may in zip(wanted, answers, strict=False)
        if may is not True
    ]
    excess = [
        CheckResult(
            about=one.identity, ok=False, needed=False, says=f"{one.identity} may {one}, but {one.purpose}"
        )
        for one, may in zip(never, answers[len(wanted) :], strict=True)
        if may is True
    ]
    return (*missing, *excess, *_summed(wanted, answers))


def _may(cluster: Cluster, right: Right) -> bool | str:
    if right.kind not in KINDS:
        return f"{right.kind} is no kind that this program knows"
    try:
        return cluster.has_right(right)
    except OutageError as error:
        return str(error)


def _missing(right: Right, may: bool | str, namespace: str) -> str:
    if isinstance(may, str):
        return f"whether {right.identity} may {right} is not known: {may}"
    beyond = right.identity == "writer" and right.namespace != namespace
    file = "writer-cluster" if beyond else right.identity
    return f"{right.identity} may not {right}: {right.purpose}; apply deploy/rbac/{file}.yaml"


def _summed(wanted: list[Right], answers: list[bool | str]) -> tuple[CheckResult, ...]:
    found = []
    for identity in dict.fromkeys(one.identity for one in wanted):
        mine = [may is True for one, may in zip(wanted, answers, strict=False) if one.identity == identity]
        if all(mine):
            found.append(
                CheckResult(about=identity, ok=True, says=f"{identity} has all {len(mine)} rights it needs")
            )
    return tuple(found)
