"""The small files by which the processes of the stack know of each other."""

import stat
import threading
from pathlib import Path

from stack.runs import flow_process_files

LONG = "x" * 200_000


def test_a_reader_sees_the_old_text_or_the_new_one_and_nothing_between(tmp_path: Path) -> None:
    """A flow that reads half of what was chosen would look at another cluster."""
    path, over, seen = tmp_path / "stack.json", threading.Event(), set()
    flow_process_files.replace_file(path, LONG)

    def read() -> None:
        while not over.is_set():
            seen.add(len(path.read_text()))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(200):
        flow_process_files.replace_file(path, LONG + "y")
        flow_process_files.replace_file(path, LONG)
    over.set()
    reader.join()

    assert seen <= {len(LONG), len(LONG) + 1}
    assert [one.name for one in tmp_path.iterdir()] == ["stack.json"]


def test_a_file_with_a_secret_is_nobody_elses_also_after_it_was_replaced(tmp_path: Path) -> None:
    """The choice may hold the password of a database."""
    path = tmp_path / "stack.json"
    path.write_text("{}")
    path.chmod(0o644)

    flow_process_files.replace_file(path, "{}", mode=0o600)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
