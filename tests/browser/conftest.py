"""A browser, and hosts that run: Debian's chromium, steered by Playwright.

`make browser-tests` runs these tests alone: Playwright keeps an event loop running in the thread of tests.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from .hosts import HOSTS, Host, HostKind, running

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# For a machine that does much else; where all goes well nobody waits.
_PATIENCE = 30_000
_MISSING = "There is no chromium here; `make browser` installs it (with apt-get, on Debian and Ubuntu)."


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each has windows of its own."""
    path = shutil.which("chromium")
    if path is None:
        # Who asked for these tests is told; who ran all of them may have no browser.
        if os.environ.get("VISMA_BROWSER_TESTS") == "1" or os.environ.get("CI"):
            pytest.fail(_MISSING)
        pytest.skip(_MISSING)
    with sync_playwright() as playwright:
        expect.set_options(timeout=_PATIENCE)
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=HOSTS, ids=lambda kind: kind.name)
def host(request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path) -> Iterator[Host]:
    """A host that was just installed."""
    kind: HostKind = request.param
    with running(kind, tmp_path) as started:
        yield started


@pytest.fixture
def window(chromium: Browser) -> Iterator[BrowserContext]:
    """A window of somebody in Norway, with cookies of its own."""
    context = chromium.new_context(locale="nb-NO", viewport={"width": 1180, "height": 800})
    context.set_default_timeout(_PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(window: BrowserContext) -> Page:
    """An empty page, on which a mistake of a script fails the test."""
    page = window.new_page()

    def fail(error: Exception) -> None:
        pytest.fail(f"a script of the page failed: {error}")

    page.on("pageerror", fail)
    return page
