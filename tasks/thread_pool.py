"""Several works side by side in threads that nobody waits for when the time is over.

The threads are daemons: `concurrent.futures` joins its own when the process ends, so that one answer that never
comes would hold the whole program.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from typing import TypeVar

Made = TypeVar("Made")


def run_in_threads(works: Iterable[Callable[[], Made]], at_once: int) -> list[Future[Made]]:
    """Start working and return at once; a Future can be cancelled as long as nobody took its work up.

    Args:
        works: What is to be done, in the order in which it is taken up.
        at_once: How many threads take it up.
    """
    pairs = [(Future[Made](), one) for one in works]
    waiting = deque(pairs)
    for _ in range(min(at_once, len(pairs))):
        threading.Thread(target=_work, args=(waiting,), name="look", daemon=True).start()
    return [future for future, _ in pairs]


def _work(waiting: deque[tuple[Future[Made], Callable[[], Made]]]) -> None:
    while True:
        try:
            future, work = waiting.popleft()
        except IndexError:
            return
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again where the result is asked for
            future.set_exception(error)


def done_in_time(
    works: Iterable[Callable[[], Made]], at_once: int, within_seconds: float
) -> list[Made | None]:
    """What came of each work in time; None for those that were not done.

    Args:
        works: What is to be done; each may take longer than the time, and is then left alone.
        at_once: How many side by side.
        within_seconds: For all together.

    Returns:
        In the order of the works.

    Raises:
        Exception: What the first work raised that was done in time.
    """
    futures = run_in_threads(works, at_once)
    wait(futures, timeout=within_seconds)
    return [None if one.cancel() or not one.done() else one.result() for one in futures]
