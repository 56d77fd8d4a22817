"""Privacy requests of a project, and addresses that must not be contacted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar.response import Stream
from msgspec import Meta

from mooring.domain.consent import Channel
from mooring.usecases import privacy_package, privacy_requests, suppression
from mooring.usecases.context import App
from mooring.usecases.privacy_requests import Shown
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, Out, Page
from mooring.web.routing import FromPath, Given, JSONBody, get, post


class RequestOut(Out):
    """`topic` is Shopify's; `state`: open, done or cancelled. `receipt` says what was done, without personal data."""

    id: str
    topic: str
    what: str
    store_id: str | None
    store_name: str
    state: str
    next_step: str
    received_at: datetime
    due_at: datetime
    days_left: int | None
    settled_at: datetime | None
    settled_by: str | None
    receipt: dict[str, Any] | None


class AddressIn(In):
    """An e-mail address on `email`, a phone number with its country code on `sms`."""

    channel: Channel
    address: Annotated[str, Meta(min_length=3, max_length=254)]


class SuppressionOut(Out):
    """`suppressed`: whether the address must not be contacted now. `changed`: whether this call changed that."""

    channel: Channel
    suppressed: bool
    changed: bool


def _out(shown: Shown) -> RequestOut:
    one = shown.request
    return RequestOut(
        id=one.id,
        topic=one.topic,
        what=shown.what,
        store_id=one.store_id,
        store_name=shown.store_name,
        state=one.state,
        next_step=shown.next_step,
        received_at=one.received_at,
        due_at=one.due_at,
        days_left=shown.days_left,
        settled_at=one.settled_at,
        settled_by=shown.settled_by,
        receipt=one.receipt,
    )


@get("/projects/{project_id:str}/privacy", role="admin", summary="Privacy requests: open by due date, then settled")
def listed(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> Page[RequestOut]:
    found = privacy_requests.show(app, who, project_id)
    return Page(items=[_out(one) for one in (*found.open, *found.settled)])


@get("/projects/{project_id:str}/privacy/{request_id:str}/package", role="admin", summary="A customer's data as a ZIP")
def package(app: Given[App], who: Given[Who], project_id: FromPath[str], request_id: FromPath[str]) -> Stream:
    """Made while it is downloaded, never stored."""
    made = privacy_package.package(app, who, project_id, request_id)
    headers = {"content-disposition": f'attachment; filename="{made.filename}"'}
    return Stream(made.chunks, media_type="application/zip", headers=headers)


@post("/projects/{project_id:str}/privacy/{request_id:str}/answer", role="admin", status_code=200,
      summary="Say that the customer got their data")  # fmt: skip
def answered(app: Given[App], who: Given[Who], project_id: FromPath[str], request_id: FromPath[str]) -> RequestOut:
    privacy_requests.answer(app, who, project_id, request_id)
    found = privacy_requests.show(app, who, project_id)
    return next(_out(one) for one in found.settled if one.request.id == request_id)


@post("/projects/{project_id:str}/suppressions", role="admin", status_code=200, summary="Never contact an address")
def suppressed(
    app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[AddressIn]
) -> SuppressionOut:
    """Only a keyed hash of it is stored."""
    changed = suppression.suppress_by_admin(app, who, project_id, data.channel, data.address)
    return SuppressionOut(data.channel, suppressed=True, changed=changed)


@post("/projects/{project_id:str}/suppressions/lift", role="admin", status_code=200, summary="Contact it again")
def lifted(app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[AddressIn]) -> SuppressionOut:
    changed = suppression.lift_by_admin(app, who, project_id, data.channel, data.address)
    return SuppressionOut(data.channel, suppressed=False, changed=changed)


ROUTES = [listed, package, answered, suppressed, lifted]
