"""What holds for every page."""

from __future__ import annotations

import httpx
from playwright.sync_api import BrowserContext, Page, expect

from .hosts import Host
from .steps import scan, unfold

PAGES = ("integrations/visma", "projects", "projects?archived=1", "orders", "projects/1", "nothing-here")


def test_the_language_is_norwegian_until_a_person_chooses_english(host: Host, page: Page) -> None:
    """The choice stays, on the page where one was; and back again."""
    page.goto(host.url("projects?archived=1"))
    expect(page.locator("html")).to_have_attribute("lang", "nb")
    expect(page.get_by_role("heading", level=1)).to_have_text("Prosjekter")
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url(host.url("projects?archived=1"))
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Projects")
    page.goto(host.url("integrations/visma"))
    expect(page.get_by_role("main")).to_contain_text("Press connect and log in at Visma.")
    page.get_by_role("button", name="Norsk").click()
    expect(page.get_by_role("main")).to_contain_text("Trykk «Koble til» og logg inn hos Visma.")


def test_every_page_can_be_used_by_all_in_both_languages_on_wide_and_narrow_screens(
    host: Host, page: Page
) -> None:
    """One heading, landmarks, no finding of the scanner, and nothing wider than the screen."""
    page.goto(host.address)
    for language in ("Norsk", "English"):
        page.get_by_role("button", name=language).click()
        for path in PAGES:
            page.goto(host.url(path))
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
            expect(page.get_by_role("main")).to_have_count(1)
            scan(page)
            page.set_viewport_size({"width": 360, "height": 740})
            wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert wider <= 0, f"{path} is {wider} pixels wider than a narrow screen"
            scan(page)
            page.set_viewport_size({"width": 1180, "height": 800})


def test_a_mistake_in_a_form_is_told_and_changes_nothing(host: Host, page: Page) -> None:
    """Numbers are read with a comma; what is none is said by the field's name."""
    page.goto(host.url("projects/1"))
    unfold(page, "Før timer")
    page.get_by_role("textbox", name="Timer").fill("åtte")
    page.get_by_role("button", name="Før timer").click()
    expect(page.get_by_role("alert")).to_have_text("Timer er ikke et tall.")
    expect(page.get_by_role("cell", name="8,00")).to_have_count(0)


def test_pages_keep_to_themselves(host: Host, window: BrowserContext, page: Page) -> None:
    """No foreign script, no frame, no stored copy; cookies that no script and no other site uses."""
    page.goto(host.url("integrations/visma"))
    answer = httpx.get(host.url("integrations/visma"))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    page.get_by_role("button", name="Koble til", exact=True).click()
    page.get_by_role("button", name="Log in").click()
    cookies = [each for each in window.cookies(host.address) if "session" in str(each["name"])]
    assert cookies
    assert all(each["httpOnly"] and each["sameSite"] == "Lax" for each in cookies)


def test_a_form_of_another_site_is_refused(host: Host) -> None:
    """Whatever it asks for."""
    forged = httpx.post(host.url("integrations/visma/disconnect"), data={"csrf": "guessed"})
    assert forged.status_code == 403
    assert "Skjemaet er for gammelt" in forged.text
