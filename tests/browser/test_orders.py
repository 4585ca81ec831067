"""An order is sent once, whatever people press; and its hours come back when its draft is taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .hosts import Host
from .steps import (
    connect,
    cure_work_types,
    fetch_first,
    project_address,
    push_order,
    scan,
    show_order,
    unfold,
)


@pytest.fixture
def ready(host: Host, page: Page) -> Host:
    """A host that is connected, with hours that can be billed."""
    connect(page, host)
    fetch_first(page, host)
    cure_work_types(page, host)
    return host


def test_pressing_twice_sends_once(ready: Host, page: Page, window: BrowserContext) -> None:
    """Two requests with the same order at the same moment, as a double click without scripts makes them."""
    show_order(page, ready)
    button = page.get_by_role("button", name="Ferdigstill og send")
    form = page.locator("form", has=button)
    fields = form.evaluate("form => Object.fromEntries(new FormData(form))")
    address = f"{ready.address}{str(form.get_attribute('action')).removeprefix('/')}"
    cookies = {str(each["name"]): str(each["value"]) for each in window.cookies()}

    def send(_: int) -> int:
        return httpx.post(address, data=fields, cookies=cookies, timeout=30).status_code

    with ThreadPoolExecutor(3) as people:
        answers = list(people.map(send, range(3)))
    assert all(status in {302, 303} for status in answers)
    button.dblclick()
    expect(page.get_by_text("Overført", exact=True).first).to_be_visible()
    page.reload()
    assert len(ready.sent_orders()) == 1
    page.goto(ready.url("orders"))
    expect(page.get_by_role("row")).to_have_count(2)


def test_an_order_that_is_no_longer_as_it_was_shown_is_shown_again(
    ready: Host, page: Page, window: BrowserContext
) -> None:
    """Somebody booked hours meanwhile: what is sent is what a person has seen."""
    show_order(page, ready)
    colleague = window.new_page()
    colleague.goto(project_address(colleague, ready))
    unfold(colleague, "Før timer")
    colleague.get_by_role("textbox", name="Timer").fill("2")
    colleague.get_by_role("button", name="Før timer").click()
    expect(colleague.get_by_role("status")).to_have_text("Timene er ført.")
    button = page.get_by_role("button", name="Ferdigstill og send")
    button.click()
    expect(page.get_by_role("alert")).to_contain_text("ikke lenger slik den ble vist")
    assert not ready.sent_orders()
    button.click()
    expect(page.get_by_role("status")).to_contain_text("sendt til eAccounting")
    assert len(ready.sent_orders()) == 1


def test_a_draft_that_is_withdrawn_gives_its_hours_back(ready: Host, page: Page) -> None:
    """They make the next order."""
    push_order(page, ready)
    show_order(page, ready)
    expect(page.get_by_role("main")).to_contain_text("Det er ingenting å fakturere")
    page.goto(ready.url("orders"))
    page.get_by_role("row").nth(1).get_by_role("link").click()
    unfold(page, "Trekk tilbake")
    scan(page)
    page.get_by_role("button", name="Trekk tilbake").click()
    expect(page.get_by_role("status")).to_contain_text("Utkastet er slettet i eAccounting")
    push_order(page, ready)
    assert len(ready.sent_orders()) == 2


def test_what_became_of_an_order_in_eaccounting_is_shown(ready: Host, page: Page) -> None:
    """It was invoiced there; then nothing is left to withdraw."""
    push_order(page, ready)
    (draft,) = ready.steer("GET", "orders/history")["entries"][-1:]
    order = ready.steer("POST", f"orders/{draft['order']['Id']}/convert")
    ready.steer("POST", f"orders/{order['Id']}/invoice")
    page.get_by_role("button", name="Oppdater status").click()
    expect(page.get_by_text("Fakturert")).to_be_visible()
    expect(page.get_by_text(str(order["Number"]), exact=True)).to_be_visible()
    expect(page.get_by_text("Trekk tilbake")).to_have_count(0)


def test_an_order_that_is_refused_says_why_and_can_be_made_anew(ready: Host, page: Page) -> None:
    """Its hours are free again."""
    fault = {"kind": "status", "status": 400, "error_code": 2000, "when": "before"}
    ready.steer("POST", "faults", {"method": "POST", "path": "/orders", **fault})
    show_order(page, ready)
    page.get_by_role("button", name="Ferdigstill og send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_text("Avvist", exact=True).first).to_be_visible()
    scan(page)
    unfold(page, "Åpne ordren igjen")
    page.get_by_role("button", name="Åpne ordren igjen").click()
    expect(page.get_by_role("status")).to_contain_text("Ordren er åpnet igjen")
    push_order(page, ready)


def test_an_order_that_could_not_be_sent_waits_and_is_sent_when_the_cause_is_gone(
    ready: Host, page: Page
) -> None:
    """The user lacked a right in eAccounting; nobody has to make the order again."""
    fault = {"kind": "status", "status": 403, "error_code": 4007}
    ready.steer("POST", "faults", {"method": "POST", "path": "/orders", **fault})
    show_order(page, ready)
    page.get_by_role("button", name="Ferdigstill og send").click()
    expect(page.get_by_role("alert")).to_contain_text("eAccounting gir ikke Busy tilgang")
    expect(page.get_by_text("Venter på å bli sendt", exact=True).first).to_be_visible()
    scan(page)
    page.get_by_role("button", name="Send til eAccounting").click()
    expect(page.get_by_role("status")).to_contain_text("sendt til eAccounting")
    assert [each["status"] for each in ready.sent_orders()] == [403, 201]


def test_what_is_not_clear_is_decided_by_a_person(ready: Host, page: Page) -> None:
    """Two drafts claim to be the order; when it is mended there, the order is found, and not sent again."""
    push_order(page, ready)
    (other,) = ready.steer("GET", "orders/history")["entries"][-1:]
    page.goto(project_address(page, ready))
    unfold(page, "Før timer")
    page.get_by_role("textbox", name="Timer").fill("2")
    page.get_by_role("button", name="Før timer").click()
    ready.steer("POST", "faults", {"method": "POST", "path": "/orders", "kind": "drop_after"})
    show_order(page, ready)
    page.get_by_role("button", name="Ferdigstill og send").click()
    expect(page.get_by_role("alert")).to_contain_text("svarte ikke tydelig")
    (draft,) = ready.steer("GET", "orders/history")["entries"][-1:]
    address = f"records/orders/{other['order']['Id']}"
    ready.steer("PATCH", address, {"OurReference": draft["order"]["OurReference"]})
    page.get_by_role("button", name="Sjekk på nytt").click()
    expect(page.get_by_text("Krever avklaring", exact=True).first).to_be_visible()
    scan(page)
    ready.steer("PATCH", address, {"OurReference": "Kari"})
    page.get_by_role("button", name="Nei, send ordren på nytt").click()
    expect(page.get_by_role("status")).to_contain_text("Ordren er i eAccounting fra før")
    expect(page.get_by_text("Overført", exact=True).first).to_be_visible()
    assert len(ready.sent_orders()) == 2


def test_the_hours_behind_an_order_are_a_page_of_their_own(ready: Host, page: Page) -> None:
    """In the person's language."""
    push_order(page, ready)
    page.get_by_role("link", name="Timespesifikasjon").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Timespesifikasjon")


def test_all_of_it_works_without_scripts(ready: Host, chromium: Browser, window: BrowserContext) -> None:
    """A browser that runs none books hours and sends an order."""
    plain = chromium.new_context(
        locale="nb-NO", java_script_enabled=False, storage_state=window.storage_state()
    )
    page = plain.new_page()
    show_order(page, ready)
    page.get_by_role("link", name="Rehabilitering").click()
    unfold(page, "Før timer")
    page.get_by_role("textbox", name="Timer").fill("1,5")
    page.get_by_role("button", name="Før timer").click()
    expect(page.get_by_role("status")).to_have_text("Timene er ført.")
    expect(page.get_by_role("cell", name="1,50", exact=True)).to_be_visible()
    push_order(page, ready)
    assert len(ready.sent_orders()) == 1
    plain.close()
