"""`python -m cli` is `outage`."""

from cli import outage_main

outage_main()
