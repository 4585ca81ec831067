"""What a person does, step by step; by keyboard where it says so."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from .hosts import Host

_STANDARDS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}


def scan(page: Page) -> None:
    """Look for what keeps people with a disability from using the page: nothing serious may be found."""
    answer = Axe().run(page, options=_STANDARDS).response
    found = [each for each in answer["violations"] if each["impact"] in {"serious", "critical"}]
    told = [f"{each['id']}: {[node['html'] for node in each['nodes']]}" for each in found]
    assert not told, f"{page.url}: {told}"
    assert answer["passes"], "the scan has not looked at anything"


def press(page: Page, target: Locator) -> None:
    """Go to a control with the tab key, see that it shows where one is, and press Enter."""
    expect(target).to_have_count(1)
    for _ in range(100):
        if target.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    else:
        raise AssertionError(f"{target} cannot be reached with the tab key")
    ring = target.evaluate("element => getComputedStyle(element).outlineStyle")
    assert ring != "none", f"{target} does not show that it has the focus"
    page.keyboard.press("Enter")


def unfold(page: Page, name: str) -> None:
    """Open a part of a page that is folded."""
    page.locator("summary").filter(has_text=name).click()


def connect(page: Page, host: Host) -> None:
    """Connect with project sync, through Visma's login page."""
    page.goto(host.url("integrations/visma"))
    page.get_by_role("button", name="Koble til", exact=True).click()
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("status")).to_contain_text("Koblet til Visma eAccounting")


def fetch_first(page: Page, host: Host) -> None:
    """Look at the preview and fetch for the first time."""
    page.goto(host.url("integrations/visma/plan"))
    page.get_by_role("button", name="Hent og arkiver").click()
    expect(page.get_by_role("status")).to_contain_text("Utført")


def cure_work_types(page: Page, host: Host) -> None:
    """Give the work types their products."""
    page.goto(project_address(page, host))
    for name in ("Rådgivning", "Reisetid"):
        form = page.get_by_role("form", name=name, exact=True)
        form.get_by_label("Produkt").select_option(label=name)
        form.get_by_role("button").click()
        expect(page.get_by_role("status")).to_have_text("Lagret.")


def project_address(page: Page, host: Host) -> str:
    """Return the address of the project with hours, which has the lowest number."""
    page.goto(host.url("projects"))
    row = page.locator("tbody tr").first
    address = row.get_by_role("link").get_attribute("href")
    assert address
    return f"{host.address}{address.removeprefix('/')}"


def show_order(page: Page, host: Host) -> None:
    """Show what an order of this month would be."""
    page.goto(project_address(page, host))
    page.get_by_role("button", name="Lag ordre").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ny ordre")


def push_order(page: Page, host: Host) -> None:
    """Finalise the order of this month, which is sent at once."""
    show_order(page, host)
    page.get_by_role("button", name="Ferdigstill og send").click()
    expect(page.get_by_role("status")).to_contain_text("sendt til eAccounting")


def texts_of(page: Page, address: str) -> list[str]:
    """Return the rows of the table on a page."""
    page.goto(address)
    return page.locator("tbody tr").all_inner_texts()
