"""The other slot and the maintenance page, as a person chose them.

Source: runbook "Traffic Routing".
"""

from outage.diagnosis.hypothesis import Action, Risk
from outage.diagnosis.remedies.single_repairs import one_change
from outage.diagnosis.resolution_action import ResolutionAction
from outage.kubernetes.objects import ObjectRef, dig
from outage.kubernetes.readiness import is_ready
from outage.mitigation.by_hand.hand_draft import HandDraft, named_service, refused
from outage.mitigation.maintenance_page import HEALS_NOTHING, lead_to_page, routes_of_ingress
from outage.mitigation.mitigation_view import MitigationView
from outage.mitigation.slot_switch import pointer_escaped, slot_serves
from outage.platforms.platform import Slots
from outage.value import Manifest


def chosen_switch(sight: MitigationView, action: ResolutionAction) -> HandDraft:
    """Lead the users of one service to its other slot, which has to be ready."""
    pair = _pair(sight, action)
    about = ObjectRef(kind="Service", name=pair.service, namespace=sight.index.platform.namespace)
    service = sight.index.get(about)
    if service is None:
        raise refused(action, f"there is no {about}")
    live = dig(service, "spec.selector", {}).get(pair.label, "none")
    wanted = _other_slot(action, pair, live)
    standby = sight.named(pair.slots[wanted])
    selector = {**dig(service, "spec.selector", {}), pair.label: wanted}
    pods = [one for one in sight.index.pods_of(standby) if is_ready(one)]
    if not any(slot_serves(service, selector, one) for one in pods):
        raise refused(action, f"{standby} has no ready pod that {about} could lead to")
    op = "replace" if live in pair.slots else "add"
    patch = [{"op": op, "path": f"/spec/selector/{pointer_escaped(pair.label)}", "value": wanted}]
    words = f"Switch {about} from {live} to {wanted}"
    expected = f"{about} has {len(pods)} ready endpoints of {standby.name}, and its callers are content."
    repair = one_change(Action.PATCH, about, patch, words, expected, Risk.MEDIUM)
    heals = tuple(one.name for one in sight.index.platform.services if one.service == pair.service)
    return HandDraft(about=about, repair=repair, heals=heals)


def _pair(sight: MitigationView, action: ResolutionAction) -> Slots:
    pairs = sight.index.platform.slots
    by_name = next((one for one in pairs if one.service == action.target), None)
    if by_name is not None:
        return by_name
    service = named_service(sight, action, action.target)
    found = next((one for one in pairs if one.service == service.service), None)
    if found is None:
        known = ", ".join(one.service for one in pairs) or "none"
        raise refused(action, f"{service.name} has no other slot; the platform file has slots for {known}")
    return found


def _other_slot(action: ResolutionAction, pair: Slots, live: str) -> str:
    others = [one for one in pair.slots if one != live]
    if action.slot and action.slot not in pair.slots:
        raise refused(action, f"there is no such slot; {pair.service} has {', '.join(pair.slots)}")
    if action.slot == live or not others:
        raise refused(action, f"{pair.service} leads to {live} already")
    if not action.slot and len(others) > 1:
        raise refused(action, f"{pair.service} has several others, name one: {', '.join(others)}")
    return action.slot or others[0]


def chosen_page(sight: MitigationView, action: ResolutionAction) -> HandDraft:
    """Lead the users of every path to the maintenance page, which has to answer."""
    named, home = sight.index.platform.ingress, sight.index.platform.namespace
    if named is None or named.maintenance_service is None:
        raise refused(action, "the platform file names no maintenance page (`ingress.maintenance_service`)")
    about = ObjectRef(kind="Ingress", name=named.name, namespace=home)
    page = ObjectRef(kind="Service", name=named.maintenance_service, namespace=home)
    ingress, there = sight.index.get(about), sight.index.get(page)
    if ingress is None or there is None:
        raise refused(action, f"there is no {about if ingress is None else page}")
    if not sight.index.ready_addresses({"kind": "Service", **there}):
        raise refused(action, f"{page} has no ready endpoint: users would see an error in its place")
    ingress = {"kind": "Ingress", **ingress}
    led = [one for one in routes_of_ingress(ingress) if one[2] != page.name]
    patch = [op for one in led for op in lead_to_page(ingress, {"kind": "Service", **there}, one[0])]
    if not patch:
        raise refused(action, f"every path of {about} leads to {page.name} already, or to no port of it")
    return _page(about, page, patch, ", ".join(dict.fromkeys(one[1] for one in led)))


def _page(about: ObjectRef, page: ObjectRef, patch: list[Manifest], paths: str) -> HandDraft:
    words = f"Route {paths} of {about} to {page.name}: {HEALS_NOTHING}"
    expected = f"Users of {paths} get the page of {page.name}."
    repair = one_change(Action.PATCH, about, patch, words, expected, Risk.HIGH)
    return HandDraft(about=about, repair=repair, against=(HEALS_NOTHING,))
