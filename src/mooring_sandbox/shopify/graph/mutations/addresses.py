"""customerAddressCreate, -Update, -Delete, customerUpdateDefaultAddress."""

from __future__ import annotations

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, embed, save
from mooring_sandbox.shopify.graph.mutations.customers import address_doc
from mooring_sandbox.shopify.graph.reading import addresses_of, default_address_of, number_of

_NO_CUSTOMER = user_error(["customerId"], "Customer does not exist")
_NO_ADDRESS = user_error(["addressId"], "Address does not exist")


@mutation
def customer_address_create(context: Context, customer_id: str, address: Doc, set_as_default: bool = False) -> Doc:
    doc = _customer(context, customer_id)
    if doc is None:
        return {"address": None, "userErrors": [_NO_CUSTOMER]}
    made = address_doc(context, address, doc)
    doc["addressesV2"].append(made)
    if set_as_default or len(doc["addressesV2"]) == 1:
        doc["defaultAddressId"] = made["id"]
    return _saved(context, doc, made)


@mutation
def customer_address_update(
    context: Context, customer_id: str, address_id: str, address: Doc, set_as_default: bool = False
) -> Doc:
    doc = _customer(context, customer_id)
    known = _find(doc, address_id) if doc else None
    if doc is None or known is None:
        return {"address": None, "userErrors": [_NO_CUSTOMER if doc is None else _NO_ADDRESS]}
    known.update(address_doc(context, address, doc, known))
    if set_as_default:
        doc["defaultAddressId"] = known["id"]
    return _saved(context, doc, known)


@mutation
def customer_address_delete(context: Context, customer_id: str, address_id: str) -> Doc:
    doc = _customer(context, customer_id)
    known = _find(doc, address_id) if doc else None
    if doc is None or known is None:
        return {"deletedAddressId": None, "userErrors": [_NO_CUSTOMER if doc is None else _NO_ADDRESS]}
    doc["addressesV2"].remove(known)
    if doc.get("defaultAddressId") == known["id"]:
        doc["defaultAddressId"] = doc["addressesV2"][0]["id"] if doc["addressesV2"] else None
    save(context, "Customer", doc)
    return {"deletedAddressId": known["id"], "userErrors": []}


@mutation
def customer_update_default_address(context: Context, customer_id: str, address_id: str) -> Doc:
    doc = _customer(context, customer_id)
    known = _find(doc, address_id) if doc else None
    if doc is None or known is None:
        return {"customer": doc, "userErrors": [_NO_CUSTOMER if doc is None else _NO_ADDRESS]}
    doc["defaultAddressId"] = known["id"]
    save(context, "Customer", doc)
    return {"customer": doc, "userErrors": []}


def _customer(context: Context, id_: str) -> Doc | None:
    """With its addresses in one list and the default named by its id."""
    doc = editable(context, id_, "Customer")
    if doc is not None:
        default = default_address_of(doc)
        doc["addressesV2"] = addresses_of(doc)
        doc["defaultAddressId"] = default.get("id") if default else None
        doc.pop("addresses", None)
        doc.pop("defaultAddress", None)
    return doc


def _find(doc: Doc, id_: str) -> Doc | None:
    return next((a for a in doc["addressesV2"] if number_of(a.get("id")) == number_of(id_)), None)


def _saved(context: Context, doc: Doc, address: Doc) -> Doc:
    save(context, "Customer", doc)
    embed(context, doc["id"], [address])
    return {"address": address, "userErrors": []}
