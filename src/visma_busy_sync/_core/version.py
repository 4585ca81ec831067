"""Which version this is; it is written in `pyproject.toml` only."""

from __future__ import annotations

import functools
import importlib.metadata
from typing import Final

DISTRIBUTION: Final = "visma-busy-sync"
UNKNOWN: Final = "unknown"


@functools.cache
def version() -> str:
    """Return the version that is installed; `unknown` where the source is used without being installed."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return UNKNOWN


@functools.cache
def user_agent() -> str:
    """Return what the client calls itself in the header `User-Agent`."""
    return f"{DISTRIBUTION}/{version()}"
