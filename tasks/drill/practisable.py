"""What can be practised on the platform that is spoken for, and what was."""

from blocks.clients import clients
from blocks.installation.fault_files import read_faults
from outage.incidents.fault import Fault
from outage.policies.drill_rotation import DrillCandidate, DrillTurn

SYSTEM = "kube-system"
POWER = ("stop-node", "start-node", "stop-part", "start-part")
EVERY_TURN = 10_000


def possible_drills() -> list[DrillCandidate]:
    """The faults of the catalogue that this platform's ground has hands for, as far as the policy names any."""
    hours = clients().policy.drill_hours
    found = read_faults(clients().settings.faults_folder)
    return [
        DrillCandidate(fault=one.name)
        for one in found
        if is_possible(one) and (not hours.faults or one.name in hours.faults)
    ]


def is_possible(fault: Fault) -> bool:
    """Whether all of a fault is within the platform, and somebody has a hand for it."""
    namespaces = {blow.target.namespace for blow in fault.blows}
    own = {*clients().platform.own_namespaces, SYSTEM, ""}
    powered = any(blow.do in POWER for blow in fault.blows)
    return namespaces <= own and (not powered or clients().settings.node_command is not None)


def turns_so_far() -> list[DrillTurn]:
    """What was practised on this platform, with its points."""
    cards = clients().record.scores(clients().platform.name, EVERY_TURN)
    return [
        DrillTurn(
            candidate=DrillCandidate(fault=one.fault, service=one.service), at=one.at, points=one.points
        )
        for one in cards
    ]
