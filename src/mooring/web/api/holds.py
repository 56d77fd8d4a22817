"""Mass deletions that wait for a person, and looking for changes and deletions without waiting for the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from mooring.domain.kinds import Kind
from mooring.usecases import holds, pull, sweep
from mooring.usecases.context import App
from mooring.usecases.holds import Question
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, OperationOut, Out, Page, operation_out
from mooring.web.routing import FromPath, Given, JSONBody, get, post


class HoldOut(Out):
    """A mass deletion that waits: `count` of `total` records of a kind. `token` confirms `delete` for this count."""

    id: str
    store_id: str
    store_name: str
    kind: Kind
    cause: str
    count: int
    total: int
    since: datetime
    sentence: str
    delete_means: str
    keep_means: str
    token: str


class DecisionIn(In):
    decision: Literal["delete", "keep"]
    token: Annotated[str | None, Meta(description="For `delete`: the `token` of the hold as it was shown.")] = None


class DecisionOut(Out):
    """`operation`: the sweep that marks them; null when there is none, or it starts as soon as what runs has ended."""

    decision: str
    count: int
    sentence: str
    operation: OperationOut | None


class SweepIn(In):
    """`kinds`: only these; all that were imported if empty."""

    kinds: tuple[Kind, ...] = ()


@get("/projects/{project_id:str}/holds", role="viewer", summary="Mass deletions that wait for a person")
def of_project(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> Page[HoldOut]:
    return Page(items=[_out(one) for one in holds.open_holds(app, who, project_id)])


@get("/stores/{store_id:str}/holds", role="viewer", summary="Mass deletions of a store that wait for a person")
def of_store(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> Page[HoldOut]:
    return Page(items=[_out(one) for one in holds.of_store(app, who, store_id)])


@post("/stores/{store_id:str}/holds/{hold_id:str}", role="editor", status_code=200, summary="Delete them, or keep them")
def decided(
    app: Given[App], who: Given[Who], store_id: FromPath[str], hold_id: FromPath[str], data: JSONBody[DecisionIn]
) -> DecisionOut:
    """`delete` marks the records as deleted here, each after one more look; `keep` leaves them as they are."""
    done = holds.decide(app, who, hold_id, data.decision, token=data.token, store_id=store_id)
    return DecisionOut(
        decision=data.decision,
        count=done.hold.count,
        sentence=done.sentence,
        operation=operation_out(done.operation) if done.operation else None,
    )


@post("/stores/{store_id:str}/pull", role="editor", status_code=202, summary="Look for changes now")
def pulled(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> OperationOut:
    """What the schedule does every ten minutes."""
    return operation_out(pull.request(app, who, store_id))


@post("/stores/{store_id:str}/sweep", role="editor", status_code=202, summary="Look for deletions now")
def swept(
    app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[SweepIn | None] = None
) -> OperationOut:
    """What the schedule does once a day."""
    return operation_out(sweep.request(app, who, store_id, data.kinds if data else ()))


def _out(one: Question) -> HoldOut:
    return HoldOut(**{name: getattr(one, name) for name in HoldOut.__struct_fields__})


ROUTES = [of_project, of_store, decided, pulled, swept]
