"""Keyboard, focus, theme, and pages that report errors."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def connected(running: Site, page: Page) -> Page:
    running.add_shop("nordlicht-home", customers=5, orders=5, products=5)
    running.set_up(page)
    running.approve(page, "nordlicht-home")
    running.start(page)
    running.until(page, "Synced, verified")
    return page


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.textContent.trim().split('\\n')[0]")


def test_the_card_menu_by_keyboard(connected: Page) -> None:
    page = connected
    button = page.get_by_role("button", name="Menu of Nordlicht Home")
    button.focus()
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Sync settings"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "View details"
    page.keyboard.press("End")
    assert focused(page).startswith("Delete")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Sync settings"
    titles = page.get_by_role("menuitem").evaluate_all("all => all.map(one => one.firstChild.textContent.trim())")
    assert titles == ["Sync settings", "View details", "Check health", "Reconnect", "Disconnect", "Delete…"]
    page.wait_for_timeout(2500)  # the cards are polled meanwhile
    expect(page.get_by_role("menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(button).to_be_focused()


def test_the_drawer_keeps_the_focus_and_escape_leaves_it(connected: Page) -> None:
    page = connected
    page.get_by_role("button", name="Menu of Nordlicht Home").click()
    page.get_by_role("menuitem", name="Sync settings").click()
    expect(page.get_by_role("heading", name="Sync settings")).to_be_focused()
    inside = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("/integrations#"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Menu of Nordlicht Home")).to_be_focused()


def test_the_theme_is_chosen_and_remembered(connected: Page) -> None:
    page = connected
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name="Appearance").click()
    page.get_by_role("heading", name="Theme").wait_for()
    paper = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(paper)
    page.get_by_label("Dark").check()
    dark = page.evaluate(paper)
    assert dark != before
    page.reload()
    assert page.evaluate(paper) == dark
    expect(page.get_by_label("Dark")).to_be_checked()


def test_a_form_is_not_sent_twice(connected: Page) -> None:
    page = connected
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name="Lists").click()
    page.get_by_label("Name").fill("Friends")
    page.get_by_role("button", name="Add list").dblclick()
    expect(page.get_by_role("cell", name="Friends")).to_have_count(1)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/nowhere", "There is nothing at this address."),
        ("/stores/unknown", "There is no such store."),
        ("/oauth/callback?code=x&shop=nordlicht-home.myshopify.com&state=y&hmac=z", "cannot be used"),
        ("/oauth/callback?error=access_denied&state=y", "Mooring was not approved at Shopify. Nothing was changed."),
    ],
)
def test_an_error_page_says_what_happened_and_leads_on(running: Site, page: Page, path: str, says: str) -> None:
    running.set_up(page)
    page.goto(running.url + path)
    expect(page.get_by_role("alert")).to_contain_text(says)
    page.get_by_role("link", name="Back to Integrations").click()
    expect(page.get_by_role("heading", name="Nothing is connected yet")).to_be_visible()
