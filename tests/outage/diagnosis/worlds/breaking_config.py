"""Pens that break what a pod reads: ConfigMaps, Secrets, its account, addresses and passwords."""

from tests.outage.diagnosis.worlds.breaking import log
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, meta


def missing_config(ground: Ground) -> None:
    """The ConfigMap that the pods read is gone."""
    text = 'configmap "auth-config" not found'
    ground.fail("auth", waiting=("CreateContainerConfigError", text))


def missing_key(ground: Ground) -> None:
    """The ConfigMap is there and the key is not."""
    ground.put("ConfigMap", {"metadata": meta("auth-config"), "data": {"OTHER": "x"}})
    text = "couldn't find key MODE in ConfigMap shop/auth-config"
    ground.fail("auth", waiting=("CreateContainerConfigError", text))


def missing_secret(ground: Ground) -> None:
    """The Secret that a volume mounts is gone."""
    for one in ground.fail("auth", waiting=("ContainerCreating", "")):
        one["status"]["phase"] = "Pending"
        text = 'MountVolume.SetUp failed for volume "tls" : secret "auth-tls" not found'
        ground.event("Pod", one["metadata"]["name"], "FailedMount", text)


def missing_account(ground: Ground) -> None:
    """The service account was deleted."""
    ground.drop("ServiceAccount", "auth")
    ground.roll("auth")
    ground.objects["Pod"] = [one for one in ground.objects["Pod"] if one not in ground.pods("auth")]
    text = 'Error creating: pods "auth-" is forbidden: error looking up service account shop/auth: '
    ground.event("ReplicaSet", "auth-bbb", "FailedCreate", text + 'serviceaccount "auth" not found')


def wrong_address(ground: Ground) -> None:
    """The address of redis in auth was changed and auth is not ready since."""
    ground.container("auth")["env"][1]["value"] = "redis:6380"
    ground.roll("auth")
    log(ground, "auth", "error: dial tcp: redis:6380: connection refused")


def wrong_credential(ground: Ground) -> None:
    """The database password of auth was changed and its login is refused since."""
    ground.container("auth")["env"].append({"name": "DATABASE_PASSWORD", "value": "wrong"})
    ground.roll("auth")
    log(ground, "auth", 'error: FATAL: password authentication failed for user "auth"')
