"""Quantities as Kubernetes spells them."""

import pytest

from outage.kubernetes.quantity import parsed_quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("250m", 0.25),
        ("2", 2),
        (2, 2),
        ("64Mi", 64 * 2**20),
        ("1G", 1e9),
        ("1e3", 1000),
        ("1E", 1e18),
        ("2Ei", 2 * 2**60),
        ("100n", 1e-7),
        ("1.5Gi", 1.5 * 2**30),
    ],
)
def test_a_quantity_is_a_number(text: object, number: float) -> None:
    """In every spelling that the API uses."""
    assert parsed_quantity(text) == pytest.approx(number)


@pytest.mark.parametrize("text", [None, "", "lots", "1.2.3", "12 Mi", "Mi"])
def test_what_is_no_quantity_is_none(text: object) -> None:
    """Nobody counts with it then."""
    assert parsed_quantity(text) is None
