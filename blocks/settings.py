"""Where everything is: read from `OUTAGE_…`, else from what `outage up` chose, else the defaults below.

`outage up` writes `<home>/stack.json`, so that every later command and every flow process finds the same record,
the same server and the same files without a single variable set.
"""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    JsonConfigSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from outage.errors import FileError

HERE = Path(__file__).resolve().parent.parent

SHIPPED = one if (one := HERE / "blocks" / "shipped").is_dir() else HERE
"""What comes with the program and is no code: beside the packages in a clone, in `blocks/shipped` of a wheel."""

DEFAULT_HOME = Path("~/.local/share/outage")


def state_home() -> Path:
    """The folder of everything that outlives a command."""
    return Path(os.environ.get("OUTAGE_HOME") or DEFAULT_HOME).expanduser().absolute()


class Settings(BaseSettings):
    """One process' view of where things are."""

    model_config = SettingsConfigDict(
        env_prefix="OUTAGE_", extra="ignore", frozen=True, env_ignore_empty=True
    )

    home: Path = Field(default_factory=state_home)
    """Database, logs, tokens, Prefect's state. One home is one stack."""
    database_url: str | None = None
    """A PostgreSQL of yours (`postgresql://user:password@host:5432/postgres`) instead of the embedded one; the
    databases `prefect` and `outage` are created there when they are missing."""
    prefect_port: int = Field(4200, ge=1, le=65535)
    """Prefect's server and UI, on 127.0.0.1."""
    in_cluster: bool = False
    """Each process is a pod of its own: they know of each other by the record, and not by files of one home."""
    intake_port: int = Field(4210, ge=1, le=65535)
    """The intake: alerts arrive here."""
    intake_host: str = "127.0.0.1"
    """Where the intake listens. Elsewhere than on loopback its words travel in clear unless something encrypts them."""
    intake_address: str = ""
    """The intake as our other processes reach it, `http://outage-intake:4210`. Empty: this machine's port."""
    page_port: int = Field(4220, ge=1, le=65535)
    """The page: incidents, plans and their answers in a browser."""
    page_host: str = "127.0.0.1"
    """Where the page listens. On anything but loopback nothing is shown without a login."""
    page_url: str = ""
    """The page as people reach it, `https://outage.example.com`: what links in messages point to. Empty: messages link
    to Prefect's UI."""
    page_certificate: Path | None = None
    """A certificate with its chain, PEM: then the page speaks TLS itself, and its address is https."""
    page_certificate_key: Path | None = None
    """Its key, PEM, without a password."""
    intake_socket: Path = Field(default_factory=lambda data: _default_socket(data["home"]))
    """The intake again, as a unix socket: how the practice ground reaches it from its own network."""
    intake_token_file: Path = Field(default_factory=lambda data: data["home"] / "intake-token")
    """What senders must know; made by whoever comes first, readable by its owner alone."""
    intake_tokens_folder: Path = Field(default_factory=lambda data: data["home"] / "intake-tokens")
    """Words of single clusters, in files called as the cluster: an alert without a `cluster` label is of that one."""
    reopen_within_seconds: float = Field(120, ge=0)
    """An alert that begins this soon after an incident was closed is its tail, not a new incident. Longer than
    the rules' `for:` and group wait together; an announced drill does not wait for it."""

    runs_kept_days: int = Field(30, ge=1)
    """How long Prefect keeps runs that ended, with their logs and artifacts; what happened stands in the record."""
    evidence_kept_days: int = Field(30, ge=1)
    """How long what was looked at is kept of an incident that ended; its timeline, plans and answers stay for good."""
    answers_key_file: Path | None = None
    """In the worker of a pool: the public half of the key that signs answers, as `outage worker-role` writes it. Then
    no unsigned yes counts there. None: answers are checked with the home's own key."""
    heartbeat_url: str | None = None
    """Asked once a minute while the runner, the record and the intake are well; who watches it calls somebody when it
    is not. It often holds a secret: it is shown nowhere."""
    heartbeat_method: Literal["GET", "POST"] = "GET"
    """How it is asked."""

    deployments_file: Path = SHIPPED / "prefect.yaml"
    """Which flows can be run."""
    record_dsn: str = ""
    """Our record. Chosen by `outage up`."""
    prefect_api_url: str = ""
    """Prefect's API. Chosen by `outage up`."""

    platform_file: Path = Field(default_factory=lambda data: data["home"] / "platform.yaml")
    """What the platform is."""
    platforms_folder: Path = Field(default_factory=lambda data: data["home"] / "platforms")
    """More platforms, one file each (`*.yaml`); each may name a cluster and a policy of its own."""
    policy_file: Path = Field(
        default_factory=lambda data: _first(data["home"] / "policy.yaml", SHIPPED / "deploy/policy.yaml")
    )
    """How far the program may go alone. The cautious one of the repository unless the home has its own."""
    messages_folder: Path = Field(default_factory=lambda data: data["home"] / "messages")
    """A team's own alert, update, resolved and status_page.txt.j2; those of deploy/messages where it has none."""
    faults_folder: Path = HERE / "practice" / "faults"
    """What can be practised."""
    own_node: str | None = None
    """In a pod: the name of its node, by the downward API (`spec.nodeName`). The program never writes to it, nor to the
    namespace that it runs in. None asks the API server for the pod."""
    node_command: str | None = None
    """A command that stops and starts a node's kubelet when `stop NAME` or `start NAME` is put behind it: what no
    API can do and a drill may need. None means that such faults cannot be practised."""
    kubeconfig: str | None = None
    """None means what kubectl would use: KUBECONFIG, ~/.kube/config, the pod's own account."""
    reader_kubeconfig: str | None = None
    """The reading identity; `kubeconfig` when None."""
    writer_kubeconfig: str | None = None
    """The writing identity; `kubeconfig` when None."""
    context: str | None = None
    """The kubeconfig's current context when None."""

    @field_validator("*", mode="after")
    @classmethod
    def _absolute(cls, given: Any) -> Any:
        """A path is meant from where the command was given; flow processes stand elsewhere."""
        return given.expanduser().absolute() if isinstance(given, Path) else given

    def __init__(self, **given: Any) -> None:
        """Read the settings.

        Raises:
            FileError: A variable or a line of stack.json does not fit.
        """
        try:
            super().__init__(**given)
        except ValidationError as error:
            first = error.errors()[0]
            name = "_".join(str(part) for part in first["loc"]).upper()
            raise FileError(f"read the settings: OUTAGE_{name}: {first['msg']}") from error

    def model_post_init(self, context: Any) -> None:
        """Fill in what follows from other settings."""
        fill = object.__setattr__  # frozen for everybody else
        if not self.prefect_api_url:
            fill(self, "prefect_api_url", f"http://127.0.0.1:{self.prefect_port}/api")

    @property
    def stack_file(self) -> Path:
        """What `outage up` chose."""
        return self.home / "stack.json"

    @property
    def intake_url(self) -> str:
        """The intake as other programs of ours reach it."""
        return self.intake_address.rstrip("/") or f"http://127.0.0.1:{self.intake_port}"

    @property
    def page_base(self) -> str:
        """The page as a browser reaches it: what was named, else where it listens."""
        host = f"[{self.page_host}]" if ":" in self.page_host else self.page_host
        return self.page_url.rstrip("/") or f"{self.page_scheme}://{host}:{self.page_port}"

    @property
    def page_scheme(self) -> str:
        """How the page's own process is spoken to."""
        return "https" if self.page_certificate else "http"

    def incident_page(self, incident_id: str) -> str:
        """Our page of an incident as others reach it; empty where none is named."""
        return f"{self.page_base}/incidents/{incident_id}" if self.page_url else ""

    def cause_page(self, cause: str) -> str:
        """The runbook page of a cause, on our page; empty for none."""
        return f"{self.page_base}/causes/{cause}" if cause else ""

    @property
    def prefect_ui_url(self) -> str:
        """Prefect's UI in a browser of this machine."""
        return self.prefect_api_url.removesuffix("/api")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then variables, then what `outage up` chose."""
        given = getattr(init_settings, "init_kwargs", {}).get("home")
        file = Path(given or state_home()) / "stack.json"
        try:
            chosen = JsonConfigSettingsSource(settings_cls, json_file=file)
        except ValueError as error:
            raise FileError(f"read {file}: {error}; delete it, and `outage up` writes it anew") from error
        return init_settings, env_settings, chosen


def _default_socket(home: Path) -> Path:
    """`/run` belongs to root; everybody else has it in the home."""
    return Path("/run/outage/intake.sock") if os.geteuid() == 0 else home / "run" / "intake.sock"


def _first(*paths: Path) -> Path:
    return next((path for path in paths if path.exists()), paths[-1])
