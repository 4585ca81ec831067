"""What else can become of a login and a first fetch."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import Browser, Page, expect

from .hosts import Host
from .steps import connect, fetch_first, scan, unfold


def test_who_cancels_at_visma_is_told_how_to_begin_again(host: Host, page: Page) -> None:
    """And the first fetch waits for somebody who has seen what it archives, whoever asks for it."""
    page.goto(host.url("integrations/visma"))
    page.get_by_role("button", name="Koble til", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("Innloggingen ble avbrutt")
    scan(page)
    connect(page, host)
    # The form that fetches now, sent without having been shown.
    page.evaluate(
        """() => {
            const form = document.querySelector("form.languages");
            form.action = "/acme/integrations/visma/sync";
            form.requestSubmit();
        }"""
    )
    expect(page).to_have_url(re.compile("/plan$"))
    expect(page.get_by_role("status")).to_contain_text("Se over hva den første hentingen vil gjøre")


def test_an_address_from_another_browser_completes_nothing(host: Host, page: Page, chromium: Browser) -> None:
    """Else somebody could connect another one's workspace to a company of their own."""
    page.goto(host.url("integrations/visma"))
    page.get_by_role("button", name="Koble til", exact=True).click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    sent_back_to = httpx.get(f"{page.url}&sandbox_auto=approve").headers["location"]
    other = chromium.new_context(locale="nb-NO")
    stolen = other.new_page()
    stolen.goto(sent_back_to)
    expect(stolen.get_by_role("alert")).to_contain_text("Ingen innlogging venter i denne nettleseren")
    other.close()
    page.goto(host.url("integrations/visma"))
    expect(page.get_by_text("Tilkoblet", exact=True)).to_have_count(0)


def test_another_company_waits_until_a_person_has_seen_what_changing_does(host: Host, page: Page) -> None:
    """It can be left as it was, or changed."""
    connect(page, host)
    fetch_first(page, host)
    host.steer("POST", "companies", {"id": "north", "name": "Nord AS"})
    for decision, company in (("Behold", "Fjordmesteren"), ("Bytt til", "Nord AS")):
        page.goto(host.url("integrations/visma"))
        unfold(page, "Koble til på nytt")
        page.get_by_role("button", name="Koble til på nytt").click()
        page.get_by_role("combobox").select_option(label="Nord AS")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Et annet selskap venter")).to_be_visible()
        scan(page)
        page.get_by_role("link", name="Se hva et bytte vil gjøre").click()
        scan(page)
        page.get_by_role("button", name=decision).click()
        expect(page.get_by_role("definition").first).to_contain_text(company)


def test_who_disconnects_keeps_everything(host: Host, page: Page) -> None:
    """And can connect again."""
    connect(page, host)
    unfold(page, "Koble fra")
    page.get_by_role("button", name="Koble fra").click()
    expect(page.get_by_role("status")).to_contain_text("Busy er koblet fra eAccounting")
    expect(page.get_by_role("button", name="Koble til", exact=True)).to_be_visible()


def test_what_eaccounting_lacks_is_told_with_what_to_press(host: Host, page: Page) -> None:
    """Before and after it is mended."""
    connect(page, host)
    host.steer("PATCH", "profile", {"refusal": "api_module"})
    page.goto(host.url("integrations/visma"))
    expect(page.get_by_role("main")).to_contain_text("Utvidelser → Integrasjoner → Visma Integrasjon (API)")
    scan(page)
    host.steer("PATCH", "profile", {"refusal": "none"})
    page.reload()
    expect(page.get_by_role("main")).not_to_contain_text("Utvidelser")
