"""From the set-up link to a proved import, as a person does it; then everything there is to look at."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import EMAIL, PASSWORD, Site, visit

pytestmark = pytest.mark.browser


def test_set_up_connect_choose_start_and_see_it_proved(running: Site, page: Page) -> None:
    running.add_shop("nordlicht-home", customers=120, orders=160, products=30)
    running.set_up(page)
    page.get_by_role("link", name="Connect platform").click()
    page.get_by_label("Store domain").fill("abc")
    page.get_by_role("button", name="Continue to Shopify").click()
    expect(page.get_by_text("Store name must be at least 4 characters")).to_be_visible()
    expect(page.get_by_label("Store domain")).to_have_value("abc")
    page.get_by_role("link", name="Integrations").first.click()

    running.approve(page, "nordlicht-home")
    switches = page.get_by_role("switch")
    expect(switches).to_have_count(9)
    assert [switches.nth(n).is_checked() for n in range(9)] == [True] * 5 + [False] * 4
    assert [switches.nth(n).is_disabled() for n in range(9)] == [False] * 9
    expect(page.get_by_label("Customer list")).to_have_value("new")
    expect(page.get_by_text("Visible since")).to_be_visible()
    running.start(page)

    running.until(page, "Synced, verified")
    card = page.get_by_role("article")
    expect(card).to_contain_text("Connected")
    expect(card).to_contain_text(re.compile(r"Customers\s*120"))
    expect(card).to_contain_text(re.compile(r"Products\s*30"))
    see_the_details(page)
    see_the_records(page)


def see_the_details(page: Page) -> None:
    page.get_by_role("heading", name="Nordlicht Home").get_by_role("link").click()
    for item in ("OAuth connected", "Token valid", "All scopes granted", "API responding", "Initial sync complete"):
        expect(page.get_by_role("heading", name=f"{item} (passed)")).to_be_visible()
    expect(page.get_by_text("verified: 120 of 120")).to_be_visible()
    expect(page.get_by_text("visible since")).to_be_visible()


def see_the_records(page: Page) -> None:
    page.get_by_role("link", name="Customers", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(50)
    first = page.locator("tbody tr").first.inner_text()
    page.get_by_role("link", name="Older").click()
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr")).to_have_count(20)
    page.get_by_role("link", name="Newer").click()
    page.get_by_role("link", name="Newer").click()
    assert page.locator("tbody tr").first.inner_text() == first

    email = page.locator("tbody tr").nth(3).locator("td").nth(1).inner_text()
    page.get_by_role("searchbox").fill(email)
    page.get_by_role("button", name="Search").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("tbody tr").click()
    expect(page.get_by_text(email).first).to_be_visible()
    expect(page.get_by_role("heading", name="Addresses")).to_be_visible()

    page.get_by_role("link", name="Orders", exact=True).click()
    page.locator("tbody tr").first.click()
    expect(page.get_by_role("heading", name="Lines")).to_be_visible()
    page.get_by_role("link", name="Products", exact=True).click()
    page.locator("tbody tr").first.click()
    expect(page.get_by_role("heading", name=re.compile(r"\d+ variants?"))).to_be_visible()
    page.get_by_role("link", name="Activity", exact=True).click()
    expect(page.get_by_text("started an import of")).to_be_visible()


def test_everything_works_without_javascript(running: Site, browser: Browser) -> None:
    running.add_shop("nordlicht-home", customers=10, orders=10, products=5)
    with visit(browser, running, java_script_enabled=False) as page:
        running.set_up(page)
        running.approve(page, "nordlicht-home")
        running.start(page)
        for _ in range(60):
            page.reload()
            if page.get_by_text("Synced, verified").count():
                break
            page.wait_for_timeout(500)
        expect(page.get_by_text("Synced, verified")).to_be_visible()
        page.locator("details.account summary").click()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("E-mail").fill(EMAIL)
        page.get_by_label("Password").fill("not this one")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("E-mail or password is wrong.")).to_be_visible()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Integrations")).to_be_visible()


def test_a_second_browser_cannot_use_the_link_again(running: Site, page: Page, browser: Browser) -> None:
    running.set_up(page)
    with visit(browser, running) as other:
        other.goto(running.setup_link)
        expect(other.get_by_text("This set-up link was already used or has run out.")).to_be_visible()
