"""What may travel between processes: every public thing is pickled and copied whole, or refuses."""

from __future__ import annotations

import copy
import enum
import inspect
import pickle
from collections.abc import Callable
from typing import Any, Final

import attrs
import pytest
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from visma_busy_sync import (
    AsyncBusySync,
    AsyncEAccounting,
    AsyncListener,
    BusySync,
    EAccounting,
    F,
    Listener,
    Secret,
)
from visma_busy_sync.eaccounting import Application, AsyncOAuth, OAuth, PendingLogin, TokenSet
from visma_busy_sync.eaccounting.http import Request
from visma_busy_sync.eaccounting.models import Model
from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport, HttpxTransport
from visma_busy_sync.ports import (
    AwaitedCatalogue,
    AwaitedStateStore,
    AwaitedWorkLog,
    LiftedCatalogue,
    LiftedStateStore,
    LiftedWorkLog,
)
from visma_busy_sync.stores import (
    AsyncMemoryCatalogue,
    AsyncMemoryStateStore,
    AsyncMemoryWorkLog,
    MemoryCatalogue,
    MemoryStateStore,
    MemoryWorkLog,
)
from visma_busy_sync.stores.sql import (
    AsyncSqlCatalogue,
    AsyncSqlStateStore,
    AsyncSqlWorkLog,
    SqlCatalogue,
    SqlStateStore,
    SqlWorkLog,
)

from .making import make
from .public import public_things
from .test_errors import BASES

# Tools of tests live and end with one test.
_TESTING: Final = ("visma_busy_sync.testing", "visma_busy_sync.sandbox")
# Bases of others: of the models, of conditions, of a host's own listener.
_BASES: Final = (Model, F, Listener, AsyncListener)

THINGS: Final = {name: thing for name, thing in public_things() if not name.startswith(_TESTING)}
CLASSES: Final[dict[str, type]] = {
    name: thing for name, thing in THINGS.items() if inspect.isclass(thing) and thing not in _BASES
}
SECRETIVE: Final = (Application, PendingLogin, Request, Secret, TokenSet)


def _bound() -> dict[type, Any]:
    catalogue = MemoryCatalogue()
    plain: dict[str, Any] = {
        "catalogue": catalogue,
        "work": MemoryWorkLog(catalogue),
        "state": MemoryStateStore(),
    }
    lifted: dict[str, Any] = {
        "catalogue": AsyncMemoryCatalogue(),
        "work": AsyncMemoryWorkLog(MemoryWorkLog(catalogue)),
        "state": AsyncMemoryStateStore(),
    }
    settings: dict[str, Any] = {
        "client_id": "c",
        "client_secret": "s",
        "redirect_uri": "https://busy.example/",
    }
    application = Application(**settings)
    transport, async_transport = HttpxTransport(), AsyncHttpxTransport()
    visma = BusySync(**plain, **settings, transport=transport)
    async_visma = AsyncBusySync(**lifted, **settings, transport=async_transport)
    engine, async_engine = create_engine("sqlite:///x.db"), create_async_engine("sqlite+aiosqlite:///x.db")
    sql, async_sql = SqlCatalogue(engine), AsyncSqlCatalogue(async_engine)
    made = [
        *plain.values(),
        *lifted.values(),
        transport,
        async_transport,
        visma,
        visma.tenant("acme"),
        async_visma,
        async_visma.tenant("acme"),
        EAccounting("t", transport=transport),
        AsyncEAccounting("t", transport=async_transport),
        OAuth(application, transport=transport),
        AsyncOAuth(application, transport=async_transport),
        LiftedCatalogue(plain["catalogue"]),
        LiftedWorkLog(plain["work"]),
        LiftedStateStore(plain["state"]),
        AwaitedCatalogue(lifted["catalogue"]),
        AwaitedWorkLog(lifted["work"]),
        AwaitedStateStore(lifted["state"]),
        sql,
        SqlWorkLog(sql),
        SqlStateStore(engine),
        async_sql,
        AsyncSqlWorkLog(async_sql),
        AsyncSqlStateStore(async_engine),
    ]
    return {type(each): each for each in made}


BOUND: Final = _bound()


Again = Callable[[Any], Any]
COPIES: Final = pytest.mark.parametrize(
    "again",
    [lambda thing: pickle.loads(pickle.dumps(thing)), copy.copy, copy.deepcopy],
    ids=["pickle", "copy", "deepcopy"],
)


def _among(chosen: Callable[[type], bool]) -> list[Any]:
    return [pytest.param(cls, id=name) for name, cls in CLASSES.items() if chosen(cls)]


def _is_error(cls: type) -> bool:
    return issubclass(cls, BaseException) and cls.__name__ not in BASES


def _is_value(cls: type) -> bool:
    return attrs.has(cls) and not issubclass(cls, BaseException) and cls not in SECRETIVE


def test_each_public_class_is_a_value_or_bound_to_its_process() -> None:
    """A new one has to be placed, so that it is tried below."""
    left = {
        name
        for name, cls in CLASSES.items()
        if not (
            _is_value(cls)
            or issubclass(cls, BaseException | enum.Enum)
            or cls in SECRETIVE
            or cls in BOUND
            or getattr(cls, "_is_protocol", False)
        )
    }
    assert not left


@COPIES
@pytest.mark.parametrize("cls", _among(_is_value))
def test_a_value_is_whole_afterwards(cls: type, again: Again) -> None:
    """Orders, plans, records, states and what else is handed to the host or taken from it."""
    value = make(cls)
    other = again(value)
    assert type(other) is cls
    for field in attrs.fields(cls):
        assert getattr(other, field.name) == getattr(value, field.name)


@COPIES
@pytest.mark.parametrize("cls", _among(_is_error))
def test_an_error_is_whole_afterwards(cls: type, again: Again) -> None:
    """It keeps its text and its facts."""
    error = make(cls)
    other = again(error)
    assert type(other) is cls
    assert str(other) == str(error)
    assert vars(other) == vars(error)


@COPIES
@pytest.mark.parametrize("cls", _among(lambda cls: issubclass(cls, enum.Enum)))
def test_a_choice_stays_the_same_object(cls: type[enum.Enum], again: Again) -> None:
    assert [again(member) is member for member in cls] == [True] * len(cls)


@COPIES
@pytest.mark.parametrize("cls", BOUND, ids=lambda cls: cls.__name__)
def test_what_has_connections_or_locks_refuses(cls: type, again: Again) -> None:
    """It says so, instead of failing in some lock within."""
    with pytest.raises(TypeError, match=rf"^{cls.__name__} is neither pickled nor copied"):
        again(BOUND[cls])


@pytest.mark.parametrize("cls", SECRETIVE, ids=lambda cls: cls.__name__)
def test_what_has_a_secret_is_copied_but_not_pickled(cls: type) -> None:
    """A pickled one would lie somewhere in clear text."""
    value = make(cls)
    with pytest.raises(TypeError, match=r"a (Secret|Request) is not pickled"):
        pickle.dumps(value)
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value
