"""The log of what was asked: the last requests one by one, and counts of all of them, so that tests can count."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Any

import msgspec


class Entry(msgspec.Struct):
    """`kind`: graphql, token, authorize, download, upload, rest, other. `operation`: the GraphQL operation's name, or
    its root fields; the grant type of a token request; the root field of a downloaded bulk file."""

    at: str
    method: str
    path: str
    shop: str = ""
    kind: str = "other"
    operation: str = ""
    roots: list[str] = []
    status: int = 0
    sent_bytes: int = 0
    milliseconds: float = 0.0
    requested_cost: int | None = None
    actual_cost: int | None = None
    fault: str = ""
    request_id: str = ""


class RequestLog:
    def __init__(self, kept: int = 10_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)
            self._counts[entry.shop, entry.kind, entry.operation] += 1

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._counts.clear()

    def counts(self, shop: str | None = None) -> dict[str, Any]:
        """`{"total": 7, "kinds": {"graphql": {"total": 6, "operations": {"Orders": 4, …}}, …}}`."""
        with self._lock:
            counted = [(key, n) for key, n in self._counts.items() if shop in (None, key[0])]
        kinds: dict[str, dict[str, Any]] = {}
        for (_, kind, operation), n in counted:
            found = kinds.setdefault(kind, {"total": 0, "operations": {}})
            found["total"] += n
            found["operations"][operation] = found["operations"].get(operation, 0) + n
        return {"total": sum(n for _, n in counted), "kinds": kinds}

    def entries(self, shop: str | None = None, kind: str | None = None, last: int = 1000) -> list[Entry]:
        with self._lock:
            found = [e for e in self._entries if shop in (None, e.shop) and kind in (None, e.kind)]
        return found[-last:] if last else []
