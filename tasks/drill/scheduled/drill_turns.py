"""Whose turn it can be on the platform that is spoken for, and what was practised there."""

from blocks.clients import clients
from blocks.installation.fault_files import read_faults
from blocks.settings import Settings
from outage.incidents.fault import Fault
from outage.platforms.platform import Platform
from outage.policies.drill_rotation import DrillCandidate, DrillTurn
from outage.verification.drills.fault_templates import TEMPLATES
from tasks.drill.possible_drills import possible_drills

SYSTEM = "kube-system"
POWER = ("stop-node", "start-node", "stop-part", "start-part")
EVERY_TURN = 10_000
NOBODY = ""
"""A schedule is no person: what needs a yes has no turn."""


def drills_in_turn() -> list[DrillCandidate]:
    """What may be practised without a yes: on ground with a catalogue of its own that, else what fits a service.

    Raises:
        ClusterError: The cluster did not answer. Transient.
        FileError: A fault of the catalogue cannot be read. Permanent.
    """
    hours = clients().policy.drill_hours
    own = catalogue_drills(clients().platform, clients().settings)
    found = own or [
        DrillCandidate(fault=one.choice.fault, service=one.choice.service)
        for one in possible_drills(NOBODY, hours.services)
        if one.possible and not one.needs_yes
    ]
    return [one for one in found if not hours.faults or one.fault in hours.faults]


def catalogue_drills(platform: Platform, settings: Settings) -> list[DrillCandidate]:
    """The faults of the catalogue that a platform's ground has hands for; none where it is of another ground."""
    found = read_faults(settings.faults_folder)
    powered = settings.node_command is not None
    return [DrillCandidate(fault=one.name) for one in found if is_possible(one, platform, powered)]


def practisable_names(platform: Platform, settings: Settings) -> list[str]:
    """Names of the faults that a report expects to be practised on a platform, without looking at its cluster."""
    own = catalogue_drills(platform, settings)
    return [one.fault for one in own] or [one.name for one in TEMPLATES]


def is_possible(fault: Fault, platform: Platform, powered: bool) -> bool:
    """Whether all of a fault is within the platform, and somebody has a hand for it.

    Args:
        fault: Of the catalogue.
        platform: Where it would be practised.
        powered: Whether there is a command that stops and starts nodes.
    """
    namespaces = {blow.target.namespace for blow in fault.blows}
    needs_power = any(blow.do in POWER for blow in fault.blows)
    inside = namespaces <= {*platform.own_namespaces, SYSTEM, ""} and platform.namespace in namespaces
    return inside and (powered or not needs_power)


def turns_so_far() -> list[DrillTurn]:
    """What was practised on this platform, with its points."""
    cards = clients().record.scores(clients().platform.name, EVERY_TURN)
    return [
        DrillTurn(
            candidate=DrillCandidate(fault=one.fault, service=one.service), at=one.at, points=one.points
        )
        for one in cards
    ]
