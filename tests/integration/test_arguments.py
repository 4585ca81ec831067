"""Arguments that a host without a type checker gets wrong: each is an error that says what belongs there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import httpx
import pytest

from visma_busy_sync import BusySync
from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.integration import LoginOutcome
from visma_busy_sync.orders import OrderTexts
from visma_busy_sync.stores import MemoryCatalogue, MemoryWorkLog

from .fake import order
from .office import ACME, MARCH, SESSION, Office

URL = "https://b.example/cb?code=SECRET&state=b"
SETTINGS: Final[dict[str, Any]] = {
    "client_id": "id",
    "client_secret": "secret",
    "redirect_uri": "https://b.example/cb",
}

ORDER = order("o1", "e1")

CALLS: dict[str, tuple[Callable[[Any], object], str]] = {
    "session-bytes": (lambda t: t.connect(project_sync=True, session=b"SECRET"), "session must be a str"),
    "session-blank": (lambda t: t.connect(project_sync=True, session="  "), "session must be a str"),
    "session-none": (lambda t: t.connect(project_sync=True, session=None), "session must be a str"),
    "callback-object": (lambda t: t.complete_login(httpx.URL(URL), session=SESSION), r"str\(request\.url\)"),
    "callback-none": (lambda t: t.complete_login(None, session=SESSION), "callback_url must be of type str"),
    "callback-session": (
        lambda t: t.complete_login(URL, session=None),
        "session must be of type str, not NoneType",
    ),
    "period-tuple": (
        lambda t: t.build_order("p", (MARCH.first, MARCH.last)),
        "period must be of type Period",
    ),
    "project-int": (lambda t: t.build_order(5, MARCH), "project must be a str, not int"),
    "customer-blank": (lambda t: t.build_order("p", MARCH, customer=" "), "customer must not be blank"),
    "order-id-empty": (lambda t: t.build_order("p", MARCH, order_id=""), "order_id must not be blank"),
    "order-date-time": (
        lambda t: t.build_order("p", MARCH, order_date=datetime(2026, 3, 1)),  # noqa: DTZ001 - the point
        "order_date must be a date",
    ),
    "texts-dict": (lambda t: t.build_order("p", MARCH, texts={}), "texts must be of type OrderTexts"),
    "file-str": (
        lambda t: t.import_order_lines("SECRET;5;1"),
        r"data must be of type bytes, not str\. .*read_bytes",
    ),
    "file-period-tuple": (
        lambda t: t.import_order_lines(b"1;5;1", (MARCH.first, MARCH.last)),
        "period must be of type Period",
    ),
    "file-order-date-text": (
        lambda t: t.import_order_lines(b"1;5;1", order_date="2026-03-31"),
        "order_date must be a date",
    ),
    "file-order-ids-list": (
        lambda t: t.import_order_lines(b"1;5;1", order_ids=[("p", "o")]),
        "order_ids must be a mapping, not list",
    ),
    "file-order-ids-blank": (
        lambda t: t.import_order_lines(b"1;5;1", order_ids={"p": " "}),
        r"order_ids\['p'\] must not be blank",
    ),
    "file-order-ids-project": (
        lambda t: t.import_order_lines(b"1;5;1", order_ids={5: "o"}),
        "a key of order_ids must be a str",
    ),
    "file-order-ids-twice": (
        lambda t: t.import_order_lines(b"1;5;1", order_ids={"p": "o", "q": "o"}),
        "order_ids must name each order once",
    ),
    "file-texts-dict": (
        lambda t: t.import_order_lines(b"1;5;1", texts={}),
        "texts must be of type OrderTexts",
    ),
    "order-none": (lambda t: t.push(None), "order must be of type Order, not NoneType"),
    "specified-none": (lambda t: t.hours_specification(None), "order must be of type Order, not NoneType"),
    "names-text": (lambda t: t.hours_specification(ORDER, names="no"), "names must be of type bool"),
    "comments-text": (lambda t: t.hours_specification(ORDER, comments="no"), "comments must be of type bool"),
    "internal-none": (lambda t: t.hours_specification(ORDER, internal=None), "internal must be of type bool"),
}


@pytest.mark.parametrize(("call", "words"), CALLS.values(), ids=CALLS)
def test_a_wrong_argument_is_told_before_anything_is_asked(
    office: Office, call: Callable[[Any], object], words: str
) -> None:
    acme = office.connected()
    before, asked = office.snapshot(), len(office.journal())
    with pytest.raises(ConfigurationError, match=words) as raised:
        call(acme)
    assert "SECRET" not in str(raised.value)
    assert (office.snapshot(), len(office.journal())) == (before, asked)


def test_a_browser_without_session_is_another_one(office: Office) -> None:
    """That is no mistake of the host, but of who comes."""
    acme = office.tenant()
    callback = office.press(acme.connect(project_sync=True, session=SESSION))
    result = acme.complete_login(callback, session="")
    assert result.outcome is LoginOutcome.NOT_THIS_LOGIN


@pytest.mark.parametrize("id", [5, None, " ", "\ud800"], ids=repr)
def test_a_tenant_is_named_by_a_text(office: Office, id: Any) -> None:
    with pytest.raises(ConfigurationError, match="tenant"):
        office.tenant(id)


@pytest.mark.parametrize("options", [{"choices": {}}, {"endpoints": None}], ids=["choices", "endpoints"])
def test_wrong_settings_are_told_when_the_sdk_is_made(office: Office, options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ConfigurationError, match=f"{name} must be of type"):
        office.tenant(ACME, **options)


def test_the_deadline_of_calls_is_a_setting(office: Office) -> None:
    """A request gets no more time than its call has."""
    acme = office.connected(deadline=7)
    acme.readiness()
    assert office.shell.wire.sent[-1].method == "GET"
    assert office.shell.wire.sent[-1].deadline < 7
    with pytest.raises(ConfigurationError, match="deadline"):
        office.tenant(ACME, deadline=0)


def test_a_port_that_is_missing_is_told_by_name() -> None:
    busy = MemoryCatalogue()
    state: Any = None
    with pytest.raises(TypeError, match="state"):
        BusySync(catalogue=busy, work=MemoryWorkLog(busy), state=state, **SETTINGS)


@pytest.mark.parametrize(
    ("text", "error"), [(5, TypeError), (b"SECRET", TypeError), ("SECRET \ud800", ValueError)], ids=repr
)
@pytest.mark.parametrize(
    "name", ["invoice_text", "our_reference", "your_reference", "buyers_order_reference"]
)
def test_the_texts_of_an_order_are_texts(name: str, text: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"OrderTexts\.{name}") as raised:
        OrderTexts(**{name: text})
    assert "SECRET" not in str(raised.value)
