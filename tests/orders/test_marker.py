"""By what a draft is found again."""

from __future__ import annotations

import re

import pytest

from visma_busy_sync.eaccounting.models import UNSET
from visma_busy_sync.orders import contains_marker, make_marker, marked_revision

from .given import MARKER

KNOWN = {"installation": "i", "tenant": "t", "order_id": "o", "revision": 1}


def marker(**changes: object) -> str:
    return make_marker(**(KNOWN | changes))  # type: ignore[arg-type]


def test_a_marker_is_short_and_the_same_every_time() -> None:
    """It is stored in eAccounting, so it must not change with a new version."""
    assert re.fullmatch(r"BY-[A-Z2-7]{12}\.1", marker())
    assert marker() == "BY-VCZ75LQQ6H4O.1"


def test_a_marker_is_unique_over_all_that_it_names() -> None:
    """Also where two names run together to the same text."""
    markers = {
        marker(),
        marker(installation="j"),
        marker(tenant="u"),
        marker(order_id="p"),
        marker(revision=2),
        marker(installation="it", tenant=""),
        marker(tenant="to", order_id=""),
    }

    assert len(markers) == 7


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(MARKER, True, id="alone"),
        pytest.param(f"Kari {MARKER}", True, id="behind a name"),
        pytest.param(f"{MARKER}, see mail", True, id="someone wrote behind it"),
        pytest.param(f"Kari {MARKER.lower()}", True, id="lower case"),
        pytest.param(f"{MARKER}0", False, id="revision 10"),
        pytest.param("BY-ABCDEFGHIJKL.2", False, id="another revision"),
        pytest.param(f"X{MARKER}", False, id="inside a word"),
        pytest.param("BY-ABCDEFGHIJKL", False, id="without revision"),
        pytest.param("BY-ABCDEFGHIJKL.١", False, id="digit of another script"),
        pytest.param("Kari", False, id="none"),
        pytest.param("", False, id="empty"),
        pytest.param(None, False, id="null"),
        pytest.param(UNSET, False, id="absent"),
    ],
)
def test_a_marker_is_recognised_in_a_reference(text: str | None, found: bool) -> None:
    """Exactly this one, wherever it stands."""
    assert contains_marker(text, MARKER) is found


def test_any_revision_of_an_order_is_recognised() -> None:
    """A restored database forgets what it sent, maybe with a higher revision."""
    assert marked_revision("Kari BY-ABCDEFGHIJKL.12", MARKER) == 12
    assert marked_revision(f"Kari {MARKER}", MARKER) == 1
    assert marked_revision("Kari BY-ABCDEFGHIJKM.1", MARKER) is None
    assert marked_revision(None, MARKER) is None


def test_of_several_markers_in_one_reference_each_is_recognised() -> None:
    """Someone copied a reference: the exact one counts, and the highest for the search."""
    text = f"{MARKER} BY-ABCDEFGHIJKL.3 BY-ABCDEFGHIJKL.2"

    assert contains_marker(text, MARKER)
    assert contains_marker(text, "BY-ABCDEFGHIJKL.2")
    assert marked_revision(text, MARKER) == 3
