"""Disconnect, reconnect and delete as a nervous merchant does them: from the card, reading first, also by keyboard and
on a phone. Pictures as in `test_states`."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from mooring_sandbox.shopify.faults import Fault
from tests.browser.site import Site
from tests.browser.test_states import PHONE, keep, too_wide

pytestmark = pytest.mark.browser
HOME, DOMAIN = "Nordlicht Home", "nordlicht-home.myshopify.com"
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONES: tuple[ViewportSize, ...] = ({"width": 390, "height": 844}, PHONE)
OVER = """() => [document.documentElement, ...document.querySelectorAll('dialog[open], dialog[open] .sheet-body')]
  .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.outerHTML.slice(0, 90))"""
READY = ("OAuth connected", "Token valid", "All scopes granted", "API responding", "Initial sync complete")


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


def installed(running: Site) -> tuple[int, int]:
    """(shop, app) at the sandbox."""
    app = running.sandbox.apps.all()[0]
    return running.sandbox.installations.of_app(app.id)[0].shop_id, app.id


def assert_fits_a_phone(page: Page, name: str) -> None:
    """Nothing to be pushed sideways, whatever lies over the page; seen at the wider phone, kept at the narrower."""
    for size in PHONES:
        page.set_viewport_size(size)
        assert page.evaluate(OVER) + too_wide(page) == [], size
    keep(page, f"phone-{name}")
    page.set_viewport_size(DESK)


def assert_keeps_the_focus(page: Page, dialog: Locator) -> None:
    """The browser's own bar is on the way round; the page behind is not."""
    inside = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
    seen: set[str] = set()
    for _ in range(2 * dialog.locator("a, button, input:not([type=hidden]), summary").count() + 2):
        page.keyboard.press("Tab")
        assert page.evaluate(inside)
        seen.add(page.evaluate("document.activeElement.textContent.trim()"))
    assert "Cancel" in seen


def assert_escape_leads_back(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name=f"Menu of {HOME}")).to_be_focused()
    expect(page.get_by_role("article")).to_contain_text("Connected")


def reconnect(running: Site, page: Page, consent: str) -> None:
    """From the page with the form to the card that is well again."""
    page.get_by_role("button", name="Continue to Shopify").click()
    page.get_by_role("button", name=consent).click()
    running.until(page, "Synced, verified")
    expect(page.get_by_role("article")).to_contain_text("Connected")


def test_disconnect_asks_in_the_seeds_words_and_reconnect_brings_it_back(running: Site, synced: Page) -> None:
    page = synced
    choose(page, "Disconnect")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Are you sure you want to disconnect? You can reconnect later.")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    keep(page, "disconnect")
    assert_keeps_the_focus(page, dialog)
    assert_fits_a_phone(page, "disconnect")
    assert_escape_leads_back(page)

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
    reconnect(running, page, "Update")


def test_an_amber_card_says_why_and_since_when_and_reconnect_heals_it(running: Site, synced: Page) -> None:
    page = synced
    running.sandbox.installations.uninstall(*installed(running))
    choose(page, "Check health")
    expect(page.get_by_text("Health check failed")).to_be_visible()
    page.get_by_role("link", name="Integrations").first.click()
    card = page.get_by_role("article")
    badge = card.locator(".badge")
    expect(badge).to_have_text("Reconnect required")
    expect(badge).to_have_class(re.compile(r"\bdiamond\b.*\bwarn\b"))
    expect(card).to_contain_text(
        f"Shopify no longer accepts this authorisation of {DOMAIN}. Everything imported is still"
    )
    expect(card.locator("footer")).to_contain_text(re.compile(r"since (just now|\d+ s ago)"))
    expect(card.locator("footer time")).to_have_attribute("title", re.compile(r"\d{4}, \d\d:\d\d:\d\d UTC"))
    expect(page.get_by_text("1 store. One needs you.")).to_be_visible()
    keep(page, "amber")
    assert_fits_a_phone(page, "amber")

    button = card.get_by_role("link", name="Reconnect", exact=True)
    expect(button).to_have_class(re.compile("primary"))
    button.focus()
    page.keyboard.press("Enter")
    reconnect(running, page, "Install")
    expect(page.get_by_text("All is well.")).to_be_visible()


def test_readiness_names_the_one_thing_that_fails_and_has_the_button_that_fixes_it(running: Site, synced: Page) -> None:
    page = synced
    running.sandbox.installations.revoke(*installed(running), ["read_products"])
    choose(page, "Check health")
    expect(page.get_by_text("Health check failed")).to_be_visible()
    readiness = page.get_by_role("region", name="Store readiness")
    for item in READY:
        said = "failed" if item == "All scopes granted" else "passed"
        expect(readiness.get_by_role("heading", name=f"{item} ({said})")).to_be_visible()
    failing = readiness.get_by_role("listitem").filter(has_text="All scopes granted")
    expect(failing).to_contain_text("Missing: read_products. What is permitted keeps coming in.")
    expect(readiness.get_by_role("link")).to_have_count(1)
    expect(readiness).to_contain_text("Last checked")
    expect(page.get_by_text("read_products missing")).to_be_visible()
    keep(page, "readiness")
    assert_fits_a_phone(page, "readiness")

    failing.get_by_role("link", name="Grant").click()
    reconnect(running, page, "Update")
    page.get_by_role("heading", name=HOME).get_by_role("link").click()
    expect(page.get_by_role("heading", name="All scopes granted (passed)")).to_be_visible()


def test_delete_shows_both_lists_and_takes_the_typed_domain(running: Site, synced: Page) -> None:
    page = synced
    choose(page, "Delete")
    dialog = page.get_by_role("dialog", name=f"Delete {HOME}?")
    for side in ("Removed", "Kept"):
        expect(dialog.get_by_role("region", name=side)).to_be_visible()
    expect(dialog.get_by_role("region", name="Removed")).to_contain_text(re.compile(r"Customers\s*60"))
    expect(dialog.get_by_role("link", name="Disconnect instead")).to_be_visible()
    expect(dialog.get_by_role("button", name="Continue…")).not_to_be_focused()
    keep(page, "delete")
    assert_keeps_the_focus(page, dialog)
    assert_fits_a_phone(page, "delete")
    assert_escape_leads_back(page)

    choose(page, "Delete")
    page.get_by_role("button", name="Continue…").click()
    dialog = page.get_by_role("dialog", name=f"Delete {HOME}?")
    typed, button = dialog.get_by_label(f"Type {DOMAIN} to confirm"), dialog.get_by_role("button", name="Delete store")
    expect(typed).to_be_focused()
    expect(button).to_be_disabled()
    typed.fill("nordlicht-hom")
    expect(button).to_be_disabled()
    page.keyboard.press("Escape")
    expect(typed).to_have_value("nordlicht-hom")
    assert_fits_a_phone(page, "delete-confirm")
    assert_the_server_refuses_it_too(page)
    typed.fill(DOMAIN)
    expect(button).to_be_enabled()
    keep(page, "delete-confirm")
    running.sandbox.faults.add(Fault(kind="status", operation="appUninstall", times=2))
    typed.press("Enter")
    see_it_deleted(page)
    page.get_by_role("link", name="Integrations").first.click()
    expect(page.get_by_role("heading", name="Nothing is connected yet")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(0)


def assert_the_server_refuses_it_too(page: Page) -> None:
    page.evaluate("document.querySelector('[data-confirms]').disabled = false")
    page.get_by_role("button", name="Delete store").click()
    dialog = page.get_by_role("dialog", name=f"Delete {HOME}?")
    expect(dialog.get_by_role("alert")).to_contain_text(DOMAIN)
    expect(dialog.get_by_label(f"Type {DOMAIN} to confirm")).to_have_value("nordlicht-hom")


def see_it_deleted(page: Page) -> None:
    """The steps go on and turn into the receipt, all on one page that is never loaded again."""
    page.get_by_role("heading", name=f"Deleting {HOME}").wait_for()
    page.evaluate("window.stayed = true")
    steps = page.get_by_role("region", name="Steps")
    expect(steps.get_by_role("heading", name="Stopped (done)")).to_be_visible()
    expect(steps.get_by_role("heading", name="(going on)")).to_have_count(1)
    expect(page.get_by_text("Tried again by itself.")).to_be_visible()
    keep(page, "deleting")
    assert_fits_a_phone(page, "deleting")
    page.get_by_role("heading", name=f"Deleted {HOME}").wait_for()
    receipt = page.get_by_role("region", name="Receipt")
    expect(receipt).to_contain_text(re.compile(r"Customers\s*60"))
    expect(receipt).to_contain_text("(Removed)")
    assert page.evaluate("window.stayed")
    keep(page, "delete-receipt")
    assert_fits_a_phone(page, "delete-receipt")
