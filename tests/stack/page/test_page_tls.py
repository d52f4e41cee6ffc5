"""The page with a certificate of its own: its real process, spoken to by TLS."""

import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from blocks.settings import Settings
from stack.page.page_door import PageDoor, unsafe_place
from stack.processes.stack_services import stack_services
from tests.conftest import HERE, eventually, free_port


@pytest.fixture
def authority() -> trustme.CA:
    """Whom the browser trusts."""
    return trustme.CA()


@pytest.fixture
def secured(settings: Settings, authority: trustme.CA, tmp_path: Path) -> Settings:
    """A page with a certificate."""
    made = authority.issue_cert("127.0.0.1", "localhost")
    made.cert_chain_pems[0].write_to_path(tmp_path / "page.pem")
    made.private_key_pem.write_to_path(tmp_path / "page.key")
    named = {"page_certificate": tmp_path / "page.pem", "page_certificate_key": tmp_path / "page.key"}
    return settings.model_copy(update={**named, "page_port": free_port()})


@pytest.fixture
def served(secured: Settings) -> Iterator[Settings]:
    """Its process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    named = ("home", "record_dsn", "page_port", "page_certificate", "page_certificate_key", "prefect_api_url")
    given = {f"OUTAGE_{name.upper()}": str(getattr(secured, name)) for name in named}
    process = subprocess.Popen(
        [sys.executable, "-m", "stack.page.page_server"], cwd=HERE.parent, env=kept | given
    )
    yield secured
    process.terminate()
    process.wait(10)


def test_the_page_speaks_tls_itself(served: Settings, authority: trustme.CA) -> None:
    """A browser that trusts the authority reads it; in clear nothing is read, and `outage status` finds it well."""
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    page = next(one for one in stack_services(served) if one.name == "page")
    eventually("the page is well", lambda: page.sick() is None, 60)

    assert served.page_base == f"https://127.0.0.1:{served.page_port}"
    assert httpx.get(served.page_base, verify=trusted, trust_env=False).status_code == 200
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{served.page_port}", trust_env=False)


def test_others_may_be_served_with_a_certificate(secured: Settings) -> None:
    """And cookies are sent by TLS alone; a certificate without its key is said at once."""
    wide = secured.model_copy(update={"page_host": "10.0.0.5"})

    assert unsafe_place(wide) == ""
    assert PageDoor(wide).secure
    assert "names no key" in unsafe_place(wide.model_copy(update={"page_certificate_key": None}))
    assert "in clear" in unsafe_place(wide.model_copy(update={"page_certificate": None}))
