from pathlib import Path

import pytest

from outage.errors import FileError
from outage.platform_file import dump_platform, load_platform, read_platform

GOOD = """\
version: 1
name: Shop
namespace: shop
services:
  - name: web
    workload: deployment/web
    depends_on: [db]
  - name: db
    workload: statefulset/db
database: {service: db, name: shop}
soak: 90s
"""


def test_a_right_file_is_read_and_written_back_the_same() -> None:
    """What `discover` writes must be what `check` reads."""
    platform = read_platform(GOOD, "platform.yaml")

    assert platform.soak.total_seconds() == 90
    assert read_platform(dump_platform(platform), "again.yaml") == platform


@pytest.mark.parametrize(
    ("wrong", "right", "sentence"),
    [
        pytest.param(
            "depends_on: [db]",
            "depends_on: [dbb]",
            "read p.yaml line 7: `depends_on` names 'dbb', which is no service of this file; it has db, web",
            id="a dangling dependency",
        ),
        pytest.param(
            "{service: db, name",
            "{service: web2, name",
            "line 10: `service` names 'web2'",
            id="a database of nobody",
        ),
        pytest.param(
            "soak: 90s",
            "soaks: 90s",
            "line 11: `soaks` is not a known key; did you mean `soak`?",
            id="unknown key",
        ),
        pytest.param("soak: 90s", "soak: 90", "line 11: `soak` cannot be 90", id="a number without its unit"),
        pytest.param(
            "soak: 90s", "soak: 90 parsecs", "line 11: `soak` cannot be '90 parsecs'", id="a wrong unit"
        ),
        pytest.param(
            "name: db\n", "name: web\n", "service 'web' stands twice", id="a name that stands twice"
        ),
        pytest.param("services:", "services: [", "not YAML", id="not YAML"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_line(wrong: str, right: str, sentence: str) -> None:
    """The reader of the sentence edits the file; the rest is no help."""
    with pytest.raises(FileError) as caught:
        read_platform(GOOD.replace(wrong, right, 1), "p.yaml")

    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """The file is read from wherever a responder stands."""
    file = tmp_path / "platform.yaml"
    file.write_text(GOOD + "ca_file: ca.crt\nsmoke: {manifest: tests/smoke.yaml}\n")

    platform = load_platform(file)

    assert platform.ca_file == str(tmp_path / "ca.crt")
    assert platform.smoke
    assert platform.smoke.manifest == str(tmp_path / "tests/smoke.yaml")


def test_a_missing_file_is_said_plainly(tmp_path: Path) -> None:
    """No traceback for a wrong path."""
    with pytest.raises(FileError, match="No such file"):
        load_platform(tmp_path / "none.yaml")
