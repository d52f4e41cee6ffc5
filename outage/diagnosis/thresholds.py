"""From where something counts: scores, windows of time, shares, counts, likeness of names. Each once, with its reason.

Numbers that belong to one mechanism (a probe's budget, a quota's size, how much one repair does) stand beside it; what
a part of a score is worth stands in `weighing`, and how many failing requests are how bad in `incidents.severity`.
"""

from datetime import timedelta

from outage.incidents.severity import WEATHER

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
DATED_APART = timedelta(seconds=20)
"""Dates are of whole seconds, and a look comes round in its own time: the last change may seem to follow its effect."""
CHANGED_TOGETHER = timedelta(seconds=5)
"""Of several changes so close to each other nobody can say which one did it."""
SAME_WRITE = timedelta(seconds=3)
"""So far may a write lie from what came of it."""
TOLD_BEFORE = timedelta(hours=1)
"""A change so long before a bad sign is still told to people; what is suspected is asked for more."""
INSTALLED_WITHIN = timedelta(minutes=5)
"""What is made so shortly after its namespace belongs to the making of the whole."""
YOUNG_NAMESPACE = timedelta(minutes=15)
"""A namespace that fails so soon after it was made may never have worked."""
SETTLED_TEMPLATE = timedelta(hours=1)
"""A template that was as it is for so long before the onset is out of suspicion; a younger one may be wrong from the
start."""
PROVEN_REVISION = timedelta(seconds=20)
"""A revision that was replaced sooner has not shown that it works."""
ARRIVED_BEFORE = timedelta(minutes=30)
"""What is new and came at most so long before the first failure may have brought it, whatever it is; so may the last
change on the path of what fails."""
JUST_BEFORE = timedelta(minutes=5)
"""How long before its pods began to wait a preemption may be that they wait for."""

ROLLOUT_TURNS = timedelta(minutes=2)
"""Two ReplicaSets that change so close to each other take turns."""
FILLED_WITHIN = timedelta(seconds=10)
"""A ReplicaSet that is scaled so shortly after it was made was only filled."""
STALLED_FOR = timedelta(seconds=90)
"""A new pod that shows signs of failing for so long is no slow start."""
WAITS_TO_COUNT = timedelta(minutes=10)
"""A pod that has to be Ready for so long before it counts holds every rollout: the API server allows it only to who
raises the rollout's deadline, too, which is as long unless somebody says otherwise."""
CALLERS_MOVED = timedelta(seconds=15)
"""Time after which callers no longer meet the pods that were replaced."""
WITHOUT_PODS = timedelta(seconds=15)
"""Time in which a rollout may be without any pod, between deleting the old and making the new."""
POD_STARTING = timedelta(seconds=45)
"""Time that a pod may take to have its volumes and sandbox before that counts as stuck."""
ROLLOUT_PATIENCE = timedelta(seconds=60)
"""The least time that a new pod may take while the older ones serve: many programs start slower than they are asked."""
LONGEST_START = timedelta(minutes=10)
"""A pod that became ready later than this after its birth did not start so slowly: it was ill and recovered."""
FIRST_READINESS = timedelta(seconds=30)
"""A pod whose readiness turned later than this after its start was ready once: it turns at the start in any case."""
LOST_AT_BIRTH = timedelta(seconds=30)
"""A pod that lost its readiness this soon after its birth never had any."""
OVERDUE_LEAVING = timedelta(minutes=2)
"""Longer than nearly every grace period: a pod that is still on its way out then is stuck."""
JOB_ASKED_AGAIN = timedelta(minutes=15)
"""A Job whose pods are refused is tried again within this time."""
NODE_JOINING = timedelta(minutes=1)
"""A node that is younger is not ready since it is only coming."""
NODE_SILENT = timedelta(minutes=1)
"""A node that is not ready for so long is down: a kubelet that only restarts is back by then."""
STALE_LEASE = timedelta(seconds=60)
"""A lease that is older is nobody's: its holder renews every 10 seconds or less."""
CERTIFICATE_ENDS = timedelta(days=7)
"""A certificate that ends within this time should have been renewed: issuers begin weeks before."""
SESSION_SECONDS = 10
"""Between two requests of one session more time passes: with less of affinity the next one meets another pod."""

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

COMPLAINED_NOW = timedelta(seconds=75)
"""The last complaint of a running pod is no older: what is over is over."""
SHORT_SILENCE = timedelta(seconds=12)
"""So long a silence is no end; beyond it, who complained every two seconds would have complained again."""
COMPLAINTS = 3
"""Complaints of one kind that are more than an accident."""
LAST_WORD = timedelta(hours=1)
"""A log that ends with a complaint of what does not go by itself still means it after so long."""
NOT_A_START = timedelta(seconds=30)
"""What is said over so long is more than what a program says when it starts or reads its configuration again."""
MAIN_SHARE = 0.5
"""Of the lines since it began, from which one without a word of trouble is what a workload has to say."""
COMPLAINTS_SHARE = 0.2
"""Of the lines of that time: who serves thousands and fails few times is well."""
MORE_THAN_ONE = 2
"""Complaints of its own that are more than one bad request, or one slip."""
PROBE_REFUSALS = 5
"""Refusals of a pod's probe that are a state and not a start."""
REVISION_REFUSALS = 5
"""Failed probes of one revision that are more than the few of pods on their way out."""
RESTARTS_OF_A_LOOP = 3
"""Restarts from which a container that runs again goes round: one may be an eviction, two a bad moment."""
NAMELESS_WORKLOADS = 2
"""Workloads that must find no names: one alone may be told a wrong name, or be kept from asking."""
PILED_RUNS = 3
"""Unfinished runs of one CronJob that are a pile; two may overlap."""
HUNG_TIMES = 3
"""So many times the longest run, and the longest time between two, is no slow run."""
RUNS_KNOWN = 2
"""Runs that ended well, from which it is known how long one takes and how often one begins."""
PILED_SHARE = 0.3
"""Of all pods of the namespace: fewer do not take the others' places."""

ERROR_RATIO = WEATHER
"""Share of failing requests from which a Service fails; below it severity asks nothing either."""
ERRORS_GREW = 1.5
"""So many times the share of an hour ago: who always fails a little is no news."""
SLOW_SECONDS = 1.0
"""Latency from which people notice that they wait."""
SLOWER = 3
"""So many times the latency of an hour ago: who was always slow is no news."""
CPU_SATURATED_FROM = 0.9
"""Share of its CPU limit that a container uses while it is throttled: the kernel lets it no nearer to the whole."""
CPU_BUSY_FROM = 0.7
"""Share of their CPU from which pods behind a slow Service are busy themselves, rather than waiting."""
THROTTLED_FROM = 0.25
"""Share of the kernel's periods in which a container waits for its limit, from which on its callers notice."""
NEARLY_FULL = 0.9
"""Share of a limit, a volume or a server's connections from which the next burst finds no room."""
PACKET_ERRORS_FROM = 1.0
"""Broken packets a second that are more than a cable's everyday."""
DEVIATION = 3.5
"""Robust deviations from which a number is an outlier: the usual bound of the modified z-score."""
MEASURED_POINTS = 6
"""Numbers of a span from which its middle tells anything; a pod that is three minutes old has as many."""
FAR_ABOVE_SIBLINGS = 10
"""So many times what any sibling asks for is hardly meant."""

CONNECTIONS_NEARLY_FULL = 0.9
"""Share of a database's connections that leaves no room for one client's restart."""
CONNECTIONS_LEFT = 0.75
"""Share of its connections up to which a database has room: it says so itself, whatever older log lines tell, and more
clients may be let at it."""
MOST_CONNECTIONS = 0.5
"""The share of all connections from which on one client holds most of them."""
IDLE_SESSIONS = 3
"""Idle sessions that nobody would miss; a client that holds no more is not what fills the database."""
WAITING_SECONDS = 5.0
"""A wait for a lock that is shorter is everyday life."""
HELD_SECONDS = 10.0
"""A transaction that is open for so long and makes anybody wait is none: clients that give up after two seconds never
wait for five, and come again."""
WRAPAROUND_NEAR = 1_500_000_000
"""Transactions since the oldest row was frozen; at two billion the database stops."""
RETAINED_BYTES = 64 * 2**20
"""Bytes of log that a replication slot keeps, from which on it is worth a word."""

NAME_LIKENESS = 0.75
"""Of two names (`difflib` ratio) from which one may be a slip of the pen for the other: one letter in four."""
CLAIM_LIKENESS = 0.6
"""Likewise of volume claims, whose names carry prefixes of templates and ordinals of pods."""
