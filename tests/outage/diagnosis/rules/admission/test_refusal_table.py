"""What the API server says when it refuses pods, word for word, and what reads it."""

import pytest

from outage.diagnosis.rules.admission.quotas import unstated, used_up
from outage.diagnosis.rules.admission.refusal_readers import limit_ranges, newer_template, security_level
from outage.diagnosis.rules.admission.refusal_table import REFUSALS, asked_elsewhere
from outage.diagnosis.rules.admission.webhooks import refusing_webhook

POD = 'pods "auth-1" is forbidden: '
SAID = [
    (POD + "exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4", used_up),
    (POD + "failed quota: small: must specify limits.cpu for: auth", unstated),
    (POD + "maximum memory usage per Container is 64Mi, but limit is 128Mi", limit_ranges),
    (POD + "cpu max limit to request ratio per Pod is 2, but provided ratio is 4.0", limit_ranges),
    (POD + 'violates PodSecurity "restricted:latest": runAsNonRoot != true', security_level),
    ('Internal error occurred: failed calling webhook "check.example.org": timeout', refusing_webhook),
    ('admission webhook "check.example.org" denied the request: no team label', refusing_webhook),
    (POD + 'error looking up service account shop/auth: serviceaccount "auth" not found', asked_elsewhere),
    ("failed calling webhook without a name", asked_elsewhere),
    ('Pod "auth-1" is invalid: spec.containers[0].image: Required value', newer_template),
]


@pytest.mark.parametrize(("text", "reader"), SAID, ids=[text[-50:] for text, _ in SAID])
def test_a_refusal_is_read_by_the_first_row_whose_words_are_said(text: str, reader: object) -> None:
    """The last row takes whatever is left."""
    assert next(row.suspects for row in REFUSALS if row.said.search(text)) is reader


def test_only_what_needs_no_template_is_read_of_a_job() -> None:
    """A Job's template can never be changed."""
    assert [row.suspects for row in REFUSALS if row.of_jobs] == [used_up]
