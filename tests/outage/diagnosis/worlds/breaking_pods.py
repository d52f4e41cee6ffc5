"""Pens that break what runs in a pod: its command, its limits, its probes, its image."""

from tests.outage.diagnosis.worlds.breaking import crash, log
from tests.outage.diagnosis.worlds.shop_snapshot import Ground


def bad_command(ground: Ground) -> None:
    """The command names no file."""
    ground.container("auth")["command"] = ["/bin/nothing"]
    crash(
        ground,
        "auth",
        128,
        "StartError",
        'exec: "/bin/nothing": stat /bin/nothing: no such file or directory',
    )


def bad_env(ground: Ground) -> None:
    """A flag is set to nonsense and the process ends."""
    ground.container("auth").setdefault("env", []).append({"name": "LOG_LEVEL", "value": "shout"})
    crash(ground, "auth")
    log(ground, "auth", "fatal: unknown log level shout")


def bad_security(ground: Ground) -> None:
    """The root file system is made read-only."""
    ground.container("auth")["securityContext"] = {"readOnlyRootFilesystem": True}
    crash(ground, "auth")
    log(ground, "auth", "open /var/run/auth.pid: read-only file system")


def whole_template(ground: Ground) -> None:
    """Several kinds of fields were changed at once."""
    one = ground.container("auth")
    one["image"], one["command"] = "shop/auth:2.0", ["/auth", "--new"]
    one["env"].append({"name": "MODE", "value": "two"})
    crash(ground, "auth")


def small_memory(ground: Ground) -> None:
    """The limit was cut."""
    ground.container("auth")["resources"]["limits"]["memory"] = "8Mi"
    crash(ground, "auth", 137, "OOMKilled")


def leak(ground: Ground) -> None:
    """It is killed for memory and nothing was changed."""
    ground.fail(
        "auth",
        waiting=("CrashLoopBackOff", "back-off"),
        last={"exitCode": 137, "reason": "OOMKilled"},
        restarts=5,
    )


def bad_probe(ground: Ground) -> None:
    """The readiness probe asks another port."""
    ground.container("auth")["readinessProbe"]["httpGet"]["port"] = 9999
    for one in ground.roll("auth"):
        ground.event(
            "Pod", one["metadata"]["name"], "Unhealthy", "Readiness probe failed: connect: connection refused"
        )


def bad_probe_without_history(ground: Ground) -> None:
    """The same, re-created."""
    ground.container("auth")["readinessProbe"]["httpGet"]["port"] = 9999
    for one in ground.roll("auth", history=False):
        ground.event(
            "Pod", one["metadata"]["name"], "Unhealthy", "Readiness probe failed: connect: connection refused"
        )


def eager_liveness(ground: Ground) -> None:
    """The liveness probe has no patience."""
    ground.container("auth")["livenessProbe"].update(periodSeconds=1, failureThreshold=1)
    crash(ground, "auth", 137)
    for one in ground.pods("auth"):
        ground.event("Pod", one["metadata"]["name"], "Unhealthy", "Liveness probe failed: connection refused")


def https_probe(ground: Ground) -> None:
    """The probe speaks HTTPS to an HTTP port."""
    ground.container("auth")["readinessProbe"]["httpGet"]["scheme"] = "HTTPS"
    text = "Readiness probe failed: http: server gave HTTP response to HTTPS client"
    for one in ground.roll("auth"):
        ground.event("Pod", one["metadata"]["name"], "Unhealthy", text)


def pull_denied(ground: Ground) -> None:
    """The pull secret is gone."""
    text = 'failed to pull image "shop/auth:1.0": pull access denied, 401 Unauthorized'
    ground.fail("auth", waiting=("ImagePullBackOff", text))


def registry(ground: Ground) -> None:
    """The registry of an unchanged image is out of reach."""
    text = "failed to do request: dial tcp 10.1.1.1:443: i/o timeout"
    ground.fail("auth", waiting=("ErrImagePull", text))


def application(ground: Ground) -> None:
    """It crashes with a stack trace and nothing was changed."""
    ground.fail(
        "auth", waiting=("CrashLoopBackOff", "back-off"), last={"exitCode": 2, "reason": "Error"}, restarts=6
    )
    log(ground, "auth", "panic: runtime error: index out of range", "goroutine 1 [running]:", previous=True)
