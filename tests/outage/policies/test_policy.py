"""Who may say yes to what, and what the file's mistakes look like."""

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from outage.diagnosis.hypothesis import Risk
from outage.errors import FileError
from outage.incidents.severity import Severity
from outage.plans.approval import Answer, Approval, NameProof
from outage.plans.objection import Proceed, Refuse
from outage.plans.plan import Mode, Plan
from outage.policies.permission import (
    PermissionRequest,
    approvals_needed,
    may_answer,
    mode_for,
    permission_for,
)
from outage.policies.policy import Policy, Rule, broken_policy
from outage.policies.policy_file import check_policy, load_policy, read_policy
from outage.policies.policy_sentences import policy_in_sentences
from tests.outage.policies.guards.guard_places import NOON, plan, step

ROOT = Path(__file__).parents[3]

POLICY = Policy(
    mode=Mode.ACT,
    approvers={"on-call": ("ada", "bob"), "leads": ("eve", "joe")},
    rules=(
        Rule(risk=(Risk.HIGH,), mode=Mode.ASK, approvers="leads", quorum=2, requester_may_approve=False),
        Rule(risk=(Risk.LOW,), severity=(Severity.P2,), mode=Mode.ACT),
        Rule(risk=(Risk.LOW, Risk.MEDIUM), mode=Mode.ASK, approvers="on-call"),
    ),
)


def risky(risk: Risk) -> Plan:
    """A plan of some risk."""
    return plan(step(risk=risk))


def said(to: Plan, *people: str, answer: Answer = Answer.APPROVE) -> tuple[Approval, ...]:
    """The same answer from several people."""
    return tuple(Approval(plan_hash=to.hash, answer=answer, by=one, at=NOON) for one in people)


@pytest.mark.parametrize(
    ("risk", "severity", "mode", "needed"),
    [
        pytest.param(Risk.LOW, Severity.P2, Mode.ACT, 0, id="low risk at P2 acts alone"),
        pytest.param(Risk.LOW, Severity.P0, Mode.ASK, 1, id="the first rule that fits counts"),
        pytest.param(Risk.MEDIUM, Severity.P2, Mode.ASK, 1, id="medium risk asks"),
        pytest.param(Risk.HIGH, Severity.P1, Mode.ASK, 2, id="high risk asks two"),
    ],
)
def test_the_first_rule_that_fits_counts(risk: Risk, severity: Severity, mode: Mode, needed: int) -> None:
    """By the plan's worst step and the incident's severity."""
    asked = PermissionRequest(risky(risk), severity, POLICY)

    assert mode_for(asked) is mode
    assert approvals_needed(asked) == needed


@pytest.mark.parametrize(
    ("change", "mode"),
    [
        pytest.param({"rules": ()}, Mode.ADVISE, id="what no rule fits is advised"),
        pytest.param({"mode": Mode.ADVISE}, Mode.ADVISE, id="one line turns everything down"),
        pytest.param({"mode": Mode.ASK}, Mode.ASK, id="what acted alone asks when it is turned down"),
        pytest.param({"mode": Mode.ASK, "approvers": {}}, Mode.ADVISE, id="with nobody to ask it advises"),
    ],
)
def test_the_policy_mode_is_a_ceiling(change: dict[str, Any], mode: Mode) -> None:
    """No rule goes further than the policy's mode."""
    policy = POLICY.model_copy(update=change)

    assert mode_for(PermissionRequest(risky(Risk.LOW), Severity.P2, policy)) is mode


MEDIUM, HIGH = risky(Risk.MEDIUM), risky(Risk.HIGH)


@pytest.mark.parametrize(
    ("of", "answers", "requester", "allowed"),
    [
        pytest.param(MEDIUM, said(MEDIUM, "ada"), "", True, id="one of the group"),
        pytest.param(MEDIUM, said(MEDIUM, "ada"), "ada", True, id="the requester, where the rule lets them"),
        pytest.param(HIGH, said(HIGH, "eve", "joe"), "", True, id="a quorum"),
        pytest.param(MEDIUM, (), "", False, id="silence"),
        pytest.param(MEDIUM, said(MEDIUM, "eve"), "", False, id="somebody of another group"),
        pytest.param(MEDIUM, said(HIGH, "ada"), "", False, id="a yes to another plan"),
        pytest.param(HIGH, said(HIGH, "eve", "eve"), "", False, id="one person twice is no quorum"),
        pytest.param(HIGH, said(HIGH, "eve", "joe"), "joe", False, id="the requester is none of the two"),
        pytest.param(
            HIGH,
            (*said(HIGH, "eve", "joe"), *said(HIGH, "ada", answer=Answer.DECLINE)),
            "",
            False,
            id="one no is enough, whoever says it",
        ),
        pytest.param(MEDIUM, said(MEDIUM, "policy"), "", False, id="the program itself is nobody"),
    ],
)
def test_a_plan_is_written_only_with_the_answers_it_needs(
    of: Plan, answers: tuple[Approval, ...], requester: str, allowed: bool
) -> None:
    """The answers that stand are counted again at the moment of writing."""
    verdict = permission_for(PermissionRequest(of, Severity.P1, POLICY, requester), answers)

    assert isinstance(verdict, Proceed if allowed else Refuse)


@pytest.mark.parametrize(
    ("needed", "given", "allowed"),
    [
        (NameProof.TYPED, NameProof.TYPED, True),
        (NameProof.TYPED, NameProof.PROVEN, True),
        (NameProof.PROVEN, NameProof.PROVEN, True),
        (NameProof.PROVEN, NameProof.TYPED, False),
    ],
)
def test_policy_says_which_proof_of_a_name_is_enough(
    needed: NameProof, given: NameProof, allowed: bool
) -> None:
    """A typed name is no signature, where the rule wants one."""
    rules = tuple(rule.model_copy(update={"proof": needed}) for rule in POLICY.rules)
    policy = POLICY.model_copy(update={"rules": rules})
    answers = tuple(one.model_copy(update={"proof": given}) for one in said(MEDIUM, "ada"))

    verdict = permission_for(PermissionRequest(MEDIUM, Severity.P1, policy), answers)
    assert isinstance(verdict, Proceed if allowed else Refuse)


def test_anybody_is_still_a_person() -> None:
    """A `*` does not let the program's own answers count."""
    policy = POLICY.model_copy(update={"approvers": {"on-call": ("*",), "leads": ("*",)}})

    asked = PermissionRequest(MEDIUM, Severity.P1, policy)

    assert may_answer(asked, "whoever", Answer.APPROVE) == ""
    assert "not a person" in may_answer(asked, "policy", Answer.APPROVE)
    assert "name" in may_answer(asked, " ", Answer.APPROVE)


def test_without_a_policy_nothing_is_written() -> None:
    """Defaults do nothing, and a broken file does nothing."""
    for policy in (Policy(), broken_policy("line 3")):
        asked = PermissionRequest(MEDIUM, Severity.P0, policy)
        assert mode_for(asked) is Mode.ADVISE
        assert isinstance(permission_for(asked, said(MEDIUM, "ada")), Refuse)


@pytest.mark.parametrize("file", ["deploy/policy.yaml", "practice/policy.yaml"])
def test_the_policies_of_the_house_can_be_used(file: str) -> None:
    """And ask before every write."""
    read = check_policy(ROOT / file)

    assert read.mode is Mode.ASK
    assert policy_in_sentences(read)[0] == "The program never writes without a person's yes."
    for risk in Risk:
        assert mode_for(PermissionRequest(risky(risk), Severity.P0, read)) is Mode.ASK


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(
            "mode: ask\natempts: 3\n",
            "line 2: `atempts` is not a known key; did you mean `attempts`?",
            id="unknown key",
        ),
        pytest.param(
            "limits:\n  cooldown: 10\n",
            "line 2: `limits.cooldown` cannot be 10: 10 is not a duration: write it with its unit, as "
            "`90s`, `15m` or `1h30m`",
            id="wrong unit",
        ),
        pytest.param(
            "mode: ask\nrules:\n  - mode: ask\n    approvers: nobody\n",
            "line 1: rule 1 asks the group `nobody`, which `approvers` does not name",
            id="a group that is not there",
        ),
        pytest.param(
            "approvers: {a: [xy]}\nrules:\n  - {mode: ask, approvers: a, quorum: 2}\n",
            "line 1: rule 1 needs 2 people of `a`, which has 1",
            id="a quorum that cannot be",
        ),
        pytest.param(
            "mode: ask\nmode: act\n", "line 2: `mode` stands twice, first on line 1", id="a key twice"
        ),
        pytest.param(
            "mode: [ask\n", "line 2: not YAML: expected ',' or ']', but got '<stream end>'", id="no YAML"
        ),
        pytest.param(
            "freezes:\n  - starts: 2030-01-02T00:00:00Z\n    ends: 2030-01-01T00:00:00Z\n    why: sale\n",
            "line 2: `freezes.0`: it ends at 2030-01-01 00:00, before it starts at 2030-01-02 00:00",
            id="a freeze that ends before it starts",
        ),
        pytest.param("rules:\n  - risk: [low]\n", "line 2: `rules.0.mode` is missing", id="a missing key"),
        pytest.param(
            "mode: aks\n",
            "line 1: `mode` cannot be 'aks': Input should be 'advise', 'ask' or 'act'",
            id="a wrong word",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line(text: str, sentence: str) -> None:
    """Whoever edits at night needs the line, not a stack trace."""
    with pytest.raises(FileError) as told:
        read_policy(text, "policy.yaml")

    assert str(told.value) == f"read policy.yaml {sentence}"


def test_a_file_that_cannot_be_used_allows_nothing_and_stops_nobody(tmp_path: Path) -> None:
    """Looking and advising go on."""
    (tmp_path / "policy.yaml").write_text("mode: act\nrules: 3\n")

    for path in (tmp_path / "policy.yaml", tmp_path / "nowhere.yaml"):
        policy = load_policy(path)
        assert policy.broken
        assert path.name in policy.broken
        assert policy_in_sentences(policy) == (f"Nothing is written: {policy.broken}.",)


def test_the_policy_is_told_in_sentences() -> None:
    """The whole answer of `outage policy check`, for a policy that uses everything."""
    read = read_policy(
        """
        mode: ask
        namespaces: [shop]
        kinds: [Deployment, Service]
        cluster_kinds: [Node]
        approvers: {leads: [eve, joe]}
        rules:
          - {risk: [high], severity: [P0, P1], mode: ask, approvers: leads, quorum: 2, requester_may_approve: false}
          - {risk: [low], actions: [restart], mode: act, why: it is harmless}
        protected_objects: [shop/Deployment/billing]
        freezes: [{starts: 2030-12-20T00:00:00Z, ends: 2031-01-02T00:00:00Z, why: Christmas}]
        maintenance: [{days: [mon, tue], starts: "22:00", lasts: 4h, why: backups, namespaces: [shop]}]
        """,
        "policy.yaml",
    )

    assert policy_in_sentences(read) == (
        "The program never writes without a person's yes.",
        "It may write Deployment and Service in shop.",
        "Outside of that it may write Node.",
        "Rule 1: plans of high risk at P0 and P1 need 2 different people's yes from eve and joe (leads), "
        "not from whoever started the incident.",
        "Rule 2: plans of low risk that only restart need one yes from eve and joe (leads) "
        "(the rule says act, the policy's mode turns it down). Why: it is harmless.",
        "A plan that no rule fits is only shown.",
        "Never written: Secrets; bound volume claims (deleted); objects with the label outage.dev/protected=true.",
        "Never written by name: shop/Deployment/billing.",
        "What a GitOps controller owns is not written: it is mended in its repository.",
        "One step may disturb 50% of a workload's ready pods; one plan has at most 6 steps and ends at most 20 "
        "database sessions.",
        "All incidents of a platform together write at most 12 times an hour, and two of them not within 10 min "
        "on one object.",
        "With more than 3 causes at once, or more than 50% of the nodes not ready, a person decides; so it is when "
        "the view is older than 2 min.",
        "Nothing is written from 2030-12-20 00:00 UTC to 2031-01-02 00:00 UTC: Christmas.",
        "Nothing is written on mon and tue from 22:00 UTC for 4 h in shop: backups.",
        "Somebody is reminded after 5 min; after 1 h silence is a no. "
        "The other slot and the maintenance page are to be taken back within 4 h.",
        "Nobody is told anything: there are no channels.",
        "Nobody is ever called.",
        "An incident whose cause another one answers waits for that outcome, at most 4 h.",
        "After 3 plans that did not help, a person takes over.",
    )


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("22:00", id="without quotes YAML reads it as the number 1320"),
        pytest.param("'22:00+02:00'", id="a zone of its own"),
        pytest.param("1320", id="a number"),
        pytest.param("'ten'", id="a word"),
    ],
)
def test_a_window_whose_start_could_be_misread_is_refused(written: str) -> None:
    """A window that opens at another hour lets writes through while people are at work."""
    text = (
        "version: 1\nmode: act\nmaintenance:\n  - {{days: [tue], starts: {}, lasts: 2h, why: patch night}}\n"
    )
    assert read_policy(text.format("'22:00'"), "policy.yaml").maintenance[0].starts == time(22)

    with pytest.raises(FileError, match='write it in quotes, in UTC, as "22:00"'):
        read_policy(text.format(written), "policy.yaml")


def test_a_soak_that_the_phase_cannot_hold_is_refused() -> None:
    """It would be ended in the middle, and the repair with it."""
    text = "version: 1\nmode: act\nverifying: {{soak: {}}}\n"
    assert read_policy(text.format("1h"), "policy.yaml").verifying.soak == timedelta(hours=1)

    with pytest.raises(FileError, match="watched for an hour at most"):
        read_policy(text.format("2h"), "policy.yaml")
