"""Everything one Sandbox Odoo is made of, and how a call passes through it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo import pace
from mooring_sandbox.odoo.calls import in_transaction
from mooring_sandbox.odoo.databases import Databases
from mooring_sandbox.odoo.faults import Fault, Faults
from mooring_sandbox.odoo.late import Late
from mooring_sandbox.odoo.log import RequestLog
from mooring_sandbox.odoo.orm.environment import Shared
from mooring_sandbox.odoo.orm.storage import Database
from mooring_sandbox.odoo.settings import Settings, SettingsStore

_WARM = ("product.product", "product.template")


class Call:
    """One call: what it is about, and what is to be done in its transaction."""

    def __init__(
        self, kind: str, model: str, method: str, work: Callable[[Shared], Any], *, records: int = 1,
        rows: list[Any] | None = None, context: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.kind, self.model, self.method, self.work = kind, model, method, work
        self.records, self.rows, self.context = records, rows or [], context or {}

    @property
    def operation(self) -> str:
        return f"{self.model}.{self.method}"


class Sandbox:
    """`data` keeps the databases (else they are gone with the process); other sandboxes may share the `clock`."""

    def __init__(
        self, clock: Clock, *, data: Path | None = None, settings: Settings | None = None, control: bool = True
    ) -> None:
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
        self.clock, self.control = clock, control
        self.databases = Databases(data, clock)
        self.settings = SettingsStore(data / "settings.json" if data else None, settings)
        self.faults, self.log = Faults(), RequestLog()
        self.stopping = threading.Event()
        self.workers = pace.Workers()
        self.late = Late(clock, self.stopping)
        self.sessions: dict[str, dict[str, Any]] = {}
        self._cold: set[str] = set()

    def close(self) -> None:
        self.stopping.set()
        self.late.close()
        self.databases.close()

    # -- a call -------------------------------------------------------------------------------------------------------

    def perform(self, database: Database, call: Call, fault: Fault | None = None) -> Any:
        """Its result, after as long as it would have taken; raises what the call raises."""
        loses = fault is not None and fault.kind == "serialization"
        begun = database.begin()
        with self.workers.turn(self.settings.now.workers):
            self._spend(self._cost(database, call))
            result = in_transaction(database, self.clock, call.work, begun, loses=loses)
            self._spend(pace.after(call.method, len(result) if isinstance(result, list) else 1))
        return result

    def perform_later(self, database: Database, call: Call, fault: Fault) -> None:
        """The client is gone; the call is carried out all the same, when the sandbox's clock says so."""
        begun = None if fault.queued else database.begin()
        self.late.add(fault.seconds, lambda: in_transaction(database, self.clock, call.work, begun))

    def settle(self) -> None:
        """What has meanwhile become due is done before anything else is."""
        self.late.settle()

    def _cost(self, database: Database, call: Call) -> float:
        if not self.settings.now.pace:
            return 0.0
        known = _known(database, call) if call.method == "load" else 0
        cost = pace.before(call.model, call.method, call.records, known, call.context)
        if call.kind == "jsonrpc" and database.name in self._cold:
            self._cold.discard(database.name)
            cost += pace.HASHING
        if call.model in _WARM and call.method in ("create", "load"):
            self._cold.add(database.name)
        return cost

    def _spend(self, seconds: float) -> None:
        pace.spend(seconds * self.settings.now.pace, self.stopping)


def _known(database: Database, call: Call) -> int:
    """How many of the external ids of a load mean something already."""
    rows = [row for row in call.rows if isinstance(row, list) and row]
    xids = [row[0] for row in rows if isinstance(row[0], str) and "." in row[0]]
    with database.lock:
        found = (
            database.connection.execute(
                "SELECT 1 FROM ir_model_data WHERE module = ? AND name = ?", xid.split(".", 1)
            ).fetchone()
            for xid in xids
        )
        return sum(1 for row in found if row)
