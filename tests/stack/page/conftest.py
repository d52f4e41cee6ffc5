"""A filled record of its own, a policy, two people with devices, and the page before them."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pyotp
import pytest
from fastapi.testclient import TestClient

from blocks.record import Record
from blocks.record.people.person_codes import ProofFolder
from blocks.settings import Settings
from outage.incidents.incident import Incident
from stack.page.page_app import page_app
from tests.stack.page.filled_record import fill_record, utc_now, waiting_incident

_numbers = count(100)

POLICY = """
version: 1
mode: ask
namespaces: [learning]
kinds: [Deployment]
approvers: {on-call: [ana, bob]}
rules:
  - {risk: [low, medium, high], mode: ask, approvers: on-call, proof: PROOF}
channels:
  slack: {kind: slack, token: "file:/nowhere", channel: C0123456789}
  mail: {kind: apprise, address: "file:/nowhere"}
people: {ana: {name: Ana Lima}, bob: {}}
rotations:
  primary:
    overrides: [{person: ana, starts: 2020-01-01T00:00:00Z, ends: 2099-01-01T00:00:00Z, why: holidays}]
escalation: {rungs: {L1: [primary], L2: [bob]}}
"""


@pytest.fixture(scope="module")
def record(module_dsn: str) -> Iterator[Record]:
    """The record, with some weeks in it."""
    with Record.open(module_dsn) as opened:
        yield opened


@pytest.fixture(scope="module")
def waiting(record: Record) -> Incident:
    """The incident whose plan waits; the record is full by then."""
    return fill_record(record, utc_now())


@pytest.fixture
def proof() -> str:
    """What the policy wants of a yes; tests override it."""
    return "proven"


@pytest.fixture
def settings(tmp_path: Path, module_dsn: str, proof: str) -> Settings:
    """A home with a policy."""
    (tmp_path / "policy.yaml").write_text(POLICY.replace("PROOF", proof), encoding="utf-8")
    return Settings(home=tmp_path, record_dsn=module_dsn, prefect_api_url="http://127.0.0.1:9/api")


@pytest.fixture
def ana(settings: Settings, record: Record) -> pyotp.TOTP:
    """What Ana's device makes codes from; it is new, and none of its codes is used."""
    record.rows("a new device", "delete from outage.used_code where person = 'ana' returning step")
    secret = pyotp.random_base32()
    ProofFolder(Path(settings.home)).keep_secret("ana", secret)
    return pyotp.TOTP(secret)


@pytest.fixture
def browser(record: Record, waiting: Incident, settings: Settings) -> Iterator[TestClient]:
    """A browser on this machine."""
    with TestClient(
        page_app(record, settings), base_url="http://127.0.0.1:4220", follow_redirects=False
    ) as one:
        yield one


@pytest.fixture
def outside(settings: Settings) -> Settings:
    """Settings of a page that others reach through a proxy."""
    return settings.model_copy(update={"page_url": "https://outage.example.com"})


@pytest.fixture
def stranger(record: Record, waiting: Incident, outside: Settings) -> Iterator[TestClient]:
    """A browser somewhere."""
    with TestClient(
        page_app(record, outside), base_url="https://outage.example.com", follow_redirects=False
    ) as one:
        yield one


@pytest.fixture
def asked(record: Record, waiting: Incident) -> Incident:
    """An incident of the test's own whose plan waits."""
    return waiting_incident(record, next(_numbers), utc_now() - timedelta(minutes=1))
