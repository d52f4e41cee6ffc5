"""What is broken in a drill, how it is mended, and what the response should make of it."""

from typing import Any, Literal

from pydantic import Field

from outage.incidents.incident import Phase
from outage.incidents.severity import Severity
from outage.kubernetes.objects import ObjectRef
from outage.value import Manifest, Value

Power = Literal["stop-node", "start-node", "stop-part", "start-part"]
"""What no object of the API does, and only the ground has a hand for: a node's kubelet, as `Node/node-2`, or a process
of the control plane, as `Component/kube-scheduler`."""


class Injection(Value):
    """One mutation that breaks (or mends) something on the practice ground."""

    do: Literal["patch", "restart", "create", "delete", "replace", "sql", "run"] | Power
    """`restart` is a patch that differs each time: a mark that an earlier drill left would start nothing anew."""
    target: ObjectRef
    patch: list[dict[str, Any]] = []
    """RFC 6902 operations."""
    merge: dict[str, Any] = {}
    """A merge patch; strategic where the kind knows it."""
    manifest: Manifest | None = None
    sql: str = ""
    command: tuple[str, ...] = ()
    """`run`: what is carried out in every pod of the target, as its own user."""
    once_in: Phase | None = None
    """The phase that the first incident must have come to before this strikes; None: it strikes at once."""


class Expected(Value):
    """What a right answer looks like."""

    causes: tuple[str, ...]
    """Cause names that may stand first; the first is the best one. Empty: no hypothesis may stand."""
    about: ObjectRef | None = None
    signs: tuple[str, ...] = ()
    """Signs that findings must hold."""
    ending: str = "Recovered"
    alert: str | None = None
    """The alert that covers it; None when none is known to: the watch must see it, unless an alert was faster."""
    severity: tuple[Severity, ...] = ()
    """How bad the response may find it; empty: the fault does not say."""


class Fault(Value):
    """One entry of the catalogue."""

    name: str
    title: str
    classes: tuple[int, ...]
    """Rows of the fault-class table that it stands for."""
    blows: tuple[Injection, ...]
    mends: tuple[Injection, ...] = ()
    """Empty: put back every object the blows touched, from the pictures taken before."""
    destroys_history: bool = False
    """Delete and re-apply instead of a patch, so that no revision and no last-applied is left to return to."""
    expected: Expected
    settle_seconds: float = Field(20, ge=0)
    """Time for the fault to show, from the last blow."""

    @property
    def first_blows(self) -> tuple[Injection, ...]:
        """What breaks before anybody looks."""
        return tuple(one for one in self.blows if one.once_in is None)

    @property
    def later_blows(self) -> tuple[Injection, ...]:
        """What breaks under the hands of the response."""
        return tuple(one for one in self.blows if one.once_in is not None)
