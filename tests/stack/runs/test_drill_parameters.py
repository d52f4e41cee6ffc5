"""What the UI offers to a drill: choices with titles, for each platform its own."""

from pathlib import Path

from prefect.utilities.callables import parameter_schema

from blocks.settings import HERE
from flows.drill import drill
from stack.runs.drill_parameters import drill_parameters, with_choices
from tests.outage.verification.drills.stranger import SHOP

FAULTS = HERE / "practice" / "faults"


def schema(faults_folder: Path | None) -> dict[str, object]:
    """The parameters of a deployment of the shop's drill."""
    properties = with_choices(
        parameter_schema(drill).model_dump_for_openapi(), drill_parameters(SHOP, faults_folder)
    )["properties"]
    assert isinstance(properties, dict)
    return properties


def test_a_fault_is_chosen_by_its_title() -> None:
    """Free text would be a name that nobody knows."""
    fault = schema(None)["fault"]

    assert isinstance(fault, dict)
    assert {
        "const": "bad-image",
        "title": "bad-image: an image that does not exist",
        "type": "string",
    } in fault["oneOf"]
    assert [one["const"] for one in fault["oneOf"]] == fault["enum"]
    assert fault["default"] == "bad-image"


def test_another_platform_offers_its_own_services() -> None:
    """And nothing of the practice ground's catalogue."""
    service = schema(None)["service"]

    assert isinstance(service, dict)
    assert service["enum"] == ["checkout", "mailer", "ledger", "parked", "gone"]


def test_the_own_platform_offers_the_catalogue_too() -> None:
    """Whose faults need no service."""
    offered = schema(FAULTS)

    assert isinstance(offered["fault"], dict)
    assert isinstance(offered["service"], dict)
    assert "two-at-once" in offered["fault"]["enum"]
    assert offered["service"]["enum"][0] == ""


def test_without_a_platform_file_the_services_stay_free() -> None:
    """The templates are offered all the same."""
    made = with_choices({"properties": {"fault": {}, "service": {}}}, drill_parameters(None))

    assert "enum" in made["properties"]["fault"]
    assert made["properties"]["service"] == {}
