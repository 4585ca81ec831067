"""Make the pictures of terminals, and that of the hours specification as a page; `--check` only looks.

What a terminal shows is run for its picture, so that `--check` finds one that is out of date. It also finds a
picture that a page refers to and that is not there, and one that no page refers to. The picture of the page
needs Chromium; without it that one stays as it is. Those of the example hosts are made by `page_pictures.py`.
"""

from __future__ import annotations

import importlib.util
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Final
from unittest.mock import patch

from rich.console import Console
from rich.text import Text
from small_company import NOVEMBER, WORKSPACE, SmallCompany, small_company

from visma_busy_sync.cli import main as command_line
from visma_busy_sync.cli.doctor import PACKAGE, package_version
from visma_busy_sync.orders import render
from visma_busy_sync.orders._shown import NO_BREAK
from visma_busy_sync.orders._tables import display_width
from visma_busy_sync.specification import to_html, to_text

ROOT: Final = Path(__file__).parent.parent
EXAMPLE: Final = ROOT / "examples" / "hours_specification.py"
DOCS: Final = ROOT / "docs"
PICTURES: Final = DOCS / "pictures"

CELL, LINE, MARGIN, SIZE = 8.4, 19, 18, 14
"""Of a terminal, in pixels: width and height of a letter with its space, the margin, the size of the font."""
WIDEST: Final = 100
"""Columns of a terminal whose letters can be read well when its picture is as wide as a page's text."""
INK: Final = "#d7dce2"
COLOURS: Final = {1: "#ff9c94", 2: "#8fd19e", 3: "#efc66b", 6: "#7fd1de"}
"""Red, green, yellow and cyan by their numbers in a terminal, bright enough on its background to be read."""


def example() -> ModuleType:
    """Return the example, which is no package."""
    spec = importlib.util.spec_from_file_location("example", EXAMPLE)
    if spec is None or spec.loader is None:
        message = f"{EXAMPLE} cannot be loaded"
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def terminal(text: str, columns: int = WIDEST) -> str:
    """Return a text as a terminal of so many columns shows it, colours too, as SVG.

    Each line has its width, whatever font a browser has.
    """
    console = Console(file=io.StringIO(), width=columns)
    whole = Text.from_ansi(text.rstrip("\n")).split("\n", allow_blank=True)
    lines = [part for line in whole for part in line.wrap(console, columns)]
    width = round(max(display_width(line.plain) for line in lines) * CELL) + 2 * MARGIN
    height = len(lines) * LINE + 2 * MARGIN
    drawn = [
        f'<text x="{MARGIN}" y="{MARGIN + (number + 1) * LINE - 5}" '
        f'textLength="{display_width(line.plain) * CELL:.1f}">{coloured(line, console)}</text>'
        for number, line in enumerate(lines)
        if line
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" '
        f'font-size="{SIZE}" fill="{INK}">'
    )
    back = f'<rect width="{width}" height="{height}" rx="8" fill="#1c2430"/>'
    return "\n".join([head, back, *drawn, "</svg>", ""])


def coloured(line: Text, console: Console) -> str:
    """Return the letters of a line, those with a colour of their own marked."""
    parts = []
    for part in line.render(console):
        # Of ordinary spaces a browser shows one where there are several.
        letters = escape(part.text.replace(" ", NO_BREAK))
        colour = part.style.color.number if part.style and part.style.color else None
        parts.append(letters if colour is None else f'<tspan fill="{COLOURS[colour]}">{letters}</tspan>')
    return "".join(parts)


@contextmanager
def host(company: SmallCompany) -> Iterator[None]:
    """Have the command line find a company as a host's own integration."""
    module = ModuleType("busy_host")
    module.visma = company.visma  # type: ignore[attr-defined]
    named = {
        "VISMA_BUSY_SYNC_APP": "busy_host:visma",
        "VISMA_BUSY_SYNC_TENANT": WORKSPACE,
        "FORCE_COLOR": "1",
        "TERM": "xterm",
    }
    with patch.dict(sys.modules, busy_host=module), patch.dict(os.environ, named):
        os.environ.pop("NO_COLOR", None)
        yield


def said(*arguments: str) -> str:
    """Return what a terminal shows of a command: what was typed, and what it writes to standard output."""
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        code = command_line([*arguments, "--lang", "en"])
    if code:
        raise SystemExit(f"visma-busy-sync {' '.join(arguments)} ended with {code}: {errors.getvalue()}")
    return f"$ visma-busy-sync {' '.join(arguments)}\n{out.getvalue()}"


def anywhere(told: str) -> str:
    """Return what `doctor` tells without what differs between machines, moments and releases."""
    here = f"Python {platform.python_version()} ({sys.executable})"
    told = told.replace(here, "Python 3.13.1 (/srv/busy/.venv/bin/python)")
    told = told.replace(f"{PACKAGE} {package_version()}", f"{PACKAGE} 0.1.0")
    return re.sub(r"differ by -?\d+ s", "differ by 0 s", told)


def tables() -> Iterator[tuple[str, str]]:
    """Make the pictures of terminals, each with its name."""
    shown = example()
    yield "order-in-terminal", terminal(render(shown.order(), "nb"))
    yield "hours-in-terminal", terminal(to_text(shown.specification()))
    with small_company() as company, host(company):
        company.connect()
        yield "plan-in-terminal", terminal(said("plan"), 84)
        company.acme.sync()
        company.work()
        yield "preflight-in-terminal", terminal(company.acme.preflight(NOVEMBER).text("nb"))
        company.send("1042")
        yield "proof-in-terminal", terminal(company.acme.billing_proof(NOVEMBER).text("nb"))
        yield "doctor-in-terminal", terminal(anywhere(said("doctor")), 104)


def unreferred() -> Iterator[str]:
    """Tell of each picture that a page refers to and that is not there, and the other way round."""
    referred = {
        (page.parent / name).resolve()
        for page in DOCS.rglob("*.md")
        for name in re.findall(r"!\[[^\]]+\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    }
    there = set(PICTURES.resolve().iterdir())
    for file in sorted(referred ^ there):
        why = "no page shows it" if file in there else "it is not there"
        yield f"{file.relative_to(ROOT)}: {why}"


def photograph(html: str, picture: Path, chromium: str) -> None:
    """Store how Chromium shows a page, in few colours."""
    from PIL import Image  # noqa: PLC0415 - only who makes pictures needs it

    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder, "page.html"), Path(folder, "shot.png")
        page.write_text(html, encoding="utf-8")
        subprocess.run(
            [
                chromium,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--window-size=960,1720",
                f"--screenshot={shot}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
        with Image.open(shot) as image:
            rows = image.convert("L").point(lambda shade: 255 if shade < 250 else 0).getbbox()
            below = rows[3] + 30 if rows else image.height
            image.convert("RGB").crop((0, 0, image.width, below)).quantize(32).save(picture, optimize=True)


def main(arguments: list[str]) -> None:
    """Raise `SystemExit` with the reason if a picture is not as it should be."""
    if "--check" in arguments:
        old = [
            f"docs/pictures/{name}.svg: it is out of date; python .ci/pictures.py"
            for name, svg in tables()
            if not is_kept(PICTURES / f"{name}.svg", svg)
        ]
        if found := [*old, *unreferred()]:
            raise SystemExit("\n".join(found))
        return
    PICTURES.mkdir(exist_ok=True)
    for name, svg in tables():
        (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")
    if chromium := shutil.which("chromium") or shutil.which("google-chrome"):
        photograph(to_html(example().specification()), PICTURES / "hours-in-browser.png", chromium)
    else:
        sys.stderr.write("there is no Chromium here: hours-in-browser.png stays as it is\n")


def is_kept(file: Path, svg: str) -> bool:
    """Tell whether a file holds a picture."""
    return file.exists() and file.read_text(encoding="utf-8") == svg


if __name__ == "__main__":
    main(sys.argv[1:])
