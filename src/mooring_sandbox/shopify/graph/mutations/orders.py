"""orderUpdate, orderClose, orderOpen."""

from __future__ import annotations

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, save
from mooring_sandbox.shopify.graph.mutations.customers import address_doc, normal_email, normal_phone
from mooring_sandbox.shopify.graph.mutations.metafields import set_inputs
from mooring_sandbox.shopify.graph.mutations.tags import clean_tags

_PLAIN = ("note", "customAttributes", "poNumber", "phone")
_NO_ORDER = user_error(["id"], "Order does not exist")


@mutation
def order_update(context: Context, input: Doc) -> Doc:
    doc = editable(context, input["id"], "Order")
    if doc is None:
        return {"order": None, "userErrors": [_NO_ORDER]}
    errors = _check(input)
    if errors:
        return {"order": doc, "userErrors": errors}
    doc.update({k: input[k] for k in _PLAIN if k in input})
    if "email" in input:
        doc["email"] = normal_email(input["email"])
    if input.get("tags") is not None:
        doc["tags"] = clean_tags(input["tags"])
    if input.get("shippingAddress"):
        doc["shippingAddress"] = address_doc(context, input["shippingAddress"], {}, doc.get("shippingAddress"))
    save(context, "Order", doc)
    return {"order": doc, "userErrors": set_inputs(context, doc["id"], input.get("metafields"))}


def _check(input_: Doc) -> list[Doc]:
    if not input_.keys() - {"id"}:
        return [user_error(None, "No valid update parameters have been provided")]
    errors = []
    if input_.get("email") and "@" not in input_["email"]:
        errors.append(user_error(["email"], "Email is invalid"))
    if input_.get("phone") and normal_phone(input_["phone"]) is None:
        errors.append(user_error(["phone"], "Phone is invalid"))
    return errors


@mutation
def order_close(context: Context, input: Doc) -> Doc:
    return _set_closed(context, input["id"], context.timestamp)


@mutation
def order_open(context: Context, input: Doc) -> Doc:
    return _set_closed(context, input["id"], None)


def _set_closed(context: Context, id_: str, at: str | None) -> Doc:
    doc = editable(context, id_, "Order")
    if doc is None:
        return {"order": None, "userErrors": [_NO_ORDER]}
    if (doc.get("closedAt") is None) == (at is None):
        return {"order": doc, "userErrors": []}
    doc |= {"closedAt": at, "closed": at is not None}
    save(context, "Order", doc)
    return {"order": doc, "userErrors": []}
