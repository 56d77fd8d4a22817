"""One line of an items page: a record of the hub with how far it is on its way to Odoo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mooring.db import mappings
from mooring.db.odoo import OdooConnection
from mooring.db.sync_listing import Row
from mooring.domain.tabs import Tab
from mooring.usecases.items_questions import odoo_link

STATE_TABS = {
    "queued": Tab.IN_PROGRESS,
    "in_progress": Tab.IN_PROGRESS,
    "failed": Tab.FAILED,
    "review": Tab.REVIEW,
    "decided": Tab.REVIEW,
}


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice of an order, and where it is in Odoo."""

    id: int
    link: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """One line. `state` is the tab it belongs to; `sentence` says why it failed or waits, or why it is not synced.
    `link`: where it is in Odoo. `decided`: somebody has decided, and the next sync carries it out. `under`: what tells
    it from others of the same title; `changed`: in Shopify; `gone`: deleted there; `total`: of orders."""

    hub_id: int
    store_id: str
    shopify_id: int
    title: str
    state: Tab
    sentence: str | None
    cause: str | None
    odoo_id: int | None
    model: str | None
    link: str | None
    origin: str | None
    attempts: int
    decided: bool
    at: datetime | None
    under: str | None = None
    changed: datetime | None = None
    gone: bool = False
    total: Decimal | None = None
    currency: str | None = None
    invoices: tuple[Invoice, ...] = ()


_DELETED = "Deleted in Shopify, so it is not synced. What Odoo has stays as it is."


def listed(row: Row, there: OdooConnection | None) -> Listed:
    tab = state(row)
    return Listed(
        hub_id=row["hub_id"], store_id=row["store_id"], shopify_id=row["shopify_id"], title=title(row), state=tab,
        sentence=row["sentence"] or (_DELETED if row["deleted_at"] else None), cause=row["cause"],
        odoo_id=row["odoo_id"], model=row["model"], link=_link(there, row), origin=row["origin"],
        attempts=row["attempts"] or 0, decided=row["state"] == "decided", at=row["item_at"] or row["written_at"],
        under=_under(row), changed=row["updated_at"], gone=row["deleted_at"] is not None,
        total=row.get("current_total"), currency=row.get("currency"), invoices=_invoices(there, row),
    )  # fmt: skip


def state(row: Row) -> Tab:
    if row["state"]:
        return STATE_TABS[row["state"]]
    if row["sent"]:
        return Tab.IN_PROGRESS
    return Tab.SYNCED if row["odoo_id"] else Tab.NOT_SYNCED


def title(row: Row) -> str:
    """What people call it."""
    person = " ".join(part for part in (row.get("first_name"), row.get("last_name")) if part)
    return row.get("title") or row.get("name") or person or row.get("email") or str(row["shopify_id"])


def _under(row: Row) -> str | None:
    said = row.get("vendor") or row.get("email")
    return said if said != title(row) else None


def _link(there: OdooConnection | None, row: Row) -> str | None:
    """Only where the connection still is the one the mapping speaks of."""
    if there is None or row["odoo_id"] is None or row["fingerprint"] != there.fingerprint:
        return None
    return odoo_link(there, row["model"], row["odoo_id"])


def _invoices(there: OdooConnection | None, row: Row) -> tuple[Invoice, ...]:
    known = there if _link(there, row) else None
    return tuple(
        Invoice(one, odoo_link(known, "account.move", one) if known else None)
        for one in mappings.invoices_in(row["extra"])
    )
