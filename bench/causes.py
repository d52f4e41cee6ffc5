"""Writes docs/causes.md and docs/causes/ from the rules and the catalogue of faults: `make causes`."""

import sys
from collections import defaultdict
from pathlib import Path

from outage.diagnosis.rules.catalogue import cause_entries
from outage.reports.cause_pages.cause_runbook import cause_runbook, runbook_in_markdown
from outage.reports.cause_pages.causes_page import causes_page
from practice.faults import fault_catalogue

PAGE = Path(__file__).resolve().parents[1] / "docs/causes.md"
RUNBOOKS = PAGE.with_suffix("")


def current_page() -> str:
    """The page as the rules and faults have it now."""
    drills: dict[str, list[str]] = defaultdict(list)
    for fault in fault_catalogue():
        for cause in fault.expected.causes[:1]:
            drills[cause].append(fault.name)
    return causes_page(cause_entries().values(), drills)


def current_runbooks() -> dict[str, str]:
    """The runbook page of every cause, by the name of its file in docs/causes."""
    faults = tuple(fault_catalogue())
    entries = cause_entries().values()
    return {f"{one.cause.value}.md": runbook_in_markdown(cause_runbook(one, faults)) for one in entries}


def write_pages() -> None:
    """Write them all; the page of a cause that is none any more goes."""
    PAGE.write_text(current_page(), encoding="utf-8")
    RUNBOOKS.mkdir(exist_ok=True)
    pages = current_runbooks()
    for file in RUNBOOKS.glob("*.md"):
        if file.name not in pages:
            file.unlink()
    for name, text in pages.items():
        (RUNBOOKS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages()
    sys.stdout.write(f"{len(cause_entries())} causes in docs/{PAGE.name} and docs/{RUNBOOKS.name}/\n")
