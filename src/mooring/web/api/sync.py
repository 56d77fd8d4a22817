"""Sync to Odoo: how each kind of a store is synced, previews, asking for a sync, items and what people decide."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from msgspec import UNSET

from mooring.db.odoo_kinds import OdooKind
from mooring.domain.mapping import SyncKind
from mooring.domain.review_words import place_of
from mooring.domain.tabs import Tab
from mooring.usecases import items, sync_odoo_decide, sync_odoo_request, sync_odoo_unlink, sync_odoo_view
from mooring.usecases.context import App
from mooring.usecases.items import Asked, Reason
from mooring.usecases.items_listed import Listed
from mooring.usecases.items_questions import Question, Waiting
from mooring.usecases.sync_odoo_decide import Decided
from mooring.usecases.who import Who
from mooring.web.api.shapes import OperationOut, operation_out
from mooring.web.api.shapes_sync import (
    AcceptIn,
    CauseOut,
    DecidedOut,
    DecisionIn,
    DetailOut,
    InvoiceOut,
    ItemOut,
    ItemsOut,
    KindIn,
    KindOut,
    LinkIn,
    PreviewIn,
    QuestionOut,
    ReviewMoneyOut,
    SyncIn,
    SyncOut,
    UnlinkedOut,
)
from mooring.web.routing import FromPath, FromQuery, Given, JSONBody, get, patch, post

_STORE = "/stores/{store_id:str}/odoo"
_ITEM = f"{_STORE}/items/{{kind:str}}/{{shopify_id:int}}"


@get(_STORE, role="viewer", summary="How a store is synced to Odoo")
def shown(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> SyncOut:
    view = sync_odoo_view.show(app, who, store_id)
    return SyncOut(
        kinds=[_kind(one.settings, one.against, one.counts) for one in view.kinds],
        preview=operation_out(view.preview) if view.preview else None,
        last=operation_out(view.last) if view.last else None,
    )


@post(f"{_STORE}/sync", role="editor", status_code=202, summary="Sync to Odoo")
def requested(
    app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[SyncIn | None] = None
) -> OperationOut:
    """Whole kinds, or single records. Every sync matches before it creates."""
    wish = data or SyncIn()
    return operation_out(sync_odoo_request.request(app, who, store_id, wish.kinds, ids=wish.ids))


@post(f"{_STORE}/preview", role="editor", status_code=202, summary="Preview a sync")
def previewed(
    app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[PreviewIn | None] = None
) -> OperationOut:
    """What a sync would do, as the receipt of the operation: create, link, update, unchanged, excluded, ambiguous.
    It only reads."""
    return operation_out(sync_odoo_request.preview(app, who, store_id, data.kinds if data else ()))


@post(f"{_STORE}/accept", role="editor", status_code=202, summary="Accept a preview")
def accepted(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[AcceptIn]) -> OperationOut:
    """Does what the preview said."""
    return operation_out(sync_odoo_request.accept(app, who, store_id, data.preview, auto=data.auto))


@patch(f"{_STORE}/kinds/{{kind:str}}", role="editor", summary="Change how a kind is synced")
def changed(
    app: Given[App], who: Given[Who], store_id: FromPath[str], kind: FromPath[SyncKind], data: JSONBody[KindIn]
) -> KindOut:
    if data.auto is not UNSET:
        sync_odoo_request.set_auto(app, who, store_id, kind, data.auto)
    if data.master is not UNSET:
        sync_odoo_request.set_master(app, who, store_id, kind, data.master)
    one = next(one for one in sync_odoo_view.show(app, who, store_id).kinds if one.settings.kind is kind)
    return _kind(one.settings, one.against, one.counts)


@get("/projects/{project_id:str}/odoo/items/{kind:str}", role="viewer", summary="Items of a kind")
def listed(
    app: Given[App], who: Given[Who], project_id: FromPath[str], kind: FromPath[SyncKind],
    tab: FromQuery[Tab] = Tab.ALL, q: FromQuery[str] = "", store: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None, cause: FromQuery[str] = "",
) -> ItemsOut:  # fmt: skip
    """`cause`: only what waits in Needs review for it."""
    page = items.page(app, who, project_id, kind, Asked(tab, q, store, older=cursor, cause=cause))
    counts, causes = {str(one): n for one, n in page.counts.items()}, [_cause(one) for one in page.causes]
    return ItemsOut([_item(one) for one in page.items], counts, causes, page.older)


@get(_ITEM, role="viewer", summary="What of an item waits for a person")
def detail(
    app: Given[App], who: Given[Who], store_id: FromPath[str], kind: FromPath[SyncKind], shopify_id: FromPath[int]
) -> DetailOut:
    found = items.show(app, who, store_id, kind, shopify_id)
    return _detail(found.state, found.sentence, found.waiting, [_question(one) for one in found.questions])


@post(f"{_STORE}/items/{{kind:str}}/decide", role="editor", status_code=200, summary="Decide on items")
def decided(
    app: Given[App], who: Given[Who], store_id: FromPath[str], kind: FromPath[SyncKind], data: JSONBody[DecisionIn]
) -> DecidedOut:
    """The same for all of them."""
    return _decided(sync_odoo_decide.decide(app, who, store_id, kind, data.ids, data.choice, data.fields))


@post(f"{_ITEM}/link", role="editor", status_code=200, summary="Link an item to a record of Odoo")
def linked(
    app: Given[App], who: Given[Who], store_id: FromPath[str], kind: FromPath[SyncKind], shopify_id: FromPath[int],
    data: JSONBody[LinkIn],
) -> DecidedOut:  # fmt: skip
    return _decided(sync_odoo_decide.link(app, who, store_id, kind, shopify_id, data.odoo_id, record=data.record))


@post(f"{_ITEM}/unlink", role="editor", status_code=200, summary="Unlink one")
def unlinked(
    app: Given[App], who: Given[Who], store_id: FromPath[str], kind: FromPath[SyncKind], shopify_id: FromPath[int]
) -> UnlinkedOut:
    """Both records stay as they are, but for our external ids in Odoo, and our reference where Mooring wrote it on a
    contact that was there before. What lives inside it is unlinked with it. A sync asks before it links it to the same
    record again."""
    return UnlinkedOut(sync_odoo_unlink.unlink(app, who, store_id, kind, shopify_id))


def _kind(settings: OdooKind, against: str | None, counts: dict[Tab, int]) -> KindOut:
    facts = {name: getattr(settings, name) for name in KindOut.__struct_fields__ if hasattr(settings, name)}
    return KindOut(**facts, against=against, counts={str(tab): count for tab, count in counts.items()})


def _item(one: Listed) -> ItemOut:
    facts: dict[str, Any] = {name: getattr(one, name) for name in ItemOut.__struct_fields__}
    facts["invoices"] = [InvoiceOut(invoice.id, invoice.link) for invoice in one.invoices]
    return ItemOut(**facts)


def _cause(one: Reason) -> CauseOut:
    return CauseOut(one.cause, *one.words, place_of(one.cause), one.count)


def _detail(state: Tab, sentence: str | None, waits: Waiting, questions: list[QuestionOut]) -> DetailOut:
    money = ReviewMoneyOut(waits.money.booked, waits.money.now, waits.money.currency) if waits.money else None
    return DetailOut(
        state=state, sentence=sentence, cause=waits.cause, title=waits.words.title, fix=waits.words.fix,
        changes=list(waits.changes), money=money, choices=list(waits.choices), questions=questions,
    )  # fmt: skip


def _question(one: Question) -> QuestionOut:
    return QuestionOut(
        record=one.record, by=one.by, candidates=[asdict(it) for it in one.candidates],
        differences=[asdict(it) for it in one.differences], failed=one.failed,
    )  # fmt: skip


def _decided(done: Decided) -> DecidedOut:
    return DecidedOut(done.count, operation_out(done.operation) if done.operation else None)


ROUTES = [shown, requested, previewed, accepted, changed, listed, detail, decided, linked, unlinked]
