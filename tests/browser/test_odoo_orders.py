"""Orders in Odoo as a person does it: from nothing chosen to the first booked order; what waits, and an order that was
edited after it was booked, decided both ways. By keyboard where it matters, and on a phone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from mooring_sandbox.shopify.merchant.acting import perform
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

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Orders").click()
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

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Orders").click()
    tabs.get_by_role("link", name=re.compile("^Needs review")).click()
    page.get_by_label("Select all on this page").check()
    page.get_by_role("group", name="With what is selected").get_by_role("button", name=re.compile("^Sync")).click()
    expect(tabs.get_by_role("link", name=re.compile(r"^Synced\s*[1-9]"))).to_be_visible(timeout=LONG)


def test_an_order_that_was_edited_after_it_was_confirmed_is_decided_both_ways(
    running: Site, imported: Page, odoo: Odoo
) -> None:
    page = imported
    connect(page, odoo)
    choose_everything(page, odoo, outcome="Sale order")
    widen(page)
    accept(page)
    page.get_by_label("From now on sync").uncheck()
    page.get_by_role("button", name="Accept and sync").click()
    page.get_by_role("region", name="Receipt").wait_for(timeout=LONG)

    page.set_viewport_size(DESK)
    left, taken = edited(running, 2)
    for name in (left, taken):
        recover(page, name)
    page.get_by_role("link", name="Integrations").first.click()
    page.get_by_role("article", name="Odoo").get_by_role("link", name="Details").click()
    page.get_by_role("button", name="Sync now").click()
    page.get_by_role("region", name="Receipt").wait_for(timeout=LONG)

    before = amount(odoo, left)
    part = waiting(page, left)
    expect(part).to_contain_text("Changed after it was confirmed")
    expect(part.get_by_role("list", name="What changed")).to_contain_text("New: 1 x Gift wrap for 5 EUR.")
    look(page, "odoo-order-changed")
    page.set_viewport_size(DESK)
    part.get_by_role("button", name="Ignore").focus()
    page.keyboard.press("Enter")
    expect(part.locator(".badge")).to_have_text("Synced", timeout=LONG)
    expect(part).to_contain_text(re.compile(r"Left out of Odoo\s*a change"))
    assert amount(odoo, left) == before

    before = amount(odoo, taken)
    part = waiting(page, taken)
    part.get_by_role("button", name="Reset and sync").click()
    expect(part.locator(".badge")).to_have_text("Synced", timeout=LONG)
    expect(part).to_contain_text(re.compile(r"Stage\s*Sale order"))
    state, total = amount(odoo, taken)
    assert (state, round(total - before[1], 2) >= 5) == ("sale", True)


# -- what people do ------------------------------------------------------------------------------------------------


def to_settings(page: Page) -> None:
    page.set_viewport_size(DESK)
    page.goto(re.sub(r"^(https?://[^/]+)/.*", r"\1/", page.url))
    page.get_by_role("article", name="Odoo").get_by_role("link", name="Details").click()
    page.get_by_role("link", name=re.compile("^Orders of .* in Odoo")).click()


def choose_everything(
    page: Page, odoo: Odoo, *, taxes: bool = True, outcome: str = "Invoice and payment"
) -> None:  # fmt: skip
    """What is proposed, and the first bank where nothing is; Odoo has a pricelist in euros by then."""
    [euro] = odoo.rows("res.currency", [["name", "=", "EUR"]], "id")
    odoo.does("res.currency", "write", ids=[euro["id"]], vals={"active": True})
    odoo.does("product.pricelist", "create", vals_list=[{"name": "Euro", "currency_id": euro["id"]}])
    to_settings(page)
    page.get_by_label(outcome, exact=True).check()
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
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Orders").click()
    page.get_by_role("navigation", name="Status").get_by_role("link", name=re.compile(f"^{tab}")).click()
    page.locator("tbody tr a.row").first.click()


def edited(site: Site, count: int) -> list[str]:
    """The names of so many paid orders to which the merchant adds a line."""
    state = site.sandbox.state
    shop_id = state.shop_id("nordlicht-home")
    assert shop_id is not None
    plain = [one for one in state.scan(shop_id, "Order") if is_plain(one)]
    newest = sorted(plain, key=lambda one: one["processedAt"])[-count:]
    for one in newest:
        line = {"title": "Gift wrap", "price": "5.00"}
        perform(state, shop_id, site.sandbox.clock, "edit_order", {"id": one["id"], "add": [line]})
    return [one["name"] for one in newest]


def is_plain(order: dict[str, Any]) -> bool:
    paid = order["displayFinancialStatus"] == "PAID" and order["displayFulfillmentStatus"] == "UNFULFILLED"
    return paid and not (order.get("cancelledAt") or order.get("refunds") or order["test"])


def recover(page: Page, name: str) -> None:
    page.get_by_role("link", name="Integrations").first.click()
    page.get_by_role("article").first.get_by_role("heading").get_by_role("link").click()
    page.locator("#f-kind").select_option("orders")
    page.get_by_label("Name or id").fill(name)
    page.get_by_role("button", name="Recover").click()
    expect(page.locator("#recover").locator("xpath=..").get_by_role("status")).to_be_visible(timeout=LONG)


def waiting(page: Page, name: str) -> Locator:
    """The part about Odoo of an order that waits, come to through the queue."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Orders").click()
    page.get_by_role("navigation", name="Status").get_by_role("link", name=re.compile("^Needs review")).click()
    page.locator("tbody a.row", has_text=name).click()
    return page.get_by_role("region", name="Odoo", exact=True)


def amount(odoo: Odoo, name: str) -> tuple[str, float]:
    [found] = odoo.rows("sale.order", [["origin", "=", f"Shopify {name}"]], "state", "amount_total")
    return found["state"], found["amount_total"]
