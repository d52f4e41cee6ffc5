"""The outbox: a message is a row before it is sent, and the row says what became of it."""

from collections.abc import Sequence
from datetime import datetime

from blocks.record.record_pool import RecordPool, Row, as_json
from blocks.record.writer_locks import refuse_old_fence
from outage.people.message_routing import MessageRoute
from outage.people.outbox_message import MessageBody, MessageKind, OutboxMessage, redacted_body
from outage.people.settle_try import Settlement
from outage.plans.fence import Fence
from outage.value import Value

COLUMNS = ", ".join(OutboxMessage.model_fields)
WAITING = "state in ('asked', 'sent')"
CALL_OF = "case when what in ('page', 'acknowledged', 'called-off') then turn else '' end"
KEYED = "incident = %s and what = %s and channel = %s and turn = %s"


class ChannelHealth(Value):
    """How a channel does, read from its last messages."""

    channel: str
    waiting: int = 0
    """Messages that have not arrived yet."""
    since: datetime | None = None
    """When the oldest of them was asked for."""
    why: str = ""
    """What stands against it; empty when the last message arrived."""

    @property
    def degraded(self) -> bool:
        """Whether messages do not get through."""
        return bool(self.why)


class OutboxRows(RecordPool):
    """Messages asked for, sent, and received."""

    def ask_message(
        self,
        incident_id: str,
        what: MessageKind,
        routes: Sequence[MessageRoute],
        body: MessageBody,
        at: datetime,
        *,
        turn: str = "1",
    ) -> list[str]:
        """Ask for a message through each of some channels; the first body of a key stands.

        Args:
            incident_id: Of the incident.
            what: Which message of the runbook.
            routes: The channels, and the thread or ticket in each.
            body: What is told, already without secrets.
            at: Now, aware UTC.
            turn: Tells messages of one kind apart; empty for one that is sent once.

        Returns:
            The channels for which it is new.
        """
        kept = redacted_body(body)
        with self.transaction(f"ask for {what} of {incident_id}") as connection:
            return [
                route.channel
                for route in routes
                if connection.execute(
                    "insert into outage.outbox (incident, what, channel, turn, body, state, asked_at, not_before)"
                    " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing returning turn",
                    (
                        *(incident_id, what, route.channel, turn, as_json(kept)),
                        *("held" if route.held else "asked", at, at),
                    ),
                ).fetchone()
            ]

    def release_messages(self, incident_id: str, at: datetime) -> list[OutboxMessage]:
        """Let go what waits for a person's yes, oldest first; empty when nothing does."""
        found = self.rows(
            f"release the held messages of {incident_id}",
            "update outage.outbox set state = 'asked', not_before = %s where incident = %s and state = 'held'"
            f" returning {COLUMNS}",
            at,
            incident_id,
        )
        return [_message(row) for row in found]

    def next_message(self, channel: str, now: datetime) -> OutboxMessage | None:
        """The oldest message of a channel that may be tried now.

        In order per thread: what is behind an unfinished message of the same incident and channel waits for it.
        Calls of people (page, acknowledgement, calling off) are a thread of their own for each turn: the call of
        L3 does not wait for that of L2.

        Args:
            channel: Name of the channel in the policy.
            now: The moment, aware; what is held back until later is not due.

        Returns:
            None when none is due.
        """
        row = self.row(
            f"read the next message for {channel}",
            f"with first as (select distinct on (incident, {CALL_OF})"
            f" {COLUMNS}, written from outage.outbox where channel = %s and {WAITING}"
            f" order by incident, {CALL_OF}, written)"
            f" select {COLUMNS} from first where not_before <= %s"
            " order by what = 'page' desc, written limit 1",
            channel,
            now,
        )
        return _message(row) if row else None

    def begin_try(self, message: OutboxMessage, at: datetime, fence: Fence) -> OutboxMessage | None:
        """Write down that a message is given to its service now; None when somebody else did meanwhile.

        Args:
            message: As `next_message` gave it.
            at: Now, aware UTC.
            fence: Held on the channel; compared in the same transaction.

        Raises:
            FenceLost: Another process sends through the channel since. Permanent.
        """
        with self.transaction(f"begin to send {message.key}") as connection:
            refuse_old_fence(connection, fence)
            row = connection.execute(
                "update outage.outbox set state = 'sent', tries = tries + 1, sent_at = %s"
                f" where {KEYED} and tries = %s and {WAITING} returning {COLUMNS}",
                (at, *_key(message), message.tries),
            ).fetchone()
        return _message(row) if row else None

    def settle_message(self, message: OutboxMessage, settled: Settlement, at: datetime) -> OutboxMessage:
        """Write down what became of a try; a final state stands.

        Args:
            message: As it was taken for the try.
            settled: What came of it.
            at: Now, aware UTC.

        Returns:
            The message as it stands now.
        """
        row = self.row(
            f"settle {message.key}",
            "update outage.outbox set state = %s, not_before = %s, why = %s, receipt = receipt || %s,"
            f" settled_at = case when %s then %s else settled_at end where {KEYED} and {WAITING}"
            f" returning {COLUMNS}",
            settled.state,
            settled.not_before,
            settled.why,
            as_json(settled.receipt),
            settled.state.final,
            at,
            *_key(message),
        )
        return _message(row) if row else message

    def thread_receipt(self, message: OutboxMessage) -> dict[str, str]:
        """What the service calls the thread that a message belongs to: of all earlier receipts the newest words."""
        found = self.rows(
            f"read the thread of {message.key}",
            "select receipt from outage.outbox where incident = %s and channel = %s and state = 'receipt'"
            " and what not in ('page', 'action-item', 'item-done') order by settled_at, written",
            message.incident,
            message.channel,
        )
        return {name: words for row in found for name, words in row["receipt"].items()}

    def messages(self, incident_id: str) -> list[OutboxMessage]:
        """All messages of an incident, oldest first."""
        found = self.rows(
            f"read the messages of {incident_id}",
            f"select {COLUMNS} from outage.outbox where incident = %s order by written",
            incident_id,
        )
        return [_message(row) for row in found]

    def message(self, incident_id: str, what: MessageKind, channel: str, turn: str) -> OutboxMessage | None:
        """One message, or None when it was never asked for.

        Args:
            incident_id: Of the incident.
            what: Which message of the runbook.
            channel: Name of the channel in the policy.
            turn: As when it was asked for.
        """
        row = self.row(
            f"read a message of {incident_id}",
            f"select {COLUMNS} from outage.outbox where {KEYED}",
            incident_id,
            what,
            channel,
            turn,
        )
        return _message(row) if row else None

    def channels_waiting(self) -> list[str]:
        """Channels that have something to send."""
        found = self.rows(
            "read which channels have something to send",
            f"select distinct channel from outage.outbox where {WAITING} order by channel",
        )
        return [str(row["channel"]) for row in found]

    def channel_health(self) -> list[ChannelHealth]:
        """How each channel does that was ever used, by name."""
        found = self.rows(
            "read how the channels do",
            "select channel, count(*) filter (where state in ('asked', 'sent')) as waiting,"
            " min(asked_at) filter (where state in ('asked', 'sent')) as since,"
            " (array_agg(why order by coalesce(settled_at, sent_at, asked_at) desc, written desc)"
            " filter (where tries > 0))[1] as why"
            " from outage.outbox group by channel order by channel",
        )
        return [ChannelHealth.model_validate({**row, "why": row["why"] or ""}) for row in found]


def _message(row: Row) -> OutboxMessage:
    return OutboxMessage.model_validate(row)


def _key(message: OutboxMessage) -> tuple[str, ...]:
    return message.incident, message.what, message.channel, message.turn
