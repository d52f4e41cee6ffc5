"""Which pod of the platform's database to speak to."""

from blocks.clients import clients
from outage.errors import DatabaseUnreachable
from outage.kubernetes.objects import labels_of, selects_labels
from outage.kubernetes.readiness import is_pod_ready


def database_pod() -> str:
    """The pod of the database that is most likely to answer.

    Raises:
        DatabaseUnreachable: None of its pods runs. Transient.
    """
    platform = clients().platform
    place = platform.database
    service = platform.service(place.service) if place else None
    pods = clients().reader.list("Pod", platform.namespace)
    running = [
        one
        for one in pods
        if selects_labels(service.selector if service else {}, labels_of(one))
        and one["status"].get("phase") == "Running"
    ]
    if not running:
        raise DatabaseUnreachable(f"reach {place.name if place else 'the database'}: none of its pods runs")
    return str(sorted(running, key=lambda one: not is_pod_ready(one))[0]["metadata"]["name"])
