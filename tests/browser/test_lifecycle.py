"""Disconnect, reconnect and delete as a nervous merchant does them: from the card, reading first. Pictures as in
`test_states`."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.test_states import PHONE, keep, too_wide

pytestmark = pytest.mark.browser
HOME = "Nordlicht Home"


@pytest.fixture
def synced(running: Site, page: Page) -> Page:
    running.add_shop("nordlicht-home", customers=60, orders=90, products=12)
    running.set_up(page)
    running.approve(page, "nordlicht-home")
    running.start(page)
    running.until(page, "Synced, verified")
    return page


def choose(page: Page, item: str) -> None:
    page.get_by_role("button", name=f"Menu of {HOME}").click()
    page.get_by_role("menuitem", name=item).click()


def test_disconnect_asks_in_the_seeds_words_and_reconnect_brings_it_back(running: Site, synced: Page) -> None:
    page = synced
    choose(page, "Disconnect")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Are you sure you want to disconnect? You can reconnect later.")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    keep(page, "disconnect")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("article")).to_contain_text("Connected")

    choose(page, "Disconnect")
    page.get_by_role("button", name="Disconnect", exact=True).click()
    card = page.get_by_role("article")
    expect(card).to_contain_text("Disconnected")
    expect(card).to_contain_text("Everything imported is still here.")
    keep(page, "disconnected")
    page.get_by_role("button", name=f"Menu of {HOME}").click()
    expect(page.get_by_role("menuitem", name="Check health")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("menuitem", name="Disconnect Already")).to_have_attribute("aria-disabled", "true")
    keep(page, "disconnected-menu")
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Reconnect", exact=True).click()
    page.get_by_role("button", name="Continue to Shopify").click()
    page.get_by_role("button", name="Update").click()
    running.until(page, "Synced, verified")
    expect(page.get_by_role("article")).to_contain_text("Connected")


def test_delete_shows_both_lists_and_takes_the_typed_domain(running: Site, synced: Page) -> None:
    page = synced
    choose(page, "Delete")
    dialog = page.get_by_role("dialog", name=f"Delete {HOME}?")
    for side in ("Removed", "Kept"):
        expect(dialog.get_by_role("region", name=side)).to_be_visible()
    expect(dialog.get_by_role("link", name="Disconnect instead")).to_be_visible()
    expect(dialog.get_by_role("button", name="Continue…")).not_to_be_focused()
    keep(page, "delete")
    page.set_viewport_size(PHONE)
    assert too_wide(page) == []
    keep(page, "phone-delete")
    page.set_viewport_size({"width": 1280, "height": 800})

    dialog.get_by_role("button", name="Continue…").click()
    dialog = page.get_by_role("dialog", name=f"Delete {HOME}?")
    button = dialog.get_by_role("button", name="Delete store")
    expect(button).to_be_disabled()
    typed = dialog.get_by_label("Type nordlicht-home.myshopify.com to confirm")
    typed.fill("nordlicht-hom")
    expect(button).to_be_disabled()
    page.keyboard.press("Escape")
    expect(typed).to_have_value("nordlicht-hom")
    typed.fill("nordlicht-home.myshopify.com")
    expect(button).to_be_enabled()
    keep(page, "delete-confirm")
    button.click()
    page.get_by_role("heading", name=f"Deleted {HOME}").wait_for()
    keep(page, "delete-receipt")
    page.get_by_role("link", name="Integrations").first.click()
    expect(page.get_by_role("heading", name="Nothing is connected yet")).to_be_visible()
