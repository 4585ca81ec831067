"""Exact JSON: no digit is lost, and what is not JSON is one error."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from visma_busy_sync.eaccounting._json import JsonError, dumps, loads

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | DECIMALS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def same(one: object, other: object) -> bool:
    """Whether two values are the same, 1.10 and 1.1 being different, an int and its Decimal equal."""
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return one.as_tuple().digits == other.as_tuple().digits and one == other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,40})\.[0-9]{1,38}", fullmatch=True, alphabet="0123456789.-"))
@example("1.10")
@example("0.1000000000000000055511151231257827")
@example("99000000.0000")
@example("-0.0")
def test_a_number_keeps_every_digit(text: str) -> None:
    """From text to Decimal and back to text, trailing zeros and sign included."""
    value = loads(text.encode())
    assert isinstance(value, Decimal)
    assert str(value) == str(Decimal(text))
    if len(text) < 40:
        assert dumps(value).decode() == text


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    """Any value comes back as it was, and any other JSON reader takes the text too."""
    text = dumps(value)
    again = loads(text)
    json.loads(text)
    whole = Decimal(again) if isinstance(again, int) and isinstance(value, Decimal) else again
    assert whole == value
    assert same(loads(dumps(again)), again)


@given(DECIMALS)
def test_a_decimal_is_a_number_on_the_wire(value: Decimal) -> None:
    """Never a text, never through a float, never megabytes of zeros; its value is the same."""
    text = dumps(value).decode()
    assert not text.startswith('"')
    assert Decimal(text) == value
    assert len(text) <= len(str(value)) + 45


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1E+2"), "100"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("1E+999999"), "1E+999999"),
        (Decimal("0E-50"), "0E-50"),
        (Decimal("-0"), "-0"),
        (Decimal("1234567.8900"), "1234567.8900"),
        ({"æ": [True, None, 1, "ø\n"]}, '{"æ":[true,null,1,"ø\\n"]}'),
        ({}, "{}"),
        ([], "[]"),
        ((Decimal("1.0"), 2), "[1.0,2]"),
    ],
    ids=str,
)
def test_how_values_are_written(value: Any, text: str) -> None:
    """Plain digits as long as they are few, UTF-8, no white space."""
    assert dumps(value).decode() == text


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        [1.0],
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        {1: "x"},
        b"x",
        pytest.param({"x": object()}, id="an object"),
        {"x": {1, 2}},
        "\ud800",
        {"\udfff": 1},
        pytest.param(10**5000, id="5001 digits"),
    ],
    ids=ascii,
)
def test_what_json_cannot_hold_is_one_error(value: Any) -> None:
    """A float most of all; the message tells the type and nothing of the value."""
    with pytest.raises(JsonError) as caught:
        dumps(value)
    assert "object at" not in str(caught.value)


def test_a_loop_of_values_is_one_error() -> None:
    """A list that holds itself ends."""
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(JsonError, match="nested too deeply"):
        dumps(endless)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>",
        b"NaN",
        b'{"a": Infinity}',
        b"[-Infinity]",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"[" * 900 + b'"\\ud800"' + b"]" * 900,
        b'"\\ud800"',
        b'"\\uDFFF"',
        b'{"\\udfff": 1}',
        b'"\xff"',
        b"\xff\xfe1\x00",
        b"1" * 5000,
        b"1E99999999999999999999",
        b"1.5e-99999999999999999999",
        b"01",
        b"1.",
        b".5",
        b"+1",
        b"0x10",
        b"{'a': 1}",
        b'{"a": 1,}',
        b"1 2",
        b'"\n"',
        b"nul",
        b"\xef\xbb\xbf\xef\xbb\xbf1",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_not_json_is_one_error(body: bytes) -> None:
    """Whatever is wrong, it is `JsonError`, and its message repeats nothing."""
    with pytest.raises(JsonError) as caught:
        loads(body)
    assert len(str(caught.value)) < 60


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"\xef\xbb\xbf1", 1),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"a\\u0000b"', "a\0b"),
        (b"1" * 4000, int("1" * 4000)),
        (b"1E400", Decimal("1E400")),
    ],
    ids=["byte order mark", "same name twice", "whole pair", "nul", "long", "great"],
)
def test_odd_json_is_read_all_the_same(body: bytes, value: Any) -> None:
    """What is legal is taken; of members with the same name the last wins."""
    assert loads(body) == value


@given(st.binary(max_size=60))
def test_bytes_give_a_value_or_the_error(body: bytes) -> None:
    """Nothing else ever comes out."""
    try:
        value = loads(body)
    except JsonError:
        return
    assert same(loads(dumps(value)), value)
