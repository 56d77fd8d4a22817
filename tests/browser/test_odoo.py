"""Connect an Odoo, look at a preview, accept it, sync, decide what two contacts might be: as a person does it, also by
keyboard and on a phone. Pictures as in `test_states`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import PATIENCE, Site
from tests.browser.test_lifecycle import DESK, PHONES
from tests.browser.test_states import keep, too_wide
from tests.usecases.odoo_world import DATABASE, LOGIN, Odoo, an_odoo

pytestmark = pytest.mark.browser
UNNAMED = """() => [...document.querySelectorAll('main :is(input:not([type=hidden]), select, button, a[href])')]
  .filter(one => one.getClientRects().length)
  .filter(one => !(one.labels?.length || one.ariaLabel || one.textContent.trim()) || one.tabIndex < 0)
  .map(one => one.outerHTML.slice(0, 90))"""
"""What somebody who cannot see the page would not know the name of, or not come to by keyboard."""


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    with an_odoo() as one:
        yield one


@pytest.fixture
def imported(running: Site, page: Page) -> Page:
    running.add_shop("nordlicht-home", customers=60, orders=40, products=12)
    running.set_up(page)
    running.approve(page, "nordlicht-home")
    running.start(page)
    running.until(page, "Synced, verified")
    return page


def look(page: Page, name: str) -> None:
    """It is kept where pictures are wanted, reachable and named, and no wider than a phone."""
    assert page.evaluate(UNNAMED) == [], name
    keep(page, name)
    for size in PHONES:
        page.set_viewport_size(size)
        assert too_wide(page) == [], (name, size)
    keep(page, f"phone-{name}")
    page.set_viewport_size(DESK)


def fill_in(page: Page, odoo: Odoo, *, key: str) -> None:
    page.get_by_label("Address", exact=True).fill(odoo.url)
    page.get_by_label("Database").fill(DATABASE)
    page.get_by_label("Login").fill(LOGIN)
    page.get_by_label("API key").fill(key)


def connect(page: Page, odoo: Odoo) -> None:
    page.goto(page.url.partition("/projects/")[0] + "/")
    page.get_by_role("link", name="Connect Odoo").click()
    fill_in(page, odoo, key=odoo.key)
    page.get_by_role("button", name="Connect").click()
    page.get_by_role("heading", name="Odoo", exact=True).wait_for()


def accept(page: Page) -> None:
    """From the details to the end of the sync."""
    page.get_by_role("button", name="Preview sync").click()
    page.get_by_role("heading", name="Accept and sync").wait_for(timeout=PATIENCE * 1000)


def test_connect_test_preview_accept_and_sync(running: Site, imported: Page, odoo: Odoo) -> None:
    page = imported
    page.get_by_role("link", name="Connect platform").click()
    page.get_by_role("navigation", name="Platform").get_by_role("link", name="Odoo").click()
    fill_in(page, odoo, key="0123456789abcdef0123456789abcdef01234567")
    page.get_by_label("API key").press("Enter")
    expect(page.get_by_label("API key")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Database")).to_have_value(DATABASE)
    look(page, "odoo-connect-refused")

    page.get_by_label("API key").fill(odoo.key)
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_role("heading", name="Works")).to_be_focused()
    expect(page.get_by_label("API key")).not_to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("API key")).to_have_value(odoo.key)  # the browser keeps it; the page never holds it
    assert odoo.key not in page.content()
    expect(page.get_by_role("region", name="Works")).to_contain_text(re.compile(r"Version\s*19\.0"))
    look(page, "odoo-connect-tested")
    page.get_by_role("button", name="Connect").click()

    expect(page.get_by_text("Nothing is written before you have seen a preview.")).to_be_visible()
    expect(page.get_by_text("until its first preview is accepted")).to_have_count(3)
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("status")).to_contain_text("The database is the one that was connected.")
    look(page, "odoo-details")

    accept(page)
    expect(page.get_by_role("region", name="Customers: 60")).to_contain_text(
        re.compile(r"To create\s*new in Odoo\s*60")
    )
    expect(page.get_by_label("From now on sync")).to_be_checked()
    look(page, "odoo-preview")
    page.get_by_role("button", name="Accept and sync").click()
    page.get_by_role("region", name="Receipt").wait_for(timeout=PATIENCE * 1000)
    expect(page.get_by_role("region", name="Receipt")).to_contain_text("created 60")
    look(page, "odoo-sync-receipt")

    page.get_by_role("link", name="Integrations").first.click()
    card = page.get_by_role("article", name="Odoo")
    expect(card).to_contain_text(re.compile(r"Connected\s*Synced\s*72\s*Needs review\s*0\s*Failed\s*0\s*last sync"))
    expect(page.get_by_text("1 store and 1 Odoo server. All is well.")).to_be_visible()
    look(page, "odoo-card")
    see_the_items(page)


def see_the_items(page: Page) -> None:
    page.get_by_role("link", name="Customers", exact=True).click()
    tabs = page.get_by_role("navigation", name="Status")
    for name, count in (("All", 60), ("Synced", 60), ("Not synced", 0), ("Needs review", 0)):
        expect(tabs.get_by_role("link", name=re.compile(f"^{name}\\s*{count}$"))).to_be_visible()
    boxes = page.locator("[data-pick]")
    bar = page.get_by_role("group", name="With what is selected")
    expect(bar).to_be_hidden()
    boxes.nth(0).focus()
    page.keyboard.press("Space")
    boxes.nth(1).check()
    expect(bar).to_contain_text("2 selected")
    look(page, "items")
    bar.get_by_role("button", name="Sync 2 customers").click()
    expect(page.get_by_text("Sync started.")).to_be_visible()
    expect(tabs.get_by_role("link", name=re.compile(r"^Synced\s*60$"))).to_be_visible(timeout=PATIENCE * 1000)
    page.get_by_label("Select all on this page").check()
    expect(bar).to_contain_text("50 selected")
    page.get_by_label("Select all on this page").uncheck()
    expect(bar).to_be_hidden()

    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr")).to_have_count(10)
    page.get_by_role("link", name="Products", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(12)
    look(page, "items-products")
    page.get_by_role("link", name="Orders", exact=True).click()
    expect(page.get_by_text("Nobody has chosen yet how this store's orders are booked.")).to_be_visible()
    look(page, "items-orders")


def test_a_person_decides_which_of_two_contacts_it_is(running: Site, imported: Page, odoo: Odoo) -> None:
    page = imported
    page.get_by_role("link", name="Customers", exact=True).click()
    row = page.locator("tbody tr").nth(2)
    name, email = row.locator("td").nth(0).inner_text().strip(), row.locator("td").nth(1).inner_text().strip()
    double = {"name": name, "email": email}
    first, second = odoo.does("res.partner", "create", vals_list=[double | {"city": "Oslo"}, double])
    connect(page, odoo)
    accept(page)
    expect(page.get_by_role("region", name="Customers: 60")).to_contain_text(re.compile(r"Ambiguous.*?1", re.DOTALL))
    page.get_by_role("button", name="Accept and sync").click()
    page.get_by_role("region", name="Receipt").wait_for(timeout=PATIENCE * 1000)

    page.get_by_role("link", name="Integrations").first.click()
    card = page.get_by_role("article", name="Odoo")
    expect(card.locator(".badge")).to_have_text("Connected")
    expect(page.get_by_text("1 item waits for a decision.")).to_be_visible()
    look(page, "odoo-card-review")
    card.get_by_role("link", name="Review 1").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("2 contacts in Odoo have this e-mail address.")
    page.locator("[data-pick]").check()
    expect(page.get_by_role("button", name="Create new ones")).to_be_visible()
    look(page, "items-review")

    page.get_by_role("link", name="Decide").click()
    part = page.get_by_role("region", name="Odoo", exact=True)
    expect(part).to_contain_text("Oslo")
    look(page, "item-candidates")
    part.get_by_role("button", name=f"Link to this one: Contact {second}").click()
    expect(part.locator(".badge")).to_have_text("Synced", timeout=PATIENCE * 1000)
    expect(part.get_by_role("link", name=f"Contact {second}")).to_have_attribute(
        "href", f"{odoo.url}/odoo/res.partner/{second}"
    )
    expect(part).to_contain_text("was there, linked")
    look(page, "item-linked")
    part.get_by_text("Unlink").first.click()
    expect(part).to_contain_text("Both stay as they are.")
    part.get_by_role("button", name="Unlink").click()
    expect(part).to_contain_text("Unlinked by hand.")
    assert {row["id"] for row in odoo.rows("res.partner", [["email", "=", email]], "id")} == {first, second}


def test_a_staging_copy_is_held_and_disconnect_asks_first(running: Site, imported: Page, odoo: Odoo) -> None:
    page = imported
    connect(page, odoo)
    odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("region", name="Held: staging copy")).to_be_visible()
    look(page, "odoo-held")

    page.get_by_role("link", name="Disconnect").click()
    dialog = page.get_by_role("dialog", name="Disconnect Odoo")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    expect(dialog.get_by_label("To clear, type")).to_be_hidden()
    dialog.get_by_role("radio", name="Clear").check()
    expect(dialog.get_by_label("To clear, type")).to_be_visible()
    look(page, "odoo-disconnect")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="Disconnect")).to_be_focused()

    page.get_by_role("link", name="Disconnect").click()
    page.get_by_role("button", name="Disconnect Odoo").click()
    expect(page.get_by_text("Odoo is disconnected. Everything in it stays.")).to_be_visible()
    page.get_by_role("link", name="Connect again").click()
    expect(page.get_by_label("Login")).to_have_value(LOGIN)
