"""What Clear sync data would take away, in words nobody can misread, and the token that binds it to what was shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import clear_tasks, clearing, operations, stores
from mooring.db.stores import Store
from mooring.domain.lifecycle import GOING
from mooring.domain.mapping import MAPPED, MappedKind, SyncKind, sync_kind
from mooring.domain.rules import Role, Work, stops
from mooring.domain.wording import counted
from mooring.errors import ConfirmationMissing, InvalidInput, Refused
from mooring.usecases import confirming
from mooring.usecases.clear_mapping_tasks import sentence as task_sentence
from mooring.usecases.context import App
from mooring.usecases.delete_preview import moved
from mooring.usecases.operations import DOING
from mooring.usecases.who import Who

LIFE = timedelta(minutes=15)
PHRASE = "clear sync data"
"""What has to be typed."""
BUTTON = "Clear sync data"

NOT_DELETED = (
    "No customer, no product and no order is deleted: not in Shopify, not in Odoo, and not in Mooring."
)  # fmt: skip
MEMORY = "What is deleted is the memory of which Shopify record belongs to which Odoo record."
FINAL = "This cannot be undone. A rebuild can find most of it again; it never restores what a person decided."
NEEDED_FOR = (
    "Show which items are already synced",
    "Prevent the same item from being synced twice",
    "Show sync status and Odoo ids on the pages",
    "Know which Shopify record and which Odoo record belong together",
)
REMAINS = (
    "Every customer, product and order in Shopify",
    "Every contact, product, order, invoice, payment and credit note in Odoo, with their reference fields",
    "Everything imported into Mooring, and imports go on",
    "Sync rules and settings",
    "The activity log and receipts",
)
AFTERWARDS = (
    "All sync status indicators and error texts are gone",
    "The mapping between Shopify and Odoo is lost",
    "Items that were synced appear as Not synced",
    "Mooring treats all items as new, and still matches before it creates: one match links, several ask you",
    "Automatic sync of these kinds waits until you choose Rebuild mapping or Resume sync; syncing one item by hand, or "
    "several, works at once",
)
WHEN = (
    "Starting fresh with a new sync setup",
    "Resolving sync conflicts or data that does not agree",
    "Removing all mappings, to rebuild them from scratch",
    "Testing or troubleshooting the sync",
    "Before you disconnect Odoo and connect another one",
)
HOW = (
    "Open Settings, then Advanced settings",
    "Read the warning",
    "Choose stores and kinds",
    f"Press {BUTTON}",
    f"Type “{PHRASE}” in the dialog and confirm",
    "Mooring does the rest and leaves a receipt",
)
_STATUS: dict[SyncKind, str] = {
    SyncKind.CUSTOMERS: "Customer sync status: which customers, with their addresses, are synced to Odoo (odoo_id)",
    SyncKind.PRODUCTS: "Product sync status: which products, with their variants, are synced to Odoo (odoo_id)",
    SyncKind.ORDERS: "Order sync status: which orders, with their lines, are synced to Odoo (odoo_id and invoice_id)",
}


@dataclass(frozen=True, slots=True)
class OfStore:
    """Counts: pairs of the mapping by kind (`records` are those people see, `inner` what lives inside them), records
    that carry metafields, external ids, and invoices that orders remember, all as far as Mooring knows."""

    store: Store
    records: Mapping[SyncKind, int]
    inner: Mapping[SyncKind, int]
    metafields: int
    external_ids: int
    invoices: int
    at_shopify: str
    ends: tuple[str, ...]
    open_tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """`removed`: a sentence per kind. The other lists are the page's, in its words."""

    project_id: str
    stores: tuple[OfStore, ...]
    kinds: tuple[SyncKind, ...]
    removed: tuple[str, ...]
    phrase: str
    expires_at: datetime
    token: str
    not_deleted: str = NOT_DELETED
    memory: str = MEMORY
    final: str = FINAL
    needed_for: tuple[str, ...] = NEEDED_FOR
    remains: tuple[str, ...] = REMAINS
    afterwards: tuple[str, ...] = AFTERWARDS
    when: tuple[str, ...] = WHEN
    how: tuple[str, ...] = HOW

    def of(self, store_id: str) -> OfStore:
        return next(one for one in self.stores if one.store.id == store_id)

    @property
    def facts(self) -> dict[str, Any]:
        """For machines and for the command line."""
        return {
            "not_deleted": self.not_deleted,
            "memory": self.memory,
            "final": self.final,
            "stores": [_facts(one) for one in self.stores],
            "kinds": [str(one) for one in self.kinds],
            "removed": list(self.removed),
            "needed_for": list(self.needed_for),
            "remains": list(self.remains),
            "afterwards": list(self.afterwards),
            "when": list(self.when),
            "type": self.phrase,
            "expires_at": self.expires_at.isoformat(),
        }


def _facts(one: OfStore) -> dict[str, Any]:
    return {
        "store": one.store.name,
        "shop_domain": one.store.shop_domain,
        "records": {str(kind): count for kind, count in one.records.items()},
        "with_them": {str(kind): count for kind, count in one.inner.items()},
        "metafields": one.metafields,
        "external_ids": one.external_ids,
        "invoices": one.invoices,
        "at_shopify": one.at_shopify,
        "ends": list(one.ends),
        "open_tasks": list(one.open_tasks),
    }


class _Shown(msgspec.Struct, array_like=True):
    """What the person was shown, inside the token: per store its state, generation, claim and counts."""

    kinds: list[str]
    expires: int
    stores: dict[str, tuple[str, int, bool, dict[str, int]]]


# -- looking -------------------------------------------------------------------------------------------------------


def preview(
    app: App, who: Who, project_id: str, store_ids: Sequence[str] = (), kinds: Iterable[SyncKind] = ()
) -> Preview:
    """Of these stores (none named: all of the project) and kinds (none named: all three)."""
    who.require(project_id, Role.ADMIN)
    with app.db.read() as connection:
        chosen = chosen_stores(connection, project_id, store_ids)
        wanted = tuple(kind for kind in SyncKind if kind in set(kinds)) or tuple(SyncKind)
        shown = tuple(_of_store(connection, store, wanted) for store in chosen)
    expires = app.clock.now().replace(microsecond=0) + LIFE
    token = confirming.sealed(app, who, "clear_mapping", project_id, _shown(shown, wanted, expires))
    return Preview(project_id, shown, wanted, tuple(_removed(shown, kind) for kind in wanted), PHRASE, expires, token)


def chosen_stores(connection: Connection, project_id: str, store_ids: Sequence[str]) -> list[Store]:
    """Raises `Refused` where one of them is being deleted, or there is none at all."""
    here = [one for one in stores.of_project(connection, project_id) if one.state not in GOING]
    unknown = set(store_ids) - {one.id for one in here}
    if unknown:
        raise InvalidInput("One of these stores is not in this project, or is being deleted.", field="stores")
    chosen = [one for one in here if not store_ids or one.id in store_ids]
    if not chosen:
        raise Refused("This project has no store whose sync data could be cleared.", code="no_store")
    return chosen


def _of_store(connection: Connection, store: Store, kinds: Sequence[SyncKind]) -> OfStore:
    counts = {kind: n for kind, n in clearing.counts(connection, store.id).items() if sync_kind(kind) in kinds}
    carrying = clearing.metafields(connection, store.id)
    busy = stops(Work.CLEAR_MAPPING)
    return OfStore(
        store=store,
        records={kind: counts.get(MAPPED[kind][0], 0) for kind in kinds},
        inner={kind: counts.get(MAPPED[kind][1], 0) for kind in kinds},
        metafields=sum(count for kind, count in carrying.items() if sync_kind(kind) in kinds),
        external_ids=sum(clearing.planted(connection, store.id, kinds).values()),
        invoices=clearing.invoices(connection, store.id) if SyncKind.ORDERS in kinds else 0,
        at_shopify=_REMOVED if store.claim else _CLAIMLESS,
        ends=tuple(DOING[one.kind] for one in operations.unfinished(connection, store.id) if one.kind in busy),
        open_tasks=tuple(task_sentence(one) for one in clear_tasks.open_of_store(connection, store.id)),
    )


_REMOVED = (
    "Mooring's metafields of the mapping are deleted, in a handful of calls. A shop that cannot be reached stays an "
    "open task."
)
_CLAIMLESS = "Another project speaks for this shop now, so nothing is called or changed there."
_INSIDE = {
    MappedKind.ADDRESS: "addresses",
    MappedKind.VARIANT: "variants",
    MappedKind.ORDER_LINE: "lines",
}


def _removed(shown: Sequence[OfStore], kind: SyncKind) -> str:
    records, inner = sum(one.records[kind] for one in shown), sum(one.inner[kind] for one in shown)
    inside = counted(inner, _INSIDE[MAPPED[kind][1]])
    return f"{_STATUS[kind]}: the mapping of {counted(records, kind)}, with {inside}"


# -- the token -----------------------------------------------------------------------------------------------------


def _shown(stores_: Sequence[OfStore], kinds: Sequence[SyncKind], expires: datetime) -> _Shown:
    listed = {
        one.store.id: (
            str(one.store.state), one.store.generation, one.store.claim,
            {str(kind): one.records[kind] + one.inner[kind] for kind in kinds},
        )
        for one in stores_
    }  # fmt: skip
    return _Shown([str(kind) for kind in kinds], int(expires.timestamp()), listed)


def confirmed(app: App, who: Who, now: Preview, token: str) -> dict[str, dict[str, int]]:
    """The counts that were confirmed, by store. Raises `ConfirmationMissing` with what there is now."""
    shown = confirming.opened(app, who, "clear_mapping", now.project_id, token, _Shown)
    if wrong := _wrong(app, shown, _shown(now.stores, now.kinds, now.expires_at)):
        raise ConfirmationMissing(f"{wrong} Nothing was cleared.", preview=now.facts, token=now.token)
    assert shown is not None
    return {store_id: counts for store_id, (_, _, _, counts) in shown.stores.items()}


def _wrong(app: App, shown: _Shown | None, now: _Shown) -> str | None:
    if shown is None:
        return "This is what would be cleared."
    if shown.expires <= app.clock.now().timestamp():
        return "What you were shown is more than 15 minutes old."
    if shown.kinds != now.kinds or shown.stores.keys() != now.stores.keys():
        return "You were shown other stores or kinds than these."
    if any(shown.stores[id_][:3] != now.stores[id_][:3] for id_ in now.stores):
        return "A store has changed since you were shown this."
    return "There is more or less of this now than you were shown." if _differs(shown, now) else None


def _differs(shown: _Shown, now: _Shown) -> bool:
    return any(
        moved(shown.stores[id_][3].get(kind, 0), count)
        for id_, (_, _, _, counts) in now.stores.items()
        for kind, count in counts.items()
    )
