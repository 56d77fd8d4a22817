"""Receipts: what finished operations did, in numbers. Those of deleted stores are among them."""

from __future__ import annotations

from datetime import datetime

from mooring.usecases import receipts
from mooring.usecases.context import App
from mooring.usecases.receipts import Receipt
from mooring.usecases.who import Who
from mooring.web.api.shapes import Out, Page
from mooring.web.routing import FromPath, FromQuery, Given, get


class LineOut(Out):
    """`value` is a number or a word; `note` says more."""

    title: str
    value: int | float | str
    note: str | None


class ReceiptOut(Out):
    """`removed`: the store is gone since. `seconds`: how long the work took. `by_hand`: what could not be done, and how
    a person finishes it."""

    operation_id: str
    kind: str
    state: str
    title: str
    store_id: str | None
    store_name: str | None
    shop_domain: str | None
    removed: bool
    by: str
    finished_at: datetime | None
    seconds: float | None
    failed: str | None
    lines: list[LineOut]
    notes: list[str]
    by_hand: list[str]


def receipt_out(one: Receipt) -> ReceiptOut:
    operation = one.operation
    shared = ("title", "store_name", "shop_domain", "removed", "by", "finished_at", "failed")
    return ReceiptOut(
        operation_id=operation.id,
        kind=str(operation.kind),
        state=operation.state,
        store_id=operation.store_id,
        seconds=one.took.total_seconds() if one.took is not None else None,
        lines=[LineOut(line.title, line.value, line.note) for line in one.lines],
        notes=list(one.notes),
        by_hand=list(one.by_hand),
        **{name: getattr(one, name) for name in shared},
    )


@get("/projects/{project_id:str}/receipts", role="viewer", summary="Receipts of a project, newest first")
def listed(
    app: Given[App],
    who: Given[Who],
    project_id: FromPath[str],
    store_id: FromQuery[str | None] = None,
    all: FromQuery[bool] = False,
    cursor: FromQuery[str | None] = None,
) -> Page[ReceiptOut]:
    """Of what people asked for; with `all`, of the schedule's own work too."""
    found = receipts.page(app, who, project_id, cursor=cursor, store_id=store_id, all=all)
    return Page(items=[receipt_out(one) for one in found.items], next=found.next)


@get("/operations/{operation_id:str}/receipt", role="viewer", summary="The receipt of a finished operation")
def shown(app: Given[App], who: Given[Who], operation_id: FromPath[str]) -> ReceiptOut:
    return receipt_out(receipts.show(app, who, operation_id))


ROUTES = [listed, shown]
