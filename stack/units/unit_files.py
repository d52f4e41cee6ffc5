"""The text of the units: what is started, when it is started anew, how long it may be silent, what it may not do."""

import sys

from blocks.settings import HERE, Settings
from stack.processes import state_layout
from stack.processes.stack_services import StackService, stack_services
from stack.stack_status import TARGET

WATCHDOG_SECONDS = 90
"""Longer than any round of a loop on a busy machine; each tells life at least every ten seconds."""
START_SECONDS = 300
"""A first start makes a database and takes a tenth of this."""
SILENT = ("postgres",)
"""Programs that are not ours: they tell systemd nothing, so only their end is noticed."""

FENCES = (
    "NoNewPrivileges=yes",
    "LockPersonality=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
    "UMask=0077",
)
"""What a user's own manager can enforce, too."""
SYSTEM_FENCES = (
    "ProtectSystem=full",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelLogs=yes",
    "ProtectControlGroups=yes",
    "ProtectClock=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    "RestrictNamespaces=yes",
    "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID CAP_KILL",
)
"""What needs the system's manager. PostgreSQL has none of these: as root it makes itself a user namespace."""


def unit_files(settings: Settings, *, of_user: bool) -> dict[str, str]:
    """Every unit of a home.

    Args:
        settings: Of the home; everything but the home itself stands in its stack.json.
        of_user: Whether they are for a user's own manager, with what that can enforce.

    Returns:
        Name of the file → its text, the target first.
    """
    services = [one for one in stack_services(settings) if one.name != "standby"]
    names = [unit_name(one) for one in services]
    return {
        TARGET: _target(names, of_user),
        **{unit_name(one): _service(settings, one, names, of_user) for one in services},
    }


def unit_name(service: StackService) -> str:
    """`outage-runner.service`."""
    return f"outage-{service.name}.service"


def _target(names: list[str], of_user: bool) -> str:
    return _text(
        ("Unit", ["Description=outage: answers outages on this machine", f"Wants={' '.join(names)}"]),
        ("Install", [f"WantedBy={'default' if of_user else 'multi-user'}.target"]),
    )


def _service(settings: Settings, service: StackService, names: list[str], of_user: bool) -> str:
    database = "outage-postgres.service"
    after = ["network-online.target"] if not of_user else []
    after += [database] if database in names and service.name != "postgres" else []
    unit = [
        f"Description=outage: {service.what}",
        f"PartOf={TARGET}",
        *([f"After={' '.join(after)}"] if after else []),
        *(["Wants=network-online.target"] if not of_user else []),
        "StartLimitIntervalSec=0",  # it may fail for as long as its neighbour is away, and comes back with it
    ]
    silent = service.name in SILENT
    fences = [*FENCES, *([] if of_user or silent else SYSTEM_FENCES)]
    body = [
        f"Type={'exec' if silent else 'notify'}",
        f"Environment={_quoted(f'OUTAGE_HOME={settings.home}')} {_quoted(f'PYTHONPATH={HERE}')}",
        f"ExecStart={_quoted(sys.executable).replace('$', '$$')} -m stack.units.unit_process {service.name}",
        f"WorkingDirectory={str(HERE).replace('%', '%%')}",
        "Restart=always",
        "RestartSec=1",
        f"TimeoutStartSec={START_SECONDS}",
        f"TimeoutStopSec={service.stop_seconds + 2:.0f}",
        f"KillSignal={service.stop.name}",
        *([] if silent else ["NotifyAccess=main", f"WatchdogSec={WATCHDOG_SECONDS}"]),
        # Responses that run live on while their runner is started anew: it finds them in their files.
        *(["KillMode=process"] if service.name == "runner" else []),
        f"StandardOutput=append:{str(state_layout.log_path(settings, service.name)).replace('%', '%%')}",
        "StandardError=inherit",
        *fences,
    ]
    return _text(("Unit", unit), ("Service", body), ("Install", [f"WantedBy={TARGET}"]))


def _quoted(word: str) -> str:
    """A word as systemd reads it back, whatever is in it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _text(*sections: tuple[str, list[str]]) -> str:
    return "\n".join(f"[{name}]\n" + "\n".join(lines) + "\n" for name, lines in sections)
