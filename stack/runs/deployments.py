"""Making the deployments of prefect.yaml known to the server: the one place where flows are listed.

Done in a fork of the runner, which has Prefect imported already; `prefect deploy` takes sixteen seconds for it.
A deployment whose definition did not change is left alone, so that a schedule which a person switched in the UI
stays switched.
"""

import hashlib
import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from blocks.prefect_api import Json, PrefectApi
from blocks.prefect_runs import deployment_of
from outage.errors import FileError, cut
from outage.value import Value
from stack.runs.drill_parameters import DrillParameters, with_choices
from stack.runs.flow_process_files import replace_file

DRILL = "flows.drill.drill"
"""The entrypoint whose parameters are choices."""


class Deployment(Value):
    """One deployment as the server knows it."""

    id: str
    name: str
    entrypoint: str
    pool: str = ""
    """The work pool that its runs wait in; empty for our own runner's."""


class DeploymentReport(Value):
    """Which flows can be run."""

    known: tuple[Deployment, ...] = ()
    problems: dict[str, str] = {}
    """Name → why it cannot."""


def deployment_definitions(file: Path) -> list[Json]:
    """The deployments of prefect.yaml.

    Raises:
        FileError: The file cannot be read or holds none.
    """
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise FileError(f"read the deployments of {file}: {error}") from error
    return list(found)


def with_platforms(found: Sequence[Json], pools: Mapping[str, str], own_pool: str = "") -> list[Json]:
    """The deployments; of those that are each platform's or each pool's, a further one for every other.

    Args:
        found: The deployments of prefect.yaml.
        pools: Platforms beside the settings' own, for which the plain ones work → the pool of each, empty for none.
        own_pool: Of the settings' own platform.
    """
    every = sorted({own_pool, *pools.values()} - {""})
    return [
        *({**one, "pool": own_pool} if own_pool and one.get("each_platform") else one for one in found),
        *(_of_pool(one, pool) for one in found if one.get("each_pool") for pool in every),
        *(
            _of_platform(one, name, pool)
            for one in found
            if one.get("each_platform")
            for name, pool in pools.items()
        ),
    ]


def pool_deployment(name: str, pool: str) -> str:
    """What a deployment is called in a work pool."""
    return f"{name}-{pool}" if pool else name


def _of_pool(definition: Json, pool: str) -> Json:
    described = f"{definition.get('description', '')} Carried by the worker of pool {pool}."
    return {
        **definition,
        "name": pool_deployment(definition["name"], pool),
        "description": described,
        "pool": pool,
    }


def _of_platform(definition: Json, platform: str, pool: str) -> Json:
    parameters = {**definition.get("parameters", {}), "platform": platform}
    described = f"{definition.get('description', '')} Platform: {platform}."
    return {
        **definition,
        "name": deployment_of(definition["name"], platform),
        "description": described,
        "parameters": parameters,
        "tags": [*definition.get("tags", []), platform],
        **({"pool": pool} if pool else {}),
    }


def load_deployments(entrypoint: str) -> Any:
    """Import the flow of an entrypoint (`flows.respond.respond_to_outage`)."""
    module, _, name = entrypoint.replace(":", ".").rpartition(".")
    return getattr(importlib.import_module(module), name)


def make_all_known(
    api: PrefectApi,
    definitions: Sequence[Json],
    report: Path,
    say: Callable[[str], None],
    drills: Mapping[str, DrillParameters] | None = None,
) -> None:
    """Import every flow and make its deployment known; one that cannot be imported does not stop the others.

    The Block types that a platform file may name are made known with them. What came of it is written to `report`,
    for the runner and for `outage status`.

    Args:
        api: Prefect's.
        definitions: Those of prefect.yaml, with the further ones of each platform.
        report: JSON file that gets what is known and what cannot be imported, each with its reason.
        say: Gets one sentence per problem, and the names that are known.
        drills: What each platform's drill offers as choices; the settings' own has no name.
    """
    _register_blocks(say)
    known: dict[str, Deployment] = {}
    problems: dict[str, str] = {}
    for definition in definitions:
        name, entrypoint = definition["name"], definition["entrypoint"]
        try:
            flow = load_deployments(entrypoint)
        except Exception as error:  # noqa: BLE001 - whatever a module raises while it is imported
            problems[name] = cut(f"{entrypoint} cannot be imported: {type(error).__name__}: {error}")
            say(problems[name])
            continue
        known[name] = make_known(api, flow, definition, _choices_of(definition, drills or {}))
    say(f"deployments: {', '.join(sorted(known)) or 'none'}")
    replace_file(report, DeploymentReport(known=tuple(known.values()), problems=problems).model_dump_json())


def _register_blocks(say: Callable[[str], None]) -> None:
    """Without them responses go on, as long as the platform file names none."""
    from blocks.access.block_types import register_block_types

    try:
        register_block_types()
    except Exception as error:  # noqa: BLE001 - whatever Prefect's client raises
        say(cut(f"the block types cannot be made known: {type(error).__name__}: {error}"))


def report_deployments(report: Path) -> DeploymentReport | None:
    """What the last making-known came to; None when there was none."""
    try:
        return DeploymentReport.model_validate_json(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _choices_of(definition: Json, drills: Mapping[str, DrillParameters]) -> DrillParameters | None:
    if definition["entrypoint"] != DRILL:
        return None
    return drills.get(definition.get("parameters", {}).get("platform", ""))


def make_known(
    api: PrefectApi, flow: Any, definition: Json, choices: DrillParameters | None = None
) -> Deployment:
    """Make one deployment known, unless the server has it just so; a namesake of another flow goes."""
    if pool := definition.get("pool", ""):
        api.keep_work_pool(
            pool, f"Carried by `outage worker {pool}`, beside the cluster that it answers for."
        )
    wanted = {**_wanted(flow, definition, choices), "flow_id": api.keep_flow(flow.name)}
    known = {one["id"]: one for one in api.deployments(definition["name"])}
    same = [one["id"] for one in known.values() if one["version"] == wanted["version"]]
    made = same[0] if same else api.keep_deployment(wanted)
    for namesake in known.keys() - {made}:
        api.forget_deployment(namesake)  # its flow was renamed or moved: the intake must not find it
    return Deployment(id=made, name=definition["name"], entrypoint=definition["entrypoint"], pool=pool)


def _wanted(flow: Any, definition: Json, choices: DrillParameters | None = None) -> Json:
    from prefect.utilities.callables import parameter_schema

    limit = definition.get("concurrency_limit") or {}
    schema = parameter_schema(flow).model_dump_for_openapi()
    wanted: Json = {
        "flow": flow.name,
        "name": definition["name"],
        "entrypoint": definition["entrypoint"],
        "description": definition.get("description") or flow.description or "",
        "tags": definition.get("tags", []),
        "parameters": definition.get("parameters", {}),
        "parameter_openapi_schema": with_choices(schema, choices) if choices else schema,
        "enforce_parameter_schema": definition.get("enforce_parameter_schema", True),
        "schedules": [_schedule(one) for one in definition.get("schedules", [])],
        "concurrency_limit": limit.get("limit"),
        "paused": False,
    }
    if definition.get("pool"):
        wanted["work_pool_name"] = definition["pool"]
    if limit.get("collision_strategy"):
        wanted["concurrency_options"] = {"collision_strategy": limit["collision_strategy"]}
    written = json.dumps(wanted, sort_keys=True, default=str)
    del wanted["flow"]
    return {**wanted, "version": hashlib.sha256(written.encode()).hexdigest()[:12]}


def _schedule(written: Json) -> Json:
    timing: Json = {name: written[name] for name in ("cron", "interval", "rrule") if name in written}
    if "timezone" in written:
        timing["timezone"] = written["timezone"]
    return {
        "schedule": timing,
        "active": written.get("active", True),
        "slug": written.get("slug"),
        "parameters": written.get("parameters", {}),
    }
