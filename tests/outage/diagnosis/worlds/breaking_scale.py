"""Pens that break how many pods there are: by hand, by a CronJob, by an autoscaler that sees nothing."""

from tests.outage.diagnosis.worlds.shop_snapshot import Ground, ago, condition, meta


def scaled_to_zero(ground: Ground) -> None:
    """Somebody scaled auth to zero."""
    deployment = ground.touch("Deployment", "auth", 3)
    deployment["spec"]["replicas"] = 0
    deployment["status"] = {"conditions": [condition("Available", "True", 120)]}
    ground.objects["Pod"] = [one for one in ground.objects["Pod"] if one not in ground.pods("auth")]
    ground.endpoints("auth")
    text = "Scaled down replica set auth-aaa from 2 to 0"
    ground.event("Deployment", "auth", "ScalingReplicaSet", text, 3, "Normal")


def recurring(ground: Ground) -> None:
    """A new CronJob keeps scaling auth to zero."""
    scaled_to_zero(ground)
    command = ["kubectl", "scale", "deployment/auth", "--replicas=0"]
    pod = {"containers": [{"name": "x", "image": "kubectl:1", "command": command}]}
    spec = {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {"spec": pod}}}}
    cron = ground.put("CronJob", {"metadata": meta("tidy"), "spec": spec})
    cron["metadata"].update(creationTimestamp=ago(minutes=4))
    cron["status"] = {"lastScheduleTime": ago(seconds=40)}


def blind_autoscaler(ground: Ground) -> None:
    """The request that the autoscaler needs was removed."""
    del ground.container("user")["resources"]["requests"]["cpu"]
    made = ground.roll("user")
    for one in made:
        one["status"]["conditions"] = [condition("Ready", "True", 1)]
    text = "the HPA was unable to compute: failed to get cpu utilization: missing request for cpu in container user"
    state = condition("ScalingActive", "False", 1, "FailedGetResourceMetric", text)
    ground.get("Deployment", "user")["status"] = {"replicas": 2, "readyReplicas": 2}
    ground.endpoints("user", 2)
    target = {"kind": "Deployment", "name": "user"}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5}
    ground.put(
        "HorizontalPodAutoscaler", {"metadata": meta("user"), "spec": spec, "status": {"conditions": [state]}}
    )
