"""A hook of mkdocs: files of the repository's root that are pages of the documentation too."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
FILES: Final = {"changelog.md": "CHANGELOG.md", "security.md": "SECURITY.md"}


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return a page's text; links to pages lead from the root there, and from their own folder here."""
    file = FILES.get(page.file.src_uri)
    return (ROOT / file).read_text(encoding="utf-8").replace("](docs/", "](") if file else markdown
