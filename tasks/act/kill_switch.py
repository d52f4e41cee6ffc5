"""The kill switch: a Prefect variable that anybody with the UI can throw, asked before each write."""

from prefect.variables import Variable

SWITCH = "outage_kill_switch"
"""Name of the variable. Absent, empty, `off`, `false` or `no`: writing goes on. Anything else is the reason it does
not."""

NOT_THROWN = ("", "off", "false", "no", "none", "0")


def kill_switch_reason() -> str | None:
    """Why writing is switched off, or None. Who cannot tell, stops."""
    try:
        value = Variable.get(SWITCH, default="")
    except Exception as error:  # noqa: BLE001  whatever keeps us from asking, the answer is stop
        return f"the kill switch could not be asked ({type(error).__name__})"
    said = str(value if value is not None else "").strip()
    return None if said.lower() in NOT_THROWN else said
