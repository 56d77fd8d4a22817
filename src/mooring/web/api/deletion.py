"""Delete a store: look, confirm, try a failed one again; and download everything first."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar.response import Stream
from msgspec import Meta

from mooring.usecases import delete, delete_preview, export
from mooring.usecases.context import App
from mooring.usecases.delete_preview import Line, Preview
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, OperationOut, Out, operation_out
from mooring.web.routing import FromPath, Given, JSONBody, get, post


class LineOut(Out):
    """`count`, or `word` where there is nothing to count."""

    name: str
    title: str
    count: int | None
    word: str | None
    note: str | None


class DeletePreviewOut(Out):
    """`token` confirms exactly this, for 15 minutes and for this person, unless the store or a count moves.
    `at_shopify` says what becomes of the access there, `instead` which gentler ways there are, `ends` which operations
    would be ended."""

    store_id: str
    shop_domain: str
    removed: list[LineOut]
    kept: list[LineOut]
    at_shopify: str
    instead: list[str]
    ends: list[str]
    expires_at: datetime
    token: str


class DeleteIn(In):
    """Both confirmations: the shop's domain as typed by a person, and the token of the preview they saw. Without a
    token, or with one that no longer fits, the answer is 428 with the preview and its token."""

    shop_domain: Annotated[str, Meta(max_length=200)]
    token: Annotated[str, Meta(max_length=4_000)] = ""


@get("/stores/{store_id:str}/delete/preview", role="admin", summary="What a delete would remove and keep")
def previewed(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> DeletePreviewOut:
    return _preview_out(delete_preview.preview(app, who, store_id))


@post("/stores/{store_id:str}/delete", role="admin", status_code=202, summary="Delete a store for good")
def deleted(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[DeleteIn]) -> OperationOut:
    return operation_out(
        delete.request(app, who, store_id, token=data.token, typed_domain=data.shop_domain),
    )


@post("/stores/{store_id:str}/delete/retry", role="admin", status_code=202, summary="Go on with a failed delete")
def retried(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> OperationOut:
    return operation_out(delete.retry(app, who, store_id))


@get("/stores/{store_id:str}/export", role="admin", summary="Everything imported from a store, as a ZIP")
def exported(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> Stream:
    """CSV and JSON lines. A download that breaks off is not whole: a ZIP without its end does not open."""
    made = export.export(app, who, store_id)
    headers = {"content-disposition": f'attachment; filename="{made.name}"'}
    return Stream(made.chunks, media_type="application/zip", headers=headers)


def _preview_out(found: Preview) -> DeletePreviewOut:
    return DeletePreviewOut(
        store_id=found.store.id,
        shop_domain=found.store.shop_domain,
        removed=[_line_out(line) for line in found.removed],
        kept=[_line_out(line) for line in found.kept],
        at_shopify=found.remote_note,
        instead=list(found.instead),
        ends=list(found.busy),
        expires_at=found.expires_at,
        token=found.token,
    )


def _line_out(line: Line) -> LineOut:
    return LineOut(line.name, line.title, line.count, line.word, line.note)


ROUTES = [previewed, deleted, retried, exported]
