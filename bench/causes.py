"""Writes docs/causes.md from the rules and the catalogue of faults: `make causes`."""

import sys
from collections import defaultdict
from pathlib import Path

from outage.diagnosis.rules.catalogue import cause_entries
from outage.reports.causes_page import causes_page
from practice.faults import fault_catalogue

PAGE = Path(__file__).resolve().parents[1] / "docs/causes.md"


def current_page() -> str:
    """The page as the rules and faults have it now."""
    drills: dict[str, list[str]] = defaultdict(list)
    for fault in fault_catalogue():
        for cause in fault.expected.causes[:1]:
            drills[cause].append(fault.name)
    return causes_page(cause_entries().values(), drills)


if __name__ == "__main__":
    PAGE.write_text(current_page(), encoding="utf-8")
    sys.stdout.write(f"{len(cause_entries())} causes in docs/{PAGE.name}\n")
