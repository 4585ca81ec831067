"""Bring the made parts of a page up to date: what stands between `<!-- made: name -->` and `<!-- end -->`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent


def bring_up_to_date(page: str, parts: Mapping[str, Callable[[], str]]) -> None:
    """Write a page of `docs` anew, or, with `--check`, only say that it is stale."""
    path = ROOT / "docs" / page
    text = path.read_text(encoding="utf-8")
    fresh = made(text, parts)
    if fresh == text:
        return
    if "--check" in sys.argv[1:]:
        script = Path(sys.argv[0]).name
        sys.exit(f"docs/{page} is not what the code says; make it anew with: python .ci/{script}")
    path.write_text(fresh, encoding="utf-8")


def made(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """Return a page with its made parts as they should be."""
    for name, make in parts.items():
        before, begin, rest = page.partition(f"<!-- made: {name} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not begin or not end:
            message = f"the page has no place for the part {name!r}"
            raise ValueError(message)
        page = f"{before}{begin}{make()}\n{end}{after}"
    return page
