"""Customers, orders, products and collections as they were imported: lists to search and leaf through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mooring.db import reading, stores
from mooring.db.reading import Row, Span, Wanted
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.records import folded
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, NotFound
from mooring.usecases import paging, suppression
from mooring.usecases.browse_filters import FILTERS
from mooring.usecases.context import App
from mooring.usecases.who import Who

__all__ = ["FILTERS", "Asked", "Page", "Place", "page", "wanted_of"]
_LARGEST = 2**63 - 1
_LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for. At most one of `older` and `newer` is a cursor."""

    text: str = ""
    store_id: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    older: str | None = None
    newer: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """`items` are rows without their bodies, newest first, each with the `store_id` it came from; `older` and `newer`
    are the cursors of the neighbouring pages. `stores` are the project's, for choosing one."""

    kind: Kind
    items: list[Row]
    older: str | None
    newer: str | None
    stores: tuple[Store, ...]


Place = tuple[int, str]
"""(Shopify's id, store): the key of a row in a list over several stores."""


def page(app: App, who: Who, project_id: str, kind: Kind, asked: Asked) -> Page:
    who.require(project_id, Role.VIEWER)
    wanted = wanted_of(kind, asked.text, asked.filters)
    up = asked.newer is not None
    cursor = _place(asked.newer or asked.older)
    with app.db.read() as connection:
        known = tuple(stores.of_project(connection, project_id))
        found = [
            row
            for store in _chosen(known, asked.store_id)
            for row in reading.page(
                connection, kind, store.id, wanted, _span(store.id, cursor, up), limit=paging.LIMIT + 1
            )
        ]
        if kind is Kind.CUSTOMERS:
            found = suppression.overlaid(app, connection, project_id, found)
    found.sort(key=_key, reverse=not up)
    rows, more = found[: paging.LIMIT], len(found) > paging.LIMIT
    items = rows[::-1] if up else rows
    before, after = (more, True) if up else (cursor is not None, more)
    return Page(
        kind,
        items,
        older=paging.encode(*_key(items[-1])) if items and after else None,
        newer=paging.encode(*_key(items[0])) if items and before else None,
        stores=known,
    )


def _key(row: Row) -> Place:
    return row["shopify_id"], row["store_id"]


def _place(cursor: str | None) -> Place | None:
    if not cursor:
        return None
    shopify_id, store_id = paging.decode(cursor, int, str)
    return max(0, min(shopify_id, _LARGEST)), store_id


def _chosen(known: tuple[Store, ...], store_id: str | None) -> tuple[Store, ...]:
    if not store_id:
        return known
    chosen = tuple(store for store in known if store.id == store_id)
    if not chosen:
        raise NotFound("There is no such store.")
    return chosen


def _span(store_id: str, cursor: Place | None, up: bool) -> Span:
    """The same place for each store: of rows with the same id the store decides."""
    if cursor is None:
        return Span(up=up)
    shopify_id, at = cursor
    if up:
        return Span(low=shopify_id if store_id > at else shopify_id + 1, up=True)
    return Span(high=shopify_id if store_id < at else shopify_id - 1)


def wanted_of(kind: Kind, text: str, filters: Mapping[str, str]) -> Wanted:
    """What is looked for, checked. Raises `InvalidInput` naming the input."""
    text = text.strip()
    if len(text) > _LONGEST_SEARCH:
        raise InvalidInput(f"Search for at most {_LONGEST_SEARCH} characters.", field="q")
    return Wanted(
        words=tuple(folded(text).split()), number=_number(text), code=text or None, equal=_equal(kind, filters)
    )


def _number(text: str) -> int | None:
    """An id as Shopify's admin, its API or Mooring writes it."""
    digits = text.rpartition("/")[2] if text.startswith("gid://shopify/") else text
    fits = digits.isascii() and digits.isdecimal() and len(digits) < 20
    return number if fits and (number := int(digits)) <= _LARGEST else None


def _equal(kind: Kind, filters: Mapping[str, str]) -> dict[str, Any]:
    known = {one.name: one for one in FILTERS[kind]}
    found: dict[str, Any] = {}
    for name, chosen in filters.items():
        if not chosen:
            continue
        if name not in known or chosen not in known[name].choices:
            raise InvalidInput(f"{kind.label} cannot be filtered by {name}={chosen}.", field=name)
        found |= known[name].choices[chosen]
    return found
