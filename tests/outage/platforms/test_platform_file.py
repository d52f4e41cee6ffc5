from datetime import timedelta
from pathlib import Path

import pytest

from outage.errors import FileError
from outage.platforms.platform import Platform, Service
from outage.platforms.platform_file import HEAD, NO_SMOKE, dump_platform, load_platform, read_platform
from outage.text.reviewed_yaml import Place

ROOT = Path(__file__).resolve().parents[3]

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
    "soak",
    [
        pytest.param(timedelta(0), id="no soak at all"),
        pytest.param(timedelta(minutes=15), id="the default"),
        pytest.param(timedelta(minutes=59, seconds=59), id="minutes and seconds"),
        pytest.param(timedelta(milliseconds=1_500), id="a part of a second"),
    ],
)
def test_every_duration_is_read_back_as_it_was_written(soak: timedelta) -> None:
    """A file that changes by being written cannot be reviewed."""
    platform = Platform(name="shop", namespace="shop", soak=soak)

    assert read_platform(dump_platform(platform), "again.yaml") == platform


def test_a_draft_says_above_each_line_why_it_is_there() -> None:
    """The reviewer sees the reason beside the guess; the reader of the file sees no difference."""
    platform = Platform(
        name="shop",
        namespace="shop",
        cache="redis",
        services=(Service(name="redis", workload="deployment/redis"),),
        resolve={"shop.test": "10.0.0.1"},
    )
    reasons: dict[Place, str] = {
        ("services", 0): "Deployment redis",
        ("cache",): "its image\nis redis:8",
        ("resolve", "shop.test"): "Ingress front says so",
    }
    text = dump_platform(platform, reasons)

    assert read_platform(text, "draft.yaml") == platform
    assert (
        text
        == HEAD
        + """\
version: 1
name: shop
namespace: shop
services:
# Deployment redis
- name: redis
  workload: deployment/redis
# its image is redis:8
cache: redis
resolve:
  # Ingress front says so
  shop.test: 10.0.0.1
"""
        + NO_SMOKE
    )


def test_the_practice_platform_is_valid() -> None:
    """Stricter rules must not refuse what is right."""
    platform = load_platform(ROOT / "practice/platform.yaml")

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
        pytest.param(
            "deployment/web",
            "deploy/web",
            "line 6: `services.0.workload` cannot be 'deploy/web': write it as `deployment/NAME`",
            id="a workload kind that is no kind",
        ),
        pytest.param(
            "    depends_on: [db]",
            "    depends_on: [db, web]",
            "line 7: service 'web' depends on itself",
            id="a service that depends on itself",
        ),
        pytest.param(
            "  - name: db\n",
            "  - name: db\n    port: 99999\n",
            "line 9: `services.1.port` cannot be 99999: a port is a number from 1 to 65535",
            id="a port that no machine has",
        ),
        pytest.param(
            "soak: 90s",
            "endpoints:\n  - url: api.shop.test/health",
            "line 12: `endpoints.0.url` cannot be 'api.shop.test/health': write the whole URL with its scheme",
            id="a URL without its scheme",
        ),
        pytest.param(
            "soak: 90s",
            "dashboards: {Grafana: grafana.shop.test}",
            "line 11: `dashboards.Grafana` cannot be 'grafana.shop.test': write the whole URL",
            id="a dashboard that no browser opens",
        ),
        pytest.param(
            "soak: 90s",
            "monitoring: {prometheus: nowhere}",
            "line 11: `monitoring.prometheus` cannot be 'nowhere': write `http(s)://…`, or `NAMESPACE/SERVICE:PORT`",
            id="a Prometheus that is nowhere",
        ),
        pytest.param(
            "soak: 90s",
            "slots:\n  - {service: wbe, slots: {blue: deployment/web}}",
            "line 12: `service` names Service 'wbe', which no service of this file has; they have none",
            id="a pair in front of nothing",
        ),
        pytest.param(
            "    depends_on: [db]\n  - name: db\n    workload: statefulset/db\n",
            "    service: front\n  - name: db\n    workload: statefulset/db\n"
            "slots:\n  - {service: front, slots: {blue: deployment/old, green: deployment/new}}\n",
            "line 11: none of these slots is 'deployment/web', which service 'web' runs as",
            id="a pair without the workload that is in use",
        ),
        pytest.param(
            "soak: 90s",
            "ingress: {name: way-in, controller: ingress-nginx-controller}",
            "line 11: `ingress.controller` cannot be 'ingress-nginx-controller'",
            id="a controller without its kind",
        ),
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
