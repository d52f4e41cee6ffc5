"""Decide: which cause to believe, which plan to make, how often to try. Rules that can be read; no model is asked."""

from tasks.decide.causes import diagnose_picture, with_reliefs
from tasks.decide.helping import what_it_helped
from tasks.decide.plans import attempts, make_plan

__all__ = ["attempts", "diagnose_picture", "make_plan", "what_it_helped", "with_reliefs"]
