"""How the Integrations page looks in its five states. With MOORING_TEST_PICTURES=<folder> each is kept as a picture."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from mooring_sandbox.shopify.faults import Fault
from tests.browser.site import Site, visit

pytestmark = pytest.mark.browser
FOLDER = os.environ.get("MOORING_TEST_PICTURES")
PHONE: ViewportSize = {"width": 360, "height": 760}


def keep(page: Page, name: str) -> None:
    """A picture in light and one in dark, where pictures are wanted."""
    if FOLDER is None:
        return
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=Path(FOLDER) / f"{name}-{scheme}.png", caret="initial")
    page.emulate_media(color_scheme="light")


WIDE = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
  [...document.querySelectorAll('main *')].filter(one => !one.closest('.scroll') &&
    one.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(one => one.outerHTML.slice(0, 90))
"""


def too_wide(page: Page) -> list[str]:
    """What makes the page wider than the screen."""
    return page.evaluate(WIDE)


def test_empty(running: Site, page: Page) -> None:
    running.set_up(page)
    expect(page.get_by_role("listitem")).to_have_count(3)
    keep(page, "empty")


def test_importing_then_synced(running: Site, page: Page) -> None:
    running.add_shop("nordlicht-home", customers=6000, orders=400, products=60)
    running.set_up(page)
    running.approve(page, "nordlicht-home")
    page.mouse.move(0, 0)
    keep(page, "settings")
    running.sandbox.faults.add(Fault(kind="cut", on="download", sent_bytes=5_000_000, times=2))
    running.start(page)
    running.until(page, "of 6,000")
    expect(page.get_by_role("progressbar")).to_be_visible()
    keep(page, "importing")
    running.until(page, "Synced, verified")
    keep(page, "synced")
    page.get_by_role("button", name="Menu of Nordlicht Home").click()
    keep(page, "menu")
    page.keyboard.press("Escape")
    page.get_by_role("heading", name="Nordlicht Home").get_by_role("link").click()
    keep(page, "details")
    for kind in ("Customers", "Orders", "Products", "Collections"):
        page.get_by_role("link", name=kind, exact=True).click()
        keep(page, kind.lower())
    page.get_by_role("link", name="Orders", exact=True).click()
    page.locator("tbody tr").nth(2).click()
    keep(page, "order")


def test_a_failed_import_says_why_and_a_retry_mends_it(running: Site, page: Page) -> None:
    running.add_shop("nordlicht-home", customers=40, orders=20, products=10)
    running.set_up(page)
    running.approve(page, "nordlicht-home")
    running.sandbox.faults.add(Fault(kind="drop_line", on="bulk", operation="customers"))
    running.start(page)
    running.until(page, "Customers were not imported completely")
    expect(page.get_by_role("article")).to_contain_text("Error")
    expect(page.get_by_text("1 store. One needs you.")).to_be_visible()
    keep(page, "failed")

    page.get_by_role("link", name="See and retry").click()
    expect(page.get_by_role("heading", name="Initial sync complete (failed)")).to_be_visible()
    keep(page, "failed-details")
    page.get_by_role("button", name="Retry customers").click()
    running.until(page, "verified: 40 of 40")
    expect(page.get_by_role("heading", name="Initial sync complete (passed)")).to_be_visible()


def test_many_stores_with_those_in_need_first(running: Site, page: Page) -> None:
    names = ["nordlicht-home", "fjord-filament", "saltwerk", "harbour-teas", "kiosk-nine"]
    for seed, name in enumerate(names):
        running.add_shop(name, seed, customers=5 + seed, orders=3, products=5)
    running.set_up(page)
    for name in names:
        if name == "saltwerk":
            running.sandbox.faults.add(Fault(kind="drop_line", on="bulk", operation="products", shop=name))
        running.approve(page, name)
        running.start(page)
    running.until(page, "not imported completely")
    expect(page.get_by_text("Synced, verified")).to_have_count(4, timeout=60_000)
    expect(page.get_by_role("article").first).to_contain_text("saltwerk.myshopify.com")
    expect(page.get_by_text("5 stores. One needs you.")).to_be_visible()
    keep(page, "many")


def test_on_a_phone_nothing_is_wider_than_the_screen(running: Site, page: Page, browser: Browser) -> None:
    running.add_shop("nordlicht-home", customers=60, orders=40, products=45)
    running.set_up(page)
    running.approve(page, "nordlicht-home")
    running.start(page)
    running.until(page, "Synced, verified")
    state = page.context.storage_state()
    with visit(browser, running, storage_state=state) as phone:
        phone.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        project = page.url.partition("/integrations")[0]
        store = page.get_by_role("heading", name="Nordlicht Home").get_by_role("link").get_attribute("href")
        places = ["integrations", "connect", "customers", "orders", "products", "collections", "activity"]
        places += [f"settings/{one}" for one in ("apps", "people", "lists", "tokens", "appearance")]
        for place in [*(f"{project}/{one}" for one in places), f"{running.url}{store}"]:
            phone.goto(place)
            assert too_wide(phone) == [], place
            if place.endswith(("/integrations", "/orders")):
                keep(phone, f"phone-{place.rsplit('/', 1)[-1]}")
        for kind in ("customers", "orders", "products", "collections"):
            phone.goto(f"{project}/{kind}")
            phone.locator("tbody tr").first.click()
            phone.wait_for_url(f"**/{kind}/*")
            assert too_wide(phone) == [], phone.url
