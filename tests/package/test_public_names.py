"""What the package shows to the world."""

from __future__ import annotations

import enum
import importlib
import inspect
import subprocess
import sys

import griffe
import pytest

from .public import PUBLIC_MODULES, ROOT


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_all_lists_names_that_exist_and_are_described(name: str) -> None:
    """Each public module says what is public; each name is there, each class and function described."""
    module = importlib.import_module(name)
    names: list[str] = module.__all__
    assert len(set(names)) == len(names)
    for each in names:
        value = getattr(module, each)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, f"{name}.{each} has no docstring"


@pytest.fixture(scope="module")
def source() -> griffe.Object | griffe.Alias:
    """The package as the reference reads it: without running it."""
    extension = griffe.load_extensions(str(ROOT / ".ci" / "reference.py"))
    return griffe.load("visma_busy_sync", search_paths=[ROOT / "src"], extensions=extension)


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_the_reference_shows_each_public_name(name: str, source: griffe.Object | griffe.Alias) -> None:
    """It shows what has a text: constants, types and members of enums too."""
    module = source[name.partition(".")[2]] if "." in name else source
    public = set(importlib.import_module(name).__all__)
    assert {each for each in public if not module.members[each].has_docstring} == set()
    for each in public:
        thing = getattr(importlib.import_module(name), each)
        if inspect.isclass(thing) and issubclass(thing, enum.Enum):
            assert all(module[each].members[member.name].has_docstring for member in thing), each


HEAVY = (
    "httpx",
    "tenacity",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "fpdf",
    "uharfbuzz",
    "cyclopts",
    "rich",
    "pytest",
)


@pytest.mark.parametrize("heavy", HEAVY)
def test_importing_the_package_loads_nothing_heavy(heavy: str) -> None:
    """`import visma_busy_sync` loads no HTTP library and no extra."""
    # With `*` every public name is loaded, not only the package itself.
    probe = f"import sys; from visma_busy_sync import *; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


def test_names_are_loaded_when_they_are_asked_for() -> None:
    """The bare import loads no part of the package; each public name then comes from its home."""
    probe = """
import sys, visma_busy_sync as package
parts = sorted(name for name in sys.modules if name.startswith("visma_busy_sync."))
assert not parts, parts
assert set(package.__all__) <= set(dir(package))
for name in package.__all__:
    assert getattr(package, name).__name__ == name
try:
    package.NoSuchThing
except AttributeError as error:
    assert "NoSuchThing" in str(error)
"""
    subprocess.run([sys.executable, "-c", probe], check=True)
