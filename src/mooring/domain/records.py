"""What Mooring keeps of Shopify's records: typed shapes, their canonical form, and the hash of that form.

Rule 1: a record read on any path (a line of a bulk file, a node asked for by id) has the same canonical form, and so
the same hash. Fields stand in the order of the class, text is not escaped more than JSON needs, numbers have one form.
Rule 2: absent, null and empty are one and the same and are left out. A field that a later version of Mooring adds
therefore changes no hash of a record that has nothing there.
Rule 3: what identifies or dates a record (`id`, `parent_id`, `updated_at`) stands in columns of its own, not in the
form. Metafields are never asked for, so our own cannot make a record look changed.

The structs mirror Shopify's JSON, with names in snake case. They are made once and read once, hence no cyclic garbage
collection for them.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TypeVar

from msgspec import Struct, field, json

R = TypeVar("R", bound="Record")


class Part(Struct, rename="camel", omit_defaults=True, gc=False):
    """A piece of a record that has no life of its own."""


class Record(Part):
    """Something with an id. `parent_id` is set on what belongs to another record (`__parentId` in bulk files)."""

    id: str = ""
    parent_id: str = field(default="", name="__parentId")
    updated_at: str = ""


class Ref(Part):
    id: str = ""


class Money(Part):
    """An exact decimal as text, and its currency."""

    amount: str = "0"
    currency_code: str = ""


class Bag(Part):
    """The same amount in the shop's currency and in the one the customer saw."""

    shop_money: Money
    presentment_money: Money


class Count(Part):
    count: int = 0


class Attribute(Part):
    key: str
    value: str | None = None


class Address(Record):
    """A postal address, on a customer or inside an order."""

    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    country: str | None = None
    country_code: str | None = field(default=None, name="countryCodeV2")
    zip: str | None = None
    phone: str | None = None


class Email(Part):
    email_address: str | None = None
    valid_format: bool | None = None
    marketing_state: str | None = None
    marketing_opt_in_level: str | None = None
    marketing_updated_at: str | None = None


class Consent(Part):
    state: str | None = None
    opt_in_level: str | None = None
    updated_at: str | None = None
    collected_from: str | None = None


class Phone(Part):
    phone_number: str | None = None
    sms_marketing_consent: Consent | None = None


class TaxSettings(Part):
    tax_id: str | None = None


class Customer(Record):
    first_name: str | None = None
    last_name: str | None = None
    state: str | None = None
    locale: str | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    tax_exempt: bool | None = None
    tax_exemptions: tuple[str, ...] = ()
    tax_settings: TaxSettings | None = None
    verified_email: bool | None = None
    data_sale_opt_out: bool | None = None
    number_of_orders: str | None = None
    amount_spent: Money | None = None
    default_email_address: Email | None = None
    default_phone_number: Phone | None = None
    default_address: Ref | None = None
    created_at: str | None = None


class Category(Part):
    id: str
    full_name: str | None = None


class Option(Part):
    id: str
    name: str
    position: int | None = None
    values: tuple[str, ...] = ()


class Seo(Part):
    title: str | None = None
    description: str | None = None


class Product(Record):
    title: str = ""
    handle: str | None = None
    vendor: str | None = None
    product_type: str | None = None
    status: str | None = None
    is_gift_card: bool | None = None
    has_only_default_variant: bool | None = None
    description_html: str | None = None
    tags: tuple[str, ...] = ()
    category: Category | None = None
    options: tuple[Option, ...] = ()
    seo: Seo | None = None
    variants_count: Count | None = None
    total_inventory: int | None = None
    tracks_inventory: bool | None = None
    published_at: str | None = None
    created_at: str | None = None


class SelectedOption(Part):
    name: str
    value: str


class Weight(Part):
    value: float
    unit: str


class Measurement(Part):
    weight: Weight | None = None


class InventoryItem(Part):
    id: str
    tracked: bool | None = None
    requires_shipping: bool | None = None
    country_code_of_origin: str | None = None
    harmonized_system_code: str | None = None
    unit_cost: Money | None = None
    measurement: Measurement | None = None


class Variant(Record):
    """A ProductVariant. Its prices are in the shop's currency."""

    title: str | None = None
    sku: str | None = None
    barcode: str | None = None
    price: str | None = None
    compare_at_price: str | None = None
    position: int | None = None
    taxable: bool | None = None
    inventory_policy: str | None = None
    inventory_quantity: int | None = None
    selected_options: tuple[SelectedOption, ...] = ()
    inventory_item: InventoryItem | None = None
    created_at: str | None = None


class Source(Part):
    """Where a collection takes its products from."""

    typename: str = field(name="__typename")
    id: str | None = None
    title: str | None = None


class Collection(Record):
    title: str = ""
    handle: str | None = None
    description_html: str | None = None
    sort_order: str | None = None
    products_count: Count | None = None
    sources: tuple[Source, ...] = ()


class Membership(Record):
    """A product (`id`) in a collection (`parent_id`)."""


_encode = json.Encoder().encode
HASH_BYTES = 16


def seal(record: Record) -> tuple[bytes, str]:
    """(hash, canonical form). Takes id, parent and date out of the record: read them before."""
    record.id = record.parent_id = record.updated_at = ""
    body = _encode(record)
    return blake2b(body, digest_size=HASH_BYTES).digest(), body.decode()


def number(gid: str) -> int:
    """`gid://shopify/Order/5` -> 5. Addresses carry a query behind the number. Raises `ValueError`."""
    return int(gid.rpartition("/")[2].partition("?")[0])


def moment(text: str) -> str:
    """A date of Shopify in the one form that sorts as text: UTC, whole seconds, `Z`. Raises `ValueError`."""
    if len(text) == 20 and text[19] == "Z":
        return text
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def maybe_moment(text: str | None) -> str | None:
    return moment(text) if text else None


_NOT_DIALLED = re.compile(r"[^\d+]+")


def email_key(address: str | None) -> str | None:
    """What two spellings of one e-mail address have in common."""
    return (address.strip().lower() or None) if address else None


def phone_key(phone: str | None) -> str | None:
    """What two spellings of one phone number have in common: the digits, and a leading plus."""
    return (_NOT_DIALLED.sub("", phone) or None) if phone else None


def folded(text: str) -> str:
    """How text is compared in searches: the `search` columns hold it so, and what is searched for must be put so."""
    return " ".join(text.casefold().split())


def joined(*parts: str | None) -> str:
    """The text by which a record is found."""
    return " ".join([part for part in parts if part]).casefold()
