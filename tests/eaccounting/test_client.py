"""The client as its users have it, against a running sandbox: lists, orders, faults, patience."""

from __future__ import annotations

import operator
import pydoc
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import attrs
import httpx
import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting import AsyncEAccounting, EAccounting, F, Operation, Secret
from visma_busy_sync.eaccounting._endpoints import Endpoint
from visma_busy_sync.eaccounting.errors import (
    AccessDenied,
    AnswerLost,
    EAccountingError,
    NotFound,
    NotSent,
    RateLimited,
    Rejected,
    ServerFault,
    Unauthorized,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.models import (
    UNSET,
    Article,
    CompanySettings,
    CustomerId,
    NewOrder,
    NewOrderRow,
    Order,
    OrderStatus,
    ProjectStatus,
)
from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport, HttpxTransport

from .conftest import Sandbox
from .given import ID, evolve, plain
from .test_contract import LISTS

RESOURCES = [
    "projects",
    "customers",
    "articles",
    "units",
    "terms_of_payments",
    "article_account_codings",
    "orders",
]


def client(sandbox: Sandbox, **options: Any) -> EAccounting:
    return EAccounting(sandbox.info.access_token, endpoints=sandbox.endpoints, **options)


def async_client(sandbox: Sandbox, **options: Any) -> AsyncEAccounting:
    return AsyncEAccounting(sandbox.info.access_token, endpoints=sandbox.endpoints, **options)


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[EAccounting]:
    with client(sandbox, max_retries=0) as made:
        yield made


def new_order(api: EAccounting, **changes: Any) -> NewOrder:
    customer = next(c for c in api.customers.list() if not c.is_private_person)
    article = next(a for a in api.articles.list() if a.is_active)
    row = NewOrderRow(
        line_number=1, article_id=article.id, quantity=Decimal("7.5"), unit_price=Decimal("950.00")
    )
    values: dict[str, Any] = {
        "customer_id": customer.id,
        "currency_code": "NOK",
        "order_date": date(2026, 3, 31),
        "rows": (row,),
    }
    return NewOrder(**values, **changes)


# --- reading -------------------------------------------------------------------------------------


def test_every_endpoint_has_its_resource() -> None:
    """In both shells, under the name that the API's path suggests."""
    assert {endpoint.path for endpoint in LISTS.values()} == {f"/{n.replace('_', '')}" for n in RESOURCES}


@pytest.mark.parametrize("name", RESOURCES)
def test_each_resource_lists_pages_and_gets(sandbox: Sandbox, api: EAccounting, name: str) -> None:
    """The list is all records, a page is a part of it, and one by its id is the same object."""
    resource = getattr(api, name)
    rows = list(resource.list())
    path = resource._endpoint.path
    assert len(rows) > 1
    assert {row.id for row in rows} == {r["Id"] for r in sandbox.http.get(_records(sandbox, path)).json()}
    page = resource.page(2, size=1)
    assert page.rows == (rows[1],)
    assert page.total == len(rows)
    assert resource.get(rows[0].id.upper()) == rows[0]
    assert all(row.extra == {} for row in rows)
    with pytest.raises(NotFound):
        resource.get(ID)


def _records(sandbox: Sandbox, path: str) -> str:
    return f"{sandbox.info.control_url}/records{path}"


@pytest.mark.anyio
@pytest.mark.parametrize("name", RESOURCES)
async def test_the_asynchronous_client_reads_the_same(sandbox: Sandbox, api: EAccounting, name: str) -> None:
    """Object by object."""
    async with async_client(sandbox) as other:
        resource = getattr(other, name)
        rows = [row async for row in resource.list()]
        assert rows == list(getattr(api, name).list())
        assert await resource.get(rows[0].id) == rows[0]
        assert (await resource.page(1, size=1)).rows == (rows[0],)


@pytest.mark.anyio
async def test_company_settings_are_one_object(sandbox: Sandbox, api: EAccounting) -> None:
    """Not a list."""
    settings = api.company_settings()
    assert settings.name
    assert settings.extra == {}
    async with async_client(sandbox) as other:
        assert await other.company_settings() == settings


def _without_objects(settings: CompanySettings, names: list[str]) -> dict[str, object]:
    values = {name: getattr(settings, name) for name in names}
    return {name: value for name, value in values.items() if not isinstance(value, dict)}


def _without_margin(row: Any) -> Any:
    if not isinstance(row, Order):
        return row
    rows = tuple(evolve(r, contribution_margin=None) for r in row.rows or ())
    return evolve(row, contribution_margin=None, rows=rows)


def test_camel_case_answers_read_the_same(sandbox: Sandbox, api: EAccounting) -> None:
    """As clients of 2024 and 2025 saw them."""

    def all_that_is_typed() -> list[Any]:
        # Objects without a model of their own are kept as they came, spelling included.
        settings = api.company_settings()
        names = [a.name for a in attrs.fields(cast("Any", CompanySettings))]
        rows = [*api.orders.list(), *api.projects.list(), *api.units.list()]
        return [_without_objects(settings, names), *map(_without_margin, rows)]

    before = all_that_is_typed()
    sandbox.control("PATCH", "/profile", {"naming": "camel"})
    assert all_that_is_typed() == before


def test_a_server_with_small_pages_is_read_to_its_end(sandbox: Sandbox, api: EAccounting) -> None:
    """The size that was asked for is not granted."""
    before = list(api.articles.list())
    sandbox.control("PATCH", "/profile", {"page_cap": 3})
    assert list(api.articles.list()) == before


COMPARISONS: list[tuple[str, Callable[[Any, Any], bool]]] = [
    ("eq", operator.eq),
    ("ne", operator.ne),
    ("gt", operator.gt),
    ("ge", operator.ge),
    ("lt", operator.lt),
    ("le", operator.le),
]


@pytest.mark.parametrize(("name", "compare"), COMPARISONS, ids=[name for name, _ in COMPARISONS])
def test_the_server_reads_each_comparison_as_we_mean_it(
    api: EAccounting, name: str, compare: Callable[[Any, Any], bool]
) -> None:
    """Of numbers, texts, days and stamps; ids and flags by equality."""
    make = getattr(F, name)
    orders, projects, customers = (list(r.list()) for r in (api.orders, api.projects, api.customers))

    def check(resource: Any, rows: list[Any], member: str, attribute: str) -> None:
        value = next(v for row in rows if (v := getattr(row, attribute)) not in (None, UNSET))
        found = {row.id for row in resource.list(where=make(member, value))}
        held = [r for r in rows if getattr(r, attribute) is not None]
        nulls = {r.id for r in rows if getattr(r, attribute) is None} if name == "ne" else set()
        assert found == {r.id for r in held if compare(getattr(r, attribute), value)} | nulls

    check(api.orders, orders, "Amount", "amount")
    check(api.projects, projects, "Number", "number")
    check(api.projects, projects, "ModifiedUtc", "modified_utc")
    check(api.orders, orders, "OrderDate", "order_date")
    if name in {"eq", "ne"}:
        check(api.orders, orders, "CustomerId", "customer_id")
        check(api.customers, customers, "IsActive", "is_active")
        check(api.projects, projects, "Status", "status")


def test_conditions_combine(api: EAccounting) -> None:
    """And, or, not, contains, null, a quote in a text."""
    projects = list(api.projects.list())
    ongoing = F.eq("Status", ProjectStatus.ONGOING)
    word = projects[0].name.split()[0]

    def found(where: Any) -> set[str]:
        return {p.id for p in api.projects.list(where=where)}

    def held(test: Callable[[Any], bool]) -> set[str]:
        return {p.id for p in projects if test(p)}

    assert found(ongoing & F.contains("Name", word)) == held(lambda p: p.status == 1 and word in p.name)
    assert found(~ongoing | F.eq("Number", projects[0].number)) == held(
        lambda p: p.status != 1 or p.number == projects[0].number
    )
    assert found(~(ongoing & ~F.contains("Name", word))) == held(lambda p: p.status != 1 or word in p.name)
    assert found(F.eq("EndDate", None)) == held(lambda p: p.end_date is None)
    assert found(F.ne("EndDate", None)) == held(lambda p: p.end_date is not None)
    assert found(F.eq("Name", "O'Brien's")) == set()
    assert found(F.lt("ModifiedUtc", datetime(2999, 1, 1, tzinfo=UTC))) == held(lambda _: True)


def test_a_list_can_be_ordered(api: EAccounting) -> None:
    """Up and down."""
    up = [p.number for p in api.projects.list(order_by="Number")]
    assert up == sorted(up)
    assert [p.number for p in api.projects.list(order_by="Number desc")] == up[::-1]


def test_a_server_that_refuses_filters_says_so(sandbox: Sandbox, api: EAccounting) -> None:
    """Code 6000, so that the caller can read all instead."""
    sandbox.control("PATCH", "/profile", {"filters": "refused"})
    with pytest.raises(Rejected) as caught:
        list(api.projects.list(where=F.eq("Status", 1)))
    assert caught.value.code == 6000


@pytest.mark.parametrize("wrong", ["", "/v3", "/v2/v2"], ids=["none", "v3", "twice"])
def test_a_wrong_api_address_is_told_as_one(sandbox: Sandbox, wrong: str) -> None:
    """No list is ever deleted, so it is not the id that is to be checked."""
    server = attrs.evolve(sandbox.endpoints, api_url=sandbox.endpoints.api_url.removesuffix("/v2") + wrong)
    with EAccounting(sandbox.info.access_token, endpoints=server, max_retries=0) as api:
        with pytest.raises(EAccountingError) as caught:
            list(api.projects.list())
        assert "API address" in caught.value.advice
        assert "deleted" not in caught.value.advice


@pytest.mark.parametrize("cls", [EAccounting, AsyncEAccounting])
def test_help_lists_what_a_client_has(cls: type[object]) -> None:
    """Also the lists, which are no methods; their types are on the class."""
    shown = pydoc.plain(pydoc.render_doc(cls))
    with EAccounting("t") as api:
        lists = [name for name in vars(api) if not name.startswith("_")]
    assert len(lists) == 7
    for name in lists:
        assert f"{name}: " in shown
        assert name in cls.__annotations__


# --- orders --------------------------------------------------------------------------------------


def test_an_order_goes_there_and_back_exactly(sandbox: Sandbox, api: EAccounting) -> None:
    """No digit is lost on the way, and none invented; then it is deleted."""
    made = new_order(api, our_reference="Kari", buyers_order_reference="B-1")
    row = made.rows[0]
    rows = (
        evolve(row, quantity=Decimal("0.1000"), unit_price=Decimal("1234.50")),
        evolve(row, line_number=2, quantity=Decimal("33.3333"), unit_price=Decimal("0.10")),
        NewOrderRow(line_number=3, is_text_row=True, text="Ærlig talt – 100 %"),
    )
    order = api.orders.create(evolve(made, rows=rows))
    assert order.status is OrderStatus.DRAFT
    assert order.order_date == date(2026, 3, 31)
    assert order.our_reference == "Kari"
    read = api.orders.get(order.id)
    assert read == order
    assert isinstance(read.rows, tuple)
    assert [(str(r.quantity), str(r.unit_price)) for r in read.rows[:2]] == [
        ("0.1000", "1234.50"),
        ("33.3333", "0.10"),
    ]
    assert read.rows[2].text == "Ærlig talt – 100 %"
    entries = sandbox.control("GET", "/journal")["entries"]
    body = next(e["body"] for e in entries if e["method"] == "POST")
    assert '"Quantity":0.1000,"UnitPrice":1234.50' in body
    api.orders.delete(order.id)
    with pytest.raises(NotFound):
        api.orders.get(order.id)


@pytest.mark.anyio
async def test_the_asynchronous_client_writes_the_same(sandbox: Sandbox, api: EAccounting) -> None:
    """Create, read, delete."""
    new = new_order(api)
    async with async_client(sandbox) as other:
        order = await other.orders.create(new)
        assert await other.orders.get(order.id) == order == api.orders.get(order.id)
        await other.orders.delete(order.id)
        with pytest.raises(NotFound):
            await other.orders.delete(order.id)


def test_a_refused_order_tells_all_that_is_wrong(sandbox: Sandbox, api: EAccounting) -> None:
    """By field and code, without what was sent; nothing was created."""
    before = len(list(api.orders.list()))
    bad = NewOrder(
        customer_id=CustomerId(ID),
        currency_code="NOK",
        order_date=date(2026, 3, 31),
        rows=(NewOrderRow(line_number=1, is_text_row=True, text=""),),
        our_reference="Kari",
    )
    with pytest.raises(EAccountingError) as caught:
        api.orders.create(bad)
    error = caught.value
    assert isinstance(error, Rejected | NotFound)
    assert "Rows[0].Text" in {field.field for field in error.fields}
    assert all(field.detail for field in error.fields)
    assert "error.detail" in error.advice
    assert error.error_id
    assert error.error_id in str(error)
    assert not error.may_have_happened
    assert "Kari" not in str(error)
    assert len(list(api.orders.list())) == before


def test_an_order_whose_date_has_a_time_is_not_sent(sandbox: Sandbox, api: EAccounting) -> None:
    """It could land on another day."""
    with pytest.raises(ConfigurationError, match="order_date"):
        api.orders.create(evolve(new_order(api), order_date=datetime(2026, 3, 31, 23, tzinfo=UTC)))
    assert sandbox.sent("POST", "/v2/orders") == 0


# --- faults --------------------------------------------------------------------------------------


def status(code: int, **how: Any) -> dict[str, Any]:
    return {"kind": "status", "status": code, **how}


FAULTS: list[Any] = [
    pytest.param({"kind": "drop_after"}, AnswerLost, 1, id="connection reset after the order was sent"),
    pytest.param({"kind": "drop_before"}, AnswerLost, 0, id="connection reset before it took effect"),
    pytest.param({"kind": "drop_after", "reset": False}, AnswerLost, 1, id="connection closed after"),
    pytest.param({"kind": "truncate"}, AnswerLost, 1, id="answer cut off on the wire"),
    pytest.param({"kind": "garbage"}, UnreadableAnswer, 1, id="answer that is half JSON"),
    pytest.param(status(200, body="html", when="after"), UnreadableAnswer, 1, id="web page"),
    pytest.param(status(201, body="empty", when="after"), UnreadableAnswer, 1, id="empty"),
    pytest.param(status(502, body="html", when="after"), UnreadableAnswer, 1, id="502"),
    pytest.param(status(503, body="empty"), UnreadableAnswer, 0, id="503"),
    pytest.param(status(500, when="after"), ServerFault, 1, id="500"),
    pytest.param(status(400, error_code=5001, when="after"), ServerFault, 1, id="5001"),
    pytest.param(status(302, headers={"location": "/v2/orders"}), UnreadableAnswer, 0, id="302"),
]


@pytest.mark.parametrize(("fault", "error", "created"), FAULTS)
def test_an_order_without_a_good_answer_is_in_doubt(
    sandbox: Sandbox, api: EAccounting, fault: dict[str, Any], error: type[EAccountingError], created: int
) -> None:
    """Whether or not it took effect, the error is the same, and it is sent once."""
    new = new_order(api)
    before = len(list(api.orders.list()))
    sandbox.fault("POST", "/orders", **fault)
    with pytest.raises(error) as caught:
        api.with_options(max_retries=3).orders.create(new)
    assert caught.value.may_have_happened
    assert caught.value.operation == "POST /orders"
    assert caught.value.advice
    assert sandbox.sent("POST", "/v2/orders") == 1
    assert len(list(api.orders.list())) - before == created


@pytest.mark.anyio
@pytest.mark.parametrize(("fault", "error", "created"), FAULTS)
async def test_the_asynchronous_client_doubts_the_same(
    sandbox: Sandbox, api: EAccounting, fault: dict[str, Any], error: type[EAccountingError], created: int
) -> None:
    """One request, one error."""
    new = new_order(api)
    sandbox.fault("POST", "/orders", **fault)
    async with async_client(sandbox) as other:
        with pytest.raises(error) as caught:
            await other.orders.create(new)
    assert caught.value.may_have_happened
    assert sandbox.sent("POST", "/v2/orders") == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_before"},
        {"kind": "drop_after"},
        {"kind": "truncate"},
        {"kind": "status", "status": 503, "body": "html"},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 429, "error_code": 4010, "headers": {"Retry-After": "0"}},
    ],
    ids=["drop before", "drop after", "truncate", "503 page", "500", "429"],
)
def test_a_read_gets_through_all_the_same(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    """It is repeated after a short pause."""
    pauses: list[float] = []
    sleep = time.sleep

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        sleep(seconds)  # the budget of calls is held off by the clock

    monkeypatch.setattr("time.sleep", pause)
    sandbox.fault("GET", "/companysettings", **fault, times=2)
    with client(sandbox) as api:
        assert api.company_settings().name
    assert sandbox.sent("GET", "/v2/companysettings") == 3
    assert len(pauses) == 2
    assert all(0 <= pause <= 1 for pause in pauses)


def test_a_web_page_instead_of_json_is_told(sandbox: Sandbox, api: EAccounting) -> None:
    """With advice, and without the page."""
    sandbox.fault("GET", "/companysettings", "status", status=200, body="html")
    with pytest.raises(UnreadableAnswer, match="web page, not JSON") as caught:
        api.company_settings()
    assert "API address" in caught.value.advice
    assert "<html>" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 401, "error_code": 4005}, Unauthorized),
        ({"status": 403, "error_code": 4003}, AccessDenied),
        ({"status": 403, "error_code": 4002, "message": "No access to module: api_standard"}, AccessDenied),
        ({"status": 429, "error_code": 4010, "message": "Try again in 30 seconds"}, RateLimited),
    ],
    ids=["401", "startup guide", "API module", "429"],
)
def test_errors_of_the_api_come_out_typed(
    sandbox: Sandbox, api: EAccounting, fault: dict[str, Any], error: type[EAccountingError]
) -> None:
    """The table of answers holds over a real connection too."""
    sandbox.fault("GET", "/companysettings", "status", **fault)
    with pytest.raises(error) as caught:
        api.company_settings()
    assert caught.value.advice


def unused_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.anyio
async def test_an_unreachable_server_got_nothing() -> None:
    """In both shells; the address is not told."""
    from visma_busy_sync.eaccounting import Endpoints

    port = unused_port()
    server = Endpoints(api_url=f"http://127.0.0.1:{port}/v2")
    new = NewOrder(customer_id=CustomerId(ID), currency_code="NOK", order_date=date(2026, 3, 31), rows=())
    with EAccounting("t", endpoints=server, max_retries=0) as api, pytest.raises(NotSent) as caught:
        api.orders.create(new)
    async with AsyncEAccounting("t", endpoints=server, max_retries=0) as other:
        with pytest.raises(NotSent) as again:
            await other.orders.create(new)
    for error in (caught.value, again.value):
        assert not error.may_have_happened
        assert "network" in error.advice
        assert str(port) not in str(error)


# --- patience, transport, closing ----------------------------------------------------------------


@pytest.mark.parametrize("tokens", ["", Secret(""), " ", "Bearer x", "x\ny"], ids=repr)
@pytest.mark.parametrize("cls", [EAccounting, AsyncEAccounting])
def test_a_token_that_is_none_is_refused(cls: Any, tokens: Any) -> None:
    """When the client is made, not at the first call."""
    with pytest.raises(ConfigurationError, match="access token"):
        cls(tokens)


@pytest.mark.parametrize("cls", [EAccounting, AsyncEAccounting])
def test_what_would_never_happen_is_refused(cls: Any) -> None:
    """Nobody would be told of new tokens that cannot come."""
    with pytest.raises(ConfigurationError, match="on_new_tokens"):
        cls("token", on_new_tokens=print)
    for options in ({"timeout": 0}, {"max_retries": -1}, {"deadline": float("nan")}):
        with pytest.raises(ConfigurationError):
            cls("token", **options)


def test_another_patience_is_a_client_of_the_same_connection(sandbox: Sandbox, api: EAccounting) -> None:
    """The first one keeps its own; what is not given stays; limiter, tokens, connections are shared."""
    other = api.with_options(timeout=5, max_retries=2).with_options(deadline=7)
    options = other._env.options
    assert (options.timeout, options.max_retries, options.deadline) == (5, 2, 7)
    assert (api._env.options.timeout, api._env.options.max_retries) == (30, 0)
    assert other._env.limiter is api._env.limiter
    assert other._env.transport is api._env.transport
    assert other.company_settings() == api.company_settings()
    other.close()
    assert api.company_settings().name
    with pytest.raises(ConfigurationError, match="timeout"):
        api.with_options(timeout=-1)


@pytest.mark.anyio
async def test_the_asynchronous_client_takes_options_too(sandbox: Sandbox) -> None:
    """The same way."""
    async with async_client(sandbox) as api:
        other = api.with_options(timeout=5, max_retries=2, deadline=7)
        assert other._env.options.deadline == 7
        await other.close()
        assert (await api.company_settings()).name


@pytest.mark.anyio
async def test_an_endpoint_without_a_method_can_be_called(sandbox: Sandbox, api: EAccounting) -> None:
    """With all that the client does for its own."""
    rates: Operation[Any] = Operation("GET", "/vatcodes", plain, query=(("$pagesize", "1"),))
    units: Operation[Any] = Operation("GET", "/units", plain)
    assert isinstance(api.send(units)["Data"], list)
    async with async_client(sandbox) as other:
        assert isinstance((await other.send(units))["Data"], list)
    with pytest.raises(NotFound):
        api.send(rates)


@pytest.mark.anyio
async def test_an_own_http_client_is_used_and_left_open(sandbox: Sandbox) -> None:
    """For proxies, private certificates, or tests; who made it closes it."""
    seen: list[str] = []

    def note(request: httpx.Request) -> None:
        seen.append(request.headers["x-mine"])

    async def note_async(request: httpx.Request) -> None:
        note(request)

    with httpx.Client(headers={"X-Mine": "1"}, event_hooks={"request": [note]}, trust_env=False) as own:
        with client(sandbox, transport=HttpxTransport(own)) as api:
            api.company_settings()
        assert not own.is_closed
    async with httpx.AsyncClient(
        headers={"X-Mine": "2"}, event_hooks={"request": [note_async]}, trust_env=False
    ) as other:
        async with async_client(sandbox, transport=AsyncHttpxTransport(other)) as api_:
            await api_.company_settings()
        assert not other.is_closed
    assert seen == ["1", "2"]


@pytest.mark.anyio
async def test_a_closed_client_says_so(sandbox: Sandbox) -> None:
    """Rather than an error of the library below, and it is not tried again."""
    with client(sandbox) as api:
        api.company_settings()
    with pytest.raises(ConfigurationError, match="closed"):
        api.company_settings()
    async with async_client(sandbox) as other:
        await other.company_settings()
    with pytest.raises(ConfigurationError, match="closed"):
        await other.company_settings()


def test_threads_share_a_client(sandbox: Sandbox, api: EAccounting) -> None:
    """Each gets its own answer."""
    from concurrent.futures import ThreadPoolExecutor

    customers = list(api.customers.list())[:12]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda c: api.customers.get(c.id), customers)) == customers


def test_endpoints_name_their_models() -> None:
    """So that a type checker knows what a list holds."""
    models = {endpoint.path: endpoint.model for endpoint in LISTS.values()}
    assert models["/orders"] is Order
    assert models["/articles"] is Article
    assert all(isinstance(endpoint, Endpoint) for endpoint in LISTS.values())
