"""What is being done at this moment, on a terminal only."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextlib.contextmanager
def working(what: str, console: Console) -> Generator[None, None, None]:
    """Show what is being done and for how long, as long as it lasts; nothing where that is no terminal."""
    if not console.file.isatty() or console.is_dumb_terminal:  # whatever FORCE_COLOR says
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(f"{what} …", total=None)
        yield
