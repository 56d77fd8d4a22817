"""The demo's two processes and what is played between them: a merchant's consent, a first import, its proof; and then
the sync to Odoo, with orders booked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from mooring.cli import children, choosing, demo_walk, listening, local, rehearsal_odoo, stores
from mooring.cli.api import Api
from mooring.cli.browser import Browser
from mooring.errors import Permanent

_SHOP = "rehearsal"
_SUFFIX = ".myshopify.com"
_CALLBACK = "/oauth/callback"
VERIFIED, FAILED = "verified", "failed"


@dataclass(frozen=True)
class Rehearsal:
    url: str
    shop_domain: str
    odoo: dict[str, Any] = field(repr=False)
    setup_link: str | None
    browser: Browser
    api: Api

    def play(self, book: int) -> dict[str, Any]:
        """Come in, connect, import; connect Odoo, sync, and book the newest `book` orders. Where the directory holds an
        earlier demo, its import goes on, or begins again."""
        if self.setup_link:
            demo_walk.set_up(self.browser, self.setup_link)
        else:
            demo_walk.sign_in(self.browser, self.login_link())
        known = self._store()
        store = known or self._connected()
        begun = [one for one in self._imports(store) if not (known and one["finished"])]
        operation = begun[0] if begun else self.api.post(f"/stores/{store['id']}/sync")
        result = _result(store, stores.watch(self.api, operation))
        return self._synced(store, result, book) if result["status"] == VERIFIED else result

    def _synced(self, store: dict[str, Any], result: dict[str, Any], book: int) -> dict[str, Any]:
        told, whole = rehearsal_odoo.play(self.api, store, self.odoo, book)
        return result | told | {"status": VERIFIED if whole else FAILED}

    def login_link(self) -> str:
        return self.api.post("/people/links", {"email": demo_walk.EMAIL, "purpose": "login"})["link"]

    def _store(self) -> dict[str, Any] | None:
        known = choosing.stores(self.api, None)
        return next((one for one in known if one["shop_domain"] == self.shop_domain), None)

    def _connected(self) -> dict[str, Any]:
        project = choosing.project(self.api, None)
        demo_walk.connect(self.browser, f"{self.url}/projects/{project['id']}/connect", self.shop_domain)
        store = self._store()
        if store is None:
            raise Permanent(f"{self.shop_domain} was not connected.", code="not_connected")
        return store

    def _imports(self, store: dict[str, Any]) -> list[dict[str, Any]]:
        """Newest first."""
        operations = self.api.get(f"/projects/{store['project_id']}/operations", store_id=store["id"])["items"]
        return [one for one in operations if one["kind"] == "import"]


@contextmanager
def started(folder: Path, port: int, shop: list[str]) -> Iterator[Rehearsal]:
    """Both processes, on free ports, for the length of the block."""
    hub, shopify = folder / "hub", folder / "shopify"
    for one in (hub, shopify):
        one.mkdir(exist_ok=True, mode=0o700)
    with listening.listen("127.0.0.1", port) as probe:
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MOORING_")}
    words = ["sandbox", "--port=0", f"--data={shopify}", f"--shop={_SHOP}", f"--redirect={url}{_CALLBACK}", *shop]
    with (
        children.running(words, environment=bare, folder=folder) as sandbox,
        children.running(["serve"], environment=bare | _settings(hub, url, sandbox), folder=hub) as mooring,
        _asking(hub) as api,
        _browsing() as browser,
    ):
        yield Rehearsal(url, _SHOP + _SUFFIX, sandbox["odoo"], mooring["setup_link"], browser, api)


def _settings(hub: Path, url: str, sandbox: dict[str, Any]) -> dict[str, str]:
    """Nothing of the caller's own Mooring gets in here: a demo must not touch a real database."""
    return {
        "MOORING_DATA_DIR": str(hub),
        "MOORING_PORT": url.rpartition(":")[2],
        "MOORING_SHOPIFY_URL": f"{sandbox['url']}/{{shop}}",
        "MOORING_SHOPIFY_CLIENT_ID": sandbox["app"]["client_id"],
        "MOORING_SHOPIFY_CLIENT_SECRET": sandbox["app"]["client_secret"],
        "MOORING_SHOPIFY_OPTIONAL_SCOPES": "read_all_orders",
        "MOORING_LOG_LEVEL": "warning",
    }


@contextmanager
def _asking(hub: Path) -> Iterator[Api]:
    with local.path_of(hub) as path, httpx2.Client(
        transport=httpx2.HTTPTransport(uds=path), base_url="http://localhost", timeout=60
    ) as client:  # fmt: skip
        yield Api(client)


@contextmanager
def _browsing() -> Iterator[Browser]:
    with httpx2.Client(timeout=60, trust_env=False) as client:
        yield Browser(client)


def _result(store: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    known = operation["receipt"] or operation["counts"]
    imported = {
        kind: {"count": one["count"], "expected": one["expected"], "verified": one.get("verified", False)}
        for kind, one in known.get("kinds", {}).items()
    }
    whole = operation["state"] == "done" and imported and all(one["verified"] for one in imported.values())
    return {
        "store": store["shop_domain"],
        "status": VERIFIED if whole else FAILED,
        "imported": imported,
        "seconds": _seconds(operation),
        "requests": known.get("requests"),
        "detail_requests": known.get("detail_requests"),
        "odoo": {},
        "orders": 0,
        "invoices": 0,
        "totals_equal": False,
    }


def _seconds(operation: dict[str, Any]) -> float | None:
    """From the start of the import to its last commit."""
    moments = [operation["started_at"], operation["finished_at"]]
    begun, ended = (datetime.fromisoformat(moment) if moment else None for moment in moments)
    return round((ended - begun).total_seconds(), 2) if begun and ended else None
