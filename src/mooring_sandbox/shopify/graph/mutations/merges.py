"""customerMerge, and how it went: done at once, told by `customers/merge`.

Which of the two stays where nothing is said is not documented: here the second one, unless only the first has an
e-mail address.
"""

from __future__ import annotations

import uuid

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable
from mooring_sandbox.shopify.graph.reading import email_of
from mooring_sandbox.shopify.graph.registry import value
from mooring_sandbox.shopify.merchant.customers import merge_customers
from mooring_sandbox.shopify.merchant.desk import Desk
from mooring_sandbox.shopify.state import gid

_JOB = "CustomerMergeRequest"
_FIRST_JOB = 1
_CHOSEN = {
    "customerIdOfFirstNameToKeep": ("firstName",),
    "customerIdOfLastNameToKeep": ("lastName",),
    "customerIdOfEmailToKeep": ("email", "defaultEmailAddress"),
    "customerIdOfPhoneNumberToKeep": ("phone", "defaultPhoneNumber"),
    "customerIdOfDefaultAddressToKeep": ("defaultAddressId",),
}


@mutation
def customer_merge(
    context: Context, customer_one_id: str, customer_two_id: str, override_fields: Doc | None = None
) -> Doc:  # fmt: skip
    pair = [editable(context, id_, "Customer") for id_ in (customer_one_id, customer_two_id)]
    errors = _check(pair, (customer_one_id, customer_two_id), override_fields or {})
    if errors:
        return {"resultingCustomerId": None, "job": None, "userErrors": errors}
    one, two = (doc for doc in pair if doc)
    kept, gone = (one, two) if email_of(one) and not email_of(two) else (two, one)
    job = f"gid://shopify/Job/{uuid.uuid4()}"
    _carry_out(context, gone, kept, _instead(pair, override_fields or {}), job)
    return {"resultingCustomerId": kept["id"], "job": {"__typename": "Job", "id": job, "done": False}, "userErrors": []}


def _carry_out(context: Context, gone: Doc, kept: Doc, instead: Doc, job: str) -> None:
    desk = Desk(context.state, context.shop_id, context.clock)
    with desk.acting():
        merge_customers(desk, gone["id"], kept["id"], instead, job)
    number = context.state.next_id(f"{context.shop_id}:{_JOB}", _FIRST_JOB)
    doc = {"id": gid(_JOB, number), "jobId": job, "resultingCustomerId": kept["id"], "status": "COMPLETED",
           "customerMergeErrors": []}  # fmt: skip
    context.state.put(context.shop_id, _JOB, doc)


def _check(pair: list[Doc | None], ids: tuple[str, str], overrides: Doc) -> list[Doc]:
    at = ("customerOneId", "customerTwoId")
    missing = [
        user_error([field], "Customer does not exist.", "INVALID_CUSTOMER_ID")
        for field, doc in zip(at, pair, strict=True) if doc is None
    ]  # fmt: skip
    if missing or ids[0] == ids[1]:
        return missing or [user_error([at[1]], "Customers must be different.", "INVALID_CUSTOMER")]
    return [
        user_error(["overrideFields", name], "Must be one of the customers to merge.", "OVERRIDE_ATTRIBUTE_INVALID")
        for name in _CHOSEN if overrides.get(name) not in (None, *ids)
    ]  # fmt: skip


def _instead(pair: list[Doc | None], overrides: Doc) -> Doc:
    """The fields of whomever the override names; note and tags as they are given."""
    by_id = {doc["id"]: doc for doc in pair if doc}
    chosen = {
        field: by_id[overrides[name]].get(field)
        for name, fields in _CHOSEN.items() if overrides.get(name) for field in fields
    }  # fmt: skip
    return chosen | {name: overrides[name] for name in ("note", "tags") if overrides.get(name) is not None}


@value("QueryRoot.customerMergeJobStatus")
def _job_status(context: Context, _: Doc, args: Doc) -> Doc | None:
    found = context.state.scan(context.shop_id, _JOB)
    return next((doc for doc in found if doc["jobId"] == args["jobId"]), None)
