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


def sign_in(browser: Browser, link: str) -> Page:
    """A one-time link opens a page with a button: what only looks at links must not use it up."""
    page = browser.open(link)
    return _arrived(browser.submit(page, page.form("csrf")))


def connect(browser: Browser, address: str, shop_domain: str) -> Page:
    """From the page Connect platform over Shopify's consent page and the callback to the drawer; ends when the
    initial sync has started."""
    page = _arrived(browser.open(address))
    consent = _arrived(browser.submit(page, page.form("shop_domain"), shop_domain=shop_domain))
    drawer = _arrived(browser.submit(consent, consent.form("granted"), decision="install"))
    return _arrived(browser.submit(drawer, drawer.form("customer_profiles", "list"), act="start"))


def _arrived(page: Page) -> Page:
    if page.status >= 400:
        raise Permanent(f"{page.url.partition('?')[0]} answered HTTP {page.status}.", code="walk_failed")
    return page
