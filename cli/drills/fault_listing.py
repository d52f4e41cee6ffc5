"""What `outage drill --list` prints of a platform: which faults are possible, what each would touch, and why not."""

from collections.abc import Sequence
from typing import Any

import click

from outage.errors import FileError
from outage.verification.drills.drill_guards import felt_in_words
from outage.verification.drills.fault_templates import nearest_names
from outage.verification.drills.fitted_fault import Blast
from tasks.drill.possible_drills import PossibleDrill


def speak_for_named(platform: str) -> str:
    """Turn this process to a platform, and refuse a name that no file gives.

    Args:
        platform: As its file calls it; empty for the settings' own.

    Returns:
        Its name.

    Raises:
        FileError: No platform is called so; the nearest names are offered. Permanent.
    """
    from blocks.clients import clients

    known = [one.name for one in clients().platforms.platforms]
    if platform and platform not in known:
        near = nearest_names(platform, known) or known
        problems = f" ({'; '.join(clients().platforms.problems)})" if clients().platforms.problems else ""
        raise FileError(f"no platform is called {platform!r}; there is {', '.join(near) or 'none'}{problems}")
    clients().turn_to(platform)
    return clients().platform.name


def listing_in_words(drills: Sequence[PossibleDrill]) -> list[str]:
    """A line for each fault and service: the possible ones first, then what is not possible and why."""
    can = [one for one in drills if one.possible]
    cannot = [one for one in drills if not one.possible]
    lines = [f"{_name(one)}  {_touches(one)}" for one in can]
    if cannot:
        lines += [
            "",
            "not possible:",
            *(f"{_name(one)}  {one.choice.reason or one.forbidden}" for one in cannot),
        ]
    return lines


def _name(one: PossibleDrill) -> str:
    return f"{one.choice.fault:24} {one.choice.service:20}"


def _touches(one: PossibleDrill) -> str:
    if one.choice.fitted is None:
        return ""
    yes = "; needs a yes" if one.needs_yes else ""
    return f"{blast_in_words(one.choice.fitted.blast)}{yes}"


def blast_in_words(blast: Blast) -> str:
    """What a fault would touch, as one line."""
    objects = ", ".join(str(one) for one in blast.objects)
    felt = "users feel it" if blast.felt else "users feel nothing"
    wide = "; strikes the whole cluster" if blast.cluster_wide else ""
    return f"{objects}; {felt_in_words(blast)}, {felt}{wide}"


def listing_in_json(platform: str, drills: Sequence[PossibleDrill]) -> dict[str, Any]:
    """The versioned shape of docs/json.md."""
    return {"version": 1, "platform": platform, "drills": [_shown(one) for one in drills]}


def _shown(one: PossibleDrill) -> dict[str, Any]:
    fitted = one.choice.fitted
    return {
        "fault": one.choice.fault,
        "service": one.choice.service,
        "title": one.choice.title,
        "possible": one.possible,
        "reason": one.choice.reason or one.forbidden,
        "needs_yes": one.needs_yes,
        "blast": fitted.blast.model_dump(mode="json") if fitted else None,
    }


def chosen_service(drills: Sequence[PossibleDrill], fault: str, service: str) -> PossibleDrill:
    """The one drill that was meant; without a service the fault must fit exactly one.

    Raises:
        click.UsageError: It fits none, or several; or it does not fit the service, and why.
    """
    of_fault = [one for one in drills if one.choice.fault == fault]
    fit = [one for one in of_fault if one.choice.fitted]
    if not service:
        if len(fit) != 1:
            names = ", ".join(one.choice.service for one in fit) or "no service of it"
            raise click.UsageError(f"{fault} of which service? It fits {names}; name one with --service")
        return fit[0]
    found = next((one for one in of_fault if one.choice.service == service), None)
    if found is None:
        raise click.UsageError(f"no service is called {service!r}")
    if not found.possible:
        raise click.UsageError(f"{fault} of {service}: {found.choice.reason or found.forbidden}")
    return found
