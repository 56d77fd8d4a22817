"""Files built ahead: the next operation with the same document on an unchanged store is complete at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mooring_sandbox.shopify.bulk_files import Counts
from mooring_sandbox.shopify.bulk_job import Job
from mooring_sandbox.shopify.state import Doc

if TYPE_CHECKING:
    from mooring_sandbox.shopify.bulk import Bulk


@dataclass(frozen=True)
class Ready:
    path: Path
    counts: Counts
    fingerprint: str


class Prebuilt:
    """Explicitly asked for by the control API; forgotten when the store's records change or the sandbox ends."""

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk
        self._ready: dict[str, Ready] = {}

    def build(self, shop_id: int, app_id: int, version: str, query: str, grouped: bool = False) -> Counts:
        """Blocks until the file is there; raises what the operation would have failed with."""
        doc = {
            "id": "gid://shopify/BulkOperation/0", "status": "RUNNING", "type": "QUERY", "query": query,
            "$app": app_id, "$version": version, "$grouped": grouped,
        }  # fmt: skip
        before = self._fingerprint(shop_id)
        path = self._bulk.files.path(self._bulk.files.new_name())
        with path.open("wb") as file:
            counts = Job(self._bulk, shop_id, doc).fill(file)
        self._ready[self._key(shop_id, doc)] = Ready(path, counts, before)
        return counts

    def find(self, shop_id: int, doc: Doc) -> Ready | None:
        if doc["type"] != "QUERY" or not self._ready:
            return None
        ready = self._ready.get(self._key(shop_id, doc))
        return ready if ready and ready.fingerprint == self._fingerprint(shop_id) else None

    def clear(self) -> None:
        for ready in self._ready.values():
            ready.path.unlink(missing_ok=True)
        self._ready = {}

    def _key(self, shop_id: int, doc: Doc) -> str:
        app = self._bulk.sandbox.apps.by_id(doc["$app"])
        caller = self._bulk.sandbox.caller(shop_id, app)
        parts = [shop_id, doc["$app"], doc["$version"], bool(doc.get("$grouped")), sorted(caller.scopes)]
        return _digest([*parts, sorted(caller.protected), doc["query"]])

    def _fingerprint(self, shop_id: int) -> str:
        """Counts and latest changes by type: moves with every change of a record that has an `updatedAt`."""
        with self._bulk.sandbox.state.lock:
            rows = self._bulk.sandbox.state.db.execute(
                "SELECT type, count(*), max(updated_at) FROM record WHERE shop_id = ?"
                " AND type NOT IN ('BulkOperation', 'WebhookSubscription') GROUP BY type ORDER BY type",
                (shop_id,),
            ).fetchall()
        return _digest([*rows])


def _digest(value: list[Any]) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()
