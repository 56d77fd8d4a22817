"""Control verbs about time, settings, faults, what was asked, and starting over."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from mooring_sandbox.clock import iso
from mooring_sandbox.shopify.control import Control, Refused
from mooring_sandbox.shopify.control_store import shop_id_of
from mooring_sandbox.shopify.faults import Fault
from mooring_sandbox.shopify.shops import domain_of

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

Json = dict[str, Any]


class WeatherControl:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def add_to(self, control: Control) -> None:
        for method, template, handler in (
            ("GET", "/clock", self.clock),
            ("POST", "/clock", self.move),
            ("GET", "/settings", self.settings),
            ("PATCH", "/settings", self.change_settings),
            ("DELETE", "/settings", self.reset_settings),
            ("POST", "/throttle", self.throttle),
            ("GET", "/faults", self.faults),
            ("POST", "/faults", self.add_fault),
            ("DELETE", "/faults", self.clear_faults),
            ("DELETE", "/faults/{fault}", self.clear_faults),
            ("GET", "/requests", self.requests),
            ("DELETE", "/requests", self.forget_requests),
            ("GET", "/counts", self.counts),
            ("POST", "/bulk/prebuild", self.prebuild),
            ("DELETE", "/bulk/prebuild", self.forget_prebuilt),
            ("POST", "/mark", self.mark),
            ("POST", "/reset", self.reset),
        ):
            control.route(method, template, handler)

    # -- time and settings ------------------------------------------------------------------------------------

    def clock(self) -> Json:
        return {"now": iso(self._sandbox.clock.now())}

    def move(self, advance: float | None = None, set: str | None = None) -> Json:
        """`advance` in seconds, or `set` to a moment like 2026-11-21T12:00:00Z."""
        if (advance is None) == (set is None):
            raise Refused("give either `advance` (seconds) or `set` (a moment)")
        if advance is not None:
            self._sandbox.clock.advance(timedelta(seconds=float(advance)))
        elif set is not None:
            moment = datetime.fromisoformat(set)
            if moment.tzinfo is None:
                raise Refused("`set` needs a time zone, as in 2026-11-21T12:00:00Z")
            self._sandbox.clock.set(moment)
        self._sandbox.moved()
        return self.clock()

    def settings(self) -> Json:
        return msgspec.to_builtins(self._sandbox.settings.now)

    def change_settings(self, **changes: Any) -> Json:
        self._sandbox.settings.change(changes)
        self._sandbox.apply_settings()
        return self.settings()

    def reset_settings(self) -> Json:
        self._sandbox.settings.reset()
        self._sandbox.apply_settings()
        return self.settings()

    def throttle(
        self, maximum: float | None = None, restore: float | None = None, available: float | None = None
    ) -> Json:
        """The bucket of every app and shop; `available` empties or fills those that exist."""
        changes = {"throttle_maximum": maximum, "throttle_restore": restore}
        self._sandbox.settings.change({k: v for k, v in changes.items() if v is not None})
        now = self._sandbox.settings.now
        self._sandbox.graph.set_bucket(now.throttle_maximum, now.throttle_restore, available)
        return {"maximum": now.throttle_maximum, "restore": now.throttle_restore}

    # -- faults and the log -----------------------------------------------------------------------------------

    def faults(self) -> list[Json]:
        return [msgspec.to_builtins(fault) for fault in self._sandbox.faults.all()]

    def add_fault(self, **wanted: Any) -> Json:
        return msgspec.to_builtins(self._sandbox.faults.add(msgspec.convert(wanted, Fault)))

    def clear_faults(self, fault: str | None = None) -> list[Json]:
        self._sandbox.faults.clear(int(fault) if fault else None)
        return self.faults()

    def requests(self, shop: str | None = None, kind: str | None = None, last: str = "1000") -> list[Json]:
        return [msgspec.to_builtins(e) for e in self._sandbox.log.entries(self._domain(shop), kind, int(last))]

    def forget_requests(self) -> Json:
        self._sandbox.log.clear()
        return self.counts()

    def counts(self, shop: str | None = None) -> Json:
        return self._sandbox.log.counts(self._domain(shop))

    # -- bulk files and starting over -------------------------------------------------------------------------

    def prebuild(self, shop: str, app: str, query: str, version: str = "2026-10", grouped: bool = False) -> Json:
        """Builds the file now; the next operation with this document on the unchanged store is complete at once."""
        found = next((a for a in self._sandbox.apps.all() if app in (a.client_id, a.handle)), None)
        if found is None:
            raise Refused(f"there is no app {app!r}", 404)
        problems = self._sandbox.bulk.query_problems(version, query)
        if problems:
            raise Refused(" ".join(problems))
        shop_id = shop_id_of(self._sandbox, shop)
        return asdict(self._sandbox.bulk.prebuilt.build(shop_id, found.id, version, query, grouped))

    def forget_prebuilt(self) -> Json:
        self._sandbox.bulk.prebuilt.clear()
        return {}

    def mark(self) -> Json:
        """Remembers everything as it is now, for `reset`."""
        self._sandbox.mark()
        return {}

    def reset(self) -> Json:
        """Back to the mark, if one was set; no faults, no log, no pending deliveries, default settings."""
        return {"restored": self._sandbox.reset()}

    def _domain(self, shop: str | None) -> str | None:
        return domain_of(self._sandbox.state, shop_id_of(self._sandbox, shop)) if shop else None
