"""The two shells say the same, and the package shows what it should."""

from __future__ import annotations

import subprocess
import sys

import pytest

from visma_busy_sync import eaccounting
from visma_busy_sync.eaccounting import AsyncEAccounting, AsyncOAuth, EAccounting, OAuth
from visma_busy_sync.eaccounting._resources import AsyncOrders, AsyncResource, Orders, Resource
from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport, HttpxTransport
from visma_busy_sync.testing import parity

PAIRS = [
    (Resource, AsyncResource),
    (Orders, AsyncOrders),
    (OAuth, AsyncOAuth),
    (HttpxTransport, AsyncHttpxTransport),
]


@pytest.mark.parametrize(("twin", "other"), PAIRS, ids=lambda cls: cls.__name__)
def test_twins_agree(twin: type, other: type) -> None:
    """Names, parameters, defaults, results, docstrings."""
    assert parity.drift(twin, other, renamed=RENAMED) == []


def test_the_clients_agree() -> None:
    """Their attributes too, which only an object has."""
    assert parity.drift(EAccounting, AsyncEAccounting, renamed=RENAMED) == []
    ours, theirs = (vars(cls("a-token")) for cls in (EAccounting, AsyncEAccounting))
    assert ours.keys() == theirs.keys()


CONSTANTS = {"PRODUCTION", "SCOPES"}
RENAMED = {"AsyncIterator": "Iterator", "Transport": "BlockingTransport", "AsyncClient": "Client"}


def test_everything_public_is_there() -> None:
    """`__all__` is sorted and whole."""
    assert all(hasattr(eaccounting, name) for name in eaccounting.__all__)
    assert eaccounting.__all__ == sorted(eaccounting.__all__, key=lambda name: (name not in CONSTANTS, name))


def test_importing_the_client_loads_no_http_library() -> None:
    """It is loaded when a client is made; and the retrying library after a failure only."""
    code = "import sys, visma_busy_sync.eaccounting; print({'httpx', 'tenacity'} & sys.modules.keys())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "set()\n"
