"""Numbers in a file, in all spellings that are found in the field (D30)."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync.orders._files.csv_numbers import read_number

SPACES = {"space": " ", "no-break": "\u00a0", "narrow no-break": "\u202f", "thin": "\u2009"}

numbers = st.decimals(
    Decimal(-999999999999), Decimal(999999999999), places=10, allow_nan=False, allow_infinity=False
) | st.integers(-(10**12) + 1, 10**12 - 1).map(Decimal)


def spelled(number: Decimal, sign: str, space: str, *, short: bool) -> str:
    """Write a number as a spreadsheet of some country does."""
    minus, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).rjust(-exponent + 1, "0")
    whole, part = (text[:exponent], text[exponent:]) if exponent else (text, "")
    grouped = f"{int(whole):,}".replace(",", space)
    if short and part:
        part = part.rstrip("0") or "0"
    return f"{'-' if minus else ''}{grouped}{sign if part else ''}{part}"


@given(
    number=numbers,
    sign=st.sampled_from([",", "."]),
    space=st.sampled_from(["", *SPACES.values()]),
    short=st.booleans(),
)
def test_d30_a_number_is_read_exactly_however_it_is_spelled(
    number: Decimal, sign: str, space: str, short: bool
) -> None:
    """Comma or point, any space between thousands or none; the caller's decimal context does not matter."""
    with localcontext(prec=3):
        read = read_number(spelled(number, sign, space, short=short))

    assert read == number


@given(st.text(st.characters(codec="utf-8")) | st.text("0123456789.,- \u00a0eE%kr"))
def test_a_text_means_a_number_with_an_amounts_digits_or_none(text: str) -> None:
    """Nothing else comes of it: no error, no infinity, nothing that a line could not hold."""
    read = read_number(text)

    assert read is None or (read.is_finite() and read.adjusted() < 12)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("7,5", "7.5", id="comma"),
        pytest.param("7.5", "7.5", id="point"),
        pytest.param("1.234", "1.234", id="a point is never a sign of thousands"),
        pytest.param("1 250,50", "1250.50", id="space"),
        pytest.param("12 345 678", "12345678", id="two spaces"),
        pytest.param(",5", "0.5", id="no whole"),
        pytest.param("007,50", "7.5", id="zeros before"),
        pytest.param("\u22125", "-5", id="the sign of minus"),
        pytest.param("-0", "-0", id="zero below zero"),
    ],
)
def test_spellings_that_are_read(text: str, number: str) -> None:
    read = read_number(text)

    assert read == Decimal(number)
    assert read is not None
    assert read.is_signed() == number.startswith("-")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("1.234,50", id="both signs"),
        pytest.param("1,234.50", id="both signs, English"),
        pytest.param("1.234.567", id="a sign twice"),
        pytest.param("1 25,50", id="a space elsewhere"),
        pytest.param("1234 567", id="four digits before a space"),
        pytest.param("1,25 0", id="a space among decimals"),
        pytest.param("5,", id="nothing after the sign"),
        pytest.param(",", id="a sign alone"),
        pytest.param("-", id="a minus alone"),
        pytest.param("", id="nothing"),
        pytest.param("1e3", id="exponent"),
        pytest.param("kr 100", id="currency"),
        pytest.param("100,-", id="price tag"),
        pytest.param("25 %", id="per cent"),
        pytest.param("+5", id="plus"),
        pytest.param("1'000", id="apostrophe"),
        pytest.param("٣", id="another script's digit"),
        pytest.param("NaN", id="no number"),
        pytest.param("Infinity", id="infinity"),
        pytest.param("1234567890123", id="13 digits"),
        pytest.param("999999999999,995", id="13 digits if rounded"),
        pytest.param("0,12345678901", id="11 decimals"),
    ],
)
def test_spellings_that_are_refused(text: str) -> None:
    """A wrong amount would be worse than an error."""
    assert read_number(text) is None
