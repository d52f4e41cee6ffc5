"""Being the only one: a process keeps its lease in the record, on however many machines its like stand by."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from blocks.record.process_leases import LeaseOwner, ProcessLease, ProcessLeases
from outage.errors import RecordError
from stack.processes.own_processes import born_at

LEASE_SECONDS = 15.0
"""So long after a machine is lost, or a process frozen, another one begins; after a mere death at once."""
RENEW_SECONDS = 4.0
MARGIN_SECONDS = 2.0
"""The holder stops before the others may begin, however its clock drifts against the record's within a lease."""


class LeaseKeeper:
    """Holds one lease for this process. Safe to use from several threads."""

    def __init__(
        self,
        record: Callable[[], ProcessLeases],
        name: str,
        me: LeaseOwner | None = None,
        clock: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
    ) -> None:
        """Ask nobody yet.

        Args:
            record: Where the lease stands; asked for each time, since a record may be opened late.
            name: What only one may do.
            me: Who holds it; None for this process.
            clock: Seconds that never jump and go on while the machine sleeps.
        """
        self.record, self.name, self.clock = record, name, clock
        self.me = me or this_process()
        self.lost = False
        """Whether somebody else has it after it was ours: what we began is theirs to finish."""
        self._asked = self._good_until = float("-inf")
        self._error: RecordError | None = None
        self._term: int | None = None
        self._mutex = threading.Lock()

    def held(self) -> bool:
        """Whether this process may go on now; renews the lease when it is time.

        Raises:
            RecordError: The record does not answer, and what was held has run out. Transient.
        """
        with self._mutex:
            now = self.clock()
            if now - self._asked >= RENEW_SECONDS or (self._term is not None and now >= self._good_until):
                self._ask(now)
            good = self.clock() < self._good_until
            if self._error and not good:
                raise self._error
            return good

    def give_back(self) -> None:
        """Let the next one begin at once; a record that is away lets it wait for the lease's end."""
        with self._mutex, contextlib.suppress(RecordError):
            self._good_until = float("-inf")
            self.record().give_lease_back(self.name, self.me)

    def _ask(self, now: float) -> None:
        self._asked = now
        try:
            lease, self._error = self._taken(), None
        except RecordError as error:
            self._error = error
            return
        if lease.owner == self.me:
            self._term, self._good_until = lease.term, now + LEASE_SECONDS - MARGIN_SECONDS
            return
        self.lost = self.lost or self._term is not None
        self._term, self._good_until = None, float("-inf")

    def _taken(self) -> ProcessLease:
        lease = self.record().take_lease(self.name, self.me, LEASE_SECONDS)
        if lease.owner != self.me and is_dead(lease.owner):
            return self.record().take_lease(self.name, self.me, LEASE_SECONDS, dead=lease.owner)
        return lease


def this_process() -> LeaseOwner:
    """Who this process is, among all machines."""
    return LeaseOwner(machine=_machine(), pid=os.getpid(), born=born_at(os.getpid()) or 0)


def is_dead(owner: LeaseOwner) -> bool:
    """Whether a process is known to be gone; of another machine's, or another container's, nothing is known."""
    return owner.machine == _machine() and born_at(owner.pid) != owner.born


def _machine() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{socket.gethostname()}/{boot}/{os.readlink('/proc/self/ns/pid')}"
