"""What of an item waits for a person: which record of Odoo it may be, in what the two sides differ, why an order cannot
be booked; and what can be decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mooring.db.odoo import OdooConnection
from mooring.db.sync_items import Item
from mooring.domain.decisions import Choice, Records, possible
from mooring.domain.order_causes import Words
from mooring.domain.review_words import Place, explained, place_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record of Odoo that an item may be."""

    id: int
    model: str
    link: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    field: str
    odoo: Any
    shopify: Any


@dataclass(frozen=True, slots=True)
class Question:
    """What waits for a person in one of the records of an item; `record` names it, as in `address.6`."""

    record: str
    by: str | None
    candidates: tuple[Candidate, ...]
    differences: tuple[Difference, ...]
    failed: str | None


@dataclass(frozen=True, slots=True)
class Money:
    """Of an order, in `currency`: what it was `booked` as, and what it comes to `now` in Shopify."""

    booked: str | None = None
    now: str | None = None
    currency: str = ""

    @property
    def differs(self) -> bool:
        return self.booked != self.now


@dataclass(frozen=True, slots=True)
class Waiting:
    """`words`: the cause explained, with its fix, which is done at `place` where that is a page of ours. `changes`: of
    an order since it was booked. `choices`: what can be decided. `refunds`: to ignore it is to say that these are done
    by hand."""

    cause: str | None
    words: Words
    place: Place | None
    changes: tuple[str, ...]
    money: Money | None
    choices: tuple[Choice, ...]
    refunds: tuple[int, ...]


def questions(item: Item | None, there: OdooConnection | None) -> tuple[Question, ...]:
    return tuple(_question(label, told, there) for label, told in _records(item).items() if _asks(told))


def _asks(told: Mapping[str, Any]) -> bool:
    return not told.keys().isdisjoint(("candidates", "fields", "failed"))


def waiting(item: Item) -> Waiting:
    told = _merged(_records(item))
    ignore: Mapping[str, Any] = told.get("ignore") or {}
    return Waiting(
        item.cause, explained(item.cause), place_of(item.cause), tuple(told.get("changes") or ()),
        msgspec.convert(told["money"], Money) if told.get("money") else None, possible(item.cause, _records(item)),
        tuple(ignore.get("refunds") or ()),
    )  # fmt: skip


def _merged(records: Records) -> dict[str, Any]:
    """Of an order only its own record says such things."""
    return {name: said for told in records.values() for name, said in told.items()}


def _records(item: Item | None) -> Records:
    return ((item.detail if item else None) or {}).get("records") or {}


def _question(label: str, told: Mapping[str, Any], there: OdooConnection | None) -> Question:
    candidates = [msgspec.convert(one, dict[str, Any]) for one in told.get("candidates") or ()]
    fields: Mapping[str, Mapping[str, Any]] = told.get("fields") or {}
    return Question(
        record=label,
        by=told.get("by"),
        candidates=tuple(_candidate(one, there) for one in candidates),
        differences=tuple(Difference(name, said["odoo"], said["shopify"]) for name, said in fields.items()),
        failed=told.get("failed"),
    )


def _candidate(told: dict[str, Any], there: OdooConnection | None) -> Candidate:
    id_, model = told.pop("id"), told.pop("model")
    return Candidate(id_, model, odoo_link(there, model, id_) if there else None, told)


def odoo_link(there: OdooConnection, model: str, odoo_id: int) -> str:
    """A page of Odoo: addresses changed with 18."""
    if there.details.major >= 18:
        return f"{there.url}/odoo/{model}/{odoo_id}"
    return f"{there.url}/web#id={odoo_id}&model={model}&view_type=form"
