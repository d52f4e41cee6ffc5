"""What the reading role of a database may see, and what each missing right would hide in an outage."""

from collections.abc import Iterator

from outage.value import Value


class ReadingRights(Value):
    """The rights of the role that looks, as the database tells them."""

    role: str
    sees_others: bool
    """Member of pg_read_all_stats: else other roles' sessions show without their queries."""
    read_only_itself: bool
    """Has a default_transaction_read_only of its own, which hides the database's."""
    reserved: bool | None
    """May use reserved connections, of which there are some; None: the server (before PostgreSQL 16) has none."""


def blind_spots(rights: ReadingRights) -> Iterator[tuple[str, bool]]:
    """What would not be seen, each in one sentence with its cure, and whether the role's owner can cure it."""
    if not rights.sees_others:
        says = f"sessions of others would show without what they do: GRANT pg_read_all_stats TO {rights.role}"
        yield says, True
    if rights.read_only_itself:
        says = "whether the database refuses writes would stay hidden behind the role's own default: "
        yield says + f"ALTER ROLE {rights.role} RESET default_transaction_read_only", True
    if rights.reserved is False:
        says = "when all connections are taken, nothing would be seen: set reserved_connections and "
        yield says + f"GRANT pg_use_reserved_connections TO {rights.role}", True
    if rights.reserved is None:
        yield (
            "when all connections are taken, nothing will be seen: only PostgreSQL 16 can reserve some",
            False,
        )
