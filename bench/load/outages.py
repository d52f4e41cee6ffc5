"""Twenty outages on five platforms, and the alerts that they send: none says which outage it belongs to.

Each platform has four datastores; three services lean on each, and one, the front, leans on all. A cause breaks a
datastore: so every cause hurts several services, and the front is hurt by four causes.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from outage.value import Value

PLATFORMS = 5
STORES = 4
ABOVE = 3
SEED = 20301123

Alert = dict[str, Any]
"""One alert of Alertmanager's webhook."""


class BrokenStore(Value):
    """One cause."""

    platform: str
    store: str
    began: datetime


def loaded_platform(number: int) -> str:
    """What a platform and its namespace are called."""
    return f"shop-{number}"


def write_platforms(folder: Path) -> None:
    """The platform files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(PLATFORMS):
        name = loaded_platform(number)
        stores = [f"store-{one}" for one in range(STORES)]
        lines = [f"  - {{name: {one}, workload: statefulset/{one}}}" for one in stores]
        lines += [
            f"  - {{name: {one}-api-{each}, workload: deployment/{one}-api-{each}, depends_on: [{one}]}}"
            for one in stores
            for each in range(ABOVE)
        ]
        lines.append(f"  - {{name: front, workload: deployment/front, depends_on: [{', '.join(stores)}]}}")
        text = f"version: 1\nname: {name}\nnamespace: {name}\ncluster: {{name: eu}}\nservices:\n"
        (folder / f"{name}.yaml").write_text(text + "\n".join(lines) + "\n")


def broken_stores(began: datetime) -> list[BrokenStore]:
    """Every cause: all begin within the same minute."""
    return [
        BrokenStore(
            platform=loaded_platform(number), store=f"store-{one}", began=began + timedelta(seconds=one)
        )
        for one in range(STORES)
        for number in range(PLATFORMS)
    ]


def first_alerts(causes: list[BrokenStore]) -> list[Alert]:
    """What fires first: the datastore's own alert of each cause. Symptoms are waited for longer by any monitoring."""
    return [_alert(one, one.store, "StoreDown", 0) for one in causes]


def more_alerts(causes: list[BrokenStore], count: int) -> Iterator[Alert]:
    """So many alerts of these causes, in any order: stores, what leans on them, the front; some are repeated."""
    chance = random.Random(SEED)  # noqa: S311 - the same alerts each time
    sent: list[Alert] = []
    for number in range(count):
        if sent and chance.random() < 0.1:
            yield chance.choice(sent)
            continue
        cause = chance.choice(causes)
        hurt = [cause.store, *(f"{cause.store}-api-{each}" for each in range(ABOVE)), "front"]
        made = _alert(cause, chance.choice(hurt), chance.choice(["Errors", "Latency", "PodNotReady"]), number)
        sent.append(made)
        yield made


def _alert(cause: BrokenStore, service: str, name: str, number: int) -> Alert:
    labels = {
        "alertname": name,
        "namespace": cause.platform,
        "service": service,
        "pod": f"{service}-7c9f8d6b5-{number % 90000 + 10000}",
        "cluster": "eu",
        "severity": "critical" if name == "StoreDown" else "warning",
    }
    began = cause.began + timedelta(seconds=10 if number else 0)
    return {"status": "firing", "labels": labels, "startsAt": began.isoformat()}
