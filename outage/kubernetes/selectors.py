"""Label selectors, and answers that may be "cannot tell": None beside yes and no."""

from collections.abc import Iterable

from outage.value import Manifest

Answer = bool | None
"""Yes, no, or None for what was not seen and so cannot be told."""


def tri_or(answers: Iterable[Answer]) -> Answer:
    """Yes if one is yes, no if all are no."""
    seen = list(answers)
    return True if True in seen else None if None in seen else False


def tri_and(*answers: Answer) -> Answer:
    """No if one is no, yes if all are yes."""
    return False if False in answers else None if None in answers else True


def labels_match(selector: Manifest, of: dict[str, str]) -> bool:
    """Whether a label selector (with expressions) matches; an empty one matches everything."""
    return bool(requirement_fits(selector, of, all_known=True))


def requirement_fits(selector: Manifest | None, of: dict[str, str], all_known: bool) -> Answer:
    """The same for labels of which perhaps only some are known: a key that was not seen tells nothing.

    Args:
        selector: `matchLabels` and `matchExpressions`; None selects nothing.
        of: The labels that are known.
        all_known: Whether there are no others.
    """
    asked = [
        {"key": key, "operator": "In", "values": [value]}
        for key, value in ((selector or {}).get("matchLabels") or {}).items()
    ]
    asked += (selector or {}).get("matchExpressions") or []
    return tri_and(*(_expression(one, of) if all_known or one.get("key") in of else None for one in asked))


def _expression(one: Manifest, of: dict[str, str]) -> bool:
    key, values = one.get("key", ""), one.get("values") or []
    match one.get("operator"):
        case "In":
            return of.get(key) in values
        case "NotIn":
            return of.get(key) not in values
        case "Exists":
            return key in of
        case _:
            return key not in of
