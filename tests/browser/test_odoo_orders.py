"""Orders in Odoo as a person does it: from nothing chosen to the first booked order; what waits, and an order that was
edited after it was booked, decided both ways. By keyboard where it matters, and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.site import PATIENCE, Site
from tests.browser.test_odoo import DESK, accept, connect, imported, look, odoo
from tests.usecases.odoo_world import Odoo

__all__ = ["imported", "odoo"]
pytestmark = pytest.mark.browser
LONG = PATIENCE * 1000


def test_from_nothing_chosen_to_a_rule_that_takes_history(running: Site, imported: Page, odoo: Odoo) -> None:
    page = imported
    connect(page, odoo)
    to_settings(page)
    expect(page.get_by_text("Nobody has chosen yet")).to_be_visible()
    expect(page.get_by_role("region", name="To the first booked order")).to_contain_text("Save first")
    look(page, "odoo-orders-nothing-chosen")

    page.get_by_label("Invoice and payment").check()
    page.get_by_role("button", name="Create in Odoo a product for Shipping").click()
    expect(page.get_by_role("status")).to_contain_text("The product was chosen")
    expect(page.get_by_label("Invoice and payment")).to_be_checked()
    expect(page.get_by_label("Shipping", exact=True).locator("option:checked")).to_have_text("Shipping")

    taxes = page.locator("#taxes tbody tr")
    row = taxes.first
    row.get_by_role("combobox").select_option("none")
    row.get_by_role("button", name=re.compile("^Confirm")).click()
    expect(taxes.filter(has_text="Confirmed").first).to_be_visible()

    widen(page)
    look(page, "odoo-orders-rule")


def test_from_nothing_to_the_first_booked_order(running: Site, imported: Page, odoo: Odoo) -> None:
    page = imported
    connect(page, odoo)
    choose_everything(page, odoo)
    widen(page)
    steps = page.get_by_role("region", name="To the first booked order")
    expect(steps.get_by_role("link", name=re.compile("^Go there"))).to_have_count(0)
    look(page, "odoo-orders-ready")

    steps.get_by_role("button", name="Preview sync").click()
    page.get_by_role("heading", name="Accept and sync").wait_for(timeout=LONG)
    expect(page.get_by_role("region", name=re.compile("^Orders: "))).to_contain_text(
        re.compile(r"To create\s*new in Odoo\s*[1-9]")
    )
    expect(page.get_by_label("From now on sync")).to_be_checked()
    page.get_by_role("button", name="Accept and sync").click()
    page.get_by_role("region", name="Receipt").wait_for(timeout=LONG)
    look(page, "odoo-orders-receipt")

    open_one(page, "Synced")
    part = page.get_by_role("region", name="Odoo", exact=True)
    expect(part.locator(".badge")).to_have_text("Synced")
    expect(part).to_contain_text(re.compile(r"Stage\s*Invoice paid"))
    invoice = part.get_by_role("link", name=re.compile(r"^Invoice \d+$")).first
    expect(invoice).to_have_attribute("href", re.compile(rf"^{re.escape(odoo.url)}/odoo/account\.move/\d+$"))
    expect(part.get_by_role("link", name=re.compile(r"^Payment \d+$")).first).to_be_visible()
    look(page, "odoo-order-booked")
    posted = odoo.rows("account.move", [["move_type", "=", "out_invoice"], ["state", "=", "posted"]], "id")
    assert len(posted) > 10
    to_settings(page)
    expect(page.get_by_role("region", name="To the first booked order")).to_have_count(0)
    expect(page.get_by_role("region", name="Orders in Odoo")).to_contain_text("Invoice paid")


def test_what_waits_is_explained_and_mended_from_the_queue(running: Site, imported: Page, odoo: Odoo) -> None:
    """Every order waits for its tax: the queue says so, leads to the tax table, and syncs them afterwards."""
    page = imported
    connect(page, odoo)
    choose_everything(page, odoo, taxes=False)
    widen(page)
    accept(page)
    page.get_by_role("button", name="Accept and sync").click()
    page.get_by_role("region", name="Receipt").wait_for(timeout=LONG)

    page.get_by_role("link", name="Orders", exact=True).click()
    tabs = page.get_by_role("navigation", name="Status")
    tabs.get_by_role("link", name=re.compile("^Needs review")).click()
    causes = page.get_by_role("region", name="Why they wait")
    expect(causes).to_contain_text("Confirm the tax in the tax table of the Odoo settings")
    look(page, "odoo-orders-queue")
    causes.get_by_role("link", name="Tax without an answer").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("cause=tax"))
    expect(page.get_by_role("link", name="All that needs review")).to_be_visible()
    page.get_by_role("region", name="Why it waits").get_by_role("link", name="Tax table").click()
    expect(page).to_have_url(re.compile("#taxes$"))
    confirm_taxes(page, odoo)

    page.get_by_role("link", name="Orders", exact=True).click()
    tabs.get_by_role("link", name=re.compile("^Needs review")).click()
    page.get_by_label("Select all on this page").check()
    page.get_by_role("group", name="With what is selected").get_by_role("button", name=re.compile("^Sync")).click()
    expect(tabs.get_by_role("link", name=re.compile(r"^Synced\s*[1-9]"))).to_be_visible(timeout=LONG)


# -- what people do ------------------------------------------------------------------------------------------------


def to_settings(page: Page) -> None:
    page.set_viewport_size(DESK)
    page.goto(re.sub(r"^(https?://[^/]+)/.*", r"\1/", page.url))
    page.get_by_role("article", name="Odoo").get_by_role("link", name="Details").click()
    page.get_by_role("link", name=re.compile("^Orders of .* in Odoo")).click()


def choose_everything(page: Page, odoo: Odoo, *, taxes: bool = True) -> None:
    """What is proposed, and the first bank where nothing is; Odoo has a pricelist in euros by then."""
    [euro] = odoo.rows("res.currency", [["name", "=", "EUR"]], "id")
    odoo.does("res.currency", "write", ids=[euro["id"]], vals={"active": True})
    odoo.does("product.pricelist", "create", vals_list=[{"name": "Euro", "currency_id": euro["id"]}])
    to_settings(page)
    page.get_by_label("Invoice and payment").check()
    for box in page.locator("#journals select").all():
        if box.input_value() == "none":
            box.select_option(index=1)
    page.get_by_role("button", name=re.compile(r"^Create all \d that are missing$")).click()
    expect(page.get_by_role("status")).to_contain_text("A product was chosen for every kind of line")
    if taxes:
        confirm_taxes(page, odoo)


def confirm_taxes(page: Page, odoo: Odoo) -> None:
    """One by one, each with the tax that somebody made in Odoo for it, which is proposed then."""
    rows = page.locator("#taxes tbody tr")
    for label in [one.inner_text().splitlines()[0] for one in rows.locator("td:first-child").all()]:
        make_tax(odoo, label)
    page.reload()
    while (left := rows.filter(has_text="To be confirmed")).count():
        open_ = left.count()
        confirm_one(left.first)
        expect(left).to_have_count(open_ - 1)


def confirm_one(row: Locator) -> None:
    box = row.get_by_role("combobox")
    if not box.input_value():
        box.select_option(index=2)
    row.get_by_role("button", name=re.compile("^Confirm")).click()


def make_tax(odoo: Odoo, label: str) -> None:
    found = re.search(r"([\d.]+) %(, included)?", label)
    assert found, label
    included = "tax_included" if found[2] else "tax_excluded"
    odoo.does("account.tax", "create", vals_list=[{
        "name": label, "amount": float(found[1]), "amount_type": "percent", "type_tax_use": "sale",
        "price_include_override": included,
    }])  # fmt: skip


def widen(page: Page) -> None:
    """To all of history, with the preview that says how much that is."""
    expect(page.locator("#rule-count")).to_contain_text("none that the saved one leaves out")
    page.get_by_label("Processed from").fill("")
    expect(page.locator("#rule-count")).to_contain_text("more than the saved one", timeout=LONG)
    page.get_by_role("button", name=re.compile("^Save and sync .* orders more")).click()
    expect(page.get_by_role("status")).to_contain_text("The rule was saved")
    expect(page.get_by_label("Processed from")).to_have_value("")


def open_one(page: Page, tab: str) -> None:
    page.get_by_role("link", name="Orders", exact=True).click()
    page.get_by_role("navigation", name="Status").get_by_role("link", name=re.compile(f"^{tab}")).click()
    page.locator("tbody tr a.row").first.click()
