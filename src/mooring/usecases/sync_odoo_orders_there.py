"""Sale orders and their lines as Odoo has them, for a batch that may be these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from mooring.domain.mapping import MappedKind
from mooring.domain.matching import Found
from mooring.domain.translate_odoo import LINE_FIELDS, ORDER_FIELDS, Values, row_values
from mooring.usecases import odoo_gate
from mooring.usecases.sync_odoo_place import Job
from mooring.usecases.sync_odoo_read import EVERYTHING, either

Row = Mapping[str, Any]
OPEN = frozenset({"draft", "sent"})
"""States of an order that is written to; any other one is frozen."""


def spelled(job: Job, name: str) -> str:
    """Before 19 the taxes of a line had another name."""
    return "tax_id" if name == "tax_ids" and job.odoo.details.major < 19 else name


@dataclass(frozen=True, slots=True)
class There:
    """`external`: what our external ids mean, by name. `asked`: False where nothing was read."""

    orders: Mapping[int, Row] = field(default_factory=dict[int, Row])
    lines: Mapping[int, Row] = field(default_factory=dict[int, Row])
    external: Mapping[str, int] = field(default_factory=dict[str, int])
    asked: bool = False

    def order(self, reference: str, name: str, *others: int | None) -> Found:
        """`others`: the order it is mapped to, and the one somebody chose."""
        ours = [id_ for id_, row in self.orders.items() if row["client_order_ref"] == reference]
        planted = self._planted(name, self.orders)
        seen = {id_ for id_ in (planted, *others, *ours) if id_ is not None and id_ in self.orders}
        values = {id_: row_values(MappedKind.ORDER, self.orders[id_]) for id_ in seen}
        return Found(planted, tuple(ours), values=values, asked=self.asked)

    def line(self, name: str, order_id: int, *others: int | None) -> Found:
        """Of this order only: a line that was moved to another one is not ours any more."""
        mine = {id_: row for id_, row in self.lines.items() if row["order_id"][0] == order_id}
        planted = self._planted(name, mine)
        seen = {id_ for id_ in (planted, *others) if id_ is not None and id_ in mine}
        values = {id_: row_values(MappedKind.ORDER_LINE, mine[id_]) for id_ in seen}
        return Found(planted, values=values, asked=self.asked)

    def _planted(self, name: str, rows: Mapping[int, Row]) -> int | None:
        """An external id whose record is not there means nothing."""
        planted = self.external.get(name)
        return planted if planted in rows else None

    def lines_of(self, order_id: int) -> list[int]:
        """In their order; without what costs nothing: sections, notes, and lines that were emptied."""
        return [
            id_ for id_, row in self.lines.items()
            if row["order_id"][0] == order_id and not row["display_type"] and row["product_uom_qty"]
        ]  # fmt: skip

    def said(self, ids: Iterable[int]) -> dict[int, Values]:
        """What these lines say, by id."""
        return {id_: row_values(MappedKind.ORDER_LINE, self.lines[id_]) for id_ in ids}

    def refers(self, order_id: int, reference: str) -> bool:
        """Whether it says of itself that it is this order of Shopify."""
        return self.orders[order_id]["client_order_ref"] == reference

    def says(self, order_id: int, reference: str, origin: str) -> bool:
        """Whether it does so in both places, as those do that Mooring made."""
        return self.refers(order_id, reference) and self.orders[order_id]["origin"] == origin

    def total(self, order_id: int) -> Decimal:
        return money(self.orders[order_id]["amount_total"])


def money(raw: Any) -> Decimal:
    """Odoo's amounts come as binary fractions; no currency has more than three decimals."""
    return Decimal(str(raw or 0)).quantize(Decimal("0.001"))


def look_up(job: Job, references: Iterable[str], ids: Iterable[int], external: Mapping[str, int]) -> There:
    """Two readings, and the second only where an order was found."""
    asked = either(["client_order_ref", "in", list(references)], ["id", "in", sorted({*ids})])
    fields = ["state", "amount_total", *(name for name in ORDER_FIELDS if _has(job, name))]
    rows = odoo_gate.search_read(job.app, job.ticket, "sale.order", asked, fields, context=EVERYTHING)
    orders = {row["id"]: row for row in rows}
    return There(orders, _lines(job, sorted(orders)) if orders else {}, external, asked=True)


def _has(job: Job, name: str) -> bool:
    """Warehouses come with the app for stock."""
    return name != "warehouse_id" or bool(job.odoo.details.apps.get("stock"))


def _lines(job: Job, order_ids: list[int]) -> dict[int, Row]:
    fields = ["order_id", "display_type", *(spelled(job, name) for name in LINE_FIELDS)]
    rows = odoo_gate.search_read(
        job.app, job.ticket, "sale.order.line", [["order_id", "in", order_ids]], fields,
        order="order_id, sequence, id", context=EVERYTHING,
    )  # fmt: skip
    return {row["id"]: {**row, "tax_ids": row[spelled(job, "tax_ids")]} for row in rows}
