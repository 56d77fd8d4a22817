"""The demo's way through the pages, as a person goes it: set-up link, Connect platform, consent at Shopify, drawer."""

from __future__ import annotations

from mooring.app import RandomIds, SystemClock
from mooring.cli.browser import Browser, Page
from mooring.errors import Permanent

EMAIL = "admin@localhost"


def set_up(browser: Browser, link: str) -> Page:
    """The first admin and the first project. Nobody learns the password: people come in by login link."""
    page = browser.open(link)
    password = RandomIds(SystemClock()).token()
    form = page.form("email", "password")
    known = {"email": EMAIL, "name": "Demo admin", "project": "Demo"}
    passwords = {name: password for name in form.names() if "password" in name}
    return _arrived(browser.submit(page, form, **known, **passwords))


def connect(browser: Browser, url: str, shop_domain: str) -> Page:
    """Ends when the initial sync has started."""
    page = browser.open(f"{url}/")
    consent = browser.submit(page, page.form("shop_domain"), shop_domain=shop_domain)
    form = _arrived(consent).form("granted")
    drawer = _arrived(browser.submit(consent, form, decision="install"))
    return _arrived(browser.submit(drawer, drawer.form("customer_profiles")))


def _arrived(page: Page) -> Page:
    if page.status >= 400:
        raise Permanent(f"{page.url.partition('?')[0]} answered HTTP {page.status}.", code="walk_failed")
    return page
