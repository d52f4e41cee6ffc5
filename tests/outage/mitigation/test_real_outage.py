"""What eases an outage of the practice cluster whose cause has no repair."""

from bench.specimen_files import read_specimen
from outage.diagnosis.hypothesis import Action
from outage.mitigation import mitigations
from outage.snapshots.case import Case
from tests.outage.diagnosis.test_bundles import BUNDLES, platform
from tests.outage.diagnosis.worlds.diagnosed import diagnose


def test_processes_that_went_wrong_by_themselves_lose_their_users_to_the_other_slot() -> None:
    """Nothing around them changed: the only way offered is the runbook's switch, and no cause is invented."""
    seen = read_specimen(BUNDLES / "wedged-process.json.gz")
    said = diagnose(seen, platform())

    (way,) = mitigations(said, Case(snapshot=seen, platform=platform()))

    assert [one.repair for one in said.hypotheses] == [None]
    assert way.repair is not None
    (change,) = way.repair.changes
    assert (change.action, change.target.name) == (Action.PATCH, "auth-service-active")
    assert change.patch == ({"op": "replace", "path": "/spec/selector/deployment-slot", "value": "green"},)
