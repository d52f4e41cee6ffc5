"""`python -m cli` is `outage`."""

from cli import main

main()
