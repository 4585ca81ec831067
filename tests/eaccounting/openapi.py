"""The API description, as far as the contract tests look at it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "eaccounting-openapi.json"


@cache
def description() -> dict[str, Any]:
    """Return the whole description."""
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


def schema(name: str) -> dict[str, Any]:
    """Return a schema by its name."""
    found: dict[str, Any] = description()["components"]["schemas"][name]
    return found


def members(name: str) -> dict[str, dict[str, Any]]:
    """Return the members of a schema."""
    found: dict[str, dict[str, Any]] = schema(name)["properties"]
    return found


def operation(method: str, path: str) -> dict[str, Any] | None:
    """Return an operation of the description; None if it has none."""
    found: dict[str, Any] | None = description()["paths"].get(path, {}).get(method.lower())
    return found
