"""What the database tells: a lock that others wait for, refused writes, no connections left."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from outage.causes import Cause
from outage.diagnosis.graph import Calls
from outage.diagnosis.moments import changed, earliest
from outage.diagnosis.signs import Signs
from outage.diagnosis.signs.database import database_ref, root_blockers
from outage.diagnosis.signs.users import troubled_lines
from outage.diagnosis.suspect import HINT, PROOF, SIGNATURE, SYMPTOM, Suspect, names
from outage.diagnosis.templates import Troubled
from outage.diagnosis.world import World
from outage.hypothesis import Action, Change, Repair, Risk
from outage.objects import ObjectRef, dig, ref
from outage.snapshot import DatabaseView, Session

READ_ONLY = re.compile(r"read-only transaction|read-only mode|--read-only|READONLY You can't write", re.I)
FULL = re.compile(
    r"too many connections(?! for role \"outage_)|remaining connection slots|too many clients", re.I
)
DISK = re.compile(r"no space left on device|disk full", re.I)
IDLE = ("idle", "idle in transaction", "idle in transaction (aborted)")
LATELY = timedelta(minutes=3)
"""How old a log line may be to speak of the present."""
ROOMY = 0.75
"""Below this share the database itself says that it has connections left, whatever older log lines tell."""
MOST_ENDED = 20
"""Sessions ended by one plan at most: enough to let clients back in, too few for a reconnect storm."""


def suspects(world: World, signs: Signs) -> Iterator[Suspect]:
    """Suspects from the database's own views, or from what its clients log."""
    view = world.snapshot.database
    if view is not None:
        yield from _blocked(world, signs, view)
    yield from _read_only(world, signs, view)
    yield from _full(world, signs, view)


def _clients(world: World) -> set[str]:
    """The database's workload, its Services and everything that calls them."""
    about = database_ref(world)
    return Calls.of(world).dependents(names(about))


def _blocked(world: World, signs: Signs, view: DatabaseView) -> Iterator[Suspect]:
    for root, waiting in root_blockers(view):
        about = ObjectRef(kind="Session", name=str(root.pid))
        who = root.application or root.user
        says = f"Session {root.pid} of {who} holds a lock; {waiting} sessions wait for it"
        found = Suspect(cause=Cause.BLOCKING_SESSION, about=about, says=says, explains=_clients(world))
        found.explains |= names(about)
        found.field, found.live = "state", root.state
        found.add(PROOF, "the database names it as the root of the waits")
        found.add(SYMPTOM, f"{waiting} sessions wait for a lock")
        if root.state.startswith("idle in transaction"):
            found.add(SYMPTOM, "it holds its transaction open and does nothing")
        found.evidence_for = [one.says for one in signs.of("database-blocked")]
        found.onset = earliest(one.since for one in signs.failing)
        found.settle = "Whether what it does may be interrupted; the job that opened it."
        if not root.superuser and not root.replication and root.backend == "client backend":
            found.repair = _cancel(world, root, waiting)
        yield found


def _cancel(world: World, root: Session, waiting: int) -> Repair:
    job = _job_behind(world, root)
    change = Change(
        action=Action.CANCEL,
        target=ObjectRef(kind="Session", name=str(root.pid)),
        session=root.pid,
        why=f"it is the root of {waiting} waits",
        expected="The waiting sessions go on.",
        risk=Risk.HIGH,
    )
    changes: tuple[Change, ...] = (change,)
    if job is not None:
        patch = ({"op": "add", "path": "/spec/suspend", "value": True},)
        stop = Change(
            action=Action.PATCH,
            target=job,
            patch=patch,
            why="it opens the session",
            expected="No new session of its.",
        )
        changes = (stop, change)
    return Repair(summary=f"Cancel session {root.pid}, the root of the waits", changes=changes)


def _job_behind(world: World, root: Session) -> ObjectRef | None:
    """The Job whose pod has the session's address or whose name is the session's application."""
    for pod in world.pods:
        owner = world.workload_of(pod)
        if owner.kind not in ("Job", "CronJob"):
            continue
        if root.client and dig(pod, "status.podIP") == root.client.split("/")[0].split(":")[0]:
            return owner
    for kind in ("CronJob", "Job"):
        for one in world.all(kind):
            if root.application and root.application == one["metadata"]["name"]:
                return ref(one, kind)
    return None


def _logged(world: World, pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{tail.pod}: {line[:160]}"
        for tail in world.snapshot.logs
        if tail.namespace in world.home and not tail.previous
        for line in troubled_lines(world, tail, LATELY)[-40:]
        if pattern.search(line)
    ]


def _read_only(world: World, signs: Signs, view: DatabaseView | None) -> Iterator[Suspect]:
    said = _logged(world, READ_ONLY)
    told = view is not None and (view.read_only or view.in_recovery)
    if not told and not (said and signs.failing):
        return
    about = database_ref(world)
    found = Suspect(
        cause=Cause.DATABASE_READ_ONLY, about=about, says=f"{about} refuses writes", explains=_clients(world)
    )
    found.evidence_for = [one.says for one in signs.of("database-read-only")] + said[:4]
    found.add(PROOF if told else SIGNATURE, "the database says so" if told else "its clients are told so")
    found.add(SYMPTOM if said else 0, f"{len(said)} log lines speak of it")
    workload = world.get(about)
    found.onset = earliest(one.since for one in signs.failing)
    if view is not None and view.in_recovery:
        found.says = f"{about} is in recovery: it is a replica, or it was restored"
        found.settle = "Which server is the primary now. Writing to both would lose data: a person decides."
    else:
        found.field, found.live, found.wanted = "default_transaction_read_only", "on", "off"
        found.settle = (
            "Who set default_transaction_read_only (ALTER SYSTEM, DATABASE or ROLE), and whether the disk "
        )
        found.settle += "is full; put the setting back with ALTER … RESET and reload."
    if workload is not None:
        _as_configured(world, found, about)
    yield found


def _as_configured(world: World, found: Suspect, about: ObjectRef) -> None:
    """When the setting came with the template, the template is put back."""
    workload = next((one for one in world.workloads if ref(one) == about), None)
    if workload is None:
        return
    one = Troubled(world, Signs(world, ()), workload)
    fix = one.fix(r"/(?:args|command|env)(?:/|$)")
    if fix is not None and any(re.search(r"read.?only", str(d.live)) for d in fix.chosen):
        found.field = fix.chosen[0].field
        found.repair = one.repair(fix, "The database takes writes again.")
        found.time(changed(workload), found.onset)
        found.add(fix.known.points, f"{fix.known.source} does not ask for it")


def _full(world: World, signs: Signs, view: DatabaseView | None) -> Iterator[Suspect]:
    said, told = _logged(world, FULL), bool(signs.of("database-connections"))
    roomy = view is not None and view.connections < ROOMY * view.max_connections
    if not told and (roomy or not (said and signs.failing)):
        return
    about = database_ref(world)
    says = f"{about} has no connections left"
    found = Suspect(cause=Cause.CONNECTIONS_EXHAUSTED, about=about, says=says, explains=_clients(world))
    found.evidence_for = [one.says for one in signs.of("database-connections")] + said[:4]
    found.add(PROOF if told else SIGNATURE, "the database counts them" if told else "its clients are told so")
    found.add(SYMPTOM if said else 0, f"{len(said)} log lines speak of it")
    found.onset = earliest(one.since for one in signs.failing)
    found.settle = "Which client does not give its connections back."
    if view is not None:
        found.field, found.live = "max_connections", f"{view.connections} of {view.max_connections}"
        _end_idle(found, view)
    yield found


def _end_idle(found: Suspect, view: DatabaseView) -> None:
    """End idle sessions of the one application that holds most of them, never a pooler's, never all at once."""
    idle = [s for s in view.sessions if s.state in IDLE and _may_be_ended(s)]
    if not idle:
        return
    owner, number = Counter(s.application or s.user for s in idle).most_common(1)[0]
    if number < 3 or number * 2 < len(idle):
        return
    found.says += f"; {owner} holds {number} idle ones"
    found.add(HINT / 2, f"{number} idle sessions belong to {owner}")
    oldest = sorted((s for s in idle if (s.application or s.user) == owner), key=_idleness, reverse=True)[
        :MOST_ENDED
    ]
    changes = tuple(
        Change(
            action=Action.CANCEL,
            target=ObjectRef(kind="Session", name=str(session.pid)),
            session=session.pid,
            why=f"idle session of {owner}",
            expected="Its connection is free for others.",
            risk=Risk.HIGH,
        )
        for session in oldest
    )
    found.repair = Repair(summary=f"End {len(changes)} idle sessions of {owner}", changes=changes)


def _idleness(session: Session) -> float:
    return max(session.query_seconds or 0, session.transaction_seconds or 0)


def _may_be_ended(session: Session) -> bool:
    pooler = "bouncer" in session.application.lower() or "pool" in session.application.lower()
    return not (session.superuser or session.replication or pooler) and session.backend == "client backend"
