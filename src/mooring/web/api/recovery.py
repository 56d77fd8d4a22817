"""Recover one record of a store."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from mooring.domain.kinds import Kind
from mooring.usecases import recover
from mooring.usecases.context import App
from mooring.usecases.recover import Recovery
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, OperationOut, Out, operation_out
from mooring.web.routing import FromPath, Given, JSONBody, post


class RecoverIn(In):
    kind: Kind
    what: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description="An order's name (#1001), a customer's e-mail address or name, a title, handle or SKU, a "
            "Shopify id.",
        ),
    ]


class MatchOut(Out):
    shopify_id: int
    label: str


class RecoverOut(Out):
    """`outcome`: created, updated, unchanged, restored (it was marked as deleted), not_visible, several (`matches` are
    to be chosen from, `more` of them exist) or none. `operation` holds the receipt, once one record was meant."""

    outcome: str
    sentence: str
    shopify_id: int | None
    matches: list[MatchOut]
    more: bool
    operation: OperationOut | None


@post("/stores/{store_id:str}/recover", role="editor", status_code=200, summary="Recover one record by name or id")
def recovered(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[RecoverIn]) -> RecoverOut:
    return _out(recover.request(app, who, store_id, data.kind, data.what))


def _out(done: Recovery) -> RecoverOut:
    return RecoverOut(
        outcome=str(done.outcome),
        sentence=done.sentence,
        shopify_id=done.shopify_id,
        matches=[MatchOut(one.shopify_id, one.label) for one in done.matches],
        more=done.more,
        operation=operation_out(done.operation) if done.operation else None,
    )


ROUTES = [recovered]
