"""Customers and products put into the hub by hand, as an import would."""

from __future__ import annotations

from typing import Any

from mooring.db import records
from mooring.domain import records as r
from mooring.domain.translate_rows import ADDRESS, CUSTOMER, PRODUCT, VARIANT, Stamp
from mooring.usecases.context import App

FIRST = "2026-11-01T10:00:00Z"


def customer(
    app: App, store_id: str, customer_id: int, *, at: str = FIRST, streets: tuple[str, ...] = (), **said: Any
) -> None:
    """`streets`: of its addresses, the default one first."""
    email, phone = said.pop("email", None), said.pop("phone", None)
    named: dict[str, Any] = {"first_name": "Ann", "last_name": "Lee"} | said
    record = r.Customer(
        id=f"gid://shopify/Customer/{customer_id}", updated_at=at, **named,
        default_email_address=r.Email(email_address=email) if email else None,
        default_phone_number=r.Phone(phone_number=phone) if phone else None,
        default_address=r.Ref(f"gid://shopify/MailingAddress/{customer_id * 10}") if streets else None,
    )  # fmt: skip
    below = [_address(customer_id, number, street, at) for number, street in enumerate(streets)]
    stamp = Stamp(store_id, at)
    with app.db.write() as connection:
        records.write_roots(connection, CUSTOMER, store_id, [CUSTOMER.row(record, stamp)])
        rows = [ADDRESS.row(one, stamp) for one in below]
        records.write_children(connection, ADDRESS, CUSTOMER, store_id, rows, at)


def _address(customer_id: int, number: int, street: str, at: str) -> r.Address:
    return r.Address(
        id=f"gid://shopify/MailingAddress/{customer_id * 10 + number}", updated_at=at, first_name="Ann",
        parent_id=f"gid://shopify/Customer/{customer_id}", address1=street, city="San Diego", zip="92101",
        country_code="US", province_code="CA",
    )  # fmt: skip


def product(
    app: App, store_id: str, product_id: int, title: str, *variants: dict[str, Any], at: str = FIRST, **said: Any
) -> None:
    """`variants`: their `sku`, `barcode`, `price`, and what they select as `options`: {"Size": "M"}."""
    chosen: dict[str, dict[str, None]] = {}
    for one in variants:
        for name, value in one.get("options", {}).items():
            chosen.setdefault(name, {})[value] = None
    options = tuple(
        r.Option(f"gid://shopify/ProductOption/{product_id}{place}", name, place, tuple(values))
        for place, (name, values) in enumerate(chosen.items(), 1)
    )
    record = r.Product(
        id=f"gid://shopify/Product/{product_id}", updated_at=at, title=title, status=said.pop("status", "ACTIVE"),
        has_only_default_variant=not options, options=options, **said,
    )  # fmt: skip
    stamp = Stamp(store_id, at)
    with app.db.write() as connection:
        records.write_roots(connection, PRODUCT, store_id, [PRODUCT.row(record, stamp)])
        rows = [VARIANT.row(_variant(product_id, place, one, at), stamp) for place, one in enumerate(variants, 1)]
        records.write_children(connection, VARIANT, PRODUCT, store_id, rows, at)


def _variant(product_id: int, place: int, said: dict[str, Any], at: str) -> r.Variant:
    selected = tuple(r.SelectedOption(name, value) for name, value in said.get("options", {}).items())
    variant_id = said.get("id", product_id * 100 + place)
    return r.Variant(
        id=f"gid://shopify/ProductVariant/{variant_id}", parent_id=f"gid://shopify/Product/{product_id}",
        updated_at=at, sku=said.get("sku"), barcode=said.get("barcode"), price=said.get("price", "10.00"),
        position=place, selected_options=selected or (r.SelectedOption("Title", "Default Title"),),
        inventory_item=r.InventoryItem(
            f"gid://shopify/InventoryItem/{variant_id}", tracked=True, requires_shipping=True,
            measurement=r.Measurement(r.Weight(350.0, "GRAMS")),
        ),
    )  # fmt: skip
