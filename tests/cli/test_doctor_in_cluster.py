"""The doctor in a cluster: it reads tokens without showing them, names who works, and says whose clock is wrong."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.clients import Clients
from blocks.installation.worker_role import make_worker_role
from blocks.prefect_api import PrefectApi, PrefectMissing
from blocks.record import Record
from blocks.record.process_leases import LeaseOwner
from blocks.settings import Settings
from tasks.doctor.check_result import CheckResult
from tasks.doctor.in_cluster import SINGLES, examine_own_role, examine_pod, examine_pools

ME = LeaseOwner(machine="outage-timers-7d9/boot/pid:[1]", pid=1, born=5)
PLATFORM = "version: 1\nname: shop\nnamespace: shop\npool: frankfurt\n"


def token(account: str, namespace: str, expires: datetime | None) -> str:
    """A token as Kubernetes makes them; its signature is nobody's."""
    claims = {"sub": f"system:serviceaccount:{namespace}:{account}"}
    if expires:
        claims["exp"] = int(expires.timestamp())  # type: ignore[assignment]
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2VjcmV0LXNpZ25hdHVyZQ"


def kubeconfig(folder: Path, identity: str, words: str) -> str:
    """As the chart writes them: the token in a file of its own."""
    (folder / f"{identity}-token").write_text(words)
    body = {
        "current-context": "in-cluster",
        "clusters": [{"name": "c", "cluster": {"server": "http://kubernetes.default.svc"}}],
        "users": [{"name": "u", "user": {"tokenFile": f"{identity}-token"}}],
        "contexts": [{"name": "in-cluster", "context": {"cluster": "c", "user": "u"}}],
    }
    (folder / identity).write_text(yaml.safe_dump(body))
    return str(folder / identity)


@pytest.fixture
def places(tmp_path: Path, record: Record) -> Iterator[Clients]:
    """A responder's pod in `outage-system`, with the tokens of both identities, and everybody at work."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms/shop.yaml").write_text(PLATFORM)
    for name in SINGLES:
        if held := record.lease(name):
            record.give_lease_back(name, held.owner)
        record.take_lease(name, ME, 60)
    made = Clients(
        Settings(
            home=tmp_path,
            record_dsn=record.dsn,
            reader_kubeconfig=kubeconfig(tmp_path, "reader", token("outage-reader", "outage-system", None)),
            writer_kubeconfig=kubeconfig(tmp_path, "writer", token("outage-writer", "outage-system", soon)),
        )
    )
    yield made
    made.record.close()


def wrong(found: Iterator[CheckResult]) -> list[str]:
    """What is not well."""
    return [one.says for one in found if not one.ok]


def test_a_pod_in_which_all_is_well_says_whose_tokens_it_holds_and_who_works(places: Clients) -> None:
    """And shows no token."""
    found = list(examine_pod(places))
    said = "\n".join(one.says for one in found)

    assert [one.says for one in found if not one.ok] == []
    assert "ServiceAccount outage-reader of outage-system, by a token that lasts until" in said
    assert "ServiceAccount outage-writer of outage-system, by a token that is renewed" in said
    assert "outbox: process 1 on outage-timers-7d9 works since" in said
    assert "e30." not in said


def test_a_token_that_ran_out_is_said(places: Clients, tmp_path: Path) -> None:
    """Kubernetes renews it in the file; one that is old was never renewed."""
    then = datetime(2030, 1, 1, tzinfo=UTC)
    kubeconfig(tmp_path, "writer", token("outage-writer", "outage-system", then))

    assert wrong(examine_pod(places, lambda: then))[0] == (
        "ServiceAccount outage-writer of outage-system: its token ran out at 2030-01-01 00:00:00 UTC"
    )


def test_a_responder_in_the_namespace_that_it_heals_is_said(places: Clients, tmp_path: Path) -> None:
    """Its own quota and policies would be what is broken."""
    kubeconfig(tmp_path, "writer", token("outage-writer", "shop", None))

    (says,) = wrong(examine_pod(places))
    assert says.startswith(
        "ServiceAccount outage-writer of shop lives in a namespace that is healed from here"
    )


@pytest.mark.parametrize("words", ["", "no-token", "a.b.c", "e30.e30.x"])
def test_what_is_no_accounts_token_is_said_and_not_shown(places: Clients, tmp_path: Path, words: str) -> None:
    """One sentence."""
    kubeconfig(tmp_path, "reader", words)

    (says,) = wrong(examine_pod(places))
    assert says == f"read the token of {tmp_path / 'reader'}: it is no ServiceAccount's token"


def test_a_lease_that_nobody_renews_is_said(places: Clients, record: Record) -> None:
    """Since when."""
    record.give_lease_back("outbox", ME)

    (says,) = wrong(examine_pod(places))
    assert says.startswith("nobody holds the lease of outbox since 20")


def test_a_clock_that_is_wrong_is_said(places: Clients) -> None:
    """Against the record's."""
    late = wrong(examine_pod(places, lambda: datetime.now(UTC) + timedelta(seconds=90)))

    assert late == ["this clock and the record's are 90 s apart: keep time with NTP"]


@pytest.mark.parametrize(
    ("polled", "says"),
    [
        pytest.param(timedelta(seconds=4), [], id="it polls"),
        pytest.param(timedelta(minutes=3), ["no worker of pool frankfurt polled since"], id="it is cut off"),
        pytest.param(
            None, ["no worker of pool frankfurt ever polled: outages of shop wait"], id="never came"
        ),
    ],
)
def test_a_pool_whose_worker_does_not_poll_is_said(
    places: Clients, monkeypatch: pytest.MonkeyPatch, polled: timedelta | None, says: list[str]
) -> None:
    """With whose outages wait for it."""
    now = datetime.now(UTC)
    beats = [{"last_heartbeat_time": (now - polled).isoformat()}] if polled else []
    monkeypatch.setattr(PrefectApi, "ask", lambda *_: beats)

    found = wrong(examine_pools(places, now))
    assert [one[: len(start)] for one, start in zip(found, says, strict=True)] == says


def test_a_worker_that_sees_every_platform_is_said(
    places: Clients, record: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By the server's doctor, which knows as whom the lease is held, and by the worker's own."""
    now = datetime.now(UTC)
    beats = [{"last_heartbeat_time": now.isoformat()}]
    monkeypatch.setattr(PrefectApi, "ask", lambda *_: beats)
    record.take_lease("runner/frankfurt", ME, 60)
    (says,) = wrong(examine_pools(places, now))
    assert says.startswith("the worker of pool frankfurt connects to the record as postgres, a superuser")

    dsn = make_worker_role(record.dsn, "frankfurt", ["shop"])
    with Record.open(dsn) as narrow:
        narrow.take_lease("runner/frankfurt", ME, 60)
    assert wrong(examine_pools(places, now)) == []

    worker = Settings(home=tmp_path / "worker", record_dsn=record.dsn, answers_key_file=tmp_path / "key")
    (says,) = wrong(examine_own_role(Clients(worker)))
    assert says.startswith("this worker connects to the record as postgres, a superuser: it reads and writes")
    worker = worker.model_copy(update={"record_dsn": dsn})
    assert wrong(examine_own_role(Clients(worker))) == []
    assert list(examine_own_role(places)) == []  # no worker's place


def test_a_pool_that_the_server_does_not_know_is_said(
    places: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the runner has not made it known."""

    def unknown(*_: Any) -> None:
        raise PrefectMissing("ask the Prefect server: 404")

    monkeypatch.setattr(PrefectApi, "ask", unknown)

    assert wrong(examine_pools(places, datetime.now(UTC))) == [
        "ask the Prefect server: 404; outages of shop wait until `outage worker frankfurt` runs"
    ]
