"""Normal forms of numbers, names and organisation numbers (D1, D2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync.busy._numbers import number_key
from visma_busy_sync.sync._names import name_key, organization_key
from visma_busy_sync.sync._records import Value


@pytest.mark.parametrize(
    ("number", "key"),
    [
        pytest.param("\u2003 10 \t", "10", id="outer white space"),
        pytest.param("1 0", "1 0", id="inner white space counts"),
        pytest.param("007", "007", id="leading zeros count"),
        pytest.param("a\u030a1", "å1", id="composed"),
        pytest.param("A1", "A1", id="case counts"),
        pytest.param("  ", None, id="blank"),
        pytest.param(None, None, id="none"),
        pytest.param(True, None, id="no text"),
    ],
)
def test_d1_number(number: Value, key: str | None) -> None:
    """Numbers are exact but for outer white space and composition."""
    assert number_key(number) == key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        pytest.param("  Hus\u00a0 ved\n Vannet ", "hus ved vannet", id="white space and case"),
        pytest.param("STRASSE", "strasse", id="upper case"),
        pytest.param("Straße", "strasse", id="folded, not lowered"),
        pytest.param("A\u030as", "ås", id="composed"),
        pytest.param("\n", None, id="blank"),
        pytest.param(None, None, id="none"),
    ],
)
def test_d1_name(name: Value, key: str | None) -> None:
    """Names are compared without regard to case, composition and kinds of white space."""
    assert name_key(name) == key


@pytest.mark.parametrize(
    ("number", "key"),
    [
        pytest.param("NO 999 888 777 MVA", "999888777", id="with words"),
        pytest.param("999.888.777", "999888777", id="with dots"),
        pytest.param("MVA", None, id="no digit"),
        pytest.param("000 000 000", None, id="zeros that fill the field"),
        pytest.param("000999888", "000999888", id="leading zeros count"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="none"),
    ],
)
def test_d2_organisation_number(number: Value, key: str | None) -> None:
    """Organisation numbers are their digits."""
    assert organization_key(number) == key


@given(st.text())
def test_normal_forms_are_stable(text: str) -> None:
    """A normal form is its own normal form."""
    for key in (number_key, name_key, organization_key):
        assert key(key(text)) == key(text)


@given(st.text())
def test_name_ignores_case(text: str) -> None:
    """Folding a name beforehand changes nothing."""
    assert name_key(text.casefold()) == name_key(text)
