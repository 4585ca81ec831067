"""The page of the policies says what is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from .test_logging import DRIVER, HTTP, PDF, SQL

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
SETTINGS: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT: Final[dict[str, Any]] = SETTINGS["project"]


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_the_supported_pythons_are_those_of_the_package() -> None:
    told = re.findall(r"\b3\.\d+", section("Supported Pythons"))
    classified = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert sorted(set(told)) == sorted(classified)
    assert PROJECT["requires-python"] == f">={classified[0]}"


def test_every_logger_that_writes_something_is_named() -> None:
    rows = re.findall(r"^\| (`.*?) \|", section("What is logged"), re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([\w.]+)`", row)}
    for logger in HTTP | SQL | DRIVER | PDF:
        assert any(logger == name or logger.startswith(f"{name}.") for name in told), logger


def test_security_does_not_tell_it_a_second_time() -> None:
    """It links to the page instead."""
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert "docs/policies.md#what-is-logged" in security
    assert "httpcore" not in security
