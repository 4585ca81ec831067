"""Synchronous and asynchronous twins say the same: names, parameters, results, texts."""

from __future__ import annotations

import pytest

from visma_busy_sync import AsyncBusySync, BusySync, ports, stores
from visma_busy_sync._facade import AsyncTenant, Tenant
from visma_busy_sync.testing import parity


def test_the_shells_are_twins() -> None:
    # Each shell takes the transport of its own sort.
    parity.check_twins(BusySync, AsyncBusySync, renamed={"Transport": "BlockingTransport"})


def test_the_docs_of_the_shells_tell_the_same_settings() -> None:
    def settings(cls: type) -> str:
        return (cls.__doc__ or "").partition("Args:")[2].partition("\n\n")[0]

    assert settings(BusySync) == settings(AsyncBusySync)


def test_the_tenants_are_twins() -> None:
    parity.check_twins(Tenant, AsyncTenant)


@pytest.mark.parametrize("name", ["Catalogue", "WorkLog", "StateStore"])
def test_the_ports_are_twins(name: str) -> None:
    parity.check_twins(getattr(ports, name), getattr(ports, f"Async{name}"))


@pytest.mark.parametrize("name", ["Catalogue", "WorkLog", "StateStore"])
def test_shells_and_stores_hand_on_every_method(name: str) -> None:
    """What a protocol declares, no more and no less."""
    declared = {method for method in vars(getattr(ports, f"Async{name}")) if not method.startswith("_")}
    memory = getattr(stores, f"Memory{name}")
    plain = memory(stores.MemoryCatalogue()) if name == "WorkLog" else memory()
    lifted = getattr(ports, f"Lifted{name}")(plain)
    awaited = getattr(ports, f"Awaited{name}")(lifted)
    assert _shown(lifted) == _shown(awaited) == declared
    assert _shown(getattr(stores, f"AsyncMemory{name}")(plain)) - {"memory", "volatile"} == declared


def _shown(port: object) -> set[str]:
    return {method for method in dir(port) if not method.startswith("_")}


@pytest.mark.parametrize("package", [ports, stores], ids=lambda package: package.__name__)
def test_all_is_sorted_and_there(package: object) -> None:
    names = list(getattr(package, "__all__"))  # noqa: B009 - of a module that the parameter hides
    assert names == sorted(names)
    assert all(hasattr(package, name) for name in names)
