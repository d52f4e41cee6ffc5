import pytest

from outage.text.listing import listed_words
from outage.value import Manifest


def of(kind: str, **more: object) -> Manifest:
    """An object of a kind."""
    return {"kind": kind, "metadata": {"name": "x"}, **more}


@pytest.mark.parametrize(
    ("one", "line"),
    [
        pytest.param(
            of(
                "HorizontalPodAutoscaler",
                spec={
                    "scaleTargetRef": {"kind": "Deployment", "name": "web"},
                    "minReplicas": 2,
                    "maxReplicas": 9,
                },
                status={
                    "currentReplicas": 2,
                    "desiredReplicas": 4,
                    "conditions": [
                        {"type": "AbleToScale", "status": "True"},
                        {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric"},
                        {"type": "ScalingLimited", "status": "False"},
                    ],
                },
            ),
            "x  of deployment/web  2 now, 4 wanted, 2 to 9  ScalingActive=False (FailedGetResourceMetric)",
            id="a scaler that is blind",
        ),
        pytest.param(
            of(
                "PersistentVolumeClaim",
                spec={"storageClassName": "fast", "resources": {"requests": {"storage": "1Gi"}}},
                status={"phase": "Pending"},
            ),
            "x  Pending  1Gi  class fast  volume none",
            id="a claim without a volume",
        ),
        pytest.param(
            of(
                "LimitRange",
                spec={"limits": [{"type": "Container", "default": {"cpu": "1"}, "max": {"cpu": "2"}}]},
            ),
            "x  Container: default cpu=1; max cpu=2",
            id="limits",
        ),
        pytest.param(
            of("PriorityClass", value=1000, globalDefault=True, preemptionPolicy="Never"),
            "x  1000  global default  never preempts",
            id="a priority for everybody",
        ),
        pytest.param(
            of("CronJob", spec={"schedule": "0 3 * * *", "suspend": True}, status={"active": [{}]}),
            "x  0 3 * * *  suspended  1 running  last never",
            id="a schedule",
        ),
        pytest.param(
            of("Job", status={"active": 1, "failed": 3}),
            "x  0 of 1 succeeded, 1 running, 3 failed",
            id="a job",
        ),
        pytest.param(
            of(
                "PodDisruptionBudget",
                spec={"minAvailable": 1},
                status={"disruptionsAllowed": 0, "currentHealthy": 1, "expectedPods": 1},
            ),
            "x  at least 1 available  0 disruptions allowed (1 of 1 healthy)",
            id="a budget of disruptions",
        ),
        pytest.param(
            of("ConfigMap", data={"Corefile": ".:53 {\n  forward . 1.2.3.4\n}"}),
            "x  keys Corefile  changed \n.:53 {\n  forward . 1.2.3.4\n}",
            id="the Corefile is no secret and explains every name that does not resolve",
        ),
        pytest.param(
            of("Secret", data={"Corefile": "hash"}), "x  keys Corefile  changed", id="a Secret's value never"
        ),
    ],
)
def test_an_object_is_told_in_one_line(one: Manifest, line: str) -> None:
    """Its name alone tells a responder nothing."""
    assert listed_words(one["kind"], [one]).strip() == line
