"""What is public: `__all__` of the package, and of the submodules that the reference describes."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]


def documented_modules() -> list[str]:
    """The modules that a page of the reference describes, by name."""
    pages = sorted((ROOT / "docs" / "reference").glob("*.md"))
    return sorted(
        {name for page in pages for name in re.findall(r"^::: (\S+)$", page.read_text("utf-8"), re.MULTILINE)}
    )


PUBLIC_MODULES: Final = tuple(documented_modules())


def public_things() -> Iterator[tuple[str, Any]]:
    """Each public thing once, under the first of its names."""
    seen: set[int] = set()
    for name in PUBLIC_MODULES:
        module = importlib.import_module(name)
        for each in module.__all__:
            thing = getattr(module, each)
            if id(thing) not in seen:
                seen.add(id(thing))
                yield f"{name}.{each}", thing
