"""The page about events says what there is, and its listeners work."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from visma_busy_sync import AsyncListener, ConnectionEvent, Listener, OrderEvent, integration
from visma_busy_sync.orders import State

PAGE = (Path(__file__).parents[2] / "docs/events.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
DEAD = ConnectionEvent(tenant="acme", at=NOW, project_sync=True)
ORDER = OrderEvent(
    tenant="acme",
    at=NOW,
    order_id="o1",
    revision=1,
    state=State.TRANSFERRED,
    eaccounting_id="a",
    number=None,
)


def listener(number: int) -> Any:
    """Return the class that a block of the page makes."""
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[number]
    scope: dict[str, Any] = {"__name__": "page"}  # attrs and dataclasses look for it
    exec(compile(code, "events.md", "exec"), scope)
    (made,) = [
        each
        for each in scope.values()
        if isinstance(each, type) and issubclass(each, Listener | AsyncListener) and each.__module__ == "page"
    ]
    return made


def test_the_table_has_each_event_with_what_it_is_given() -> None:
    rows = re.findall(r"^\| `(on_\w+)` .*\| `(\w+)`[^|]*\|$", PAGE, re.MULTILINE)
    given = {
        name: method.__annotations__["event"]
        for name, method in vars(Listener).items()
        if name.startswith("on_")
    }
    assert dict(rows) == given
    assert len(rows) == len(given)
    for event in set(given.values()):
        assert getattr(integration, event).__name__ == event


def test_the_notices_of_the_page_are_written() -> None:
    outbox: list[tuple[str, str]] = []
    notices = listener(0)(outbox)
    notices.on_reconnect_needed(DEAD)
    notices.on_rejected(ORDER)
    notices.on_transferred(ORDER)
    assert [tenant for tenant, _ in outbox] == ["acme", "acme"]
    assert "o1" in outbox[1][1]


def test_the_asynchronous_listener_of_the_page_wakes_a_worker() -> None:
    async def woken() -> object:
        queue: asyncio.Queue[object] = asyncio.Queue()
        wakes = listener(1)(queue)
        await wakes.on_transferred(ORDER)
        await wakes.on_connected(DEAD)
        return queue.get_nowait()

    assert asyncio.run(woken()) == ("acme", "o1", "a")


@pytest.mark.parametrize("asked", re.findall(r"\| [^|`]+ \| (`acme\.[^|]+) \|", PAGE))
def test_what_to_ask_instead_is_there(asked: str) -> None:
    from visma_busy_sync import Tenant

    names = re.findall(r"acme\.(\w+)", asked)
    assert names
    assert all(callable(getattr(Tenant, name)) for name in names)
