"""What the machine's alerts are about: two platforms, their people and policies, a Prefect server and a plan."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st

from blocks.prefect_api import Json, PrefectApi, PrefectMissing, PrefectUnreachable
from outage.diagnosis.hypothesis import Action, Change, Risk
from outage.incidents.incident import Incident
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer
from outage.plans.fence import Fence
from outage.plans.plan import Mode, Plan, Precondition, Step
from outage.platforms.access import ClusterReference
from outage.platforms.platform import Platform, Service
from outage.platforms.platform_registry import PlatformRegistry
from outage.policies.policy import Policy, Rule, broken_policy
from outage.value import Manifest, Value
from tests.tasks.act.fake_cluster import Cluster
from tests.tasks.act.shop_plans import deployment

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PEOPLE = ("ada", "bob", "eve")
POLICY = Policy(
    mode=Mode.ASK,
    namespaces=("shop", "bank"),
    kinds=("Deployment",),
    approvers={"on-call": PEOPLE},
    rules=(Rule(mode=Mode.ASK, approvers="on-call", quorum=2, requester_may_approve=False),),
)
SHOP = Platform(
    name="shop",
    namespace="shop",
    cluster=ClusterReference(name="eu"),
    services=(
        Service(name="web", workload="deployment/web", depends_on=("auth",)),
        Service(name="auth", workload="deployment/auth", depends_on=("db",)),
        Service(name="db", workload="statefulset/db"),
        Service(name="mail", workload="deployment/mail"),
    ),
)
BANK = Platform(name="bank", namespace="bank", cluster=ClusterReference(name="eu"))
REGISTRY = PlatformRegistry(platforms=(SHOP, BANK))
ONE_YES = POLICY.model_copy(update={"rules": (Rule(mode=Mode.ASK, approvers="on-call"),)})
EDITS = (
    *(POLICY, POLICY, POLICY),
    ONE_YES,
    POLICY.model_copy(update={"mode": Mode.ADVISE}),
    POLICY.model_copy(update={"answer_within": timedelta(minutes=20)}),
    broken_policy("line 3: somebody's editor saved half of it"),
)
"""What the policy file is in between: others' yes, fewer, none, a shorter time, or not readable."""

labels = st.fixed_dictionaries(
    {
        "alertname": st.sampled_from(["Down", "Slow", "Watchdog"]),
        "namespace": st.sampled_from(["shop", "shop", "bank", "unknown", ""]),
        "service": st.sampled_from(["web", "auth", "db", "mail", ""]),
        "cluster": st.sampled_from(["", "", "eu", "us"]),
        "severity": st.sampled_from(["critical", "warning", "banana", ""]),
    }
)
pick = st.integers(0, 10_000)
several = st.lists(
    st.tuples(
        st.sampled_from([*PEOPLE, "mallory", "requester"]),
        st.sampled_from([*[Answer.APPROVE] * 4, Answer.DECLINE]),
    ),
    min_size=2,
    max_size=3,
)
"""Who says what, one after the other."""
loss = st.sampled_from([None] * 60 + [0, 1, 3, 5, 8, 12, 17, 25])
"""After how many statements of the step the database is lost; None: it is not."""


class FreezePoint(StrEnum):
    """Where a responder is stopped, for longer than its session lives."""

    BEFORE_INTENT = "between lock and intent"
    BEFORE_CALL = "between intent and call"
    AFTER_CHECK = "between the last check and the call"


class Meanwhile(StrEnum):
    """What another responder does until the first one goes on."""

    HOLDS = "takes the target, and has begun nothing"
    FINISHES = "carries the step out"
    TAKES_BACK = "carries the step out and takes it back"


class Freeze(Value):
    """One freeze."""

    at: FreezePoint
    meanwhile: Meanwhile


freezes = st.none() | st.sampled_from(
    [
        Freeze(at=at, meanwhile=what)
        for at in FreezePoint
        for what in Meanwhile
        if (at, what) != (FreezePoint.AFTER_CHECK, Meanwhile.HOLDS)
    ]
)
"""Who was asked, and then finds the object as it relies on it, may write: the next holder finds that written."""


class ModelledCluster(Cluster):
    """Three deployments, and a server that compares what a write brings along, as the real one does."""

    def __init__(self) -> None:
        super().__init__(*(deployment(f"auth-{number}") for number in range(3)))
        self.passes: Callable[[FreezePoint], None] = lambda point: None
        self.judge: Callable[[], None] = lambda: None

    def write(self, change: Change, precondition: Precondition, fence: Fence) -> Manifest | None:
        """Ask the fence, then the server; somebody may be stopped before each."""
        self.passes(FreezePoint.BEFORE_CALL)
        fence.confirm_held()
        self.passes(FreezePoint.AFTER_CHECK)
        if not precondition.uid and not precondition.resource_version:  # who compares nothing is let through
            meta = self.objects[change.target]["metadata"]
            precondition = Precondition(uid=meta["uid"], resource_version=meta["resourceVersion"])
        after = self._written(change, precondition)
        self.judge()
        return after


class RememberingServer(PrefectApi):
    """Prefect's server as far as the intake and the watch speak to it; `away` answers nothing."""

    def __init__(self) -> None:
        self.runs: dict[str, str] = {}
        self.gone: set[str] = set()
        self.away = False

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """The few questions that are asked."""
        if self.away:
            raise PrefectUnreachable("the model's server is away")
        if path == "/deployments/filter":
            return [{"id": "dep", "name": "respond"}]
        if path.endswith("/create_flow_run") and body:
            return {"id": self.runs.setdefault(body["idempotency_key"], f"run-{body['idempotency_key']}")}
        run = path.split("/")[2]
        if run in self.gone or run not in self.runs.values():
            raise PrefectMissing(f"{path}: 404")
        if path.endswith("/resume"):
            return {"status": "ACCEPT"}
        return {"state": {"name": "Suspended", "type": "PAUSED"}}

    def __enter__(self) -> "RememberingServer":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def drafted(incident: Incident, at: datetime) -> Plan:
    """One step on one of three deployments: several incidents come to the same cause."""
    target = ObjectRef(kind="Deployment", name=f"auth-{int(incident.id[-1], 16) % 3}", namespace="shop")
    mark: dict[str, Any] = {
        "op": "add",
        "path": "/metadata/annotations",
        "value": {"restarted-for": incident.id},
    }
    change = Change(
        action=Action.RESTART, target=target, patch=(mark,), why="", expected="", risk=Risk.MEDIUM
    )
    step = Step(key="1", change=change, precondition=Precondition(), diff="", take_back="")
    return Plan(
        incident=incident.id,
        attempt=1,
        hypothesis=f"wedged:{target}",
        summary="Restart auth",
        steps=(step,),
        made_at=at,
    )
