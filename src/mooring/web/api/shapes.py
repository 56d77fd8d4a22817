"""The shapes of the API: what is sent (`…In`, unknown fields refused) and what is answered. Moments are ISO 8601 in
UTC, money is an exact decimal as text beside its currency, ids are opaque text (hub ids of records are numbers)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct

from mooring.db.operations import Operation
from mooring.domain.rules import Role

T = TypeVar("T")

Name = Annotated[str, Meta(min_length=1, max_length=120)]
Email = Annotated[str, Meta(min_length=3, max_length=254)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]


class In(Struct, forbid_unknown_fields=True):
    """A request's body. A misspelt field is an error, not a default."""


class Out(Struct):
    """An answer."""


class Page(Out, Generic[T]):
    """A part of a list. `next` is the `cursor` of the part after it, null at the end."""

    items: list[T]
    next: str | None = None


class ProjectOut(Out):
    id: str
    name: str
    role: Role | None


class OperationOut(Out):
    """Long work. `counts` while it runs, `receipt` when it has finished. `state` is pending, running, parked, done,
    failed, cancelled or stale."""

    id: str
    project_id: str
    store_id: str | None
    kind: str
    state: str
    finished: bool
    counts: dict[str, Any]
    error: str | None
    attempts: int
    cancel_requested: bool
    receipt: dict[str, Any] | None
    created_by: str
    created_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


def operation_out(one: Operation) -> OperationOut:
    shared = {name: getattr(one, name) for name in OperationOut.__struct_fields__ if name != "kind"}
    return OperationOut(kind=str(one.kind), **shared)
