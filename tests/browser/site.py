"""A Mooring as people run it (a process of its own), a sandbox beside it, and a real Chromium in front of both."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Request

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.sandbox import Sandbox
from mooring_sandbox.shopify.shops_new import NewShop, open_shop
from mooring_sandbox.shopify.state import State

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EMAIL, PASSWORD = "admin@example.com", "a long enough password"
PATIENCE = 60.0


@dataclass
class Site:
    url: str
    sandbox_url: str
    sandbox: Sandbox
    setup_link: str
    strange: list[str] = field(default_factory=list)
    """Whatever should not happen in a browser: console errors, refused content, requests to somebody else."""

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self._asked)
        context.on("page", self._watch_page)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url, self.sandbox_url, "data:", "blob:", "about:")):
            self.strange.append(f"request to {request.url}")

    def _watch_page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.strange.append(f"script error: {error}"))
        page.on("console", lambda said: self._said(said.type, said.text))

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and "status of 4" not in text:  # a refused form answers 422, and Chromium logs that
            self.strange.append(f"console: {text}")

    # -- what people do -------------------------------------------------------------------------------------------

    def set_up(self, page: Page) -> None:
        page.goto(self.setup_link)
        page.get_by_label("Your name").fill("Admin")
        page.get_by_label("E-mail").fill(EMAIL)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Project").fill("Nordlicht Living")
        page.get_by_role("button", name="Make admin and project").click()
        page.get_by_role("heading", name="Nothing is connected yet").wait_for()

    def approve(self, page: Page, name: str) -> None:
        """From Integrations through Shopify's consent page, back to the open drawer."""
        page.get_by_role("link", name="Connect platform").click()
        page.get_by_label("Store domain").fill(name)
        page.get_by_role("button", name="Continue to Shopify").click()
        page.get_by_role("button", name="Install").click()
        page.get_by_role("heading", name="Sync settings").wait_for()

    def start(self, page: Page) -> None:
        page.get_by_role("button", name="Start initial sync").click()
        page.get_by_role("heading", name="Integrations").wait_for()

    def until(self, page: Page, text: str) -> None:
        page.get_by_text(text).first.wait_for(timeout=PATIENCE * 1000)

    def add_shop(self, name: str, seed: int = 7, *, customers: int, orders: int, products: int) -> None:
        wanted = NewShop(name=name, seed=seed, customers=customers, orders=orders, products=products)
        open_shop(self.sandbox.state, self.sandbox.clock, wanted)


@contextmanager
def site(folder: Path, port: int) -> Iterator[Site]:
    state, clock = State(folder / "sandbox.sqlite"), Clock()
    asgi = server.create(state, clock, data=folder / "sandbox")
    registered = asgi.sandbox.apps.create({"redirect_uris": []})
    with server.run_in_thread(asgi) as sandbox_url:
        secrets = {
            "MOORING_SHOPIFY_CLIENT_ID": registered.client_id,
            "MOORING_SHOPIFY_CLIENT_SECRET": registered.secrets[0].value,
        }
        settings = {
            "MOORING_DATA_DIR": str(folder / "data"),
            "MOORING_PORT": str(port),
            "MOORING_SHOPIFY_URL": f"{sandbox_url}/{{shop}}",
            "MOORING_LOG_LEVEL": "warning",
        }
        process = _serve(settings | secrets)
        try:
            link = _printed(process, r"http://\S+/setup/\S+")
            url = f"http://127.0.0.1:{port}"
            _await(url)
            yield Site(url, sandbox_url, asgi.sandbox, link)
        finally:
            process.terminate()
            process.wait(timeout=30)
    state.close()


def _serve(settings: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mooring.cli.main", "serve"]
    environment = {**os.environ, **settings, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _printed(process: subprocess.Popen[bytes], pattern: str) -> str:
    """What the terminal shows; the set-up link stands nowhere else."""
    assert process.stdout is not None
    seen, until = b"", time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if select.select([process.stdout], [], [], 0.5)[0]:
            seen += os.read(process.stdout.fileno(), 65536)
        if found := re.search(pattern.encode(), seen):
            return found.group().decode()
        assert process.poll() is None, seen.decode(errors="replace")
    raise AssertionError(f"nothing like {pattern} was printed: {seen.decode(errors='replace')}")


def _await(url: str) -> None:
    until = time.monotonic() + PATIENCE
    with httpx.Client(trust_env=False) as http:
        while time.monotonic() < until:
            try:
                if http.get(f"{url}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    raise AssertionError("Mooring did not become ready")


@contextmanager
def visit(browser: Browser, site: Site, **options: object) -> Iterator[Page]:
    """A page in a browser session of its own. Nothing strange may have happened when it closes."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    site.watch(context)
    yield context.new_page()
    context.close()
    assert site.strange == []
