"""Arguments of another sort than the types say: a typed error that tells what is expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting import AsyncEAccounting, EAccounting, TokenSet

from .given import ID, answer, tokens
from .test_secrets import Blocking

CALLS: dict[str, tuple[Callable[[Any], object], str]] = {
    "get, nothing": (lambda api: api.projects.get(None), "id is of the type NoneType"),
    "get, a number": (lambda api: api.projects.get(5), "id is of the type int"),
    "delete, nothing": (lambda api: api.orders.delete(None), "id is of the type NoneType"),
    "page, a text": (lambda api: api.projects.page("1"), "number is of the type str"),
    "page, a flag": (lambda api: api.projects.page(True), "number is of the type bool"),
    "page, a fraction": (lambda api: api.projects.page(1.5), "number is of the type float"),
    "size, a text": (lambda api: api.projects.page(size="10"), "size is of the type str"),
    "size, a flag": (lambda api: api.projects.page(size=True), "size is of the type bool"),
    "where, a text": (lambda api: list(api.projects.list(where="Status eq 1")), "where .* filter such as"),
    "order, a number": (lambda api: list(api.projects.list(order_by=5)), "order_by .* text such as"),
    "order, a dict": (lambda api: api.orders.create({"CustomerId": ID}), "new .* dict.* a NewOrder"),
    "order, nothing": (lambda api: api.orders.create(None), "new .* a NewOrder"),
}


@pytest.mark.parametrize(("call", "match"), CALLS.values(), ids=CALLS.keys())
def test_an_argument_of_another_sort_is_refused(call: Callable[[Any], object], match: str) -> None:
    """Before anything is sent."""
    sent: list[object] = []

    def reply(request: object) -> Any:
        sent.append(request)
        return answer(200, {})

    with (
        EAccounting("a-token", transport=Blocking(reply)) as api,
        pytest.raises(ConfigurationError, match=match) as caught,
    ):
        call(api)
    assert caught.value.__context__ is None
    assert sent == []


@pytest.mark.parametrize("cls", [EAccounting, AsyncEAccounting])
@pytest.mark.parametrize("given", [None, 5, b"token", {"access_token": "x"}], ids=lambda v: type(v).__name__)
def test_a_client_needs_a_token_or_a_token_set(cls: Any, given: object) -> None:
    """A missing environment variable is the likely cause."""
    with pytest.raises(ConfigurationError, match=r"tokens is .*environment variable"):
        cls(given, transport=object())


@pytest.mark.parametrize("cls", [EAccounting, AsyncEAccounting])
def test_an_application_is_an_application(cls: Any) -> None:
    """Not its id."""
    with pytest.raises(ConfigurationError, match="application is of the type str"):
        cls(tokens(), application="an id", transport=object())


def test_an_asynchronous_transport_is_told_before_it_sends() -> None:
    """The blocking client cannot use it."""

    class Awaited:
        async def send(self, _: object) -> None:
            raise AssertionError

    with (
        EAccounting("a-token", transport=cast("Any", Awaited())) as api,
        pytest.raises(ConfigurationError, match=r"Awaited is asynchronous.*AsyncEAccounting"),
    ):
        api.company_settings()


def test_the_timeout_of_a_client_is_that_of_its_renewals() -> None:
    """One number for all calls."""
    from .given import APPLICATION

    asked: list[float] = []

    def reply(request: Any) -> Any:
        asked.append(request.timeout)
        return answer(200, {"access_token": "new"} if request.method == "POST" else {"Name": "x"})

    held: TokenSet = tokens(seconds=-(10**6))
    with EAccounting(held, application=APPLICATION, transport=Blocking(reply), timeout=7) as api:
        api.company_settings()
    assert asked == [7, 7]
