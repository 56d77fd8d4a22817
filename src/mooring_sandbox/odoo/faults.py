"""Bad weather on order: the next N calls of a kind, or each with a probability, repeatable by seed."""

from __future__ import annotations

import random
import re
import threading
from typing import Any, Literal

import msgspec

Kind = Literal["status", "hang", "late", "cut", "lost_answer", "late_commit", "serialization", "gone"]
On = Literal["any", "json2", "jsonrpc", "session"]


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """One rule.

    `on` and `operation` say where: a regular expression that must match all of "model.method". `skip` calls pass first,
    then `times` are hit (null: no end), each with `probability` drawn from `seed`. What happens:
    `status` (with `body`, `headers`; nothing is done), `hang` (nothing for `seconds`, then the connection goes;
    nothing is
    done), `gone` (the connection goes at once; nothing is done), `late` (all is done, the answer comes `seconds`
    later),
    `cut` (done; the connection goes after `sent_bytes`), `lost_answer` (done; the connection goes), `late_commit` (the
    connection goes; all is done `seconds` of the sandbox's clock later: by a transaction that began with the request,
    or
    with `queued` by one that only begins then), `serialization` (the transaction loses a race: a load tells it in
    its messages, anything else Odoo does again itself).
    """

    kind: Kind
    on: On = "any"
    operation: str = ""
    database: str = ""
    skip: int = 0
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    status: int = 500
    body: Any = None
    headers: dict[str, str] = {}
    seconds: float = 30.0
    sent_bytes: int = 0
    queued: bool = False
    id: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        try:
            re.compile(self.operation)
        except re.error as error:
            raise ValueError(f"`operation` is no regular expression: {error}") from None


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._draws: dict[int, random.Random] = {}
        self._lock = threading.Lock()
        self._last_id = 0

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._last_id += 1
            fault.id, fault.hits = self._last_id, 0
            self._draws[fault.id] = random.Random(fault.seed)  # noqa: S311
            self._faults.append(fault)
        return fault

    def clear(self, id_: int | None = None) -> None:
        with self._lock:
            self._faults = [fault for fault in self._faults if id_ not in (None, fault.id)]

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def take(self, on: str, operation: str, database: str) -> Fault | None:
        """The first rule that strikes here; each rule that fits counts down even if another one strikes."""
        with self._lock:
            struck = [f for f in self._faults if _fits(f, on, operation, database) and self._strikes(f)]
        return struck[0] if struck else None

    def _strikes(self, fault: Fault) -> bool:
        if fault.skip:
            fault.skip -= 1
            return False
        if fault.times == 0 or self._draws[fault.id].random() >= fault.probability:
            return False
        if fault.times is not None:
            fault.times -= 1
        fault.hits += 1
        return True


def _fits(fault: Fault, on: str, operation: str, database: str) -> bool:
    if fault.on not in ("any", on) or fault.database not in ("", database):
        return False
    return not fault.operation or re.fullmatch(fault.operation, operation) is not None
