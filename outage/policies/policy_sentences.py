"""What a policy allows, in sentences: for whoever reviews the file, and for whoever wonders why nothing happens."""

from outage.diagnosis.hypothesis import Action, Risk
from outage.incidents.severity import Severity
from outage.plans.approval import NameProof
from outage.plans.plan import Mode
from outage.policies.policy import Limits, Policy, Rule, follow_up_owner
from outage.text.durations import EXACT, duration_in_words
from outage.text.handle import ANYBODY


def policy_in_sentences(policy: Policy) -> tuple[str, ...]:
    """The whole policy, most important first."""
    if policy.broken:
        return (f"Nothing is written: {policy.broken}.",)
    return (
        _overall(policy),
        *_where(policy),
        *(_rule(number, rule, policy) for number, rule in enumerate(policy.rules, start=1)),
        "A plan that no rule fits is only shown.",
        *_never(policy),
        *_limits(policy.limits),
        *_when(policy),
        _asking(policy),
        *_telling(policy),
        "An incident whose cause another one answers waits for that outcome, at most "
        f"{duration_in_words(policy.same_cause_within, EXACT)}.",
        f"After {policy.attempts} plans that did not help, a person takes over.",
    )


def _asking(policy: Policy) -> str:
    people = _list(policy.approvers.get(policy.escalate_to, ()))
    more = (
        f"after {duration_in_words(policy.escalate_after, EXACT)} {people} ({policy.escalate_to}) too; "
        if policy.escalate_to
        else ""
    )
    reminded = f"Somebody is reminded after {duration_in_words(policy.remind_after, EXACT)}; {more}"
    stands = duration_in_words(policy.mitigation_lasts, EXACT)
    return (
        f"{reminded}after {duration_in_words(policy.answer_within, EXACT)} silence is a no. "
        f"The other slot and the maintenance page are to be taken back within {stands}."
    )


def _telling(policy: Policy) -> tuple[str, ...]:
    """Who is told, through what, and who is called."""
    said = []
    for name, one in policy.channels.items():
        yes = ", each after a person's yes," if one.needs_yes else ""
        drills = "; drills too" if one.drills else ""
        said.append(
            f"{name} ({one.kind}) is told{yes} {_list(one.messages)} of {_list(one.severities)}{drills}."
        )
    rungs = [f"{rung} calls {_list(names)}" for rung, names in policy.escalation.rungs.items() if names]
    called = f"The runbook's escalation: {'; '.join(rungs)}." if rungs else "Nobody is ever called."
    told = said or ["Nobody is told anything: there are no channels."]
    return (*told, called, *_watchdog(policy), *_follow_up(policy))


def _watchdog(policy: Policy) -> tuple[str, ...]:
    """What a silent monitoring does; nothing is said where policy does not wait for it."""
    rules = policy.watchdog
    if rules.silent_after is None:
        return ()
    after = duration_in_words(rules.silent_after, EXACT)
    return (f"When the monitoring's Watchdog is not heard for {after}, {rules.rung} is called.",)


def _follow_up(policy: Policy) -> tuple[str, ...]:
    owner = follow_up_owner(policy)
    return (f"What is to be done after P0 and P1 is {owner}'s.",) if policy.follow_up.owner else ()


def _overall(policy: Policy) -> str:
    match policy.mode:
        case Mode.ADVISE:
            return "The program only advises: it shows plans and writes nothing."
        case Mode.ASK:
            return "The program never writes without a person's yes."
        case _:
            return "The program may write alone where a rule says `act`."


def _where(policy: Policy) -> tuple[str, ...]:
    if not policy.namespaces and not policy.cluster_kinds:
        return ("No namespace is allowed, so nothing can be written at all.",)
    inside = f"It may write {_list(policy.kinds)} in {_list(policy.namespaces)}."
    beyond = f"Outside of that it may write {_list(policy.cluster_kinds)}." if policy.cluster_kinds else ""
    return tuple(one for one in (inside, beyond) if one)


def _list(words: tuple[str, ...]) -> str:
    if not words:
        return "nothing"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _rule(number: int, rule: Rule, policy: Policy) -> str:
    mode = min(rule.mode, policy.mode, key=list(Mode).index)
    lowered = (
        f" (the rule says {rule.mode}, the policy's mode turns it down)" if mode is not rule.mode else ""
    )
    why = f" Why: {rule.why}." if rule.why else ""
    return f"Rule {number}: {_which(rule)} {_how(mode, rule, policy)}{lowered}.{why}"


def _which(rule: Rule) -> str:
    risks = "plans of any risk" if len(rule.risk) == len(Risk) else f"plans of {_list(tuple(rule.risk))} risk"
    bad = "" if len(rule.severity) == len(Severity) else f" at {_list(tuple(rule.severity))}"
    only = "" if len(rule.actions) == len(Action) else f" that only {_list(tuple(rule.actions))}"
    return f"{risks}{bad}{only}"


def _how(mode: Mode, rule: Rule, policy: Policy) -> str:
    if mode is Mode.ADVISE:
        return "are only shown"
    if mode is Mode.ACT:
        return "are written at once"
    group = rule.approvers or next(iter(policy.approvers), "")
    people = policy.approvers.get(group, ())
    who = "anybody" if ANYBODY in people else f"{_list(people)} ({group})"
    count = "one yes" if rule.quorum == 1 else f"{rule.quorum} different people's yes"
    people_say = " proven by a code" if rule.proof is NameProof.PROVEN else ""
    apart = "" if rule.requester_may_approve else ", not from whoever started the incident"
    return f"need {count}{people_say} from {who}{apart}"


def _never(policy: Policy) -> tuple[str, ...]:
    marks = _list(tuple(f"{key}={value}" for key, value in policy.protected_labels.items()))
    said = [f"Never written: Secrets; bound volume claims (deleted); objects with the label {marks}."]
    if policy.protected_objects:
        said.append(f"Never written by name: {_list(policy.protected_objects)}.")
    if policy.gitops == "refuse":
        said.append("What a GitOps controller owns is not written: it is mended in its repository.")
    return tuple(said)


def _limits(limits: Limits) -> tuple[str, ...]:
    return (
        f"One step may disturb {limits.disturbed_share:.0%} of a workload's ready pods; one plan has at most "
        f"{limits.steps} steps and ends at most {limits.sessions} database sessions.",
        f"All incidents of a platform together write at most {limits.actions_per_hour} times an hour, and two of "
        f"them not within {duration_in_words(limits.cooldown, EXACT)} on one object.",
        f"With more than {limits.storm_causes} causes at once, or more than {limits.storm_nodes_share:.0%} of the "
        "nodes not ready, a person decides; so it is when the view is older than "
        f"{duration_in_words(limits.view_fresh, EXACT)}.",
    )


def _when(policy: Policy) -> tuple[str, ...]:
    freezes = [
        f"Nothing is written from {one.starts:%Y-%m-%d %H:%M %Z} to {one.ends:%Y-%m-%d %H:%M %Z}"
        f"{_in(one.namespaces)}: {one.why}."
        for one in policy.freezes
    ]
    windows = [
        f"Nothing is written on {_list(one.days)} from {one.starts:%H:%M} UTC for {duration_in_words(one.lasts, EXACT)}"
        f"{_in(one.namespaces)}: {one.why}."
        for one in policy.maintenance
    ]
    return (*freezes, *windows)


def _in(namespaces: tuple[str, ...]) -> str:
    return f" in {_list(namespaces)}" if namespaces else ""
