"""The policy as it holds for one platform: its own people, or one sentence for why they cannot be used."""

import pytest

from outage.diagnosis.hypothesis import Risk
from outage.plans.plan import Mode
from outage.policies.platform_policy import unusable_people, with_own_channels, with_own_people
from outage.policies.policy import Policy, Rule

CHAT = {"kind": "slack", "token": {"env": "NOT_THERE"}, "channel": "C0INCIDENTS"}
POLICY = Policy.model_validate(
    {
        "mode": "ask",
        "people": {"Ana": {}, "bob": {}},
        "approvers": {"on-call": ["ana", "eve"], "leads": ["eve"]},
        "channels": {"chat": CHAT},
        "rules": [Rule(mode=Mode.ASK, approvers="on-call", risk=(Risk.LOW,))],
    }
)


def test_named_groups_are_the_platforms_own_and_the_others_the_policys() -> None:
    """So that several platforms share one policy, each with its own people."""
    own = with_own_people(POLICY, {"on-call": ("bob",)})

    assert own.approvers == {"on-call": ("bob",), "leads": ("eve",)}
    assert with_own_people(POLICY, {}) is POLICY


def test_the_channels_of_a_policy_of_its_own_have_the_platforms_name() -> None:
    """Two policies may call different ones `chat`."""
    assert list(with_own_channels(POLICY, "mail").channels) == ["mail/chat"]


@pytest.mark.parametrize(
    ("people", "says"),
    [
        pytest.param({"on-call": ("bob", "eve")}, (), id="whom the policy names, as people or as approvers"),
        pytest.param({"on-call": ("ana",)}, (), id="however the handle is written"),
        pytest.param({"on-call": ("*",)}, (), id="anybody"),
        pytest.param(
            {"on-call": ("bob", "zoe")},
            ("people.on-call names `zoe`, whom the policy names neither in `people` nor in `approvers`",),
            id="somebody unknown",
        ),
        pytest.param(
            {"on-call": ()}, ("people.on-call has no member: name one, or leave the group out",), id="nobody"
        ),
        pytest.param(
            {"oncall": ("bob",)},
            ("people.oncall is no group of the policy's `approvers`, which has on-call, leads",),
            id="a group that is none",
        ),
    ],
)
def test_people_that_cannot_be_used_are_said(
    people: dict[str, tuple[str, ...]], says: tuple[str, ...]
) -> None:
    """One sentence each; healthy first."""
    assert unusable_people(POLICY, people) == says
