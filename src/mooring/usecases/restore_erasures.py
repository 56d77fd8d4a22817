"""Customers who were erased at their own request after a backup was made: a restored database holds them again.

The receipts file names them by keyed hashes, so each id that the store's rows speak of is hashed and compared. What is
found is asked for again as it was then, under the same id: an import leaves that person out from this moment on, and
the ordinary erasure does the rest. Whoever is not in the restored data has nothing in it to erase; their addresses are
suppressed all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mooring.db import privacy, privacy_erase, stores
from mooring.db.privacy import REDACT, Request
from mooring.db.stores import Store
from mooring.domain.lifecycle import GOING
from mooring.domain.rules import Work
from mooring.domain.wording import counted
from mooring.errors import Refused
from mooring.usecases import ledger
from mooring.usecases.context import App
from mooring.usecases.operations import issue
from mooring.usecases.privacy import name_orders
from mooring.usecases.who import SYSTEM

_BY_LAW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Erasure:
    """One line of the receipts file. `customer`, `email`, `phone` and `orders` are keyed hashes."""

    request: str
    store_id: str
    at: datetime
    customer: str | None
    email: str | None
    phone: str | None
    orders: frozenset[str]


@dataclass(frozen=True, slots=True)
class Erased:
    """So many customers of this store were erased at their own request since."""

    shop_domain: str
    customers: int

    @property
    def sentence(self) -> str:
        return f"{self.shop_domain}: {counted(self.customers, 'customers')}"


def told(app: App) -> list[Erasure]:
    """One for each request, however often it was told. A line of another shape is none of ours."""
    found: dict[str, Erasure] = {}
    for line in app.ledger.entries():
        if line.get("event") != ledger.CUSTOMER_ERASED:
            continue
        try:
            found.setdefault(line["request"], Erasure(
                line["request"], line["store"], datetime.fromisoformat(line["at"]), line["customer"], line["email"],
                line["phone"], frozenset(line["orders"]),
            ))  # fmt: skip
        except (KeyError, TypeError, ValueError):
            app.log.warning("receipts_line_unreadable")
    return list(found.values())


def news(connection: Connection, erasures: list[Erasure]) -> list[tuple[Erasure, Store]]:
    """Those this database has not heard of, of the stores that are in it and stay."""
    heard = privacy.known(connection, [one.request for one in erasures])
    unheard = [one for one in erasures if one.request not in heard]
    here = {one.id: one for one in stores.every(connection) if one.deleted_at is None} if unheard else {}
    return [
        (one, here[one.store_id])
        for one in unheard
        if one.store_id in here and here[one.store_id].state not in GOING
    ]  # fmt: skip


def by_store(again: list[tuple[Erasure, Store]]) -> tuple[Erased, ...]:
    found = Counter(store.shop_domain for _, store in again)
    return tuple(Erased(domain, customers) for domain, customers in sorted(found.items()))


def make_good(app: App, connection: Connection, again: list[tuple[Erasure, Store]]) -> list[str]:
    """Ids of the operations that erase them, to be started after the commit."""
    begun: list[str] = []
    for store_id in {store.id for _, store in again}:
        theirs = [one for one, store in again if store.id == store_id]
        store = stores.load(connection, store_id)
        _ask_again(app, connection, store, theirs)
        begun += _erase(app, connection, store)
    return begun


def _erase(app: App, connection: Connection, store: Store) -> list[str]:
    """An erasure of this store that is unfinished meets these requests as well."""
    try:
        return [issue(app, connection, SYSTEM, store, Work.REDACT, {}).id]
    except Refused:
        return []


def _ask_again(app: App, connection: Connection, store: Store, erasures: list[Erasure]) -> None:
    people = _by_hash(app, "customer", privacy_erase.known_people(connection, store.id))
    asked_for = any(one.orders for one in erasures)
    orders = _by_hash(app, "order", privacy_erase.known_orders(connection, store.id)) if asked_for else {}
    for one in erasures:
        customer = people.get(one.customer) if one.customer else None
        named = sorted(orders[order] for order in one.orders if order in orders)
        request = _request(store, one, customer, tuple(named))
        privacy.ask_again(connection, request)
        name_orders(connection, store, request)


def _by_hash(app: App, what: ledger.Named, ids: Iterable[int]) -> dict[str, int]:
    return {ledger.hashed(app, what, one): one for one in ids}


def _request(store: Store, one: Erasure, customer: int | None, orders: tuple[int, ...]) -> Request:
    """`webhook_id` of the delivery that asked for it is not known any more: the request's own stands for it."""
    return Request(
        id=one.request, topic=REDACT, app_id=store.app_id, shop_id=store.shop_id, shop_domain=store.shop_domain,
        webhook_id=f"restored.{one.request}", project_id=store.project_id, store_id=store.id, customer_id=customer,
        email_hash=one.email, phone_hash=one.phone, order_ids=orders, request_id=None, received_at=one.at,
        due_at=one.at + _BY_LAW, state="open", settled_at=None, settled_by=None, receipt=None,
    )  # fmt: skip
