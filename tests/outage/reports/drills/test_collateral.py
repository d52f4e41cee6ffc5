"""What a drill changed beside its fault and its repair is named; what is explained is not."""

from outage.kubernetes.objects import ObjectRef
from outage.reports.drills.collateral import collateral_of
from outage.snapshots.baseline import Drift, FieldDifference

AUTH, WEB = (ObjectRef(kind="Deployment", namespace="shop", name=one) for one in ("auth", "web"))
SCALER = {
    "metadata": {"namespace": "shop"},
    "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}},
}


def differs(about: ObjectRef, field: str) -> Drift:
    """An object of which one field is another."""
    return Drift(
        about=about, fields=(FieldDifference(pointer=f"/{field.replace('.', '/')}", live=2, wanted=1),)
    )


def test_nothing_is_named_when_nothing_differs() -> None:
    """The healthy case."""
    assert collateral_of([], [AUTH]) == ()


def test_what_the_fault_touched_is_judged_elsewhere() -> None:
    """Its own way back is compared with its pictures."""
    assert collateral_of([differs(AUTH, "spec.x")], [AUTH]) == ()


def test_another_object_is_collateral() -> None:
    """By the name that kubectl's users know."""
    assert collateral_of([differs(WEB, "spec.x"), Drift(about=AUTH, missing=True)], []) == (
        str(AUTH),
        str(WEB),
    )


def test_an_autoscaler_moves_replicas_and_nothing_else() -> None:
    """Without one a changed count is somebody's doing."""
    scaled = differs(WEB, "spec.replicas")

    assert collateral_of([scaled], [], [SCALER]) == ()
    assert collateral_of([scaled], []) == (str(WEB),)
    assert collateral_of([differs(WEB, "spec.x")], [], [SCALER]) == (str(WEB),)


def test_another_teams_namespace_comes_and_goes() -> None:
    """One of the platform's own does not."""
    theirs, ours = (
        Drift(about=ObjectRef(kind="Namespace", name=one), missing=True) for one in ("blog", "shop")
    )

    assert collateral_of([theirs, ours], [], homes=["shop"]) == (str(ours.about),)
