"""Which record a person means: by Shopify id, or by what it is called, at Shopify and among those marked as deleted.

What was typed may be somebody's name or address: it goes to Shopify in the query and is kept nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mooring.db import records_named
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.records import number
from mooring.domain.translate import LAYOUTS
from mooring.errors import InvalidInput
from mooring.ports import Reply
from mooring.usecases import gate
from mooring.usecases.context import App

MOST = 10
"""How many matches are told of."""
_LONGEST = 200
_SURELY_AN_ID = 10
"""From so many digits on a number is an id; shorter ones may be an order's name, or a title."""
_GID = re.compile(r"gid://shopify/(\w+)/(\d{1,19})(?:\?.*)?", re.ASCII)
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Match:
    """A record a person may mean. `label` is personal: to be shown to them, and not kept."""

    shopify_id: int
    label: str
    names: tuple[str, ...] = ()


def find(app: App, ticket: gate.Ticket, store: Store, kind: Kind, what: str) -> list[Match]:
    """All that may be meant, at most one more than `MOST`. Raises `InvalidInput` for what is no name and no id."""
    typed = " ".join(what.split())
    if not typed or len(typed) > _LONGEST or not typed.isprintable():
        raise InvalidInput("Give an id, or a name of at most 200 characters.", field="what")
    if (known := _as_id(kind, typed)) is not None:
        return [Match(known, str(known))]
    reply = gate.call(app, ticket, app.shopify.document(f"find_{kind}"), {"query": _query(kind, typed)})
    found = [_match(kind, node) for node in _nodes(reply, kind)]
    return _exact(found, typed) or found or _in_hub(app, store, kind, typed)


def _as_id(kind: Kind, typed: str) -> int | None:
    if typed.isascii() and typed.isdecimal() and _SURELY_AN_ID <= len(typed) <= len(str(_LARGEST)):
        return min(int(typed), _LARGEST)
    gid = _GID.fullmatch(typed)
    if gid is None:
        return None
    if gid[1] != LAYOUTS[kind].root_type:
        raise InvalidInput(f"This is the id of a {gid[1]}, and {kind} are looked for.", field="what")
    return min(int(gid[2]), _LARGEST)


# -- asking Shopify ------------------------------------------------------------------------------------------------


def _query(kind: Kind, typed: str) -> str:
    if kind is Kind.CUSTOMERS:
        asked = f"email:{_quoted(typed)}" if "@" in typed else " ".join(_quoted(word) for word in typed.split())
    elif kind is Kind.ORDERS:
        asked = f"name:{_quoted(typed)}"
    else:
        fields = ("title", "handle", "sku") if kind is Kind.PRODUCTS else ("title", "handle")
        asked = " OR ".join(f"{field}:{_quoted(typed)}" for field in fields)
    return f"{asked} OR id:{typed}" if typed.isascii() and typed.isdecimal() else asked


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _nodes(reply: Reply, kind: Kind) -> list[dict[str, Any]]:
    page: dict[str, Any] = reply.data.get(kind) or {}
    nodes: list[dict[str, Any] | None] = page.get("nodes") or []
    return [node for node in nodes if node]


def _match(kind: Kind, node: dict[str, Any]) -> Match:
    if kind is Kind.CUSTOMERS:
        name = " ".join(part for part in (node.get("firstName"), node.get("lastName")) if part)
        email: dict[str, Any] = node.get("defaultEmailAddress") or {}
        names = (name, str(email.get("emailAddress") or ""))
    elif kind is Kind.ORDERS:
        names = (str(node["name"]), str(node["name"]).lstrip("#"))
        return Match(number(node["id"]), f"{node['name']}, {node['createdAt'][:10]}", names)
    else:
        names = (str(node["title"]), str(node["handle"]))
    label = ", ".join(name for name in names if name)
    return Match(number(node["id"]), label or str(number(node["id"])), names)


def _exact(found: list[Match], typed: str) -> list[Match]:
    """Who is called just so is meant, rather than who is called something like it."""
    return [one for one in found if typed.casefold() in {name.casefold() for name in one.names}]


def _in_hub(app: App, store: Store, kind: Kind, typed: str) -> list[Match]:
    """What Shopify does not find any more may be known here by its name: it may only be marked as deleted."""
    with app.db.read() as connection:
        found = records_named.named(connection, store.id, kind, typed, limit=MOST + 1)
    return [Match(shopify_id, label) for shopify_id, label in found]
