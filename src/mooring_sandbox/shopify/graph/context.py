"""One request's view of the shop: what this caller may see of it, read once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.graph.schema import Official
from mooring_sandbox.shopify.graph.zones import zone_of
from mooring_sandbox.shopify.state import State, parse_gid

if TYPE_CHECKING:
    from mooring_sandbox.shopify.graph.graph import Graph

Doc = dict[str, Any]

ORDER_WINDOW = timedelta(days=60)
_KEEP_LOADED = 4000


@dataclass
class Context:
    """`user_errors` of a registered handler are plain documents `{"field": [...] | None, "message", "code"}`."""

    state: State
    clock: Clock
    caller: Caller
    version: str
    now: datetime
    official: Official
    graph: Graph
    base_url: str = ""
    variables: Doc = field(default_factory=dict)
    searches: list[Doc] = field(default_factory=list)
    path: list[Any] = field(default_factory=list)
    variants: tuple[tuple[str, int], list[Doc]] | None = None
    _loaded: dict[str, Doc | None] = field(default_factory=dict)
    _loaded_at: int = -1

    @property
    def shop_id(self) -> int:
        return self.caller.shop_id

    @property
    def timestamp(self) -> str:
        return iso(self.now)

    @cached_property
    def shop(self) -> Doc:
        return self.state.shop(self.caller.shop_id)

    @cached_property
    def currency(self) -> str:
        return self.shop.get("currencyCode") or "USD"

    @cached_property
    def zone(self) -> tzinfo:
        return zone_of(self.shop.get("ianaTimezone"))

    @cached_property
    def orders_since(self) -> str | None:
        """Without read_all_orders the orders of the last 60 days are all there is."""
        return None if "read_all_orders" in self.caller.scopes else iso(self.now - ORDER_WINDOW)

    def sees(self, type_: str, doc: Doc) -> bool:
        return type_ != "Order" or self.orders_since is None or (doc.get("createdAt") or "") >= self.orders_since

    def load(self, gid: str | None) -> Doc | None:
        """The record or embedded node of this gid, if there is one and the caller may see it. Read-only."""
        if gid is None:
            return None
        if self._loaded_at != self.state.changes:
            self._loaded.clear()
            self._loaded_at = self.state.changes
        if gid not in self._loaded:
            if len(self._loaded) >= _KEEP_LOADED:
                self._loaded.pop(next(iter(self._loaded)))
            self._loaded[gid] = self._find(gid)
        return self._loaded[gid]

    def children(self, type_: str, parent: str) -> Iterator[Doc]:
        return (d for d in self.state.scan(self.shop_id, type_, parent) if self.sees(type_, d))

    def _find(self, gid: str) -> Doc | None:
        found = parse_gid(gid)
        if found is None:
            return None
        type_, number = found
        doc = self.state.get(self.shop_id, type_, number)
        if doc is not None:
            return doc if self.sees(type_, doc) else None
        return self._embedded(gid, type_, number)

    def _embedded(self, gid: str, type_: str, number: int) -> Doc | None:
        owner_id = self.state.owner_of(self.shop_id, type_, number)
        owner = self.load(owner_id) if owner_id and owner_id != gid else None
        return find_inside(owner, gid) if owner else None


def find_inside(owner: Doc, gid: str) -> Doc | None:
    """The node `gid` in its owner's document, linked to what it stands in ("$owner")."""
    todo: list[Doc] = [owner]
    while todo:
        doc = todo.pop()
        for value in list(doc.values()):
            for member in value if isinstance(value, list) else [value]:
                if isinstance(member, dict) and member is not doc.get("$owner"):
                    member["$owner"] = doc
                    if _same_node(member.get("id"), gid):
                        return member
                    todo.append(member)
    return None


def _same_node(one: Any, other: str) -> bool:
    return isinstance(one, str) and one.partition("?")[0] == other.partition("?")[0]
