"""From where something counts: scores, windows of time, likeness of names. Each stands here once, with its reason.

Numbers that belong to one mechanism (a probe's budget, a quota's size) stand beside it; what a part of a score is
worth stands in `weighing`.
"""

from datetime import timedelta

LEAST_SCORE = 0.25
"""Below this a cause is not worth a responder's time."""
SHARED_FROM = 0.3
"""Score from which another object with the very same wrong value belongs to a cause that is believed: what the first
explains it explains, too, and is marked down for that alone."""
BELIEVED_FROM = 0.5
"""Score below which a cause is shown to a person and not acted upon, and does not count as standing when it is looked
at again: more speaks for doubt than for it."""

RECENT_CHANGE = timedelta(hours=2)
"""A change that is older has been lived with: it is no news when something fails now."""
CLOSE_CHANGE = timedelta(minutes=15)
"""A change that came at most so long before the first failure is suspect by its time alone."""
CHANGE_OF_THE_DAY = timedelta(hours=24)
"""For Services: a wrong port or selector shows only when somebody calls, and some are called once a day."""
FAILED_JOB = timedelta(hours=3)
"""Longer than a change is recent: what a Job should have done is missed only when somebody needs it."""
BEING_MADE = timedelta(seconds=30)
"""Whoever makes an object may write it several times in this time; a later write is an edit."""
SEEN_LATE = timedelta(minutes=2)
"""Signs are seen with a delay: what came so shortly after the first one may well have come before it."""
SET_UP_TOGETHER = timedelta(minutes=2)
"""What was made so shortly after a platform's workloads came with them, and not with the trouble."""
CLOCK_SKEW = timedelta(minutes=1)
"""Clocks of nodes, of the API server and of this machine may differ so much."""
ARRIVED_BEFORE = timedelta(minutes=30)
"""What is new and came at most so long before the first failure may have brought it, whatever it is."""
JUST_BEFORE = timedelta(minutes=5)
"""How long before its pods began to wait a preemption may be that they wait for."""

SAID_LATELY = timedelta(minutes=15)
"""What a log said, or a container did, longer ago tells nothing of the present."""
STILL_SAID = timedelta(minutes=3)
"""Who calls all the time would have said it again: where pods are ready, what was said longer ago is over, as what is
lost while they are replaced."""
RESTART_PACE = timedelta(minutes=5)
"""The longest that the kubelet waits before it starts a container anew: one that ends again and again says why as
rarely, and one that has run for longer is well."""
SAID_BEFORE_CHANGE = RECENT_CHANGE + timedelta(hours=1)
"""How far back logs are read for what was complained of before a recent change already."""
EARLIER_LIFE = timedelta(hours=1)
"""A pod that restarted in this time is read as an ill one: what it said in the life before may tell why."""

NAME_LIKENESS = 0.75
"""Of two names (`difflib` ratio) from which one may be a slip of the pen for the other: one letter in four."""
CLAIM_LIKENESS = 0.6
"""Likewise of volume claims, whose names carry prefixes of templates and ordinals of pods."""
