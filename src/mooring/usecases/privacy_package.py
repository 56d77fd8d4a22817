"""What is held of a customer, as a ZIP for whoever asked through Shopify: made while it is downloaded, never stored.

JSON holds everything as it is stored, CSV the same for a spreadsheet, `summary.txt` says in words what is in it. Orders
are read a page at a time, so the package may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from mooring.db import audit, privacy_held, stores
from mooring.db.privacy import DATA_REQUEST, Request
from mooring.db.privacy_held import Row
from mooring.domain import sheets
from mooring.domain.consent import Channel
from mooring.errors import Refused
from mooring.usecases import suppression, zipped
from mooring.usecases.context import App
from mooring.usecases.privacy_requests import of_admin
from mooring.usecases.who import Who
from mooring.usecases.zipped import File

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Package:
    """`chunks` are the bytes of the ZIP, in order; they are made as they are asked for."""

    filename: str
    chunks: Iterator[bytes]


def package(app: App, who: Who, project_id: str, request_id: str) -> Package:
    """Raises `Refused` once the request was answered: nothing is kept to make it of again."""
    request = of_admin(app, who, project_id, request_id)
    if request.topic != DATA_REQUEST or request.state != "open" or request.store_id is None:
        raise Refused("Only an open request for data has a package.", code="no_package")
    with app.db.write() as connection:
        audit.write(
            connection, at=app.clock.now(), actor=who.id, event="privacy.package", project_id=project_id,
            store_id=request.store_id, detail={"request": request_id},
        )  # fmt: skip
    stamp = f"{request.received_at:%Y-%m-%d}"
    return Package(
        f"data-request-{stamp}-{request_id[:8]}.zip", zipped.chunks(_files(app, request), at=app.clock.now())
    )


# -- files ---------------------------------------------------------------------------------------------------------


def _files(app: App, request: Request) -> Iterator[File]:
    """The person first; then the orders, read twice: once for JSON, once for CSV."""
    store_id, person = request.store_id or "", _person(app, request)
    yield "customer.json", [_json(person)]
    for name, rows in (("customers", person["customers"]), ("addresses", person["addresses"])):
        yield f"{name}.csv", _csv(_COLUMNS[name], rows)
    ids = _order_ids(app, request)
    yield "orders.json", _json_list(_orders(app, store_id, ids))
    for name in ("orders", "order_lines", "refunds"):
        yield f"{name}.csv", _csv(_COLUMNS[name], _flat(app, store_id, ids, name))
    yield "summary.txt", [_summary(app, request, person, len(ids)).encode()]


def _person(app: App, request: Request) -> dict[str, Any]:
    """Record, addresses, consents, what was changed here, engagement, lists."""
    store_id = request.store_id or ""
    with app.db.read() as connection:
        store = stores.load(connection, store_id)
        found = privacy_held.person(connection, store_id, request.customer_id)
        held: dict[str, Any] = {"shop": store.shop_domain, "asked_at": request.received_at, **found}
        held["suppressed"] = [
            str(channel)
            for channel, name in ((Channel.EMAIL, "email"), (Channel.SMS, "phone"))
            for one in found["customers"]
            if suppression.is_suppressed(app, connection, store.project_id, channel, one[name])
        ]
    return held


def _order_ids(app: App, request: Request) -> list[int]:
    with app.db.read() as connection:
        return privacy_held.order_ids(connection, request.store_id or "", request.customer_id, request.order_ids)


def _orders(app: App, store_id: str, ids: list[int]) -> Iterator[Row]:
    for first in range(0, len(ids), _PAGE):
        with app.db.read() as connection:
            page = privacy_held.orders(connection, store_id, ids[first : first + _PAGE])
        yield from page


def _flat(app: App, store_id: str, ids: list[int], name: str) -> Iterator[Row]:
    for order in _orders(app, store_id, ids):
        yield from [order] if name == "orders" else order[name]


# -- forms ---------------------------------------------------------------------------------------------------------

_COLUMNS: dict[str, tuple[str, ...]] = {
    "customers": ("shopify_id", "first_name", "last_name", "email", "phone", "email_state", "sms_state",
                  "orders_count", "amount_spent", "currency", "tags", "created_at", "updated_at"),
    "addresses": ("shopify_id", "firstName", "lastName", "company", "address1", "address2", "zip", "city", "province",
                  "country", "countryCodeV2", "phone"),
    "orders": ("shopify_id", "name", "email", "phone", "processed_at", "financial_status", "fulfillment_status",
               "total", "current_total", "currency", "cancelled_at"),
    "order_lines": ("shopify_id", "order_id", "title", "sku", "quantity", "current_quantity", "unit_price", "currency"),
    "refunds": ("shopify_id", "order_id", "created_at", "total", "currency"),
}  # fmt: skip


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2) + b"\n"


def _json_list(rows: Iterable[Row]) -> Iterator[bytes]:
    comma = b"[\n"
    for row in rows:
        yield comma + _json(row).rstrip()
        comma = b",\n"
    yield b"[]\n" if comma == b"[\n" else b"\n]\n"


def _csv(columns: tuple[str, ...], rows: Iterable[Row]) -> Iterator[bytes]:
    yield sheets.lines([columns]).encode()
    for row in rows:
        whole = row.get("body", {}) | row
        yield sheets.lines([[whole.get(name) for name in columns]]).encode()


def _summary(app: App, request: Request, person: dict[str, Any], orders: int) -> str:
    counts = [
        ("customer records", len(person["customers"])),
        ("addresses", len(person["addresses"])),
        ("orders", orders),
        ("customer lists", len(person["lists"])),
        ("changes made here", len(person["edits"])),
    ]
    made = f"{app.clock.now():%d %b %Y, %H:%M} UTC"
    lines = [
        f"Data held of a customer of {person['shop']}",
        f"Asked for through Shopify on {request.received_at:%d %b %Y}, answer due {request.due_at:%d %b %Y}.",
        f"Made on {made} by Mooring.",
        "",
        *(f"{number:>8}  {what}" for what, number in counts),
        f"{'yes' if person['engagement'] else 'no':>8}  last opens and clicks of messages",
        f"{', '.join(person['suppressed']) or 'none':>8}  channels that must not be contacted",
        "",
        "customer.json: the record, addresses, consents, lists, changes and engagement, whole.",
        "orders.json: the orders with their lines and refunds, whole. The CSV files hold the same for spreadsheets.",
    ]
    if not person["customers"] and not orders:
        lines.append("Nothing is held of this customer.")
    return "\n".join(lines) + "\n"
