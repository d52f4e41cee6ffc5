"""Looks at what containers wrote: the ends of their logs, and what came before."""
