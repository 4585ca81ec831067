"""Two hand-written twins may not drift apart unseen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import pytest

from visma_busy_sync.testing.parity import check_twins, drift

T = TypeVar("T")


class Page(Generic[T]):
    """A page."""


class Sub:
    """Customers."""


class AsyncSub:
    """Customers."""


class Resource(Generic[T]):
    """Records of one kind."""

    customers: Sub
    limit: ClassVar[int] = 50

    def __init__(self, path: str, *, timeout: float = 1.0) -> None:
        self._path = path

    @property
    def path(self) -> str:
        """Return the path."""
        return self._path

    @classmethod
    def at(cls, path: str) -> Self:
        """Make one for a path."""
        return cls(path)

    def get(self, id: str, /) -> T:
        """Fetch one by id.

        `client.get("1")`, see `Resource`.
        """
        raise LookupError(id)

    def page(self, number: int = 1) -> Page[list[T]]:
        """Fetch a page."""
        raise LookupError(number)

    def walk(self) -> Iterator[T]:
        """Go through all."""
        yield from ()

    def __enter__(self) -> Self:
        """Open it."""
        return self

    def __iter__(self) -> Iterator[T]:
        """Go through all."""
        return self.walk()


class AsyncResource(Generic[T]):
    """Records of one kind, awaited."""

    customers: AsyncSub
    limit: ClassVar[int] = 50

    def __init__(self, path: str, *, timeout: float = 1.0) -> None:
        self._path = path

    @property
    def path(self) -> str:
        """Return the path."""
        return self._path

    @classmethod
    def at(cls, path: str) -> Self:
        """Make one for a path."""
        return cls(path)

    async def get(self, id: str, /) -> T:
        """Fetch one by id.

        `await client.get("1")`, see `AsyncResource`.
        """
        raise LookupError(id)

    async def page(self, number: int = 1) -> Page[list[T]]:
        """Fetch a page."""
        raise LookupError(number)

    async def walk(self) -> AsyncIterator[T]:
        """Go through all."""
        if self._path:
            yield await self.get(self._path)

    async def __aenter__(self) -> Self:
        """Open it."""
        return self

    def __aiter__(self) -> AsyncIterator[T]:
        """Go through all."""
        return self.walk()


class PortSync(Protocol):
    """A port."""

    def read(self, key: str) -> dict[str, int]:
        """Read it."""
        ...

    def peer(self, other: PortSync) -> PortSync | None:
        """Find another."""
        ...


class Port(Protocol):
    """A port."""

    def read(self, key: str) -> Awaitable[dict[str, int]]:
        """Read it."""
        ...

    def peer(self, other: Port) -> Coroutine[Any, Any, Port | None]:
        """Find another."""
        ...


def test_true_twins_have_no_drift() -> None:
    """Awaitables, twin names, asynchronous dunders and `await` in examples are taken away."""
    assert drift(Resource, AsyncResource) == []


def test_ports_with_other_names_have_no_drift() -> None:
    """The class's own name stands for its twin's, wherever it occurs."""
    assert drift(PortSync, Port) == []


class Base:
    """The synchronous side of every drift below."""

    def get(self, id: str, *, deep: bool = False) -> int:
        """Fetch one."""
        return len(id) + deep


class Missing:
    pass


class Renamed:
    async def get(self, key: str, *, deep: bool = False) -> int:
        """Fetch one."""
        return len(key) + deep


class Extra:
    async def get(self, id: str, *, deep: bool = False) -> int:
        """Fetch one."""
        return len(id) + deep

    async def put(self) -> None:
        """Store one."""


class OtherDefault:
    async def get(self, id: str, *, deep: bool = True) -> int:
        """Fetch one."""
        return len(id) + deep


class OtherType:
    async def get(self, id: int, *, deep: bool = False) -> int:
        """Fetch one."""
        return id + deep


class OtherKind:
    async def get(self, id: str, deep: bool = False) -> int:
        """Fetch one."""
        return len(id) + deep


class OtherResult:
    async def get(self, id: str, *, deep: bool = False) -> str:
        """Fetch one."""
        return id * deep


class OtherDocstring:
    async def get(self, id: str, *, deep: bool = False) -> int:
        """Fetch one, or none."""
        return len(id) + deep


class NoDocstring:
    async def get(self, id: str, *, deep: bool = False) -> int:
        return len(id) + deep


class OtherOrder:
    async def get(self, *, deep: bool = False, id: str) -> int:
        """Fetch one."""
        return len(id) + deep


class Property:
    @property
    def get(self) -> int:
        """Fetch one."""
        return 1


DRIFTS: dict[type, list[str]] = {
    Missing: ["get: only in Base"],
    Extra: ["put: only in Extra"],
    Renamed: ["get: parameter id", "get: parameter key"],
    OtherDefault: ["get: parameter deep"],
    OtherType: ["get: parameter id"],
    OtherKind: ["get: parameter deep"],
    OtherResult: ["get: result 'int' | 'str'"],
    OtherDocstring: ["get: docstring"],
    NoDocstring: ["get: docstring"],
    OtherOrder: ["get: order", "get: parameter id"],
    Property: ["get: kind", "get: parameter deep", "get: parameter id"],
}


@pytest.mark.parametrize("twin", DRIFTS, ids=lambda twin: twin.__name__)
def test_each_kind_of_drift_is_found(twin: type) -> None:
    """Every planted difference is reported, and nothing else."""
    found = drift(Base, twin)
    assert len(found) == len(DRIFTS[twin])
    assert all(line.startswith(start) for line, start in zip(found, DRIFTS[twin], strict=True))


def test_a_synchronous_method_that_must_be_awaited_is_found() -> None:
    """A coroutine in the synchronous class is a slip."""

    class Slip:
        async def get(self, id: str, *, deep: bool = False) -> int:
            """Fetch one."""
            return len(id) + deep

    assert drift(Slip, Extra)[0] == "get: Slip must not be awaited, and is"


def test_an_attribute_of_another_type_is_found() -> None:
    """Sub-resources are compared by their annotation."""

    class X:
        customers: Sub

    class AsyncX:
        customers: Resource[int]

    assert drift(X, AsyncX) == ["customers: type 'Sub' | 'Resource[int]'"]


def test_inherited_methods_are_compared() -> None:
    """Facades share bases."""

    class Child(Base):
        pass

    assert drift(Child, Missing) == ["get: only in Child"]


def test_a_method_that_is_written_anew_is_compared_as_it_is_now() -> None:
    """Not as the base has it."""

    class Shop(Resource[int]):
        def page(self, number: int = 1, size: int = 50) -> Page[list[int]]:
            """Fetch a page of a size."""
            raise LookupError(number, size)

    class AsyncShop(AsyncResource[int]):
        async def page(self, number: int = 1) -> Page[list[int]]:
            """Fetch a page."""
            raise LookupError(number)

    assert [each.partition(" | ")[0].split(" ", 2)[:2] for each in drift(Shop, AsyncShop)] == [
        ["page:", "docstring"],
        ["page:", "parameter"],
    ]


def test_check_tells_all_differences_at_once() -> None:
    """One failure lists everything there is to mend."""
    with pytest.raises(AssertionError, match=r"Base and Renamed differ:\nget: .*\nget: "):
        check_twins(Base, Renamed)


def test_check_is_silent_for_twins() -> None:
    """Nothing is raised where nothing differs."""
    check_twins(Resource, AsyncResource)
