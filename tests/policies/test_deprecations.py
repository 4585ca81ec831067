"""What is deprecated warns as the policies promise, and their page and the changelog tell of it."""

from __future__ import annotations

import ast
import asyncio
import re
import warnings
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SAYS: Final = re.compile(r"deprecated since \d+\.\d+; use ")


def deprecations(source: str) -> list[ast.Call]:
    """The calls that warn of one."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [call for call in calls if "DeprecationWarning" in map(ast.unparse, call.args)]


def faults(source: str) -> list[str]:
    """What the deprecations in a module lack."""
    found = []
    for call in deprecations(source):
        if not SAYS.search(ast.unparse(call.args[0])):
            found.append(f"line {call.lineno} does not say since when, and what to use instead")
        levels = [int(ast.unparse(each.value)) for each in call.keywords if each.arg == "stacklevel"]
        if max(levels, default=1) < 2:
            found.append(f"line {call.lineno} points at itself, and not at the line that uses it")
    return found


SOURCES: Final = {path: path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py")}


def test_each_deprecation_says_since_when_and_what_to_use_instead() -> None:
    assert {str(path): found for path, text in SOURCES.items() if (found := faults(text))} == {}


def test_the_page_and_the_changelog_tell_whether_something_is_deprecated() -> None:
    page = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    some = any(map(deprecations, SOURCES.values()))
    assert ("Nothing is deprecated today." in page) is not some
    assert "### Deprecated" in changelog or not some


# What the first deprecation will look like, as CONTRIBUTING.md says; nothing is deprecated yet.
OURS: Final = """
import warnings

class Tenant:
    def fetch(self):
        warnings.warn("`fetch` is deprecated since 0.2; use `sync`", DeprecationWarning, stacklevel=2)

    async def fetch_later(self):
        warnings.warn("`fetch` is deprecated since 0.2; use `sync`", DeprecationWarning, stacklevel=2)

def __getattr__(name):
    warnings.warn(f"`{name}` is deprecated since 0.2; use `Tenant`", DeprecationWarning, stacklevel=2)
    return Tenant
"""


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("ours.Tenant().fetch()", id="a method"),
        pytest.param(
            "async def main():\n    await ours.Tenant().fetch_later()\nrun(main())", id="a coroutine"
        ),
        pytest.param("ours.Workspace", id="a name"),
    ],
)
def test_a_deprecation_points_at_the_line_that_uses_it(use: str) -> None:
    ours = ModuleType("ours")
    exec(compile(OURS, "ours.py", "exec"), vars(ours))
    assert faults(OURS) == []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        exec(compile(use, "theirs.py", "exec"), {"ours": ours, "run": asyncio.run})
    assert [warning.filename for warning in told] == ["theirs.py"]


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        pytest.param("since 0.2", "", "line 6 does not say since when", id="since when"),
        pytest.param("; use `sync`", "", "line 6 does not say since when", id="what instead"),
        pytest.param(", stacklevel=2", "", "line 6 points at itself", id="where"),
    ],
)
def test_a_deprecation_that_lacks_something_is_found(was: str, becomes: str, says: str) -> None:
    found = faults(OURS.replace(was, becomes, 1))
    assert [each.startswith(says) for each in found] == [True]
