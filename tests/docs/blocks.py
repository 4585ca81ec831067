"""The fenced blocks of the documentation, as they stand in its pages.

A block that cannot be tried, since it only sketches a shape, says so in the page by a comment that no reader
sees, right before it: `<!-- unchecked: the reason -->`. `UNCHECKED` in `test_blocks.py` lists all of them.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>[^`\n]*?)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<code>.*?)^ *(?P=fence) *$",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"<!-- unchecked: (?P<reason>[^>]+?) -->\n+\Z")


@frozen
class Block:
    """A fenced block.

    Attributes:
        page: The page, from the root of the repository.
        line: Where its code begins in the page, from 1.
        language: What stands behind the fence.
        code: What is in it.
        unchecked: Why it cannot be tried, as the page says; None: it is.
        title: The file that a reader puts it into, as the page says; None: it is none.
    """

    page: str
    line: int
    language: str
    code: str
    unchecked: str | None = None
    title: str | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_in(page: str, text: str) -> Iterator[Block]:
    """Give the blocks of a text, in their order."""
    for found in _FENCE.finditer(text):
        marked = _MARK.search(text, 0, found.start())
        yield Block(
            page=page,
            line=text.count("\n", 0, found.start("code")) + 1,
            language=found["language"].strip(),
            code=textwrap.dedent(found["code"]),
            unchecked=marked and " ".join(marked["reason"].split()),
            title=found["title"],
        )


def _pages() -> Iterator[Path]:
    yield from (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"))
    yield from sorted((ROOT / "docs").rglob("*.md"))
    yield from sorted((ROOT / "examples").rglob("*.md"))


PAGES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in _pages()}
BLOCKS = tuple(block for page, text in PAGES.items() for block in blocks_in(page, text))


def blocks_of(*languages: str) -> list[Block]:
    """Return all blocks of some languages that are to be tried."""
    return [block for block in BLOCKS if block.language in languages and block.unchecked is None]
