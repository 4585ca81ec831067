"""Exact JSON text."""

from decimal import Decimal

import pytest

from visma_busy_sync.sandbox.jsontext import BadJson, camel, encode, parse


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "-0",
        "1.10",
        "-0.0",
        "100.000",
        "0.0000000000000000000000000000000001",
        "9" * 5000,
        "1E+999999",
        "[1.0,1]",
    ],
)
def test_numbers_survive_the_way_there_and_back(text: str) -> None:
    """Digit for digit."""
    assert encode(parse(text.encode())) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [("1e3", "1000"), ("1.5E-5", "0.000015"), ("12E+2", "1200"), ("1E-999999", "1E-999999")],
)
def test_small_exponents_are_written_out(text: str, written: str) -> None:
    """No E where a person expects digits."""
    assert encode(parse(text.encode())) == written


def test_texts_are_written_as_they_are() -> None:
    """Norwegian letters and emoji stay letters; quotes and controls are escaped."""
    assert encode({"æ": 'a"\\\n\u007f😀', "b": [True, False, None, ()]}) == (
        '{"æ":"a\\"\\\\\\n\u007f😀","b":[true,false,null,[]]}'
    )


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_number_is_not_written(value: Decimal) -> None:
    """JSON has no NaN."""
    with pytest.raises(BadJson):
        encode(value)


@pytest.mark.parametrize(
    ("name", "written"),
    [("Id", "id"), ("GLN", "gln"), ("IsActive", "isActive"), ("UTCTime", "utcTime"), ("x", "x"), ("", "")],
)
def test_camel_case_is_that_of_dotnet(name: str, written: str) -> None:
    """The whole run of capitals is lowered, but not the one that begins the next word."""
    assert camel(name) == written
