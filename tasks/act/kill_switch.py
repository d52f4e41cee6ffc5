"""The kill switches as Prefect variables, which anybody with the UI can throw; asked before each write."""

from prefect.variables import Variable

from blocks.clients import clients
from outage.policies.kill_switches import SWITCH, switch_of, thrown_because


def kill_switch_reason() -> str | None:
    """Why writing is switched off, for all or for the platform that is spoken for, or None. Who cannot tell, stops."""
    try:
        said = [Variable.get(name, default="") for name in (SWITCH, switch_of(clients().spoken_for))]
    except Exception as error:  # noqa: BLE001  whatever keeps us from asking, the answer is stop
        return f"the kill switch could not be asked ({type(error).__name__})"
    return next((why for one in said if (why := thrown_because(one))), None)
