"""Filters as text: checked against the model, values escaped, nothing that the server could misread."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync.eaccounting import F, Filter
from visma_busy_sync.eaccounting import _endpoints as endpoints
from visma_busy_sync.eaccounting._operation import to_request
from visma_busy_sync.eaccounting.models import Customer, Model, Order, Project, ProjectStatus

from .given import API, ID

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("made", "model", "text"),
    [
        (F.eq("Status", 1), Project, "Status eq 1"),
        (F.eq("Status", ProjectStatus.FINISHED), Project, "Status eq 2"),
        (F.ne("Name", "x"), Project, "Name ne 'x'"),
        (F.eq("Name", "O'Brien's"), Project, "Name eq 'O''Brien''s'"),
        (F.eq("Name", ""), Project, "Name eq ''"),
        (F.contains("Name", "50 %"), Project, "contains(Name, '50 %')"),
        (F.eq("Name", "{name}{value}"), Project, "Name eq '{name}{value}'"),
        (F.eq("CustomerId", ID.upper()), Project, f"CustomerId eq {ID}"),
        (F.eq("DeliveryTermId", ID), Customer, f"DeliveryTermId eq {ID}"),
        (F.eq("CustomerId", None), Project, "CustomerId eq null"),
        (F.ne("EndDate", None), Project, "EndDate ne null"),
        (F.gt("ModifiedUtc", NOON), Project, "ModifiedUtc gt 2026-03-31T12:00:00Z"),
        (
            F.ge("ModifiedUtc", datetime(2026, 3, 31, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))),
            Project,
            "ModifiedUtc ge 2026-03-31T10:00:00.000005Z",
        ),
        (F.lt("ModifiedUtc", date(2026, 3, 31)), Project, "ModifiedUtc lt 2026-03-31"),
        (F.le("OrderDate", date(2026, 3, 31)), Order, "OrderDate le 2026-03-31"),
        (F.eq("Amount", Decimal("1E+2")), Order, "Amount eq 100"),
        (F.eq("Amount", Decimal("1.10")), Order, "Amount eq 1.10"),
        (F.eq("IsActive", True), Customer, "IsActive eq true"),
        (F.eq("Status", 1) & F.eq("Number", "1"), Project, "(Status eq 1 and Number eq '1')"),
        (F.eq("Status", 1) | F.eq("Number", "1"), Project, "(Status eq 1 or Number eq '1')"),
        (~F.eq("Status", 1), Project, "not (Status eq 1)"),
        (
            F.eq("Status", 1) & (F.eq("Number", "1") | ~F.eq("Number", "2")),
            Project,
            "(Status eq 1 and (Number eq '1' or not (Number eq '2')))",
        ),
        (~(F.eq("Status", 1) & F.eq("Status", 2)), Project, "not ((Status eq 1 and Status eq 2))"),
    ],
)
def test_how_a_filter_is_written(made: Filter, model: type[Model], text: str) -> None:
    """Ids bare, texts quoted with doubled quotes, stamps in UTC with `Z`, brackets around each pair."""
    assert made.render(model) == text


@pytest.mark.parametrize(
    ("made", "advice"),
    [
        (F.eq("status", 1), "ModifiedUtc"),
        (F.eq("Nothing", 1), "ModifiedUtc"),
        (F.eq("Status", "1"), "int"),
        (F.eq("Status", True), "int"),
        (F.eq("Name", 1), "text"),
        (F.eq("Name", "\ud800"), "text"),
        (F.eq("CustomerId", "x"), "id"),
        (F.eq("CustomerId", 1), "id"),
        (F.eq("ModifiedUtc", datetime(2026, 1, 1)), "aware"),  # noqa: DTZ001 - the fault that is meant
        (F.eq("ModifiedUtc", "2026-01-01"), "aware"),
        (F.eq("StartDate", NOON), "date"),
        (F.gt("Status", None), "int"),
        (F.ge("EndDate", None), "date"),
        (F.contains("Name", None), "text"),  # type: ignore[arg-type] # a host without type checks
        (F.contains("CustomerId", ID), "id"),
        (F.contains("Status", "1"), "int"),
        (F.eq("Name", 1.5), "text"),  # type: ignore[arg-type] # a host without type checks
        (F.eq("Status", 1.0), "int"),  # type: ignore[arg-type] # a host without type checks
        (F.eq("Status", Decimal("NaN")), "int"),
        (F.eq("Status", Decimal("1E+999999")), "int"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_told_before_anything_is_sent(made: Filter, advice: str) -> None:
    """With what to give instead, and without the value."""
    with pytest.raises(ConfigurationError) as caught:
        made.render(Project)
    assert advice in caught.value.advice


def test_there_is_no_filter_on_lists() -> None:
    """Rows and the like cannot be compared."""
    with pytest.raises(ConfigurationError, match="does not fit") as caught:
        F.eq("Rows", "x").render(Order)
    assert caught.value.advice == "There is no filter on this member."


@pytest.mark.parametrize(
    "use",
    [bool, lambda f: f and f, lambda f: f or f, lambda f: not f],
    ids=["bool", "and", "or", "not"],
)
def test_and_or_not_are_no_way_to_combine(use: Any) -> None:
    """`a and b` would silently be `b`."""
    with pytest.raises(ConfigurationError, match="neither true nor false"):
        use(F.eq("Status", 1))


def test_a_repr_hides_the_values() -> None:
    """They may name a person."""
    assert "Kari" not in repr(F.eq("Name", "Kari") & F.contains("Name", "Kari"))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_arrives_as_it_was(text: str) -> None:
    """Whatever stands in it, the server reads one quoted text and no further condition."""
    page = endpoints.PROJECTS.page(where=F.eq("Name", text))
    url = to_request(page, api_url=API, token=Secret("t"), timeout=1).url
    assert url.isascii()
    (received,) = parse_qs(urlsplit(url).query, keep_blank_values=True)["$filter"]
    assert received.startswith("Name eq '")
    assert received.endswith("'")
    assert received[9:-1].replace("''", "'") == text
    assert "'" not in received[9:-1].replace("''", "")


@pytest.mark.parametrize("order_by", ["Number", "Number asc", "ModifiedUtc desc"])
def test_an_order_names_a_member(order_by: str) -> None:
    """With a direction behind it, or none."""
    assert ("$orderby", order_by) in endpoints.PROJECTS.page(order_by=order_by).query


@pytest.mark.parametrize(
    "order_by", ["", "number", "Number down", "Number desc, Name", "Number  asc", "desc"]
)
def test_another_order_is_refused(order_by: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match="cannot be ordered"):
        endpoints.PROJECTS.page(order_by=order_by)


@pytest.mark.parametrize(("number", "size"), [(0, 100), (-1, 100), (1, 0), (1, 1001)])
def test_a_page_out_of_range_is_refused(number: int, size: int) -> None:
    """Pages count from 1, sizes to 1000."""
    with pytest.raises(ConfigurationError, match="count from 1"):
        endpoints.PROJECTS.page(number, size=size)


@pytest.mark.parametrize("id", ["", "1", "../customers", ID + "/x", ID + "?x"])
def test_what_is_no_id_is_refused(id: str) -> None:
    """So that no path can be made of it."""
    with pytest.raises(ConfigurationError, match="not an id"):
        endpoints.PROJECTS.get(id)
    with pytest.raises(ConfigurationError, match="not an id"):
        endpoints.ORDERS.delete(id)
