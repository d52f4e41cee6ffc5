"""Decide: which cause to believe, which plan to make, how often to try. Rules that can be read; no model is asked."""

from tasks.decide.chosen_plan import chosen_instead, with_choice
from tasks.decide.diagnose_snapshot import Concluded, diagnose_picture, with_reliefs
from tasks.decide.doubted_plan import left_to_leader
from tasks.decide.keep_or_take_back import judge_plan
from tasks.decide.next_plan import attempts_made, make_plan

__all__ = [
    "Concluded",
    "attempts_made",
    "chosen_instead",
    "diagnose_picture",
    "judge_plan",
    "left_to_leader",
    "make_plan",
    "with_choice",
    "with_reliefs",
]
