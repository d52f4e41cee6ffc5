"""Rights that were taken away: roles and bindings that hold less than they did."""

from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.known_objects import known_objects
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.finished_repairs import put_fields_back
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.admission.forbidden_accounts import FORBIDDEN, forbidden_accounts, forbidden_since
from outage.diagnosis.rules.changes.gone_objects import Gone, Loss
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import BEING_MADE, RECENT_CHANGE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.field_differences import field_differences, shown_value
from outage.kubernetes.object_times import changed_at, earliest_of, edited_at
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

LAST = 5
"""Lines at the end of a log in which a container says why it fails."""
RIGHTS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
SETTLE_RIGHTS = "kubectl auth can-i, as that account."
EXPECTED = "The account may do its work again."


def suspect_lost_rights(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Roles and bindings that differ from the known good ones, and what logs say is forbidden."""
    said = forbidden_accounts(index)
    yield from _too_narrow(index, said)
    yield from _refused_accounts(index, signs)
    for kind in RIGHTS:
        for one in index.all(kind):
            yield from _narrowed(index, signs, {"kind": kind, **one}, said)


def _users(said: list[str]) -> set[str]:
    return {f"{found.group(1)}/{found.group(2)}" for line in said if (found := FORBIDDEN.search(line))}


def _explains(index: CaseIndex, said: list[str]) -> set[str]:
    """The workloads that run as the accounts whose work is forbidden."""
    users = _users(said)
    return {
        str(object_ref(one))
        for one in index.workloads
        if f"{object_ref(one).namespace}/{dig(one, 'spec.template.spec.serviceAccountName', 'default')}"
        in users
    }


def _onset(signs: Signs) -> datetime | None:
    return earliest_of(one.since for one in signs.failing)


def _narrowed(index: CaseIndex, signs: Signs, role: Manifest, said: list[str]) -> Iterator[SuspectDraft]:
    about = object_ref(role)
    if about.namespace not in index.home and about.namespace:
        return
    said = forbidden_since(said, changed_at(role))
    for known in known_objects(index, about, _onset(signs)):
        fields = [
            d
            for section in ("rules", "subjects", "roleRef")
            for d in field_differences(role.get(section), known.manifest.get(section), f"/{section}")
        ]
        if fields and (said or signs.failing):
            found = _suspect(index, about, f"{about} no longer holds what {known.source} has", said)
            because = f"{known.source} has other rules"
            put_fields_back(found, known, fields, EXPECTED, because=because, risk=Risk.HIGH)
            yield found.time(changed_at(role), _onset(signs), certain=True)
            return


def _too_narrow(index: CaseIndex, said: list[str]) -> Iterator[SuspectDraft]:
    """Without a known good form: a role of the refused account that was edited lately and does not hold the verb."""
    for line in said[:20]:
        refused = FORBIDDEN.search(line)
        if refused is None:
            continue
        home, account, verb, resource = refused.groups()
        for role in _roles_of(index, home, account):
            about, at = object_ref(role), edited_at(role, BEING_MADE)
            if at is None or index.now - at >= RECENT_CHANGE or line not in forbidden_since(said, at):
                continue
            if _known(index, role) or _holds(role, verb, resource):
                continue
            found = _suspect(
                index, about, f"{about} was edited and does not let {account} {verb} {resource}", said
            )
            found.field, found.live = "rules", shown_value(role.get("rules"))
            found.wanted = f"{verb} on {resource} too"
            found.settle = "Which rules it had: nothing recorded tells, and rights are not guessed."
            yield found.time(at, None)


def _refused_accounts(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Failing workloads whose last words are that their account may not: no role that was seen says otherwise."""
    for one in troubled_workloads(index, signs):
        account = dig(one.workload, "spec.template.spec.serviceAccountName", "default")
        for line in _last_words(one):
            refused = FORBIDDEN.search(line)
            if refused is None or refused.groups()[:2] != (one.about.namespace, account):
                continue
            home, _, verb, resource = refused.groups()
            if any(_holds(role, verb, resource) for role in _roles_of(index, home, account)):
                continue
            about = ObjectRef(kind="ServiceAccount", name=account, namespace=home)
            says = f"{about} may not {verb} {resource}, and {one.about} fails with that"
            found = SuspectDraft(Cause.RBAC_NARROWED, about, says, names_of(about, one.about))
            found.evidence_for = [line[:300]]
            found.onset = one.onset
            found.settle = "Which role the account had: whether its binding is gone. Rights are not guessed."
            yield found.add(Strength.CONTRADICTED, "it is the last that the failing workload says")
            break


def _last_words(one: Troubled) -> list[str]:
    pods = {(one.about.namespace, pod["metadata"]["name"]) for pod in one.pods}
    tails = [tail for tail in one.index.snapshot.logs if (tail.namespace, tail.pod) in pods]
    return [line for tail in tails for line in tail.text.strip().splitlines()[-LAST:]]


def _known(index: CaseIndex, role: Manifest) -> bool:
    """Whether a known good form says otherwise; then that one is put back."""
    forms = known_objects(index, object_ref(role), None)
    return any(field_differences(role.get("rules"), known.manifest.get("rules")) for known in forms)


def _roles_of(index: CaseIndex, home: str, account: str) -> Iterator[Manifest]:
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in index.all(kind):
            subjects = [(s.get("kind"), s.get("name")) for s in binding.get("subjects") or []]
            to = binding.get("roleRef") or {}
            where = object_ref(binding).namespace if to.get("kind") == "Role" else ""
            role = index.get(ObjectRef(kind=to.get("kind", "?"), name=to.get("name", "?"), namespace=where))
            if ("ServiceAccount", account) in subjects and role and where in ("", home):
                yield {"kind": to.get("kind"), **role}


def _holds(role: Manifest, verb: str, resource: str) -> bool:
    return any(
        {verb, "*"} & set(rule.get("verbs") or []) and {resource, "*"} & set(rule.get("resources") or [])
        for rule in role.get("rules") or []
    )


def _suspect(index: CaseIndex, about: ObjectRef, says: str, said: list[str]) -> SuspectDraft:
    found = SuspectDraft(
        cause=Cause.RBAC_NARROWED, about=about, says=says, explains=names_of(about) | _explains(index, said)
    )
    found.evidence_for = said[:4]
    found.alone = bool(said)
    found.settle = SETTLE_RIGHTS
    return found.add(
        Strength.CONTRADICTED if said else Strength.LAST_RESORT, said[0] if said else "its rules differ"
    )


def rights_missed(index: CaseIndex, signs: Signs, about: ObjectRef, _: Manifest) -> Loss | None:
    """Whose work a role or binding that is gone forbids; nobody's, while nothing fails and nobody complains."""
    said = forbidden_accounts(index)
    if not (said or signs.failing):
        return None
    return Loss(
        says=f"{about} was there when all was well and is gone",
        strength=Strength.STATED if said else Strength.FITS,
        shown_by="it is not there",
        explains=frozenset(names_of(about) | _explains(index, said)),
        evidence=tuple(said[:4]),
        alone=bool(said),
        settle=SETTLE_RIGHTS,
    )


RULES = (
    CauseRule(
        Gone(RIGHTS, Cause.RBAC_NARROWED, missed_by=rights_missed, expected=EXPECTED, risk=Risk.HIGH).find
    ),
    CauseRule(
        suspect_lost_rights,
        entries=(
            CauseEntry(
                Cause.RBAC_NARROWED,
                says="A role lost rules that its users need.",
                shows="logs say that an account is forbidden what it could do, or a role holds less than it did",
                evidence="logs (is forbidden: User); roles and bindings against the baseline",
                remedies=(Remedy.PUT_BACK, Remedy.CREATE_AGAIN, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
