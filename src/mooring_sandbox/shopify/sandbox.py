"""Everything one sandbox is made of, put together; the only file that knows all the parts."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import Any

from starlette.responses import Response

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import scopes as scope_rules
from mooring_sandbox.shopify.answers import NON_EXPIRING, UNAUTHORISED, error
from mooring_sandbox.shopify.apps import App, Apps
from mooring_sandbox.shopify.bulk import Bulk
from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.faults import Faults
from mooring_sandbox.shopify.graph import Answer, Context, Graph, Handler
from mooring_sandbox.shopify.installations import Installations
from mooring_sandbox.shopify.oauth_codes import Codes
from mooring_sandbox.shopify.server_graphql import gate
from mooring_sandbox.shopify.server_log import RequestLog
from mooring_sandbox.shopify.settings import SettingsStore, save
from mooring_sandbox.shopify.shops import Visit
from mooring_sandbox.shopify.state import State, gid
from mooring_sandbox.shopify.tokens import Access, Tokens
from mooring_sandbox.shopify.webhooks import Webhooks, one_action

_UNBOUND = 1e15  # points


class Sandbox:
    """`data` holds the files of bulk operations and uploads (a temporary directory if none is given).

    `unbound` is the graph of bulk mutations: they do not draw from the app's bucket.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        *,
        data: Path | None = None,
        public_url: str | None = None,
        control: bool = True,
    ) -> None:
        self.state, self.clock = state, clock
        self.public_url, self.control = public_url, control
        self._temporary = None if data else tempfile.mkdtemp(prefix="mooring-sandbox-")
        self.data = Path(data or self._temporary or ".")
        self._marked = self.data / "mark.sqlite"
        self.settings = SettingsStore(state)
        self.log, self.faults = RequestLog(), Faults()
        self.apps = Apps(state)
        self.installations = Installations(state, clock)
        self.codes = Codes(state, clock, self.settings)
        self.tokens = Tokens(state, clock, self.settings)
        self.graph = Graph(state, clock, revoke=self._revoke)
        self.unbound = Graph(state, clock, revoke=self._revoke, maximum=_UNBOUND, restore_rate=_UNBOUND)
        self.apply_settings()
        self.register("appUninstall", self._uninstall)
        self.stopping = threading.Event()
        self.webhooks = Webhooks(self)
        self.installations.watch(self.codes.on_installation)
        self.installations.watch(self.tokens.on_installation)
        self.bulk = Bulk(self)
        self.webhooks.sender.start()

    def close(self) -> None:
        """Ends the threads; the state stays open, it is the caller's."""
        self.stopping.set()
        self.bulk.close()
        self.webhooks.sender.close()
        if self._temporary:
            shutil.rmtree(self._temporary, ignore_errors=True)

    # -- time, settings, starting over ------------------------------------------------------------------------

    def moved(self) -> None:
        """The clock was moved: remembered for the next start."""
        save(self.state, "clock_offset", self.clock.offset.total_seconds())
        self.webhooks.sender.wake()

    def apply_settings(self) -> None:
        now = self.settings.now
        self.graph.set_bucket(now.throttle_maximum, now.throttle_restore)
        for graph in (self.graph, self.unbound):
            graph.customers_by_day = now.customers_by_day
            graph.definition_delete_seconds = now.definition_delete_seconds
            graph.local_hooks = now.webhooks_on_this_machine

    def mark(self) -> None:
        with self.state.lock, contextlib.closing(sqlite3.connect(self._marked)) as copy:
            self.state.db.backup(copy)

    def reset(self) -> bool:
        self.faults.clear()
        self.bulk.stop_all()
        marked = self._marked.exists()
        if marked:
            with self.state.lock, contextlib.closing(sqlite3.connect(self._marked)) as copy:
                copy.backup(self.state.db)
                self.state.changes += 1
            self.bulk.resume()
        self.webhooks.outbox.clear()
        self.settings.reset()
        self.apply_settings()
        for graph in (self.graph, self.unbound):
            graph.buckets.refill()
        self.log.clear()
        return marked

    # -- who asks ---------------------------------------------------------------------------------------------

    def authorise(self, visit: Visit, token: str) -> Caller | Response:
        """The caller behind an access token, or the refusal to send."""
        shut = gate(self, visit)
        if shut or visit.shop_id is None:
            return shut or error(404, "Not Found")
        access = self.tokens.access(token)
        if access is None or access.shop_id != visit.shop_id:
            return error(401, UNAUTHORISED)
        app = self.apps.by_id(access.app_id)
        if app.distribution == "public" and _never_ends(access):
            return error(403, NON_EXPIRING)
        return self.caller(visit.shop_id, app)

    def caller(self, shop_id: int, app: App) -> Caller:
        installed = self.installations.get(shop_id, app.id)
        granted = installed.scopes if installed else frozenset[str]()
        return Caller(
            shop_id, app.id, app.handle, app.title, scope_rules.implied(granted),
            frozenset(app.protected), scope_rules.implied(app.optional) - scope_rules.implied(app.scopes),
        )  # fmt: skip

    def elsewhere(self, caller: Caller, shop: str) -> Caller:
        """The same caller as if it had asked another shop (a fault)."""
        other = self.state.shop_id(shop)
        return dataclasses.replace(caller, shop_id=other) if other is not None else caller

    # -- work -------------------------------------------------------------------------------------------------

    def register(self, root_field: str, handler: Handler) -> None:
        for graph in (self.graph, self.unbound):
            graph.register(root_field, handler)

    def execute(self, caller: Caller, version: str, payload: dict[str, Any], origin: str) -> Answer:
        self.bulk.expire()
        self.bulk.carry_on()
        with one_action():
            return self.graph.execute(caller, version, payload, base_url=origin)

    # -- what an app does about its own installation ----------------------------------------------------------

    def _uninstall(self, context: Context, **_: Any) -> dict[str, Any]:
        """The token dies with this very answer."""
        app = self.apps.by_id(context.caller.app_id)
        self.installations.uninstall(context.caller.shop_id, app.id)
        doc = {"__typename": "App", "id": gid("App", app.id), "handle": app.handle, "title": app.title}
        return {"app": doc, "userErrors": []}

    def _revoke(self, caller: Caller, scopes: frozenset[str]) -> None:
        self.installations.revoke(caller.shop_id, caller.app_id, scopes)


def _never_ends(access: Access) -> bool:
    return access.kind == "offline" and access.expires is None
