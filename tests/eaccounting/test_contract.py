"""The models and endpoints against the vendor's description of the API."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import attrs
import pytest

from visma_busy_sync.eaccounting import PRODUCTION, F, Operation, models
from visma_busy_sync.eaccounting import _endpoints as endpoints
from visma_busy_sync.eaccounting._codec import encode, wire_name, wire_types
from visma_busy_sync.eaccounting._endpoints import Endpoint
from visma_busy_sync.eaccounting.models import (
    CustomerId,
    Model,
    NewOrder,
    NewOrderRow,
    OpenIntEnum,
)

from . import openapi
from .given import ID

SCHEMAS: dict[type[Model], str] = {
    models.Article: "ArticleApi",
    models.ArticleAccountCoding: "ArticleAccountCodingApi",
    models.CompanySettings: "CompanySettingsApi",
    models.Customer: "CustomerApi",
    models.Order: "OrderApi",
    models.OrderRow: "OrderRowApi",
    models.PageMeta: "CommonPaginationMetadata",
    models.Project: "ProjectApi",
    models.TermsOfPayment: "TermsOfPaymentApi",
    models.Unit: "UnitApi",
}
WRITTEN: dict[type[Model], str] = {NewOrder: "OrderApi", NewOrderRow: "OrderRowApi"}
EVERY = {**SCHEMAS, **WRITTEN}

LISTS: dict[str, Endpoint[Any]] = {
    name: value for name, value in vars(endpoints).items() if isinstance(value, Endpoint)
}


def by_name(models: Iterable[type[Model]]) -> list[Any]:
    return [pytest.param(model, id=model.__name__) for model in models]


def fits(kind: Any, member: dict[str, Any]) -> bool:
    """Whether a Python type can hold what the description promises, and no more."""
    if "$ref" in member:
        target = member["$ref"].rpartition("/")[2]
        return EVERY.get(kind) == target if isinstance(kind, type) else _is_object(kind)
    match member["type"], member.get("format"):
        case "string", "uuid":
            return getattr(kind, "__supertype__", None) is str
        case "string", "date-time":
            return kind in {date, datetime}
        case "string", _:
            return kind is str
        case "boolean", _:
            return kind is bool
        case "integer", _:
            return isinstance(kind, type) and issubclass(kind, int) and kind is not bool
        case "number", _:
            return kind is Decimal
        case "array", _:
            return get_origin(kind) is tuple and fits(get_args(kind)[0], member["items"])
    return False


def _is_object(kind: Any) -> bool:
    return get_origin(kind) is not None and kind == models.JsonObject


@pytest.mark.parametrize("model", by_name(EVERY))
def test_each_member_is_described_with_its_type(model: type[Model]) -> None:
    """No member is invented, and none is read as another type."""
    described = openapi.members(EVERY[model])
    wrong = [
        (name, kind, described.get(name))
        for name, kind in wire_types(model).items()
        if name not in described or not fits(kind, described[name])
    ]
    assert wrong == []


@pytest.mark.parametrize("model", by_name(SCHEMAS))
def test_each_described_member_is_in_the_model(model: type[Model]) -> None:
    """Nothing that the API answers has to be dug out of `extra`."""
    assert set(openapi.members(SCHEMAS[model])) - set(wire_types(model)) == set()


@pytest.mark.parametrize("model", by_name(SCHEMAS))
def test_null_is_taken_wherever_it_is_promised(model: type[Model]) -> None:
    """A member that may be null has None in its type, so that type checkers ask for it."""
    hints = get_type_hints(model)
    described = openapi.members(SCHEMAS[model])
    fields = {wire_name(a): hints[a.name] for a in attrs.fields(model) if a.name != "extra"}  # type: ignore[arg-type]
    nullable = {name for name, member in described.items() if member.get("nullable")}
    assert {name for name in nullable if NoneType not in get_args(fields[name])} == set()


@pytest.mark.parametrize("model", by_name(SCHEMAS))
def test_a_stamp_is_a_stamp_and_a_day_is_a_day(model: type[Model]) -> None:
    """The description types both as date-time; a name in Utc tells a moment, any other one a day."""
    for name, kind in wire_types(model).items():
        if kind in {date, datetime}:
            assert (kind is datetime) == name.endswith("Utc"), name


def test_a_new_order_has_all_that_is_required() -> None:
    """A draft of the fewest words covers the required members of header and rows."""
    new = NewOrder(
        customer_id=CustomerId(ID),
        currency_code="NOK",
        order_date=date(2026, 3, 31),
        rows=(NewOrderRow(line_number=1),),
    )
    body = encode(new)
    assert set(openapi.schema("OrderApi")["required"]) - body.keys() == set()
    rows = body["Rows"]
    assert isinstance(rows, list)
    assert isinstance(rows[0], dict)
    assert set(openapi.schema("OrderRowApi")["required"]) - rows[0].keys() == set()
    assert body["OrderDate"] == "2026-03-31"
    assert body["Status"] == 1


@pytest.mark.parametrize("model", by_name(WRITTEN))
def test_nothing_read_only_is_written(model: type[Model]) -> None:
    """The API ignores or refuses what only it may say."""
    described = openapi.members(WRITTEN[model])
    assert [name for name in wire_types(model) if described[name].get("readOnly")] == []


def enums() -> list[Any]:
    return [
        pytest.param(kind, openapi.members(schema)[name]["x-values"], id=f"{model.__name__}.{name}")
        for model, schema in EVERY.items()
        for name, kind in wire_types(model).items()
        if isinstance(kind, type) and issubclass(kind, OpenIntEnum)
    ]


@pytest.mark.parametrize(("kind", "described"), enums())
def test_enumerations_have_the_described_values(kind: type[OpenIntEnum], described: dict[str, str]) -> None:
    """Each number has the description's own name, in our spelling."""
    spelt = {
        int(number): re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper() for number, name in described.items()
    }
    assert {member.value: member.name for member in kind} == spelt


def operations() -> list[Any]:
    found: list[tuple[Operation[Any], str]] = [(endpoints.COMPANY_SETTINGS, "CompanySettingsApi")]
    for endpoint in LISTS.values():
        found.append((endpoint.page(), f"PaginatedResponseOf{SCHEMAS[endpoint.model]}"))
        found.append((endpoint.get(ID), SCHEMAS[endpoint.model]))
    new = NewOrder(customer_id=CustomerId(ID), currency_code="NOK", order_date=date(2026, 1, 1), rows=())
    found += [(endpoints.ORDERS.create(new), "OrderApi"), (endpoints.ORDERS.delete(ID), "")]
    return [pytest.param(operation, schema, id=operation.name) for operation, schema in found]


@pytest.mark.parametrize(("operation", "schema"), operations())
def test_each_endpoint_is_described(operation: Operation[Any], schema: str) -> None:
    """Method, path and the name of the path's parameter are the description's; so is the answer."""
    described = openapi.operation(operation.method, operation.path)
    assert described is not None
    places = {p["name"] for p in described.get("parameters", []) if p.get("in") == "path"}
    assert set(operation.params) == places
    success = next(value for status, value in described["responses"].items() if status.startswith("2"))
    reference = success.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    assert reference.rpartition("/")[2] == schema
    assert operation.answers == bool(schema)


def test_list_parameters_are_the_known_ones() -> None:
    """`$page`, `$pagesize`, `$filter`, `$orderby`: a plain name would be ignored, and answer everything."""
    parameters = openapi.description()["components"]["parameters"].values()
    known = {parameter["name"] for parameter in parameters}
    page = endpoints.PROJECTS.page(2, where=F.eq("Status", 1), order_by="Number desc")
    assert {name for name, _ in page.query} <= known
    assert dict(page.query)["$page"] == "2"


def test_the_default_server_is_the_described_one() -> None:
    """The base address is that of the description."""
    urls = [server["url"].rstrip("/") for server in openapi.description()["servers"]]
    assert PRODUCTION.api_url in urls
