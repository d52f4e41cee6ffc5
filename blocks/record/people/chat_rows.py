"""Buttons of messages in chats, and which requests of a chat were taken."""

import secrets
from datetime import datetime, timedelta

from blocks.record.record_pool import RecordPool
from outage.people.chat_button import ChatButton, KeptButton
from outage.people.outbox_message import OutboxMessage

KEPT = ", ".join(KeptButton.model_fields)
REQUESTS_KEPT = timedelta(hours=1)
"""Longer than a signature is good for."""


class ChatRows(RecordPool):
    """Each button is used once, and each request is taken once."""

    def lay_buttons(self, message: OutboxMessage, at: datetime) -> tuple[ChatButton, ...]:
        """Give the buttons of a message their words; a message that is sent again has the same ones.

        Args:
            message: About to be sent.
            at: Now, aware UTC.
        """
        with self.transaction(f"lay the buttons of {message.key}") as connection:
            laid = []
            for one in message.body.buttons:
                row = connection.execute(
                    "insert into outage.chat_button (token, incident, message, channel, kind, plan, made_at)"
                    " values (%s, %s, %s, %s, %s, %s, %s)"
                    " on conflict (message, kind) do update set kind = excluded.kind returning token",
                    (
                        *(secrets.token_urlsafe(24), message.incident, message.key, message.channel),
                        *(one.kind, message.body.plan, at),
                    ),
                ).fetchone()
                laid.append(one.model_copy(update={"token": row["token"] if row else ""}))
        return tuple(laid)

    def chat_button(self, token: str) -> KeptButton | None:
        """A button by its word; None when it is none of ours."""
        row = self.row("find a button", f"select {KEPT} from outage.chat_button where token = %s", token)
        return KeptButton.model_validate(row) if row else None

    def use_button(self, token: str, person: str, at: datetime) -> bool:
        """Use a button up; False when it was before."""
        row = self.row(
            "use a button",
            "update outage.chat_button set used_at = %s, used_by = %s"
            " where token = %s and used_at is null returning token",
            *(at, person, token),
        )
        return row is not None

    def take_request(self, signature: str, at: datetime) -> bool:
        """Take a signed request; False when it was taken before."""
        with self.transaction("take a request of a chat") as connection:
            connection.execute("delete from outage.chat_request where at < %s", (at - REQUESTS_KEPT,))
            row = connection.execute(
                "insert into outage.chat_request (signature, at) values (%s, %s)"
                " on conflict do nothing returning signature",
                (signature, at),
            ).fetchone()
        return row is not None
