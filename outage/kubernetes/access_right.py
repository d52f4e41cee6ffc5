"""One thing that an identity may or may not do with objects of a cluster."""

from outage.value import Value


class Right(Value):
    """One thing that an identity must (or should) be allowed to do."""

    identity: str
    """`reader` or `writer`."""
    verb: str
    kind: str
    namespace: str = ""
    """Empty: in all namespaces, or a cluster-wide kind."""
    name: str = ""
    """Empty: every object of the kind."""
    subresource: str = ""
    purpose: str
    """What does not work without it, as half a sentence."""
    needed: bool = True
    """False when the program works without it and says what it cannot see."""

    def __str__(self) -> str:
        """`get Pod/log in shop`, `patch ConfigMap coredns in kube-system`."""
        what = f"{self.kind}/{self.subresource}" if self.subresource else self.kind
        what += f" {self.name}" if self.name else ""
        where = f" in {self.namespace}" if self.namespace else ("" if self.name else " everywhere")
        return f"{self.verb} {what}{where}"


class MissingRight(Value):
    """A right that an identity has not, or of which nobody could tell."""

    right: Right
    unknown: str = ""
    """Why it is not known whether the identity has it; empty when it has it not."""
