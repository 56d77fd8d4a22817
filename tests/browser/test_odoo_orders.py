"""Orders in Odoo from nothing chosen to a rule that takes history, as a person does it; and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import PATIENCE, Site
from tests.browser.test_odoo import connect, imported, look, odoo
from tests.usecases.odoo_world import Odoo

__all__ = ["imported", "odoo"]
pytestmark = pytest.mark.browser


def test_from_nothing_chosen_to_a_rule_that_takes_history(running: Site, imported: Page, odoo: Odoo) -> None:
    page = imported
    connect(page, odoo)
    page.get_by_role("link", name=re.compile("^Orders of .* in Odoo")).click()
    expect(page.get_by_text("Nobody has chosen yet")).to_be_visible()
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

    expect(page.locator("#rule-count")).to_contain_text("none that the saved one leaves out")
    page.get_by_label("Processed from").fill("")
    expect(page.locator("#rule-count")).to_contain_text("more than the saved one", timeout=PATIENCE * 1000)
    look(page, "odoo-orders-rule")
    page.get_by_role("button", name=re.compile("^Save and sync .* orders more")).click()
    expect(page.get_by_role("status")).to_contain_text("The rule was saved")
    expect(page.get_by_label("Processed from")).to_have_value("")
