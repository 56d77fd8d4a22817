"""Opening a shop: its document, a catalogue of the wished sizes, and the merchant's own CSV exports."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify import catalogue, csv_import
from mooring_sandbox.shopify.state import State

_FIRST_SHOP = 62_000_000_001
_SUFFIX = ".myshopify.com"
_UNFINISHED = "$unfinished"


class NewShop(msgspec.Struct, forbid_unknown_fields=True):
    """`name` with or without .myshopify.com; the CSV files are Shopify's exports and add to the sizes."""

    name: str
    seed: int = 1
    currency: str = "EUR"
    customers: int = 0
    orders: int = 0
    products: int = 0
    products_csv: str | None = None
    customers_csv: str | None = None
    orders_csv: str | None = None

    @property
    def handle(self) -> str:
        return self.name.lower().removesuffix(_SUFFIX)


def open_shop(state: State, clock: Clock, wanted: NewShop) -> int:
    """The shop's id. Raises `ValueError` in a sentence if the name is bad or taken, or a CSV file is unreadable.

    Written in many small transactions, so that a server goes on answering meanwhile; the shop is marked until it is
    whole, and one that was interrupted is made again from nothing.
    """
    check_name(state, wanted.handle)
    unfinished = state.shop_id(wanted.handle)
    if unfinished is not None:
        _forget(state, unfinished)
    shop_id = state.next_id("shop", _FIRST_SHOP) if unfinished is None else unfinished
    try:
        _furnish(state, clock, wanted, shop_id)
    except BaseException:
        _forget(state, shop_id)
        raise
    return shop_id


def is_open(state: State, handle: str) -> bool:
    """Whether the shop is there and whole."""
    shop_id = state.shop_id(handle)
    return shop_id is not None and _UNFINISHED not in state.shop(shop_id)


def check_name(state: State, handle: str) -> None:
    plain = handle.replace("-", "")
    if not (handle.isascii() and plain.isalnum() and not handle.startswith("-") and not handle.endswith("-")):
        raise ValueError(f"{handle!r} is no shop name: use letters, digits and hyphens, as in harbour-teas")
    if is_open(state, handle):
        raise ValueError(f"the shop {handle}{_SUFFIX} exists already")


def _furnish(state: State, clock: Clock, wanted: NewShop, shop_id: int) -> None:
    doc = catalogue.shop_doc(
        wanted.handle, wanted.seed, currency=wanted.currency, shop_id=shop_id, as_of=iso(clock.now())
    )
    state.add_shop(shop_id, wanted.handle, doc | {_UNFINISHED: True})
    sizes = catalogue.Sizes(customers=wanted.customers, orders=wanted.orders, products=wanted.products)
    catalogue.fill(state, shop_id, seed=wanted.seed, sizes=sizes, clock=clock)
    load_files(state, shop_id, wanted, clock)
    whole = {name: value for name, value in state.shop(shop_id).items() if name != _UNFINISHED}
    state.add_shop(shop_id, wanted.handle, whole)


def _forget(state: State, shop_id: int) -> None:
    with state.transaction() as db:
        for table in ("record", "embedded", "domain"):
            db.execute(f"DELETE FROM {table} WHERE shop_id = ?", (shop_id,))  # noqa: S608
        db.execute("DELETE FROM shop WHERE id = ?", (shop_id,))


def load_files(state: State, shop_id: int, wanted: NewShop, clock: Clock) -> None:
    paths = {kind: getattr(wanted, f"{kind}_csv") for kind in ("products", "customers", "orders")}
    given = {kind: Path(path) for kind, path in paths.items() if path}
    missing = [str(path) for path in given.values() if not path.is_file()]
    if missing:
        raise ValueError(f"there is no file {', '.join(missing)}")
    if given:
        csv_import.load(state, shop_id, **given, clock=clock)
