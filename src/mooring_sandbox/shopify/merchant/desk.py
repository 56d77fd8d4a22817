"""The merchant's desk: records are fetched, changed and put back here, and those who listen are told afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify.catalogue import shop as shops
from mooring_sandbox.shopify.catalogue.mint import Mint, fresh
from mooring_sandbox.shopify.state import State, gid, parse_gid

Doc = dict[str, Any]
Ref = str | int
"""A record's number (also as text) or its gid."""

Act = Callable[..., Doc]
ACTS: dict[str, Act] = {}
"""Everything a merchant can do, by name: `act(desk, ...)` with plain arguments, returning the record as it is then."""


def act(function: Act) -> Act:
    """Make a function an act under its own name."""
    ACTS[function.__name__] = function
    return function


class Desk:
    """One shop's records. What is changed inside `acting()` is kept together, and told once it is kept."""

    def __init__(self, state: State, shop_id: int, clock: Clock) -> None:
        self.state, self.shop_id, self.clock = state, shop_id, clock
        self.mint: Mint = fresh(state, shop_id)
        self._told: list[tuple[str, str, Doc]] = []

    @contextmanager
    def acting(self) -> Iterator[None]:
        self._told = []
        with self.state.transaction():
            yield
        for topic, id_, doc in self._told:
            self.state.emit(self.shop_id, topic, id_, doc)

    @property
    def now(self) -> str:
        return iso(self.clock.now())

    @property
    def shop(self) -> Doc:
        return self.state.shop(self.shop_id)

    def find(self, type_: str, ref: Ref) -> Doc:
        """The record, or `LookupError` in a sentence."""
        number = _number(type_, ref)
        found = None if number is None else self.state.get(self.shop_id, type_, number)
        if found is None:
            raise LookupError(f"there is no {type_} {ref!r} in this shop")
        return found

    def keep(self, type_: str, doc: Doc, *topics: str, parent: str | None = None) -> Doc:
        """Put a record back, changed now, and have its topics told."""
        doc["updatedAt"] = self.now
        self.state.put(self.shop_id, type_, doc, parent)
        for topic in topics:
            self.tell(topic, doc["id"], doc)
        return doc

    def drop(self, type_: str, doc: Doc, *topics: str) -> Doc:
        number = _number(type_, doc["id"])
        self.state.remove(self.shop_id, type_, number or 0)
        for topic in topics:
            self.tell(topic, doc["id"], doc)
        return doc

    def tell(self, topic: str, id_: str, doc: Doc) -> None:
        self._told.append((topic, id_, doc))

    def embed(self, owner: Doc, *fields: str) -> None:
        """Let the nodes inside a record be found by their ids."""
        self.state.embed_many(self.shop_id, [(owner["id"], node["id"]) for field in fields for node in owner[field]])

    def locations(self) -> list[str]:
        """The shop's locations; one without any gets its two."""
        found = list(self.state.scan(self.shop_id, "Location"))
        if not found:
            found = shops.locations(self.shop, self.shop_id)
            self.state.put_many(self.shop_id, "Location", ((location, None) for location in found))
        return [location["id"] for location in found]


def _number(type_: str, ref: Ref) -> int | None:
    if isinstance(ref, int) or ref.isdecimal():
        return int(ref)
    parsed = parse_gid(ref)
    return parsed[1] if parsed and parsed[0] == type_ else None


def full_id(type_: str, ref: Ref) -> str:
    number = _number(type_, ref)
    if number is None:
        raise LookupError(f"{ref!r} is no {type_}")
    return gid(type_, number)


def retagged(doc: Doc, add: Iterable[str], remove: Iterable[str]) -> tuple[list[str], list[str]]:
    """Change a record's tags; returns those that are new and those that are gone. Tags are the same in any case."""
    gone = {tag.casefold() for tag in remove}
    kept = [tag for tag in doc["tags"] if tag.casefold() not in gone]
    have = {tag.casefold() for tag in kept}
    new = [tag for tag in dict.fromkeys(add) if tag.casefold() not in have]
    removed = [tag for tag in doc["tags"] if tag not in kept]
    doc["tags"] = sorted([*kept, *new])
    return new, removed
