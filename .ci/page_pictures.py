"""Make the pictures of the example hosts' pages, in Norwegian and in English: `make pictures`.

A host runs against the sandbox, and a person does what the browser tests do, by the same steps. So a picture
shows what is tested; a page that lacks what its picture is for ends the script. Days and moments of the run
are shown as those of one day, so that a picture changes only when its page does.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import dist
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests.browser.hosts import HOSTS, Host, running
from tests.browser.steps import connect, cure_work_types, fetch_first, push_order, show_order

from busy_pages.formats import day, moment, today
from visma_busy_sync.integration import Language

ROOT: Final = Path(__file__).parent.parent

PICTURES: Final = ROOT / "docs" / "pictures"
LOCALES: Final[Mapping[Language, str]] = {"nb": "nb-NO", "en": "en-GB"}

WIDTH, BELOW, DENSITY = 760, 20, 1.5
"""Of a page, in CSS pixels: its width, and what is left below; and how many pixels a picture has for each."""
COLOURS: Final = 64
FRAME: Final = (170, 179, 188)
HEAVIEST: Final = 100_000
"""Bytes that a picture may have."""

NOW: Final = datetime(2026, 11, 30, 8, 15, tzinfo=UTC)
"""The moment that all pictures show."""
FIRST: Final = NOW.replace(day=1)

SET_DATES: Final = """given => {
    const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    while (texts.nextNode())
        for (const [real, shown] of given.texts)
            texts.currentNode.data = texts.currentNode.data.replaceAll(real, shown);
    document.querySelectorAll("time").forEach((each, index) => { each.textContent = given.moments[index]; });
    document.querySelectorAll("input[type=date]").forEach(each => {
        each.type = "text";
        each.value = given.inputs[each.name];
    });
}"""


@frozen
class Shot:
    """A picture of a page.

    Attributes:
        name: The file is `NAME-LANGUAGE.png`.
        shows: What the page has to say in each language, or the picture would not show what it is for.
        until: A CSS selector of the last thing in the picture; buttons that stick to the lower edge of a
            window are below it.
    """

    name: str
    shows: Mapping[Language, Sequence[str]]
    until: str = "main > :last-child"


CONNECT = Shot(
    "connect",
    {
        "nb": ("Ikke tilkoblet", "Prosjektsynkronisering", "Koble til"),
        "en": ("Not connected", "Project sync", "Connect"),
    },
)
PLAN = Shot(
    "plan",
    {
        "nb": ("9001 Internt: ferie", "Hent og arkiver 2", "Ingenting er endret ennå."),
        "en": ("9001 Internt: ferie", "Fetch and archive 2", "Nothing has changed yet."),
    },
    until="section[aria-labelledby=missing]",
)
STATUS = Shot(
    "status",
    {"nb": ("Tilkoblet", "Sist hentet", "Hent nå"), "en": ("Connected", "Last fetched", "Fetch now")},
    until="section[aria-labelledby=fetch]",
)
PROBLEMS = Shot(
    "problems",
    {
        "nb": (
            "Dette må rettes først (3)",
            "Arbeidstype: Rådgivning",
            "Velg et produkt på arbeidstypen.",
            "Kostnad: Bompenger",
        ),
        "en": (
            "To be mended first (3)",
            "Work type: Rådgivning",
            "Choose a product on the work type.",
            "Cost: Bompenger",
        ),
    },
)
DRAFT = Shot(
    "order",
    {"nb": ("21\N{NO-BREAK SPACE}354,13", "Ferdigstill og send"), "en": ("21,354.13", "Finalise and send")},
)
SENT = Shot(
    "sent",
    {
        "nb": ("Overført", "21\N{NO-BREAK SPACE}354,13", "Timespesifikasjon"),
        "en": ("Transferred", "21,354.13", "Hours specification"),
    },
    until="section[aria-labelledby=lines]",
)
RECONNECT = Shot(
    "reconnect",
    {"nb": ("Må kobles til på nytt", "Koble til på nytt"), "en": ("Reconnect needed", "Connect again")},
    until="section[aria-labelledby=reconnect]",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser."""
    path = shutil.which("chromium")
    if path is None:
        raise SystemExit("There is no chromium here; `make browser` installs it.")
    with sync_playwright() as playwright:
        expect.set_options(timeout=20_000)
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"]
        )
        yield browser
        browser.close()


def journey(page: Page, host: Host) -> Iterator[Shot]:
    """Go from nothing to an order and past a lost login, and stop on each page that is shown."""
    page.goto(host.url("integrations/visma"))
    yield CONNECT
    connect(page, host)
    page.goto(host.url("integrations/visma/plan"))
    yield PLAN
    fetch_first(page, host)
    page.goto(host.url("integrations/visma"))
    yield STATUS
    show_order(page, host)
    yield PROBLEMS
    cure_work_types(page, host)
    show_order(page, host)
    yield DRAFT
    push_order(page, host)
    yield SENT
    host.steer("POST", "password-change")
    page.goto(host.url("integrations/visma"))
    yield RECONNECT


def photograph(
    browser: Browser, window: BrowserContext, address: str, shot: Shot, language: Language
) -> bytes:
    """Return how a page looks to the person of a window, in a language."""
    context = browser.new_context(
        locale=LOCALES[language],
        viewport={"width": WIDTH, "height": 800},
        device_scale_factor=DENSITY,
        reduced_motion="reduce",
        storage_state=window.storage_state(),
    )
    context.add_cookies([{"name": "language", "value": language, "url": address}])
    page = context.new_page()
    page.goto(address)
    for text in shot.shows[language]:
        expect(page.get_by_role("main").get_by_text(text).first).to_be_visible()
    set_dates(page, language)
    last = page.locator(shot.until).bounding_box()
    if last is None:
        raise SystemExit(f"{shot.name}: nothing is at {shot.until}")
    buttons = page.locator(".decide")
    sticks = buttons.evaluate("element => element.offsetHeight") if buttons.count() else 0
    height = last["y"] + last["height"] + BELOW + sticks
    # Whole pixels of the picture, too.
    page.set_viewport_size({"width": WIDTH, "height": 2 * round(height / 2)})
    taken = page.screenshot(animations="disabled")
    context.close()
    return taken


def set_dates(page: Page, language: Language) -> None:
    """Show the moments of the run as whole hours from `NOW`, and its days as those of that month.

    Fields for days show them as the browser's own language writes them, which may not be the page's; so they
    are shown as text.
    """
    started = datetime.now(UTC)
    stamps = page.locator("time").evaluate_all("all => all.map(each => each.dateTime)")
    hours = [round((datetime.fromisoformat(each) - started) / timedelta(hours=1)) for each in stamps]
    first, last = day(FIRST.date(), language), day(NOW.date(), language)
    real_first, real_last = day(today().replace(day=1), language), day(today(), language)
    given: dict[str, Any] = {
        "texts": [(f"{real_first} – {real_last}", f"{first} – {last}"), (real_last, last)],
        "moments": [moment(NOW + timedelta(hours=each), language) for each in hours],
        "inputs": {"first": first, "last": last},
    }
    page.evaluate(SET_DATES, given)


def keep(taken: bytes, file: Path) -> None:
    """Store a picture in few colours."""
    with Image.open(io.BytesIO(taken)) as image:
        drawn = image.convert("RGB")
    # The pages of the documentation are nearly as bright as those of the picture.
    ImageDraw.Draw(drawn).rectangle((0, 0, drawn.width - 1, drawn.height - 1), outline=FRAME)
    raw = drawn.tobytes()
    pixels = list(zip(raw[::3], raw[1::3], raw[2::3], strict=True))
    counted = Counter(pixels)
    # The most frequent ones, as they are: those of letters and surfaces. The rest are edges between them.
    shown = [colour for colour, _ in counted.most_common(COLOURS)]
    nearest = {
        colour: min(range(len(shown)), key=lambda place: dist(colour, shown[place])) for colour in counted
    }
    few = Image.frombytes("P", drawn.size, bytes(nearest[pixel] for pixel in pixels))
    few.putpalette([part for colour in shown for part in colour])
    few.save(file, optimize=True)
    if file.stat().st_size > HEAVIEST:
        raise SystemExit(f"{file.name} has {file.stat().st_size} bytes, more than {HEAVIEST}")


def main() -> None:
    """Make all of them.

    Raises:
        AssertionError: A page does not show what its picture is for.
    """
    PICTURES.mkdir(exist_ok=True)
    with (
        chromium() as browser,
        tempfile.TemporaryDirectory() as folder,
        running(HOSTS[0], Path(folder)) as host,
    ):
        window = browser.new_context(locale=LOCALES["nb"])
        page = window.new_page()
        for shot in journey(page, host):
            for language in LOCALES:
                taken = photograph(browser, window, page.url, shot, language)
                keep(taken, PICTURES / f"{shot.name}-{language}.png")


if __name__ == "__main__":
    main()
