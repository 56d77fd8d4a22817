"""Records asked for by their ids: as few calls as their cost allows, and every record to its last nested page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from mooring.db.database import Database
from mooring.db.stores import Store
from mooring.domain import records_access as access
from mooring.domain import translate_nodes
from mooring.domain.kinds import Kind
from mooring.domain.records import number
from mooring.domain.translate import LAYOUTS
from mooring.domain.translate_nodes import Node, NodeRows
from mooring.domain.translate_rows import Stamp
from mooring.errors import Permanent, Throttled
from mooring.ports import Reply
from mooring.usecases import gate
from mooring.usecases.context import App
from mooring.usecases.fetch_documents import by_id
from mooring.usecases.fetch_pages import follow_children, follow_order

_LIMIT = 1000.0
"""What one query may cost."""
_FIRST_PAGE, _LARGEST_PAGE = 50, 100
_TRIES, _LONGEST_PAUSE = 4, 5.0
_FRAMES = ("nodes", "node")

Alive = Callable[[], None]
_fitting: WeakKeyDictionary[Database, dict[str, int]] = WeakKeyDictionary()
"""How many records of a document fit into one query, as far as this process has learned from what they cost."""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: the nodes that came, by Shopify's clock `at`, and their rows for when nothing has to be kept."""

    at: datetime
    nodes: list[Node]
    rows: NodeRows


@dataclass(frozen=True, slots=True)
class Fetched:
    """`missing`: ids that Shopify answered with nothing, and when it did. `left_out`: the paths this reading could not
    see. `denied`: those of them that Shopify refused although they were asked for."""

    store_id: str
    kind: Kind
    pages: tuple[Page, ...]
    missing: dict[int, datetime]
    left_out: frozenset[str]
    denied: frozenset[str]
    requests: int

    @property
    def visible(self) -> tuple[int, ...]:
        return tuple(number(node["id"]) for page in self.pages for node in page.nodes)

    @property
    def at(self) -> datetime | None:
        """The earliest of its answers; None when nothing was asked."""
        return min([page.at for page in self.pages], default=None)

    @property
    def newest(self) -> str | None:
        """The largest `updatedAt` among the records."""
        return max([node["updatedAt"] for page in self.pages for node in page.nodes], default=None)


def read(
    app: App, ticket: gate.Ticket, store: Store, kind: Kind, ids: Iterable[int], *, alive: Alive | None = None
) -> Fetched:
    """As few calls as their cost allows. `alive` is told before each of them, so that a lease outlives a long reading.

    Raises what the gate and `alive` raise, and `Permanent` when one of the records cannot be read, or (code
    `kind_denied`) this app may not read the kind at all.
    """
    reading = _Reading(app, ticket, store, kind, alive or _nobody)
    waiting = list(dict.fromkeys(ids))
    while waiting:
        taken = reading.page(waiting)
        del waiting[:taken]
        reading.pause(waiting)
    return reading.fetched()


def _nobody() -> None:
    """Nobody wants to know."""


def fitting(app: App, store: Store, kind: Kind) -> int:
    """How many records of a kind one answer carries, as far as is known: for whoever saves its place page by page."""
    return _sizes(app).get(by_id(app, kind, unread(store)).page, _FIRST_PAGE)


def _sizes(app: App) -> dict[str, int]:
    return _fitting.setdefault(app.db, {})


def unread(store: Store) -> frozenset[str]:
    """What is not asked for: switched off, not permitted, not approved."""
    off = access.switched_off(store.settings) | access.not_permitted(store.granted_scopes)
    return off | access.unapproved(store.denied_fields)


class _FieldsRefused(Exception):
    """Some of the fields that were asked for may not be read."""


@dataclass
class _Reading:
    app: App
    ticket: gate.Ticket
    store: Store
    kind: Kind
    alive: Alive
    pages: list[Page] = field(default_factory=list[Page])
    missing: dict[int, datetime] = field(default_factory=dict[int, datetime])
    denied: set[str] = field(default_factory=set[str])
    requests: int = 0

    def __post_init__(self) -> None:
        self.last: Reply | None = None
        self._leave_out_denied()

    def _leave_out_denied(self) -> None:
        self.documents = by_id(self.app, self.kind, unread(self.store) | access.unapproved(self.denied))

    def page(self, waiting: list[int]) -> int:
        """Reads the next ones. Returns how many; 0 when they have to be asked for otherwise: fewer at once, or without
        what was refused, which may have taken other fields along."""
        ids = waiting[: _sizes(self.app).get(self.documents.page, _FIRST_PAGE)]
        try:
            self._page(ids)
        except _FieldsRefused:
            self._leave_out_denied()
            return 0
        except Permanent as error:
            if error.code != "max_cost_exceeded" or len(ids) == 1:
                raise
            _sizes(self.app)[self.documents.page] = len(ids) // 2
            return 0
        return len(ids)

    def _page(self, ids: list[int]) -> None:
        type_ = LAYOUTS[self.kind].root_type
        reply = self.ask(self.documents.page, {"ids": [f"gid://shopify/{type_}/{one}" for one in ids]})
        self._learn(reply, len(ids))
        answered = _answered(ids, reply)
        nodes = [node for node in answered.values() if node]
        for node in nodes:
            follow_children(self.kind, self.documents.rest, self.ask, node)
            if self.kind is Kind.ORDERS:
                follow_order(self.app, self.ask, node)
        stamp = Stamp(self.store.id, stamped(reply.at), historic=False)
        self.pages.append(Page(reply.at, nodes, translate_nodes.rows(self.kind, nodes, stamp)))
        self.missing |= {one: reply.at for one, node in answered.items() if not node}

    def ask(self, document: str, variables: dict[str, Any]) -> Reply:
        """Short waits that Shopify asks for are sat out here; what was read before would be lost otherwise."""
        for _ in range(_TRIES):
            self.alive()
            try:
                reply = gate.call(self.app, self.ticket, document, variables)
            except Throttled as slow:
                if slow.retry_after > _LONGEST_PAUSE:
                    raise
                self.app.clock.sleep(slow.retry_after)
                continue
            self.requests, self.last = self.requests + 1, reply
            self._note_denied(reply)
            return reply
        raise Throttled("Shopify asks to slow down.", retry_after=_LONGEST_PAUSE)

    def _note_denied(self, reply: Reply) -> None:
        refused = {".".join(name for name in path.split(".") if name not in _FRAMES) for path in reply.denied()}
        if not refused:
            return
        paths = {f"{self.kind}.{path}" for path in refused}
        if "" in refused or paths <= self.denied:
            raise Permanent(f"Shopify does not let this app read {self.kind}.", code="kind_denied")
        self.denied |= paths
        raise _FieldsRefused

    def _learn(self, reply: Reply, count: int) -> None:
        if reply.requested_cost:
            fits = int(_LIMIT / (reply.requested_cost / count))
            _sizes(self.app)[self.documents.page] = min(_LARGEST_PAGE, max(1, fits))

    def pause(self, waiting: list[int]) -> None:
        """Until Shopify's bucket holds another such page, rather than be told to slow down."""
        last = self.last
        if not waiting or last is None or last.requested_cost is None or last.available is None:
            return
        lacking = min(last.requested_cost, _LIMIT) - last.available
        if lacking > 0 and last.restore_rate:
            self.app.clock.sleep(min(lacking / last.restore_rate, _LONGEST_PAUSE))

    def fetched(self) -> Fetched:
        denied = access.unapproved(self.denied) if self.denied else frozenset[str]()
        left_out = self.documents.left_out
        return Fetched(self.store.id, self.kind, tuple(self.pages), self.missing, left_out, denied, self.requests)


def _answered(ids: list[int], reply: Reply) -> dict[int, Node | None]:
    nodes: list[Node | None] = reply.data.get("nodes") or []
    if len(nodes) != len(ids):
        raise Permanent("Shopify's answer does not hold what was asked for.", code="bad_record")
    return dict(zip(ids, nodes, strict=True))


def stamped(at: datetime) -> str:
    """A moment of Shopify's clock in the one form that sorts as text."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
