"""One Chromium for the tests of a file, and then none: while it is there an event loop runs in this thread, beside
which no other test could run one. A fresh Mooring and sandbox for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.site import ARGUMENTS, Site, site, visit


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def running(tmp_path: Path, free_port: int) -> Iterator[Site]:
    with site(tmp_path, free_port) as running:
        yield running


@pytest.fixture
def page(browser: Browser, running: Site) -> Iterator[Page]:
    with visit(browser, running) as page:
        yield page
