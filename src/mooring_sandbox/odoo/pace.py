"""How long the real server took, so that a rehearsal takes as long: seconds for a call and for each record in it.

Measured on Odoo 19.0 with PostgreSQL 15 on two shared cores (CPU of both, one client, batches of 500).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

FLOOR = 0.012
HASHING = 0.275  # a password or key over /jsonrpc, after a product was made: Odoo's cache of logins is gone then
_ROW = 0.000012


class Cost(NamedTuple):
    call: float
    record: float


_PARTNER, _PRODUCT, _ORDER = "res.partner", "product", "sale.order"
_NEW = {_PARTNER: Cost(FLOOR, 0.0013), _PRODUCT: Cost(FLOOR, 0.0036), _ORDER: Cost(FLOOR, 0.0097)}
_AGAIN = {_PARTNER: Cost(FLOOR, 0.0045), _PRODUCT: Cost(FLOOR, 0.0031), _ORDER: Cost(FLOOR, 0.0105)}
_CREATE = {_PARTNER: Cost(0.025, 0.0013), _PRODUCT: Cost(0.058, 0.0036), _ORDER: Cost(0.040, 0.0082)}
_ACTIONS = {
    ("sale.order", "action_confirm"): Cost(0.095, 0.042),
    ("sale.order", "action_cancel"): Cost(0.050, 0.020),
    ("sale.advance.payment.inv", "create_invoices"): Cost(0.115, 0.055),
    ("account.move", "action_post"): Cost(0.083, 0.046),
    ("account.payment.register", "action_create_payments"): Cost(0.123, 0.155),
    ("account.move.reversal", "refund_moves"): Cost(0.115, 0.055),
    ("stock.picking", "button_validate"): Cost(0.095, 0.042),
    ("ir.model.data", "create"): Cost(FLOOR, 0.000056),
    ("ir.model.data", "unlink"): Cost(FLOOR, 0.000021),
}
_READS = {"read", "search_read", "search", "search_count", "name_search", "get_external_id", "fields_get", "read_group"}
_WRITE = Cost(0.032, 0.00018)
_QUIET = {_PARTNER: 0.7, _PRODUCT: 0.7, _ORDER: 0.95}  # with tracking_disable in the context


def before(model: str, method: str, records: int, known: int, context: dict[str, Any]) -> float:
    """What a call costs, as far as its arguments show it; `known` of the records of a load are there already."""
    kind = _kind(model)
    if (model, method) in _ACTIONS:
        return _of(_ACTIONS[model, method], records)
    if method in _READS:
        return FLOOR
    if method == "load":
        share = _QUIET.get(kind, 1.0) if context.get("tracking_disable") else 1.0
        new, again = _NEW.get(kind, Cost(FLOOR, 0.002)), _AGAIN.get(kind, Cost(FLOOR, 0.002))
        return FLOOR + share * (new.record * (records - known) + again.record * known)
    if method == "create":
        return _of(_CREATE.get(kind, Cost(0.02, 0.001)), records)
    return _of(_WRITE, records)


def after(method: str, rows: int) -> float:
    """What reading costs for each row that was found."""
    return _ROW * rows if method in _READS else 0.0


def _of(cost: Cost, records: int) -> float:
    return cost.call + cost.record * records


def _kind(model: str) -> str:
    return _PRODUCT if model in ("product.product", "product.template") else model


class Workers:
    """So many calls advance at once; the others wait their turn."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._busy = 0

    @contextmanager
    def turn(self, workers: int) -> Iterator[None]:
        with self._free:
            self._free.wait_for(lambda: self._busy < max(workers, 1))
            self._busy += 1
        try:
            yield
        finally:
            with self._free:
                self._busy -= 1
                self._free.notify()


def spend(seconds: float, stopping: threading.Event) -> None:
    if seconds > 0:
        stopping.wait(seconds)
