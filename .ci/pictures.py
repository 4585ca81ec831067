"""Make the pictures of the documentation from the example; `--check` only looks at those of terminals.

The picture of the HTML page needs Chromium, and Pillow, which comes with the development environment; without
Chromium that picture stays as it is. Continuous integration looks and makes none.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path
from types import ModuleType

from visma_busy_sync.orders import render
from visma_busy_sync.orders._shown import NO_BREAK
from visma_busy_sync.orders._tables import display_width
from visma_busy_sync.specification import to_html, to_text

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "hours_specification.py"
PICTURES = ROOT / "docs" / "pictures"

CELL, LINE, MARGIN, SIZE = 8.4, 19, 18, 14
"""Of a terminal, in pixels: width and height of a letter with its space, the margin, the size of the font."""


def example() -> ModuleType:
    """Return the example, which is no package."""
    spec = importlib.util.spec_from_file_location("example", EXAMPLE)
    if spec is None or spec.loader is None:
        message = f"{EXAMPLE} cannot be loaded"
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def terminal(text: str) -> str:
    """Return a text as a terminal shows it, as SVG; each line has its width, whatever font a browser has."""
    # Of ordinary spaces a browser shows one where there are several.
    lines = text.rstrip("\n").replace(" ", NO_BREAK).split("\n")
    width = round(max(map(display_width, lines)) * CELL) + 2 * MARGIN
    height = len(lines) * LINE + 2 * MARGIN
    shown = [
        f'<text x="{MARGIN}" y="{MARGIN + (number + 1) * LINE - 5}" '
        f'textLength="{display_width(line) * CELL:.1f}">{escape(line)}</text>'
        for number, line in enumerate(lines)
        if line
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" '
        f'font-size="{SIZE}" fill="#d7dce2">'
    )
    back = f'<rect width="{width}" height="{height}" rx="8" fill="#1c2430"/>'
    return "\n".join([head, back, *shown, "</svg>", ""])


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
    shown = example()
    specification = shown.specification()
    drawn = {
        "order-in-terminal.svg": terminal(render(shown.order(), "nb")),
        "hours-in-terminal.svg": terminal(to_text(specification)),
    }
    for name, svg in drawn.items():
        file = PICTURES / name
        if "--check" not in arguments:
            PICTURES.mkdir(exist_ok=True)
            file.write_text(svg, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != svg:
            raise SystemExit(f"docs/pictures/{name} is out of date: python .ci/pictures.py")
    if "--check" in arguments:
        return
    if chromium := shutil.which("chromium") or shutil.which("google-chrome"):
        photograph(to_html(specification), PICTURES / "hours-in-browser.png", chromium)
    else:
        sys.stderr.write("there is no Chromium here: hours-in-browser.png stays as it is\n")


if __name__ == "__main__":
    main(sys.argv[1:])
