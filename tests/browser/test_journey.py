"""The main journey, by one person in one browser, from nothing to an order and past a lost login."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from .hosts import Host
from .steps import cure_work_types, press, project_address, push_order, scan, show_order, texts_of


def test_a_workspace_is_connected_fetched_edited_billed_and_connected_again(host: Host, page: Page) -> None:
    """Nothing is lost on the way, every page can be used by all, and one order is sent once."""
    _connect_by_keyboard(page, host)
    _preview_and_fetch(page)
    _edit_a_name(page, host)
    _bill(page, host)
    _lose_the_login_and_connect_again(page, host)


def _connect_by_keyboard(page: Page, host: Host) -> None:
    page.goto(host.address)
    expect(page).to_have_url(host.url("integrations/visma"))
    expect(page.get_by_text("Ikke tilkoblet", exact=True)).to_be_visible()
    scan(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Hopp til innholdet")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    press(page, page.get_by_role("button", name="Koble til", exact=True))
    press(page, page.get_by_role("button", name="Log in"))
    expect(page.get_by_role("status")).to_contain_text("Koblet til Visma eAccounting: Fjordmesteren")
    expect(page.get_by_text("Tilkoblet", exact=True)).to_be_visible()
    scan(page)


def _preview_and_fetch(page: Page) -> None:
    press(page, page.get_by_role("link", name="Se hva som vil skje"))
    missing = page.get_by_role("region", name="Arkiveres: finnes ikke i eAccounting (2)")
    expect(missing).to_contain_text("9001 Internt: ferie")
    expect(missing).to_contain_text("9002 Internt: lagerrydding")
    expect(page.get_by_text("Ingenting er endret ennå.")).to_be_visible()
    scan(page)
    press(page, page.get_by_role("button", name="Hent og arkiver 2"))
    expect(page.get_by_role("status")).to_contain_text(re.compile(r"Utført: \d+ opprettet.*2 arkivert"))
    expect(page.get_by_text("Sist hentet", exact=True)).to_be_visible()
    scan(page)


def _edit_a_name(page: Page, host: Host) -> None:
    archived = texts_of(page, host.url("projects?archived=1"))
    assert [each for each in archived if "Internt: ferie" in each]
    scan(page)
    page.goto(project_address(page, host))
    scan(page)
    page.get_by_role("textbox", name="Navn").first.fill("Badet til Granlia")
    press(page, page.get_by_role("button", name="Lagre", exact=True))
    expect(page.get_by_role("heading", level=1)).to_have_text("Badet til Granlia")
    page.goto(host.url("integrations/visma"))
    press(page, page.get_by_role("button", name="Hent nå"))
    expect(page.get_by_role("status")).to_be_visible()
    assert "Badet til Granlia" in texts_of(page, host.url("projects"))[0]


def _bill(page: Page, host: Host) -> None:
    show_order(page, host)
    problems = page.get_by_role("region", name=re.compile("Dette må rettes først"))
    expect(problems).to_contain_text("Arbeidstype: Rådgivning")
    expect(problems).to_contain_text("Velg et produkt på arbeidstypen.")
    expect(problems).to_contain_text("Kostnad: Bompenger")
    expect(page.get_by_role("button", name="Ferdigstill og send")).to_have_count(0)
    scan(page)
    cure_work_types(page, host)
    show_order(page, host)
    expect(page.get_by_role("cell", name="21\N{NO-BREAK SPACE}354,13", exact=True)).to_be_visible()
    scan(page)
    push_order(page, host)
    expect(page.get_by_text("Overført", exact=True).first).to_be_visible()
    scan(page)
    page.reload()
    assert len(host.sent_orders()) == 1
    page.goto(host.url("orders"))
    expect(page.get_by_role("row")).to_have_count(2)
    scan(page)


def _lose_the_login_and_connect_again(page: Page, host: Host) -> None:
    before = _everything(page, host)
    host.steer("POST", "password-change")
    page.goto(host.url("integrations/visma"))
    expect(page.get_by_role("alert")).to_contain_text("må kobles til på nytt", ignore_case=True)
    scan(page)
    press(page, page.get_by_role("button", name="Koble til på nytt"))
    press(page, page.get_by_role("button", name="Log in"))
    expect(page.get_by_role("status")).to_contain_text("Koblet til Visma eAccounting")
    press(page, page.get_by_role("button", name="Hent nå"))
    expect(page.get_by_role("status")).to_be_visible()
    assert _everything(page, host) == before
    assert len(host.sent_orders()) == 1


def _everything(page: Page, host: Host) -> list[list[str]]:
    """Return all that people would miss: projects, archived ones, hours and costs, orders."""
    project = project_address(page, host)
    addresses = (host.url("projects"), host.url("projects?archived=1"), project, host.url("orders"))
    return [texts_of(page, address) for address in addresses]
