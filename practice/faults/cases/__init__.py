"""The cases: small applications with one fault each, after what people told of in public.

A folder holds `before.yaml` (healthy), `break.sh` (the fault) and `truth.yaml` (what is right to say, and what is not).
"""

from pathlib import Path

import yaml
from pydantic import Field

from outage.value import Value

CASES = Path(__file__).parent


class CaseTruth(Value):
    """What is right to say about a case. Patterns are regular expressions."""

    title: str
    settle_seconds: float
    cleanup: str
    """Words for a shell that remove everything of the case."""
    repair_by: str
    """`healer` alone, after `approval`, a `person`, or `nobody` where nothing is wrong."""
    baseline: bool = True
    """Whether a baseline may be recorded before it is broken."""
    causes: tuple[str, ...] = ()
    """Names of causes that are right to stand first; none where nothing is wrong."""
    about: tuple[str, ...] = ()
    """Patterns for `KIND/NAME` of what is at fault."""
    field: str = ""
    """What the field, its values or the repair must name."""
    repair: tuple[str, ...] = ()
    """Patterns for the changes that heal, each as `ACTION KIND/NAME PATCH`; each must be found."""
    some: bool = False
    """Whether one of the repair's patterns is enough."""
    wrong: tuple[str, ...] = Field(default=())
    """Patterns for changes that would do harm."""


class PracticeCase(Value):
    """One case with its files as they are written."""

    name: str
    before: str
    script: str
    truth: CaseTruth

    @property
    def namespace(self) -> str:
        """Where its application lives."""
        objects = [one for one in yaml.safe_load_all(self.before) if one]
        return str(next(one["metadata"]["name"] for one in objects if one["kind"] == "Namespace"))


def read_cases(folder: Path = CASES) -> tuple[PracticeCase, ...]:
    """Read every case, in the order of their names."""
    return tuple(read_case(path) for path in sorted(folder.iterdir()) if (path / "truth.yaml").exists())


def read_case(folder: Path) -> PracticeCase:
    """Read one case from its folder."""
    truth = yaml.safe_load((folder / "truth.yaml").read_text(encoding="utf-8"))
    return PracticeCase(
        name=folder.name,
        before=(folder / "before.yaml").read_text(encoding="utf-8"),
        script=(folder / "break.sh").read_text(encoding="utf-8"),
        truth=CaseTruth.model_validate(truth),
    )
