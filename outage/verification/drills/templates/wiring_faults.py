"""Faults of what a container is told when it starts: addresses, credentials, references to configuration."""

from typing import Any

from outage.diagnosis.cause import Cause
from outage.kubernetes.objects import dig
from outage.value import Manifest
from outage.verification.drills.drill_target import DrillTarget
from outage.verification.drills.fitted_fault import FaultShape, Unfit, patch_of
from outage.verification.drills.templates.pod_faults import ABSENT_NAME

CREDENTIAL_WORDS = ("USER", "USERNAME", "LOGIN")
ADDRESS_ENDS = ("_HOST", "_ADDR", "_ADDRESS", "_URL", "_SERVER", "_ENDPOINT")
WRONG_USER = "outage-drill-nobody"
SETTLES_SECONDS = 30.0


def wrong_address(target: DrillTarget) -> FaultShape | Unfit:
    """The address of something it calls, which nobody has."""
    for number, one in enumerate(target.container.get("env") or []):
        value = str(one.get("value") or "")
        if called := _called(target, one["name"], value):
            wrong = value.replace(called, f"{called}-old", 1)
            change = {"op": "replace", "path": target.path(f"env/{number}/value"), "value": wrong}
            return _wired(target, f"looks for {called} where nobody is", [Cause.WRONG_ADDRESS], change)
    for name, value in _configured(target):
        if called := _called(target, name, value):
            wrong = value.replace(called, f"{called}-old", 1)
            change = _one_more(target, {"name": name, "value": wrong})
            return _wired(target, f"looks for {called} where nobody is", [Cause.WRONG_ADDRESS], change)
    return Unfit(reason=f"no variable of {target.name} holds the address of a service of this platform")


def _called(target: DrillTarget, name: str, value: str) -> str:
    """The Kubernetes Service of the platform that a variable points at; empty when it points at none.

    An address with a password in it is passed over: a drill's record holds none.
    """
    if "@" in value:
        return ""
    host = value.partition("://")[2] or value
    host = host.partition("/")[0].partition(":")[0].partition(".")[0]
    if not host or not (name.upper().endswith(ADDRESS_ENDS) or "://" in value):
        return ""
    known = {one["metadata"]["name"] for one in target.snapshot.kind("Service", target.namespace)}
    return host if host in known and host != target.service.service else ""


def _configured(target: DrillTarget) -> list[tuple[str, str]]:
    """Variables that come whole from ConfigMaps."""
    found: dict[str, str] = {}
    for one in target.container.get("envFrom") or []:
        source = target.snapshot.get("ConfigMap", target.namespace, dig(one, "configMapRef.name", ""))
        found |= {
            f"{one.get('prefix', '')}{key}": text for key, text in ((source or {}).get("data") or {}).items()
        }
    return sorted(found.items())


def wrong_credential(target: DrillTarget) -> FaultShape | Unfit:
    """A user that its database does not have."""
    database = target.platform.database
    if database is None or database.service not in target.service.depends_on:
        return Unfit(reason=f"{target.name} is not known to use the platform's database")
    for number, one in enumerate(target.container.get("env") or []):
        words = one["name"].upper().split("_")
        if words[-1] in CREDENTIAL_WORDS:
            wrong = {"name": one["name"], "value": WRONG_USER}
            change = {"op": "replace", "path": target.path(f"env/{number}"), "value": wrong}
            says = "gets a database user that does not exist"
            return _wired(target, says, [Cause.WRONG_CREDENTIAL], change)
    return Unfit(reason=f"no variable of {target.name} holds a database user")


def config_reference(target: DrillTarget) -> FaultShape | Unfit:
    """A ConfigMap that does not exist."""
    found = _reference(target, "ConfigMap")
    if found is None:
        return Unfit(reason=f"{target.name} reads no ConfigMap")
    return _wired(target, "names a ConfigMap that does not exist", [Cause.CONFIG_MISSING], found)


def secret_reference(target: DrillTarget) -> FaultShape | Unfit:
    """A Secret that does not exist."""
    found = _reference(target, "Secret")
    if found is None:
        return Unfit(reason=f"{target.name} reads no Secret")
    return _wired(target, "names a Secret that does not exist", [Cause.SECRET_MISSING], found)


def config_key_missing(target: DrillTarget) -> FaultShape | Unfit:
    """A key that its ConfigMap or Secret does not have."""
    for number, one in enumerate(target.container.get("env") or []):
        for word in ("secretKeyRef", "configMapKeyRef"):
            if dig(one, f"valueFrom.{word}.key") and not dig(one, f"valueFrom.{word}.optional"):
                path = target.path(f"env/{number}/valueFrom/{word}/key")
                change = {"op": "replace", "path": path, "value": ABSENT_NAME}
                says = "names a key that its configuration does not have"
                return _wired(target, says, [Cause.CONFIG_KEY_MISSING], change)
    return Unfit(reason=f"{target.name} reads no single key of a ConfigMap or Secret")


REFERENCES = {"ConfigMap": ("configMapRef", "configMapKeyRef"), "Secret": ("secretRef", "secretKeyRef")}
"""Kind → how a container's `envFrom` and `env` name one."""
VOLUMES = {"ConfigMap": ("configMap", "name"), "Secret": ("secret", "secretName")}
"""Kind → how a volume names one."""


def _reference(target: DrillTarget, kind: str) -> dict[str, Any] | None:
    """The operation that makes the first reference to a kind lead nowhere; None when there is none."""
    whole, single = REFERENCES[kind]
    for number, one in enumerate(target.container.get("envFrom") or []):
        if _must_be(one.get(whole)):
            return _renamed(target.path(f"envFrom/{number}/{whole}/name"))
    for number, one in enumerate(target.container.get("env") or []):
        if _must_be(dig(one, f"valueFrom.{single}")):
            return _renamed(target.path(f"env/{number}/valueFrom/{single}/name"))
    volume, key = VOLUMES[kind]
    for number, one in enumerate(target.pod_spec.get("volumes") or []):
        if _must_be(one.get(volume)):
            return _renamed(f"/spec/template/spec/volumes/{number}/{volume}/{key}")
    return None


def _must_be(reference: Manifest | None) -> bool:
    return bool(reference) and not (reference or {}).get("optional")


def _renamed(path: str) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": ABSENT_NAME}


def _one_more(target: DrillTarget, variable: dict[str, str]) -> dict[str, Any]:
    """The operation that gives the container a further variable; the list may not be there yet."""
    if target.container.get("env"):
        return {"op": "add", "path": target.path("env/-"), "value": variable}
    return {"op": "add", "path": target.path("env"), "value": [variable]}


def _wired(target: DrillTarget, says: str, causes: list[Cause], change: dict[str, Any]) -> FaultShape:
    return FaultShape(
        title=f"{target.name} {says}",
        blows=(patch_of(target.ref, change),),
        causes=tuple(causes),
        about=target.ref,
        settle_seconds=SETTLES_SECONDS,
    )
