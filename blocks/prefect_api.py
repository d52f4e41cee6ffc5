"""The door to the Prefect server's API, in the few sentences that we say to it.

Plain HTTP instead of Prefect's own client: importing that costs seconds, and it starts threads, which a process
that forks (the runner) must not have.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, cast

import httpx

from outage.errors import OutageError, cut

Json = dict[str, Any]

ANSWER_SECONDS = 10
"""Longer than a busy server needs for its slowest answer to us, shorter than a sender of alerts waits."""


class PrefectUnreachable(OutageError):
    """The Prefect server did not answer, or answered 5xx. Transient."""

    transient = True


class PrefectRefused(OutageError):
    """The Prefect server answered no. Permanent."""


class PrefectMissing(PrefectRefused):
    """The server does not know what was asked about: it was deleted, or the database is another one. Permanent."""


class PrefectApi:
    """A Prefect server."""

    def __init__(self, url: str, answer_seconds: float = ANSWER_SECONDS) -> None:
        self.url = url
        # Proxies of the environment are for the world outside; the server is on this machine.
        self._client = httpx.Client(base_url=url, timeout=answer_seconds, trust_env=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def healthy(self) -> str | None:
        """None when the server answers, else why not."""
        try:
            self.ask("GET", "/health")
        except OutageError as error:
            return str(error)
        return None

    def deployments(self, *names: str) -> list[Json]:
        """Deployments by their names (without the flow's)."""
        found = self.ask("POST", "/deployments/filter", {"deployments": {"name": {"any_": list(names)}}})
        return cast("list[Json]", found)

    def deployments_in_pool(self, pool: str) -> list[Json]:
        """The deployments whose runs wait in a work pool."""
        wanted = {"work_pools": {"name": {"any_": [pool]}}, "limit": 200}
        return cast("list[Json]", self.ask("POST", "/deployments/filter", wanted))

    def keep_flow(self, name: str) -> str:
        """Make a flow known; returns its id."""
        return str(self.ask("POST", "/flows/", {"name": name})["id"])

    def keep_deployment(self, definition: Mapping[str, Any]) -> str:
        """Make a deployment known or change it; returns its id."""
        return str(self.ask("POST", "/deployments/", dict(definition))["id"])

    def forget_deployment(self, deployment_id: str) -> None:
        """Delete a deployment; its runs stay."""
        self.ask("DELETE", f"/deployments/{deployment_id}")

    def start_run(
        self, deployment_id: str, *, name: str, key: str, parameters: Json, tags: Sequence[str] = ()
    ) -> str:
        """Ask for a run; the same key gives the same run again. Returns its id.

        Args:
            deployment_id: Of the deployment.
            name: Of the run, as people see it.
            key: Idempotency key.
            parameters: Of the flow.
            tags: For the UI's filters.
        """
        wanted = {
            "name": name,
            "idempotency_key": key,
            "parameters": parameters,
            "tags": list(tags),
            "state": {"type": "SCHEDULED", "message": "The intake asked for it."},
        }
        return str(self.ask("POST", f"/deployments/{deployment_id}/create_flow_run", wanted)["id"])

    def keep_work_pool(self, name: str, description: str) -> None:
        """Make a work pool known, unless it is."""
        try:
            self.ask("GET", f"/work_pools/{name}")
        except PrefectMissing:
            self.ask("POST", "/work_pools/", {"name": name, "type": "process", "description": description})

    def beat_work_pool(self, pool: str, worker: str, every_seconds: int) -> None:
        """Show that a worker of a pool is there."""
        beat = {"name": worker, "heartbeat_interval_seconds": every_seconds}
        self.ask("POST", f"/work_pools/{pool}/workers/heartbeat", beat)

    def last_pool_beat(self, pool: str) -> datetime | None:
        """When any worker of a pool showed itself last; None when none ever did.

        Raises:
            PrefectMissing: There is no such pool. Permanent.
        """
        found = self.ask("POST", f"/work_pools/{pool}/workers/filter", {"limit": 200})
        beats = [one["last_heartbeat_time"] for one in found if one.get("last_heartbeat_time")]
        return max((datetime.fromisoformat(one) for one in beats), default=None)

    def due_runs(self, deployment_ids: Sequence[str], now: datetime) -> list[Json]:
        """Runs that should have started by now, the longest waiting first."""
        wanted = {"deployment_ids": list(deployment_ids), "scheduled_before": now.isoformat(), "limit": 50}
        return cast("list[Json]", self.ask("POST", "/deployments/get_scheduled_flow_runs", wanted))

    def runs_in(self, deployment_ids: Sequence[str], *states: str) -> list[Json]:
        """Runs of these deployments that are in one of these state types (`RUNNING`, …)."""
        wanted = {
            "flow_runs": {
                "deployment_id": {"any_": list(deployment_ids)},
                "state": {"type": {"any_": list(states)}},
            },
            "limit": 200,
        }
        return cast("list[Json]", self.ask("POST", "/flow_runs/filter", wanted))

    def run(self, run_id: str) -> Json:
        """One run."""
        return cast("Json", self.ask("GET", f"/flow_runs/{run_id}"))

    def label_run(self, run_id: str, name: str, tags: Sequence[str]) -> None:
        """Give a run another name and other tags."""
        self.ask("PATCH", f"/flow_runs/{run_id}", {"name": name, "tags": list(tags)})

    def propose(
        self, run_id: str, type_: str, name: str | None = None, message: str = "", at: datetime | None = None
    ) -> str | None:
        """Propose a state; None when the server accepted it, else its reason.

        Args:
            run_id: Of the flow run.
            type_: Prefect's state type: `SCHEDULED`, `CANCELLING`, …
            name: The state's name, as people see it.
            message: Why.
            at: When the run is to start, aware UTC, for a scheduled state; None for at once.
        """
        state: Json = {"type": type_, "message": message}
        if name:
            state["name"] = name
        if at:
            state["state_details"] = {"scheduled_time": at.astimezone(UTC).isoformat()}
        answer = self.ask("POST", f"/flow_runs/{run_id}/set_state", {"state": state})
        return _refusal(answer)

    def resume(self, run_id: str, answers: Json) -> str | None:
        """Answer a suspended run; None when the server accepted it, else its reason."""
        return _refusal(self.ask("POST", f"/flow_runs/{run_id}/resume", {"run_input": answers}))

    def variables(self) -> dict[str, Any]:
        """All variables by name; a start makes a few, and people a few more."""
        found = self.ask("POST", "/variables/filter", {"limit": 200})
        return {one["name"]: one["value"] for one in found}

    def keep_variable(self, name: str, value: str) -> None:
        """Make a variable.

        Raises:
            PrefectRefused: There is one of that name. Permanent.
        """
        self.ask("POST", "/variables/", {"name": name, "value": value})

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """One request; what came back as JSON, or None for an empty answer.

        Args:
            method: HTTP verb.
            path: Below the API's address.
            body: JSON; None for none.

        Raises:
            PrefectUnreachable: No answer in time, or 5xx. Transient.
            PrefectMissing: 404. Permanent.
            PrefectRefused: Any other answer that is not 2xx. Permanent.
        """
        what = f"ask the Prefect server at {self.url}: {method} {path}"
        try:
            answer = self._client.request(method, f"{self.url}{path}", json=body)
        except httpx.HTTPError as error:
            raise PrefectUnreachable(f"{what}: {cut(str(error)) or type(error).__name__}") from error
        if answer.status_code >= 500:
            raise PrefectUnreachable(f"{what}: {answer.status_code} {cut(answer.text)}")
        if answer.status_code == 404:
            raise PrefectMissing(f"{what}: {answer.status_code} {cut(answer.text)}")
        if not answer.is_success:
            raise PrefectRefused(f"{what}: {answer.status_code} {cut(answer.text)}")
        return answer.json() if answer.content else None


def _refusal(answer: Json) -> str | None:
    if answer["status"] == "ACCEPT":
        return None
    return cut(str((answer.get("details") or {}).get("reason") or answer["status"]))
