"""What a reading of eAccounting's orders shows of one order of ours."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from visma_busy_sync.eaccounting.models import OrderId, OrderStatus
from visma_busy_sync.orders import (
    LedgerEntry,
    Looked,
    State,
    is_of_another,
    look_for,
    names_another,
    revision_on,
    shows_drafts,
    twins_of,
    unmarked_twins,
)

from .given import MARKER, answer, built, entry_in, hours, work

ORDER = built(work(hours()))
OTHER = "BY-ZZZZZZZZZZZZ.1"


def row(id: str, our: str | None = None, **members: Any) -> Any:
    evolve: Any = attrs.evolve
    return evolve(answer(ORDER), id=OrderId(id), our_reference=our, **members)


@pytest.mark.parametrize("sure", [True, False])
@pytest.mark.parametrize("place", ["our_reference", "your_reference", "buyers_order_reference"])
def test_a_draft_with_the_marker_is_found_however_unsure_the_reading_was(place: str, sure: bool) -> None:
    """Also where a person moved the marker to another reference."""
    draft = row("a", **{place: f"Kari {MARKER.lower()}"}) if place != "our_reference" else row("a", MARKER)
    rows = [row("b"), row("c", OTHER), draft]
    assert look_for(MARKER, rows, sure=sure) == Looked(draft=draft)


def test_it_is_absent_only_after_a_sure_reading() -> None:
    assert look_for(MARKER, [row("b", OTHER)], sure=True) == Looked(absent=True)
    assert look_for(MARKER, [row("b", OTHER)], sure=False) == Looked()


def test_several_with_the_marker_are_for_a_person() -> None:
    """A draft can be copied in eAccounting, with its references."""
    looked = look_for(MARKER, [row("b", MARKER), row("a", MARKER)], sure=True)
    assert (looked.draft, looked.absent) == (None, False)
    assert looked.problem == "Several orders in eAccounting carry the marker of this one: a, b."


def test_another_revision_is_for_a_person() -> None:
    looked = look_for(MARKER, [row("a", "BY-ABCDEFGHIJKL.2")], sure=True)
    assert looked.problem == "The order a in eAccounting is revision 2 of this one."


def test_the_revision_on_an_order_is_the_highest_that_it_names() -> None:
    named = row("a", MARKER, your_reference="BY-ABCDEFGHIJKL.3")
    assert revision_on(named, MARKER) == 3
    assert revision_on(row("a"), MARKER) is None


@pytest.mark.parametrize(
    ("text", "another"),
    [
        (None, False),
        ("Kari", False),
        (MARKER, False),
        (MARKER.lower(), False),
        ("BY-ABCDEFGHIJKL.7", False),
        (f"Kari {OTHER}", True),
        (f"{MARKER} {OTHER}", True),
        ("BY-SHORT.1", False),
        ("NEARBY-ZZZZZZZZZZZZ.1", False),
    ],
)
def test_the_marker_of_another_order_is_told_apart(text: str | None, another: bool) -> None:
    assert names_another(text, MARKER) is another
    assert is_of_another(row("a", text), MARKER) is another


KNOWN = attrs.evolve(entry_in(State.TRANSFERRED, ORDER), eaccounting_id="a")


@pytest.mark.parametrize(
    ("seen", "known", "shown"),
    [
        pytest.param(row("a", MARKER), KNOWN, True, id="a draft of ours"),
        pytest.param(row("a", MARKER, status=OrderStatus.ONGOING), KNOWN, False, id="no draft any more"),
        pytest.param(row("a"), KNOWN, False, id="without its marker"),
        pytest.param(row("b", MARKER), KNOWN, False, id="another id"),
        pytest.param(row("a", MARKER), attrs.evolve(KNOWN, state=State.WITHDRAWING), False, id="not settled"),
    ],
)
def test_only_a_known_draft_shows_that_drafts_are_listed(seen: Any, known: LedgerEntry, shown: bool) -> None:
    """An order with a number proves nothing: drafts may be left out of the list."""
    assert shows_drafts([row("x"), seen], [known]) is shown
    assert not shows_drafts([seen], [])


def test_an_order_with_our_customer_and_rows_may_be_ours_under_another_id() -> None:
    """It is told by the marker that it has; none of other customers or rows, nor one of our own marker."""
    entry = entry_in(State.RESERVED, ORDER)
    twin = row("a", OTHER, your_reference="BY-YYYYYYYYYYYY.3")
    rows = [
        twin,
        row("b", OTHER.replace("Z", "X"), customer_id="another"),
        row("c", OTHER.replace("Z", "W"), rows=()),
        row("d", MARKER),
        row("e", "Kari"),
    ]
    assert twins_of(entry, rows) == {"BY-ZZZZZZZZZZZZ": twin, "BY-YYYYYYYYYYYY": twin}


def test_an_order_with_our_customer_and_rows_and_no_marker_may_be_ours_without_it() -> None:
    entry = entry_in(State.TRANSFERRED, ORDER)
    bare = row("a", "Kari")
    rows = [bare, row("b", OTHER), row("c", MARKER), row("d", rows=()), row("e", customer_id="another")]
    assert unmarked_twins(entry, rows) == [bare]
