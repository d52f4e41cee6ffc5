"""A policy as it holds for one platform: with channels that are its own, and with the platform's own people.

Promise: people whom the policy does not know never answer or are called for a platform; then the policy's own are.
"""

from collections.abc import Mapping

from outage.policies.policy import Policy
from outage.text.handle import ANYBODY

Groups = Mapping[str, tuple[str, ...]]
"""Group of `approvers` → handles."""


def with_own_channels(policy: Policy, platform: str) -> Policy:
    """The policy with its channels called `PLATFORM/NAME`: another policy's channel of that name is another one."""
    return policy.model_copy(
        update={"channels": {f"{platform}/{name}": one for name, one in policy.channels.items()}}
    )


def with_own_people(policy: Policy, people: Groups) -> Policy:
    """The policy with the members that some of its groups have at one platform."""
    return policy.model_copy(update={"approvers": {**policy.approvers, **people}}) if people else policy


def unusable_people(policy: Policy, people: Groups) -> tuple[str, ...]:
    """One sentence for each thing for which a platform's people cannot be used with its policy.

    Args:
        policy: Of the platform.
        people: As the platform file names them.
    """
    known = {*(one.casefold() for one in policy.people), *_members(policy), ANYBODY}
    said: list[str] = []
    for group, members in people.items():
        if group not in policy.approvers:
            has = ", ".join(policy.approvers) or "none"
            said.append(f"people.{group} is no group of the policy's `approvers`, which has {has}")
        if not members:
            said.append(f"people.{group} has no member: name one, or leave the group out")
        said += [
            f"people.{group} names `{one}`, whom the policy names neither in `people` nor in `approvers`"
            for one in members
            if one not in known
        ]
    return tuple(said)


def _members(policy: Policy) -> set[str]:
    return {one for group in policy.approvers.values() for one in group}
