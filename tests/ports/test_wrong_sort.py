"""A port of the wrong sort, synchronous or not, is told by name, and before it has done anything."""

from __future__ import annotations

from typing import Any, cast

import pytest

from visma_busy_sync import AsyncBusySync, BusySync
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.ports import AwaitedStateStore, LiftedStateStore, Write
from visma_busy_sync.stores import (
    AsyncMemoryCatalogue,
    AsyncMemoryStateStore,
    AsyncMemoryWorkLog,
    MemoryCatalogue,
    MemoryStateStore,
    MemoryWorkLog,
)


class NoTransport:
    """Nothing of this module gets as far as sending."""

    def send(self, request: Request) -> Response:
        raise AssertionError


CLIENT: dict[str, Any] = {
    "client_id": "id",
    "client_secret": "secret",
    "redirect_uri": "https://busy.example/callback",
    "transport": NoTransport(),
}


def blocking() -> dict[str, Any]:
    catalogue = MemoryCatalogue()
    return {"catalogue": catalogue, "work": MemoryWorkLog(catalogue), "state": MemoryStateStore()}


def awaiting() -> dict[str, Any]:
    plain = blocking()
    return {
        "catalogue": AsyncMemoryCatalogue(plain["catalogue"]),
        "work": AsyncMemoryWorkLog(plain["work"]),
        "state": AsyncMemoryStateStore(plain["state"]),
    }


@pytest.mark.parametrize("port", ["catalogue", "work", "state"])
def test_the_synchronous_shell_refuses_an_asynchronous_port(port: str) -> None:
    wrong = {**blocking(), port: awaiting()[port]}
    with pytest.raises(TypeError, match=rf"port {port}, AsyncMemory\w+, is asynchronous.*AsyncBusySync"):
        BusySync(**wrong, **CLIENT)


def test_a_port_that_only_returns_awaitables_is_told_when_it_is_called() -> None:
    """It cannot be told by its looks."""
    behind = AsyncMemoryStateStore()

    class Hidden(MemoryStateStore):  # type: ignore[misc] # final for hosts
        def read(self, tenant: str, keys: Any) -> Any:
            return behind.read(tenant, keys)

    visma = BusySync(**{**blocking(), "state": Hidden()}, **CLIENT)
    with pytest.raises(TypeError, match="read is asynchronous"):
        visma.tenant("acme").status()


@pytest.mark.anyio
@pytest.mark.parametrize("port", ["state", "catalogue", "work"])
async def test_the_asynchronous_shell_tells_a_synchronous_port(port: str) -> None:
    wrong = {**awaiting(), port: blocking()[port]}
    visma = AsyncBusySync(**wrong, **CLIENT)
    site = visma.tenant("acme")._site
    first: Any = {
        "state": lambda: site.state.read("acme", ["a"]),
        "catalogue": lambda: site.catalogue.load("acme", cast("Any", "project")),
        "work": lambda: site.work.finalised("acme"),
    }[port]
    with pytest.raises(TypeError, match=rf"port {port}, Memory\w+, is synchronous.*BusySync"):
        await first()


@pytest.mark.anyio
async def test_a_synchronous_state_store_is_told_before_anything_is_written() -> None:
    plain = blocking()
    visma = AsyncBusySync(**{**awaiting(), "state": plain["state"]}, **CLIENT)
    with pytest.raises(TypeError, match="port state"):
        await visma.tenant("acme").connect(project_sync=True, session="s")
    assert plain["state"].scan("") == []


@pytest.mark.anyio
async def test_awaited_and_lifted_ports_hand_values_through() -> None:
    store = AwaitedStateStore(LiftedStateStore(MemoryStateStore()))
    assert await store.commit("acme", [Write("a", None, "1")])
    assert (await store.read("acme", ["a"]))["a"].body == "1"
    assert [found.key for found in await store.scan("a", tenant="acme")] == ["a"]


METHODS = {
    "load": "catalogue",
    "apply": "catalogue",
    "work": "work",
    "finalised": "work",
    "read": "state",
    "scan": "state",
    "commit": "state",
}


def without(method: str, port: object) -> Any:
    """A port as it is, but for one method."""
    kept = {name: getattr(port, name) for name in METHODS if name != method and hasattr(port, name)}
    return type("Half", (), kept)()


@pytest.mark.parametrize(("method", "port"), METHODS.items())
def test_a_method_that_a_port_lacks_is_named_at_once(method: str, port: str) -> None:
    told = rf"port {port}, Half, has no method {method}: write it as"
    ports = blocking()
    with pytest.raises(TypeError, match=told):
        BusySync(**{**ports, port: without(method, ports[port])}, **CLIENT)
    ports = awaiting()
    with pytest.raises(TypeError, match=told):
        AsyncBusySync(**{**ports, port: without(method, ports[port])}, **CLIENT)


def test_every_method_that_a_port_lacks_is_named() -> None:
    half = type("Half", (), {"read": lambda: None, "commit": None})()
    with pytest.raises(TypeError, match="no method scan and no commit: write it as StateStore says"):
        LiftedStateStore(cast("Any", half))


def test_a_port_that_is_a_class_is_told_so() -> None:
    with pytest.raises(TypeError, match=r"the port state is the class MemoryStateStore itself.*an instance"):
        BusySync(**{**blocking(), "state": MemoryStateStore}, **CLIENT)
