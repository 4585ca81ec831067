"""From the API's objects to imported values (R20, R21)."""

from __future__ import annotations

from datetime import date

import pytest

from visma_busy_sync.eaccounting.models import (
    UNSET,
    Article,
    ArticleId,
    Customer,
    CustomerId,
    Project,
    ProjectId,
    ProjectStatus,
)
from visma_busy_sync.sync import FIELDS, Kind, upstream_of

ID = "00000000-0000-0000-0000-000000000001"


def test_project() -> None:
    """All imported fields of a project are taken over as they are."""
    row = upstream_of(
        Project(
            id=ProjectId(ID),
            number=" 007",
            name="Hus",
            status=ProjectStatus.FINISHED,
            start_date=date(2026, 1, 2),
            end_date=None,
            customer_id=CustomerId("c1"),
            notes="grunnmur",
        )
    )
    assert (row.kind, row.id) == (Kind.PROJECT, ID)
    assert row.values == {
        "number": " 007",
        "name": "Hus",
        "customer": "c1",
        "start_date": date(2026, 1, 2),
        "end_date": None,
        "notes": "grunnmur",
        "archived": True,
    }


def test_absent_members_and_empty_texts_are_none() -> None:
    """What the API leaves out or answers as an empty text is no value."""
    row = upstream_of(
        Project(id=ProjectId(ID), number="", name="Hus", status=ProjectStatus.ONGOING, notes="")
    )
    empty = dict.fromkeys(("number", "customer", "start_date", "end_date", "notes"))
    assert row.values == {**empty, "name": "Hus", "archived": False}


def test_blank_texts_are_none() -> None:
    """An organisation number of blanks is none; a blank would join records that are not the same."""
    blank = " \t\u00a0 "
    row = upstream_of(
        Customer(
            id=CustomerId(ID),
            name="A",
            is_active=True,
            customer_number=blank,
            corporate_identity_number=blank,
        )
    )
    assert row.values == {"number": None, "name": "A", "organization_number": None, "archived": False}
    row = upstream_of(
        Project(id=ProjectId(ID), number=blank, name="Hus", status=ProjectStatus.ONGOING, notes=blank)
    )
    assert (row.values["number"], row.values["notes"]) == (None, None)


@pytest.mark.parametrize(
    ("status", "archived"),
    [
        pytest.param(1, False, id="ongoing"),
        pytest.param(2, True, id="finished"),
        pytest.param(3, False, id="unknown"),
    ],
)
def test_r20_status(status: int, archived: bool) -> None:
    """Only a finished project is archived; a status that is not known archives nothing."""
    model = Project(id=ProjectId(ID), number="1", name="Hus", status=ProjectStatus(status))
    assert upstream_of(model).values["archived"] is archived


@pytest.mark.parametrize("active", [True, False])
def test_customer(active: bool) -> None:
    """A customer's number, name, organisation number and whether it is active."""
    row = upstream_of(
        Customer(
            id=CustomerId(ID),
            name="Acme",
            is_active=active,
            customer_number="10",
            corporate_identity_number="999",
        )
    )
    assert (row.kind, row.id) == (Kind.CUSTOMER, ID)
    assert row.values == {
        "number": "10",
        "name": "Acme",
        "organization_number": "999",
        "archived": not active,
    }


def test_customer_without_numbers() -> None:
    """A private person may have neither number."""
    model = Customer(id=CustomerId(ID), name="Kari", is_active=True, corporate_identity_number=UNSET)
    assert upstream_of(model).values["number"] is None
    assert upstream_of(model).values["organization_number"] is None


@pytest.mark.parametrize("active", [True, False])
def test_product(active: bool) -> None:
    """An article's number, name and whether it is active; no price passes."""
    row = upstream_of(Article(id=ArticleId(ID), is_active=active, number="1", name="Time"))
    assert (row.kind, row.id) == (Kind.PRODUCT, ID)
    assert row.values == {"number": "1", "name": "Time", "archived": not active}
    assert tuple(row.values) == FIELDS[Kind.PRODUCT]


def test_repr_hides_the_values() -> None:
    """A row in a log shows no name."""
    assert "Kari" not in repr(upstream_of(Customer(id=CustomerId(ID), name="Kari", is_active=True)))
