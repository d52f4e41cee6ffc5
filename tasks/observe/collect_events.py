"""Look at events: the warnings first, so that no crowd of ordinary ones hides them.

The API server hands them out in the order of their names, not of time: whoever stops reading early says so.
"""

from blocks.kubernetes import Cluster
from blocks.kubernetes.object_reader import PAGE
from outage.errors import ClusterConflict, ClusterUnreachable
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.kubernetes.trim import merged_events, slim_event
from outage.text.listing import listed_words
from outage.value import Manifest
from tasks.observe.collect_objects import GatheredObjects
from tasks.observe.collector import Collector

EVENT_PAGES = 12
"""At most 6,000 events of a namespace and a type are read; they are merged page by page."""
ANYWHERE_PAGES = 4
"""At most 2,000 warnings of all namespaces together: most are strangers'."""
EVENTS_KEPT = 600


def collect_events(
    looks: Collector,
    cluster: Cluster,
    gathered: GatheredObjects,
    namespace: str | None,
    kind: str | None = None,
) -> None:
    """Events, Warning before Normal, newest first, the same sentence once.

    Args:
        looks: Where the evidence goes.
        cluster: The reading door.
        gathered: Takes them; of all namespaces only what is about pods that are there already, since the rest
            belongs to strangers.
        namespace: One namespace, or None for all.
        kind: `Warning` or `Normal` alone; None for both.
    """
    where = f"-n {namespace}" if namespace else "--all-namespaces"
    only = f" --field-selector type={kind}" if kind else ""
    pages = EVENT_PAGES if namespace else ANYWHERE_PAGES

    def ask() -> tuple[list[Manifest], list[str]]:
        kept: list[Manifest] = []
        missing: list[str] = []
        for selected in (f"type={kind}",) if kind else ("type=Warning", "type!=Warning"):
            kept = _events(looks, cluster, namespace, selected, pages, kept, missing)
        gathered.add("Event", kept if namespace else _ours(kept, gathered))
        return kept, missing

    looks.see(
        f"events/{namespace or 'all'}" + (f"/{kind.lower()}" if kind else ""),
        f"kubectl get events {where}{only} --sort-by=.metadata.creationTimestamp",
        ask,
        lambda found: "\n".join([*found[1], listed_words("Event", found[0])]),
    )


def _ours(events: list[Manifest], gathered: GatheredObjects) -> list[Manifest]:
    """Those about pods that were read, in namespaces whose own events were not: there they are known better."""
    known = {one["metadata"].get("namespace", "") for one in gathered.of("Event")}
    pods = {object_ref(one, "Pod") for one in gathered.of("Pod")}
    return [one for one in events if _about(one) in pods and _about(one).namespace not in known]


def _about(event: Manifest) -> ObjectRef:
    about = event["involvedObject"]
    return ObjectRef(
        kind=about.get("kind", ""), namespace=about.get("namespace", ""), name=about.get("name", "")
    )


def _events(
    looks: Collector,
    cluster: Cluster,
    namespace: str | None,
    selected: str,
    pages: int,
    kept: list[Manifest],
    missing: list[str],
) -> list[Manifest]:
    """Pages of events, merged into what is kept; `missing` says where reading stopped."""
    read = 0
    try:
        for page in cluster.pages("Event", namespace, fields=selected, within_seconds=looks.budget.seconds()):
            if read >= pages or looks.budget.spent:
                why = looks.budget.spent or f"{pages} pages are read"
                missing.append(f"not all: the first {read * PAGE:,} events of {selected}; {why}")
                break
            read += 1
            kept = merged_events([*kept, *(slim_event(one) for one in page)], EVENTS_KEPT)
    except (ClusterUnreachable, ClusterConflict) as error:  # what came is worth more than nothing
        if not read:
            raise
        missing.append(f"not all: the first {read * PAGE:,} events of {selected}; {error}")
    return kept
