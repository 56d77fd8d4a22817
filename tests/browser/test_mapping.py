"""Clear sync data and rebuild the mapping as a nervous merchant does it: reading, typing, deciding one by hand; also by
keyboard and on a phone. Pictures as in `test_states`."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import PATIENCE, Site
from tests.browser.test_lifecycle import assert_fits_a_phone
from tests.browser.test_odoo import accept, connect, imported, look, odoo
from tests.browser.test_states import keep
from tests.usecases.odoo_world import Odoo

__all__ = ["imported", "odoo"]
pytestmark = pytest.mark.browser
PHRASE = "clear sync data"


@pytest.fixture
def synced(running: Site, imported: Page, odoo: Odoo) -> Page:
    page = imported
    connect(page, odoo)
    accept(page)
    page.get_by_role("button", name="Accept and sync").click()
    page.get_by_role("region", name="Receipt").wait_for(timeout=PATIENCE * 1000)
    return page


def to_advanced(page: Page) -> None:
    page.get_by_role("link", name="Settings", exact=True).first.click()
    page.get_by_role("link", name="Advanced settings").click()


def twin(odoo: Odoo) -> int:
    """Somebody in Odoo made a second contact of the same e-mail, and the first one lost its reference: its id."""
    [first, *_] = odoo.rows("res.partner", [["ref", "like", "shopify:"], ["email", "!=", False]], "email")
    odoo.does("res.partner", "write", ids=[first["id"]], vals={"ref": False})
    odoo.does("res.partner", "create", vals_list=[{"name": "A Twin", "email": first["email"], "city": "Porto"}])
    return first["id"]


def assert_synced(page: Page, count: int) -> None:
    page.get_by_role("link", name="Customers", exact=True).click()
    tabs = page.get_by_role("navigation", name="Status")
    expect(tabs.get_by_role("link", name=re.compile(rf"^Synced\s*{count}$"))).to_be_visible()


def test_clear_then_rebuild_with_one_decided_by_hand(running: Site, synced: Page, odoo: Odoo) -> None:
    page = synced
    assert_synced(page, 60)
    read_the_warning(page)
    type_and_clear(page)
    see_the_banner(page)
    rebuild(page, meant=twin(odoo))
    assert_synced(page, 60)
    expect(page.get_by_text("Mapping cleared on")).to_have_count(0)
    verify(page)


def read_the_warning(page: Page) -> None:
    to_advanced(page)
    look(page, "advanced")
    page.get_by_role("link", name="Clear sync data…").click()
    expect(page.get_by_text("No customer, no product and no order is deleted")).to_be_visible()
    what = page.get_by_role("region", name="What to clear")
    expect(what.get_by_text("60 mapped")).to_be_visible()
    look(page, "clear")
    orders = what.get_by_label("Orders and their invoices")
    orders.focus()
    page.keyboard.press("Space")
    expect(what).not_to_contain_text("Order sync status")
    expect(page).to_have_url(re.compile(r"kind_customers=on&kind_products=on&store_"))
    expect(page.get_by_label("Orders and their invoices")).to_be_focused()


def type_and_clear(page: Page) -> None:
    page.get_by_role("button", name="Clear sync data").click()
    dialog = page.get_by_role("dialog", name="Clear sync data of Nordlicht Home?")
    expect(dialog.get_by_role("region", name="Forgotten")).to_contain_text(re.compile(r"Mapping of customers\s*60"))
    typed, button = (
        dialog.get_by_label(f"Type {PHRASE} to confirm"),
        dialog.get_by_role("button", name="Clear sync data"),
    )
    expect(typed).to_be_focused()
    expect(button).to_be_disabled()
    typed.fill("clear sync")
    page.keyboard.press("Escape")
    expect(typed).to_have_value("clear sync")
    expect(button).to_be_disabled()
    keep(page, "clear-confirm")
    assert_fits_a_phone(page, "clear-confirm")
    page.evaluate("document.querySelector('[data-confirms]').disabled = false")
    button.click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(PHRASE)
    typed.fill("Clear sync data")
    expect(button).to_be_enabled()
    typed.press("Enter")
    page.get_by_role("heading", name="Cleared sync data of Nordlicht Home").wait_for(timeout=PATIENCE * 1000)
    receipt = page.get_by_role("region", name="Receipt")
    expect(receipt).to_contain_text("No customer, product or order was deleted.")
    look(page, "clear-receipt")


def see_the_banner(page: Page) -> None:
    page.get_by_role("link", name="Customers", exact=True).click()
    banner = page.get_by_role("region", name="Automatic sync waits: Nordlicht Home")
    expect(banner).to_contain_text(re.compile(r"Mapping cleared on \d+ \w+ \d{4}, \d\d:\d\d by Admin"))
    expect(banner.get_by_role("link", name="Resume sync")).to_be_visible()
    expect(page.get_by_role("navigation", name="Status")).to_contain_text(re.compile(r"Not synced\s*60"))
    look(page, "mapping-banner")


def rebuild(page: Page, *, meant: int) -> None:
    page.get_by_role("link", name="Rebuild mapping").click()
    page.get_by_label("Orders").uncheck()
    page.get_by_role("button", name="Start").click()
    link = page.get_by_role("button", name=re.compile(r"^Link \d+ matches$"))
    link.wait_for(timeout=PATIENCE * 1000)
    found = page.get_by_role("region", name="What was found")
    expect(found.get_by_role("link", name=re.compile(r"^Ambiguous\s*1$"))).to_have_attribute("aria-current", "page")
    expect(found.get_by_role("radio")).to_have_count(3)
    look(page, "rebuild")
    expect(found).to_contain_text("A Twin")
    radio = found.get_by_role("radio").and_(page.locator(f'[value="{meant}"]'))
    radio.focus()
    page.keyboard.press("Space")
    expect(radio).to_be_checked()
    found.get_by_role("button", name="Choose for").click()
    expect(page.get_by_text("Nothing is ambiguous.")).to_be_visible()
    link.click()
    expect(page.get_by_text("pairs linked.")).to_be_visible(timeout=PATIENCE * 1000)
    expect(page.get_by_role("button", name="Undo the links")).to_be_visible()
    look(page, "rebuilt")


def verify(page: Page) -> None:
    to_advanced(page)
    page.get_by_role("link", name="Verify, rebuild, download").click()
    look(page, "mapping")
    page.get_by_role("link", name="Verify mapping").click()
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("All pairs agree.")).to_be_visible(timeout=PATIENCE * 1000)
    look(page, "verify")


def test_sync_resumes_after_a_preview(running: Site, synced: Page) -> None:
    page = synced
    to_advanced(page)
    page.get_by_role("link", name="Clear sync data…").click()
    page.get_by_role("button", name="Clear sync data").click()
    page.get_by_label(f"Type {PHRASE} to confirm").fill(PHRASE)
    page.get_by_role("dialog").get_by_role("button", name="Clear sync data").click()
    page.get_by_role("heading", name="Cleared sync data of Nordlicht Home").wait_for(timeout=PATIENCE * 1000)
    page.get_by_role("link", name="Resume sync").click()
    page.get_by_role("button", name="Preview the next sync").click()
    would = page.get_by_role("region", name="What the next sync would do")
    would.wait_for(timeout=PATIENCE * 1000)
    customers = would.get_by_role("row", name=re.compile("Customers"))
    expect(customers).to_contain_text(re.compile(r"Customers\s*0\s*0\s*60"))
    look(page, "resume")
    page.get_by_role("button", name="Resume and sync all of this now").click()
    page.get_by_role("region", name="Receipt").wait_for(timeout=PATIENCE * 1000)
    assert_synced(page, 60)
