"""Numbers for the monitoring, read from the record with each scrape: no restart forgets or doubles any."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from blocks.record import Record
from blocks.record.history.record_counts import UNSETTLED, TimeCount, TimeKind
from blocks.settings import Settings
from outage.errors import RecordError
from outage.people.outbox_message import MessageState
from stack.processes.heartbeats import last_beat

BUCKETS = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0)
"""Seconds."""
BEATS = ("runner", "outbox", "timers")
"""Processes whose loops leave a mark each time round."""
TIMES = {
    TimeKind.DETECT: "From the outage's beginning to its incident.",
    TimeKind.ACKNOWLEDGE: "From an incident to the first person.",
    TimeKind.RECOVER: "From an incident to its proven recovery.",
}
"""What each histogram holds."""


def metrics_registry(record: Record, settings: Settings) -> CollectorRegistry:
    """A registry of our own numbers, and none of the process'.

    Args:
        record: What is counted.
        settings: Whose processes leave their marks on this machine.
    """
    registry = CollectorRegistry()
    registry.register(RecordCollector(record, settings))
    return registry


class RecordCollector(Collector):
    """Reads the record when it is asked."""

    def __init__(self, record: Record, settings: Settings) -> None:
        """Read nothing yet."""
        self.record, self.settings = record, settings

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: registering must not read."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every number; without the record only what this machine knows itself."""
        yield self._beats()
        try:
            found = [*self._incidents(), *self._times(), *self._work(), *self._messages()]
        except RecordError:
            found = []
        up = GaugeMetricFamily("outage_record_up", "Whether the record answered this scrape.")
        up.add_metric([], 1.0 if found else 0.0)
        yield up
        yield from found

    def _beats(self) -> Metric:
        beats = GaugeMetricFamily(
            "outage_process_beat_timestamp_seconds",
            "When the loop of a process last went round; 0 when it never did.",
            labels=["process"],
        )
        for name in BEATS:
            last = last_beat(self.settings, name)
            beats.add_metric([name], last.timestamp() if last else 0.0)
        return beats

    def _incidents(self) -> Iterator[Metric]:
        labels = ["platform", "severity", "ending", "drill"]
        ended = CounterMetricFamily("outage_incidents", "Incidents that are over.", labels=labels)
        still = GaugeMetricFamily(
            "outage_open_incidents", "Incidents that are not over.", labels=[*labels[:2], "drill"]
        )
        oldest = GaugeMetricFamily(
            "outage_open_incident_oldest_timestamp_seconds",
            "When the oldest incident that is not over was opened.",
            labels=[*labels[:2], "drill"],
        )
        for one in self.record.count_incidents():
            drill = "true" if one.drill else "false"
            if one.ending:
                ended.add_metric([one.platform, one.severity, one.ending, drill], one.count)
            else:
                still.add_metric([one.platform, one.severity, drill], one.count)
                oldest.add_metric([one.platform, one.severity, drill], one.oldest.timestamp())
        yield from (ended, still, oldest)

    def _times(self) -> Iterator[Metric]:
        counted = self.record.count_times(BUCKETS)
        for kind, says in TIMES.items():
            family = HistogramMetricFamily(
                f"outage_{kind}_seconds", f"{says} Drills do not count.", labels=["platform", "severity"]
            )
            groups: dict[tuple[str, str], list[TimeCount]] = {}
            for one in counted:
                if one.kind is kind:
                    groups.setdefault((one.platform, one.severity), []).append(one)
            for group, parts in groups.items():
                family.add_metric(list(group), buckets_of(parts), sum(one.seconds for one in parts))
            yield family

    def _work(self) -> Iterator[Metric]:
        writes = CounterMetricFamily(
            "outage_writes", "Steps that were written, by what they did.", labels=["did"]
        )
        open_ended = GaugeMetricFamily(
            "outage_writes_unsettled", "Steps of which nobody knows yet whether they were written."
        )
        steps = self.record.count_writes()
        open_ended.add_metric([], steps.pop(UNSETTLED, 0))
        for did, count in steps.items():
            writes.add_metric([did], count)
        received = CounterMetricFamily("outage_alerts_received", "Episodes of alerts that were received.")
        received.add_metric([], self.record.count_received())
        drills = CounterMetricFamily("outage_drills", "Drills that are over, by result.", labels=["result"])
        counted = self.record.count_drills()
        for result in ("passed", "failed"):
            drills.add_metric([result], counted.get(result, 0))
        yield from (writes, open_ended, received, drills)

    def _messages(self) -> Iterator[Metric]:
        states = GaugeMetricFamily(
            "outage_messages", "Messages to people by channel and state.", labels=["channel", "state"]
        )
        oldest = GaugeMetricFamily(
            "outage_message_oldest_waiting_timestamp_seconds",
            "When the oldest message was asked for that has not arrived.",
            labels=["channel"],
        )
        lost = CounterMetricFamily(
            "outage_messages_lost", "Messages that never arrived. Always 0, or somebody was not told.",
            labels=["channel"],
        )  # fmt: skip
        doubled = CounterMetricFamily(
            "outage_messages_doubled",
            "Incidents that a service shows more than once. Always 0, or a thread was deleted by hand.",
            labels=["channel"],
        )
        counts, twice = self.record.count_messages(), self.record.count_doubled()
        for one in counts:
            states.add_metric([one.channel, one.state], one.count)
        for channel in sorted({one.channel for one in counts}):
            mine = {one.state: one for one in counts if one.channel == channel}
            waiting = [
                mine[state].oldest for state in (MessageState.ASKED, MessageState.SENT) if state in mine
            ]
            if waiting:
                oldest.add_metric([channel], min(waiting).timestamp())
            failed = mine.get(MessageState.FAILED)
            lost.add_metric([channel], failed.count if failed else 0)
            doubled.add_metric([channel], twice.get(channel, 0))
        yield from (states, oldest, lost, doubled)


def buckets_of(parts: Sequence[TimeCount]) -> list[tuple[str, float]]:
    """How many are at most so long, by the buckets' borders, as an exposition wants them.

    Args:
        parts: One group's, each with how many of the borders hold it.
    """
    found = [
        (str(border), float(sum(one.count for one in parts if one.within >= longer)))
        for border, longer in zip(BUCKETS, range(len(BUCKETS), 0, -1), strict=True)
    ]
    return [*found, ("+Inf", float(sum(one.count for one in parts)))]
