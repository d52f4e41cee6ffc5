"""What can be practised on the platform that is spoken for, and what was."""

from blocks.clients import clients
from blocks.installation.fault_files import read_faults
from blocks.settings import Settings
from outage.incidents.fault import Fault
from outage.platforms.platform import Platform
from outage.policies.drill_rotation import DrillCandidate, DrillTurn

SYSTEM = "kube-system"
POWER = ("stop-node", "start-node", "stop-part", "start-part")
EVERY_TURN = 10_000


def possible_drills() -> list[DrillCandidate]:
    """What can be practised on the platform that is spoken for, as far as its policy names any."""
    hours, settings = clients().policy.drill_hours, clients().settings
    found = possible_on(clients().platform, settings)
    return [one for one in found if not hours.faults or one.fault in hours.faults]


def possible_on(platform: Platform, settings: Settings) -> list[DrillCandidate]:
    """The faults of the catalogue that a platform's ground has hands for."""
    found = read_faults(settings.faults_folder)
    powered = settings.node_command is not None
    return [DrillCandidate(fault=one.name) for one in found if is_possible(one, platform, powered)]


def is_possible(fault: Fault, platform: Platform, powered: bool) -> bool:
    """Whether all of a fault is within the platform, and somebody has a hand for it.

    Args:
        fault: Of the catalogue.
        platform: Where it would be practised.
        powered: Whether there is a command that stops and starts nodes.
    """
    namespaces = {blow.target.namespace for blow in fault.blows}
    needs_power = any(blow.do in POWER for blow in fault.blows)
    inside = namespaces <= {*platform.own_namespaces, SYSTEM, ""} and platform.namespace in namespaces | {""}
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
