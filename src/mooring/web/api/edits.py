"""Hub edits: change a customer, tell of engagement, see what became of each change, send failed ones again.

Only missing profile fields and subscriptions can be changed. What is sent to Shopify, and when, the store's sync
settings say."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar.params import RawBody
from msgspec import UNSET, Meta, UnsetType

from mooring.domain.edits import EDITABLE
from mooring.domain.kinds import Kind
from mooring.usecases import browse_record, edits, edits_csv, edits_view, engagement
from mooring.usecases.context import App
from mooring.usecases.edits_view import EditView
from mooring.usecases.who import Who
from mooring.web.api.records import customer_record
from mooring.web.api.shapes import In, Out, Page
from mooring.web.api.shapes_records import CustomerRecord
from mooring.web.routing import FromPath, FromQuery, Given, JSONBody, get, patch, post

Value = Annotated[str, Meta(max_length=255)]


class AddressIn(In):
    """Of the default address; a new one where there is none."""

    company: Value | UnsetType | None = UNSET
    address1: Value | UnsetType | None = UNSET
    address2: Value | UnsetType | None = UNSET
    city: Value | UnsetType | None = UNSET
    zip: Value | UnsetType | None = UNSET
    province_code: Value | UnsetType | None = UNSET
    country_code: Value | UnsetType | None = UNSET


class CustomerIn(In):
    """What is left out stays; null takes back what was changed here and is not at Shopify yet. A subscription is
    `subscribed` or `unsubscribed`."""

    first_name: Value | UnsetType | None = UNSET
    last_name: Value | UnsetType | None = UNSET
    email: Value | UnsetType | None = UNSET
    phone: Value | UnsetType | None = UNSET
    address: AddressIn | UnsetType = UNSET
    email_subscription: Value | UnsetType | None = UNSET
    sms_subscription: Value | UnsetType | None = UNSET


class EngagementIn(In):
    """What a sender of messages tells. Moments only move forward, the number of messages only up."""

    last_open_at: datetime | None = None
    last_click_at: datetime | None = None
    last_sms_click_at: datetime | None = None
    total_messages: Annotated[int, Meta(ge=0)] | None = None


class EngagementOut(Out):
    """`rfm` is the group by recency, frequency and money, by Shopify's names."""

    last_open_at: datetime | None
    last_click_at: datetime | None
    last_sms_click_at: datetime | None
    total_messages: int | None
    rfm: str | None


class EditOut(Out):
    """`state`: pending, waiting (for its toggle or permission), sent, failed, superseded, or kept (here only).
    `customer` is Shopify's id."""

    id: int
    customer: int
    field: str
    title: str
    value: str | None
    state: str
    sentence: str
    error: str | None
    made_by: str
    made_at: datetime
    settled_at: datetime | None


class RowOut(Out):
    """`outcome`: changed, unchanged or refused."""

    line: int
    outcome: str
    fields: tuple[str, ...]
    sentence: str | None


class UploadOut(Out):
    """`preview`: nothing of it was kept."""

    preview: bool
    sentence: str
    changed: int
    unchanged: int
    refused: int
    rows: list[RowOut]


class RetryIn(In):
    """`edit`: only this one; all that failed if left out."""

    edit: int | None = None


class RetriedOut(Out):
    retried: int


def edit_out(view: EditView) -> EditOut:
    one = view.edit
    return EditOut(
        id=one.id,
        customer=one.customer_id,
        field=one.field,
        title=view.title,
        value=one.value,
        state=one.state,
        sentence=view.sentence,
        error=one.error,
        made_by=view.made_by,
        made_at=one.made_at,
        settled_at=one.settled_at,
    )


# -- one customer --------------------------------------------------------------------------------------------------


@patch("/customers/{customer_id:int}", role="editor", summary="Fill in what Shopify has nothing for; subscriptions")
def changed(app: Given[App], who: Given[Who], customer_id: FromPath[int], data: JSONBody[CustomerIn]) -> CustomerRecord:
    """All of it or nothing. A field in which Shopify has a value is refused."""
    edits.change(app, who, customer_id, _changes(data))
    return customer_record(browse_record.show(app, who, Kind.CUSTOMERS, customer_id))


def _changes(data: CustomerIn) -> dict[str, str | None]:
    given: dict[str, Any] = msgspec.to_builtins(data)
    address: dict[str, Any] = given.pop("address", {})
    flat = given | {f"address.{name}": value for name, value in address.items()}
    return {name: flat[name] for name in EDITABLE if name in flat}


@get("/customers/{customer_id:int}/edits", role="viewer", summary="What was changed here of a customer")
def of_customer(app: Given[App], who: Given[Who], customer_id: FromPath[int]) -> Page[EditOut]:
    found = browse_record.show(app, who, Kind.CUSTOMERS, customer_id).changed
    return Page(items=[edit_out(view) for view in found.views.values()] if found else [])


@post("/customers/{customer_id:int}/engagement", role="editor", status_code=200, summary="Opens, clicks, messages")
def engaged(
    app: Given[App], who: Given[Who], customer_id: FromPath[int], data: JSONBody[EngagementIn]
) -> EngagementOut:
    known = engagement.tell(app, who, customer_id, engagement.Told(**msgspec.structs.asdict(data)))
    return EngagementOut(**{name: known.get(name) for name in EngagementOut.__struct_fields__})


# -- all of a store ------------------------------------------------------------------------------------------------


@get("/stores/{store_id:str}/edits", role="viewer", summary="Changes of customers of a store, newest first")
def listed(
    app: Given[App],
    who: Given[Who],
    store_id: FromPath[str],
    is_in: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[EditOut]:
    found = edits_view.listed(app, who, store_id, state=is_in, cursor=cursor)
    return Page(items=[edit_out(view) for view in found.items], next=found.next)


@post(
    "/stores/{store_id:str}/edits.csv",
    role="editor",
    status_code=200,
    request_max_body_size=2 * edits_csv.LARGEST,
    summary="Change customers by a CSV file",
)
def uploaded(
    app: Given[App], who: Given[Who], store_id: FromPath[str], body: RawBody, preview: FromQuery[bool] = False
) -> UploadOut:
    """The body is the file. Its first line names the columns: one of customer (hub id), shopify_id and email_address,
    and the fields to change. Every row is applied whole or refused, and told about. `preview=true` only tells what
    would become of each."""
    done = (edits_csv.preview if preview else edits_csv.upload)(app, who, store_id, body)
    counts = {name: done.count(name) for name in ("changed", "unchanged", "refused")}
    rows = [RowOut(one.line, one.outcome, one.fields, one.sentence) for one in done.rows]
    return UploadOut(sentence=done.sentence, preview=done.preview, rows=rows, **counts)


@post("/stores/{store_id:str}/edits/retry", role="editor", status_code=202, summary="Send failed ones again")
def retried(
    app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[RetryIn | None] = None
) -> RetriedOut:
    return RetriedOut(edits.retry(app, who, store_id, data.edit if data else None))


ROUTES = [changed, of_customer, engaged, listed, uploaded, retried]
