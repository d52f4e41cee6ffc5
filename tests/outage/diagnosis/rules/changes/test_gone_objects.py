"""Objects that the baseline has and the picture lacks: missed, or not."""

import pytest

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.hypothesis import Action, Risk
from outage.diagnosis.rules.changes.gone_objects import Gone, Loss
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.objects import ObjectRef
from outage.snapshots.baseline import Baseline
from outage.snapshots.case import Case
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest
from tests.outage.diagnosis.worlds.shop_snapshot import SHOP, Ground, platform

FLAGS = ObjectRef(kind="ConfigMap", name="flags", namespace=SHOP)


def missed_by_all(_: CaseIndex, __: Signs, about: ObjectRef, ___: Manifest) -> Loss:
    """Everybody misses everything."""
    return Loss(f"{about} is gone", Strength.STATED, "it is not there", frozenset({str(about)}))


def missed_by_none(*_: object) -> None:
    """Nobody misses anything."""


def flags(ground: Ground) -> None:
    """A ConfigMap that the baseline knows."""
    meta = {"name": FLAGS.name, "namespace": FLAGS.namespace}
    ground.put("ConfigMap", {"metadata": meta, "data": {"beta": "on"}})


def looked(ground: Ground, baseline: Baseline | None, rule: Gone) -> list[SuspectDraft]:
    """What the rule suspects in a picture."""
    index = Case(snapshot=ground.snapshot(), platform=platform(), baseline=baseline).index
    return list(rule.find(index, Signs(index, ())))


@pytest.fixture
def known() -> Baseline:
    """A baseline with the ConfigMap."""
    ground = Ground()
    flags(ground)
    return ground.baseline()


RULE = Gone(("ConfigMap",), Cause.CONFIG_MISSING, missed_by_all, expected="It is read.", risk=Risk.MEDIUM)


def test_what_is_still_there_is_not_gone(known: Baseline) -> None:
    """The healthy case."""
    ground = Ground()
    flags(ground)

    assert looked(ground, known, RULE) == []


def test_without_a_baseline_nothing_is_gone() -> None:
    """Nobody knows what there was."""
    assert looked(Ground(), None, RULE) == []


def test_what_nobody_misses_stays_gone(known: Baseline) -> None:
    """Somebody may have tidied up."""
    assert looked(Ground(), known, Gone(("ConfigMap",), Cause.CONFIG_MISSING, missed_by_none, "")) == []


def test_what_could_not_be_listed_is_not_called_gone(known: Baseline) -> None:
    """Not seen is not the same as not there."""
    ground = Ground()
    del ground.objects["ConfigMap"]

    assert looked(ground, known, RULE) == []


def test_what_is_missed_is_created_as_the_baseline_has_it(known: Baseline) -> None:
    """With the risk and the words of its family."""
    (found,) = looked(Ground(), known, RULE)

    assert (found.cause, found.about, found.wanted) == (Cause.CONFIG_MISSING, FLAGS, "as in the baseline")
    assert found.repair is not None
    (change,) = found.repair.changes
    assert (change.action, change.risk, change.expected) == (Action.CREATE, Risk.MEDIUM, "It is read.")
    assert change.manifest is not None
    assert change.manifest["data"] == {"beta": "on"}
