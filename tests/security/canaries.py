"""Personal strings that occur nowhere else, planted in a shop, and the places where they may turn up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import text

from mooring.db.database import Database
from mooring_sandbox.shopify.state import State

CANARIES = {
    "e-mail": "quillon.varnhagen@canary-mail.example",
    "phone": "+4915112398766",
    "first name": "Quillonius",
    "last name": "Varnhagenstein",
    "company": "Ottersbacher Kontor",
    "street": "Zwiebelgasse 4711",
    "city": "Oberkanarien",
    "tag": "prefers-violet-ink",
    "note": "Allergic to hazelnuts, ask for Mrs Quirrenbach",
    "order note": "Leave it with the neighbour Tobelander",
    "attribute": "Engraving: for Wilhelmine-Aurora",
    "line property": "Initials Q.V.H.",
}
EDITED = {"edited company": "Nebelhornwerke", "edited name": "Edelgarda"}
"""What is changed here, and at the merchant's, after the import."""


def plant(state: State, shop_id: int) -> tuple[str, str]:
    """A customer and an order of theirs carry all of them. Returns their ids."""
    customer = next(iter(state.scan(shop_id, "Customer")))
    order = next(one for one in state.scan(shop_id, "Order") if one.get("customerId") == customer["id"])
    c = CANARIES
    address = _address(customer["addressesV2"][0])
    state.put(shop_id, "Customer", customer | {
        "firstName": c["first name"], "lastName": c["last name"], "email": c["e-mail"], "phone": c["phone"],
        "note": c["note"], "tags": [c["tag"]], "addressesV2": [address, *customer["addressesV2"][1:]],
        "defaultEmailAddress": customer["defaultEmailAddress"] | {"emailAddress": c["e-mail"]},
        "defaultPhoneNumber": (customer.get("defaultPhoneNumber") or {"marketingState": "NOT_SUBSCRIBED"})
        | {"phoneNumber": c["phone"]},
    })  # fmt: skip
    first, *rest = order["lineItems"]
    state.put(shop_id, "Order", order | {
        "email": c["e-mail"], "phone": c["phone"], "note": c["order note"],
        "customAttributes": [{"key": "wish", "value": c["attribute"]}],
        "shippingAddress": address, "billingAddress": address,
        "lineItems": [first | {"customAttributes": [{"key": "engraving", "value": c["line property"]}]}, *rest],
    })  # fmt: skip
    return customer["id"], order["id"]


def _address(before: dict[str, Any]) -> dict[str, Any]:
    c = CANARIES
    return before | {
        "firstName": c["first name"], "lastName": c["last name"], "name": f"{c['first name']} {c['last name']}",
        "company": c["company"], "address1": c["street"], "city": c["city"], "phone": c["phone"],
    }  # fmt: skip


def in_files(folder: Path, *, but: str = "sandbox") -> dict[str, list[str]]:
    """Which of them occur in which file, in whatever case; the stand-in's own files are the merchant's."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and but not in str(path.relative_to(folder))]
    found = {path.name: _among(path.read_bytes().lower()) for path in files}
    return {name: what for name, what in found.items() if what}


def _among(content: bytes) -> list[str]:
    return [what for what, words in (CANARIES | EDITED).items() if words.lower().encode() in content]


_COLUMNS = """SELECT table_name, column_name, data_type FROM information_schema.columns
 WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"""


def in_tables(db: Database) -> dict[str, list[str]]:
    """The same by SQL, over every column of every table."""
    found: dict[str, list[str]] = {}
    with db.read() as connection:
        for table, column, kind in connection.execute(text(_COLUMNS)).all():
            words = f"encode({column}, 'escape')" if kind == "bytea" else f"{column}::text"
            query = text(f'SELECT count(*) FROM "{table}" WHERE {words} ILIKE :words')
            for what, said in (CANARIES | EDITED).items():
                if connection.execute(query, {"words": f"%{said}%"}).scalar_one():
                    found.setdefault(f"{table}.{column}", []).append(what)
    return found
