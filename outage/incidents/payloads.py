"""Reading what senders of alerts send: Alertmanager's webhook, Grafana's, and a plain one of our own.

Foreign bodies are read generously (unknown fields are theirs) and refused precisely: the sentence names the one
thing that is wrong and where it stands.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from outage.errors import MalformedAlert, cut
from outage.incidents.alert import PERSON, Alert
from outage.text.handle import read_handle

LONGEST_TEXT = 2000
"""Characters kept of one label or annotation: more than any rule's description, less than a smuggled document."""


class _Foreign(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class _SentAlert(_Foreign):
    status: str = "firing"
    labels: dict[str, str] = Field(min_length=1)
    annotations: dict[str, str] = {}
    startsAt: datetime | None = None
    generatorURL: str = ""


class _Delivery(_Foreign):
    alerts: list[_SentAlert] = Field(min_length=1)
    groupKey: str = ""


class _PlainAlert(_Foreign):
    name: str = Field(min_length=1)
    summary: str = ""
    namespace: str = ""
    service: str = ""
    severity: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    starts_at: datetime | None = None
    firing: bool = True
    url: str = ""


class _Report(_Foreign):
    title: str = Field(min_length=1, max_length=200)
    namespace: str = ""
    service: str = ""
    cluster: str = ""
    severity: str = "critical"
    address: str = Field("", max_length=LONGEST_TEXT)
    by: str = ""
    action: str = Field("", max_length=LONGEST_TEXT)
    """One of the runbook's actions that it is opened for, as JSON of ours."""

    @field_validator("by")
    @classmethod
    def _one_rule_for_names(cls, by: str) -> str:
        return read_handle(by) if by.strip() else ""


Model = TypeVar("Model", bound=BaseModel)


def from_alertmanager(body: Any, received_at: datetime) -> list[Alert]:
    """The alerts of one delivery of Alertmanager's webhook, version 4.

    Raises:
        MalformedAlert: The body is not such a delivery. Permanent.
    """
    version = body.get("version") if isinstance(body, Mapping) else None
    if version not in (None, "4"):
        raise MalformedAlert(
            f"read Alertmanager's delivery: version: 4 is understood, {cut(str(version))} came"
        )
    return _delivered(body, received_at, "alertmanager")


def from_grafana(body: Any, received_at: datetime) -> list[Alert]:
    """The alerts of one delivery of Grafana's webhook contact point.

    Raises:
        MalformedAlert: The body is not such a delivery. Permanent.
    """
    return _delivered(body, received_at, "grafana")


def from_anybody(body: Any, received_at: datetime) -> list[Alert]:
    """One alert in our own plain words: `name`, and if known `namespace`, `service`, `severity`, `summary`.

    Raises:
        MalformedAlert: The body is not such an alert. Permanent.
    """
    sent = _read(_PlainAlert, body, "the alert")
    words = {"namespace": sent.namespace, "service": sent.service, "severity": sent.severity}
    labels = {"alertname": sent.name, **sent.labels, **{key: word for key, word in words.items() if word}}
    annotations = {**sent.annotations, **({"summary": sent.summary} if sent.summary else {})}
    return [
        Alert(
            name=sent.name,
            labels=_cut(labels),
            annotations=_cut(annotations),
            starts_at=_began(sent.starts_at, received_at),
            firing=sent.firing,
            source="generic",
            url=sent.url,
        )
    ]


def from_person(body: Any, received_at: datetime) -> Alert:
    """What a person reports by hand: `title`; if known `namespace`, `cluster`, `service`, `severity`, `address`, `by`.

    Raises:
        MalformedAlert: The body is not such a report. Permanent.
    """
    report = _read(_Report, body, "the report")
    words = {
        "namespace": report.namespace,
        "cluster": report.cluster,
        "service": report.service,
        "severity": report.severity,
    }
    return Alert(
        name="Reported",
        labels={"alertname": "Reported", **{key: word for key, word in words.items() if word}},
        annotations={
            "summary": report.title,
            "by": report.by,
            "address": report.address,
            "action": report.action,
        },
        starts_at=received_at,
        source=PERSON,
        group=report.namespace or report.title,
    )


def requester_name(alert: Alert | None) -> str:
    """Who started an incident by hand; empty when the monitoring did."""
    return alert.annotations.get("by", "") if alert and alert.source == PERSON else ""


def alert_title(alert: Alert) -> str:
    """What an incident that this alert opens is called."""
    if summary := alert.annotations.get("summary", "").strip():
        return cut(summary, 120)
    place = f" in {alert.namespace}" if alert.namespace else ""
    return cut(f"{alert.name}: {alert.service}{place}" if alert.service else f"{alert.name}{place}", 120)


def alert_sentence(alert: Alert) -> str:
    """The alert as a line of the timeline."""
    if alert.source == PERSON:
        by = alert.annotations.get("by") or "somebody"
        return f"{by} reported: {alert.annotations.get('summary', '')}"
    about = " ".join(filter(None, [alert.service, f"in {alert.namespace}" if alert.namespace else ""]))
    did = "fires" if alert.firing else "is resolved"
    since = f" since {alert.starts_at:%H:%M:%S} UTC" if alert.firing else ""
    return f"{alert.source}: {alert.name}{f' ({about})' if about else ''} {did}{since}"


def _delivered(body: Any, received_at: datetime, source: str) -> list[Alert]:
    delivery = _read(_Delivery, body, f"{source}'s delivery")
    return [
        Alert(
            name=sent.labels.get("alertname", "unnamed"),
            labels=_cut(sent.labels),
            annotations=_cut(sent.annotations),
            starts_at=_began(sent.startsAt, received_at),
            firing=sent.status != "resolved",
            source=source,
            group=delivery.groupKey[:LONGEST_TEXT],
            url=sent.generatorURL[:LONGEST_TEXT],
        )
        for sent in delivery.alerts
    ]


def _read(model: type[Model], body: Any, what: str) -> Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MalformedAlert(f"read {what}: {f'{place}: ' if place else ''}{first['msg']}") from error


def _began(told: datetime | None, received_at: datetime) -> datetime:
    """When it began; Go's zero time and an absent one mean that the sender did not say."""
    if told is None or told.year < 2000:
        return received_at
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)


def _cut(texts: Mapping[str, str]) -> dict[str, str]:
    return {key[:LONGEST_TEXT]: text[:LONGEST_TEXT].replace("\x00", "") for key, text in texts.items()}
