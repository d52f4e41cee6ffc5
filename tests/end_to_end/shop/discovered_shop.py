"""The other team's shop on the practice ground: opened, discovered, looked at, and closed again."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from blocks.settings import HERE, Settings
from cli.drills.drill_preparation import raise_ground
from tests.end_to_end.conftest import outage, until

FOLDER = Path(__file__).parent
RIGHTS = ("reader.yaml", "writer.yaml")
PREFECT = "http://127.0.0.1:4200/api"


@contextmanager
def opened_shop(rights: Path, policy: Path) -> Iterator[None]:
    """The shop, open and discovered; closed and forgotten afterwards.

    Args:
        rights: Folder for the manifests of what the response may do there.
        policy: The other team's.
    """
    raise_ground(print)
    settings = Settings()
    kubectl_shop("apply", f"--filename={FOLDER / 'shop.yaml'}")
    for name in RIGHTS:
        text = (HERE / "deploy/rbac" / name).read_text().replace("adaptive-learning-production", "shop")
        (rights / name).write_text(text)
        kubectl_shop("apply", f"--filename={rights / name}")
    for name in ("ledger", "checkout", "storefront"):
        kubectl_shop("rollout", "status", f"deployment/{name}", "--timeout=90s")
    settings.platforms_folder.mkdir(exist_ok=True)
    file = settings.platforms_folder / "shop.yaml"
    known = f"--kubeconfig={settings.kubeconfig or '/var/lib/outage-practice/kubeconfig'}"
    try:
        assert outage("platform", "discover", "-n", "shop", "-o", str(file), known).returncode == 0
        file.write_text(f"{file.read_text()}\npolicy: {policy}\nsoak: 15s\n")
        until("the shop's own drill is known", lambda: deployments("drill-shop"), 60)
        yield
    finally:
        file.unlink(missing_ok=True)
        kubectl_shop("delete", "namespace/shop", "--wait=true", "--timeout=120s")


def kubectl_shop(*words: str) -> str:
    """A kubectl command in the shop, unless the object says where it is."""
    where = [] if words[0] == "apply" else ["--namespace=shop"]
    program = str(HERE / ".venv/bin/kubectl")
    command = [program, "--kubeconfig=/var/lib/outage-practice/kubeconfig", *where, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def deployments(name: str) -> list[dict[str, Any]]:
    """Of Prefect, by name."""
    asked = {"deployments": {"name": {"any_": [name]}}}
    found: list[dict[str, Any]] = httpx.post(f"{PREFECT}/deployments/filter", json=asked, timeout=10).json()
    return found


def standing() -> str:
    """What users of the shop would meet: its Deployments' templates and replicas, and its Services."""
    wanted = "{range .items[*]}{.metadata.name}{.spec.replicas}{.spec.template.spec}{.spec.selector}{.spec.ports}{end}"
    return kubectl_shop("get", "deployments,services", f"--output=jsonpath={wanted}")
