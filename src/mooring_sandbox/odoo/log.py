"""What was asked: the last requests one by one, and counts of all of them, so that tests can count writing calls."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Any

import msgspec


class Entry(msgspec.Struct):
    """`kind`: json2, jsonrpc, session, other. `records` is how many rows or ids the call was about."""

    at: str
    path: str
    kind: str = "other"
    database: str = ""
    operation: str = ""
    records: int = 0
    status: int = 0
    sent_bytes: int = 0
    milliseconds: float = 0.0
    fault: str = ""
    error: str = ""


class RequestLog:
    def __init__(self, kept: int = 10_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._records: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)
            self._counts[entry.database, entry.operation] += 1
            self._records[entry.database, entry.operation] += entry.records

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._counts.clear()
            self._records.clear()

    def counts(self, database: str | None = None) -> dict[str, Any]:
        """`{"total": 7, "operations": {"res.partner.load": {"calls": 2, "records": 1000}, …}}`."""
        with self._lock:
            counted = [(k, n, self._records[k]) for k, n in self._counts.items() if database in (None, k[0])]
        operations: dict[str, dict[str, int]] = {}
        for (_, operation), calls, records in counted:
            found = operations.setdefault(operation, {"calls": 0, "records": 0})
            found["calls"] += calls
            found["records"] += records
        return {"total": sum(calls for _, calls, _ in counted), "operations": operations}

    def entries(self, database: str | None = None, operation: str | None = None, last: int = 1000) -> list[Entry]:
        with self._lock:
            found = [e for e in self._entries if database in (None, e.database) and operation in (None, e.operation)]
        return found[-last:] if last else []
