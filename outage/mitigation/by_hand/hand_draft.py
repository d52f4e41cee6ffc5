"""What every action chosen by hand is drafted from, and the services and workloads that a person may name."""

from collections.abc import Sequence

from outage.diagnosis.hypothesis import Repair
from outage.diagnosis.resolution_action import ResolutionAction
from outage.errors import ActionRefused
from outage.kubernetes.objects import ObjectRef
from outage.mitigation.mitigation_view import MitigationView
from outage.plans.plan import Intent, Plan
from outage.platforms.datastore_marks import is_store_client, store_by_probe, store_by_setup
from outage.platforms.platform import Service
from outage.text.listing import some_of
from outage.value import Manifest, Value


class EarlierPlan(Value):
    """A plan that was written, with the ways back that were recorded."""

    plan: Plan
    intents: tuple[Intent, ...] = ()


class HandDraft(Value):
    """One action, before it is a proposal."""

    about: ObjectRef
    repair: Repair
    heals: tuple[str, ...] = ()
    """Services that must become well unless the person names another one; empty: everything."""
    seen: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


def refused(action: ResolutionAction, why: str) -> ActionRefused:
    """The one sentence for what cannot be done: what was asked, and why not."""
    return ActionRefused(f"{action.says}: {why}")


def named_service(sight: MitigationView, action: ResolutionAction, name: str) -> Service:
    """The service of the platform file that a person means: by its name, its workload or its Kubernetes Service.

    Raises:
        ActionRefused: There is none of that name.
    """
    known = sight.index.platform.services
    found = next((one for one in known if one.name == name), None)
    found = found or next((one for one in known if name in (one.workload, one.service)), None)
    if found is None:
        raise refused(
            action,
            f"the platform file names no service `{name}`; it names {_listed([one.name for one in known])}",
        )
    return found


def live_workload(sight: MitigationView, action: ResolutionAction, service: Service) -> Manifest:
    """The workload of a service as it stands in the picture.

    Raises:
        ActionRefused: It is not there, or could not be looked at.
    """
    about = sight.named(service.workload)
    there = sight.workload(about)
    if there is not None:
        return there
    if not sight.index.snapshot.saw(about.kind, about.namespace, about.name):
        raise refused(action, f"{about} could not be looked at, so nobody can tell whether it is there")
    raise refused(action, f"there is no {about}")


def data_store(sight: MitigationView, service: Service) -> str:
    """What shows that a service keeps data, or empty: nobody's acts by hand play with such pods."""
    platform, about = sight.index.platform, sight.named(service.workload)
    if platform.database and platform.database.service == service.name:
        return "the platform file calls it the database"
    if platform.cache == service.name:
        return "the platform file calls it the cache"
    workload = sight.workload(about) or {}
    if sight.keeps_data(about):
        return "it keeps data on a volume"
    kind = store_by_probe(workload) or store_by_setup(workload)
    return f"it is a {kind}" if kind and not is_store_client(workload) else ""


def serving_workload(sight: MitigationView, action: ResolutionAction) -> tuple[Service, Manifest]:
    """The service that an action is done to, with its workload; never a data store.

    Raises:
        ActionRefused: No such service, it is a data store, or its workload is not there.
    """
    service = named_service(sight, action, action.target)
    workload = live_workload(sight, action, service)
    if why := data_store(sight, service):
        raise refused(action, f"{service.name} is a data store ({why}), and those are no matter for this")
    return service, workload


def _listed(names: Sequence[str]) -> str:
    return some_of(names, 12) if names else "none"
