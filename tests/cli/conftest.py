"""A shop at a sandbox, for a Mooring that runs in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from mooring.cli import demo_walk
from mooring.cli.browser import Browser
from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.sandbox import Sandbox
from mooring_sandbox.shopify.shops_new import NewShop, open_shop
from mooring_sandbox.shopify.state import State
from tests.cli.commands import Serving

SHOP = "harbour.myshopify.com"


@dataclass
class Rehearsing:
    sandbox: Sandbox
    settings: dict[str, str]

    def set_up(self, running: Serving) -> None:
        """The first admin and the project Demo."""
        with httpx2.Client(timeout=30, trust_env=False) as client:
            demo_walk.set_up(Browser(client), running.said["setup_link"])

    def install(self) -> None:
        """What a merchant does for an app of their own organisation, so that it may ask for tokens by itself."""
        app = self.sandbox.apps.all()[0]
        shop_id = self.sandbox.state.shop_id("harbour")
        assert shop_id is not None
        self.sandbox.installations.install(shop_id, app.id, ["read_customers", "read_orders", "read_products"])


@pytest.fixture
def rehearsing(tmp_path: Path) -> Iterator[Rehearsing]:
    state, clock = State(tmp_path / "state.sqlite"), Clock()
    open_shop(state, clock, NewShop("harbour", customers=12, orders=20, products=5))
    asgi = server.create(state, clock, data=tmp_path)
    asgi.sandbox.settings.change({"bulk_seconds": 0.05, "bulk_created_seconds": 0.0})
    app = asgi.sandbox.apps.create({})
    with server.run_in_thread(asgi) as url:
        settings = {
            "MOORING_SHOPIFY_URL": f"{url}/{{shop}}",
            "MOORING_SHOPIFY_CLIENT_ID": app.client_id,
            "MOORING_SHOPIFY_CLIENT_SECRET": app.secrets[0].value,
        }
        yield Rehearsing(asgi.sandbox, settings)
    state.close()
