"""Connections: windows over records and embedded lists, with cursors, and all of them for bulk."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from mooring_sandbox.shopify.graph import cursors
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.errors import bad_request
from mooring_sandbox.shopify.graph.reading import number_of
from mooring_sandbox.shopify.graph.search import Search, compile_search
from mooring_sandbox.shopify.graph.sorting import Order, SortValue, comparable, order_for
from mooring_sandbox.shopify.state import Bound, Selection

Row = tuple[Any, int, Doc]  # value of the sort key, id, document
MAXIMUM_WINDOW = 250


class Source(Protocol):
    """What a connection reads from."""

    def rows(self, context: Context, args: Doc, after: cursors.Position | None, backwards: bool) -> Iterator[Row]:
        """In the asked order behind `after`, or in the opposite one."""
        ...

    def cursor(self, context: Context, args: Doc, row: Row) -> str: ...

    def position(self, context: Context, args: Doc, cursor: str) -> cursors.Position: ...


def window(context: Context, source: Source, args: Doc) -> Doc:
    """The connection as a document: nodes, edges, pageInfo."""
    size, backwards = _size(args)
    after, before = (source.position(context, args, args[k]) if args.get(k) else None for k in ("after", "before"))
    start, stop = (before, after) if backwards else (after, before)
    rows = source.rows(context, args, start, backwards)
    found = list(islice(_until(rows, stop, _descends(args) != backwards), size + 1))
    more = len(found) > size
    page = found[:size][::-1] if backwards else found[:size]
    has_next, has_previous = (before is not None, more) if backwards else (more, after is not None)
    return _connection(page, [source.cursor(context, args, row) for row in page], has_next, has_previous)


def everything(context: Context, source: Source, args: Doc) -> Iterator[Doc]:
    """For bulk: all of it, whatever `first` says."""
    if isinstance(source, Listed) and not args.get("sortKey") and not _descends(args):
        return iter(source.docs)
    return (row[2] for row in source.rows(context, args, None, False))


def empty() -> Doc:
    return _connection([], [], False, False)


def _connection(page: list[Row], marks: list[str], has_next: bool, has_previous: bool) -> Doc:
    return {
        "nodes": [doc for _, _, doc in page],
        "edges": [{"cursor": mark, "node": row[2]} for mark, row in zip(marks, page, strict=True)],
        "pageInfo": {
            "hasNextPage": has_next,
            "hasPreviousPage": has_previous,
            "startCursor": marks[0] if marks else None,
            "endCursor": marks[-1] if marks else None,
        },
    }


def _size(args: Doc) -> tuple[int, bool]:
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        raise bad_request("you must provide one of first or last")
    if first is not None and last is not None:
        raise bad_request("providing both first and last is not supported")
    size: int = first if first is not None else args["last"]
    if size < 0:
        name = "first" if first is not None else "last"
        raise bad_request(f"{name} must be greater than or equal to 0")
    return min(size, MAXIMUM_WINDOW), first is None


def _until(rows: Iterator[Row], stop: cursors.Position | None, descending: bool) -> Iterator[Row]:
    if stop is None:
        yield from rows
        return
    edge = (comparable(stop[0]), stop[1])
    for row in rows:
        here = (comparable(row[0]), row[1])
        if here <= edge if descending else here >= edge:
            return
        yield row


def _descends(args: Doc) -> bool:
    return bool(args.get("reverse"))


@dataclass(frozen=True)
class Listed:
    """An embedded list, in its own order unless `keys` knows the sort key; without a gid, its place is its id."""

    docs: list[Doc]
    keys: dict[str, Callable[[Doc], Any]] = field(default_factory=dict)

    def rows(self, context: Context, args: Doc, after: cursors.Position | None, backwards: bool) -> Iterator[Row]:
        rows = self._ordered(args)
        if _descends(args) != backwards:
            rows.reverse()
        at = 0 if after is None else next((i + 1 for i, row in enumerate(rows) if _is_at(row, after)), None)
        descending = _descends(args) != backwards
        return iter(rows[at:] if at is not None else [r for r in rows if _is_behind(r, after, descending)])

    def cursor(self, context: Context, args: Doc, row: Row) -> str:
        return cursors.encode(row[0], row[1])

    def position(self, context: Context, args: Doc, cursor: str) -> cursors.Position:
        return cursors.decode(cursor)

    def _ordered(self, args: Doc) -> list[Row]:
        get = self.keys.get(args.get("sortKey") or "")
        rows = [(get(d) if get else place, _number(d) or place, d) for place, d in enumerate(self.docs, 1)]
        return sorted(rows, key=lambda r: (comparable(r[0]), r[1])) if get else rows


def _number(doc: Any) -> int:
    """0 for what has no gid; the members of some connections are plain strings."""
    return number_of(doc.get("id")) if isinstance(doc, dict) else 0


def _is_at(row: Row, position: cursors.Position) -> bool:
    return row[1] == position[1]


def _is_behind(row: Row, position: cursors.Position | None, descending: bool) -> bool:
    if position is None:
        return True
    here, edge = (comparable(row[0]), row[1]), (comparable(position[0]), position[1])
    return here < edge if descending else here > edge


@dataclass(frozen=True)
class Records:
    """Records of one type; `root` names the filters and sort keys that apply."""

    type: str
    root: str
    parent: str | None = None
    bounds: tuple[Bound, ...] = ()
    only: Callable[[Doc], bool] | None = None
    default_sort: str = "ID"

    def rows(self, context: Context, args: Doc, after: cursors.Position | None, backwards: bool) -> Iterator[Row]:
        search = self._search(context, args)
        order = self._order(args)
        descending = _descends(args) != backwards
        selection = Selection(self.parent, self._bounds(context) + search.bounds, after, descending)
        read = self._by_column if order.column else self._by_key
        stream = read(context, order, selection)
        matches, only = search.matches, self.only
        for row in stream:
            if (only is None or only(row[2])) and (matches is None or matches(context, row[2])):
                yield row

    def count(self, context: Context, args: Doc, limit: int | None) -> int:
        """Exact up to `limit` + 1."""
        search = self._search(context, args)
        if search.matches is None and self.only is None:
            bounds = self._bounds(context) + search.bounds
            return context.state.count(context.shop_id, self.type, self.parent, bounds)
        rows = self.rows(context, {**args, "sortKey": "ID"}, None, False)
        return sum(1 for _ in (rows if limit is None else islice(rows, limit + 1)))

    def cursor(self, context: Context, args: Doc, row: Row) -> str:
        value = cursors.moment_value(row[0]) if self._order(args).is_time and row[0] else row[0]
        return cursors.encode(value, row[1])

    def position(self, context: Context, args: Doc, cursor: str) -> cursors.Position:
        value, id_ = cursors.decode(cursor)
        order = self._order(args)
        if order.is_time:
            return cursors.as_moment(value), id_
        return (id_ if order.column == "id" else value), id_

    def _by_column(self, context: Context, order: Order, selection: Selection) -> Iterator[Row]:
        return context.state.ordered(context.shop_id, self.type, order.column or "id", selection)

    def _by_key(self, context: Context, order: Order, selection: Selection) -> Iterator[Row]:
        """Of all records the keys are kept by the graph; those of one owner are few and sorted at once."""
        return (_sorted if self.parent is None else _sorted_children)(context, self, order, selection)

    def _order(self, args: Doc) -> Order:
        return order_for(self.root, args.get("sortKey") or self.default_sort)

    def _bounds(self, context: Context) -> tuple[Bound, ...]:
        since = context.orders_since if self.type == "Order" else None
        return (*self.bounds, ("created_at", ">=", since)) if since else self.bounds

    def _search(self, context: Context, args: Doc) -> Search:
        search = compile_search(context, self.root, args.get("query"), context.path)
        if search.report and search.report not in context.searches:
            context.searches.append(search.report)
        return search


def _sorted(context: Context, source: Records, order: Order, selection: Selection) -> Iterator[Row]:
    """Records by a computed key: the keys of all are kept by the graph until a record changes."""
    index = context.graph.sort_index(context, source, order)
    for place in _places(index, selection):
        key, id_ = index[place]
        doc = context.state.get(context.shop_id, source.type, id_)
        if doc is not None and all(_holds(doc, id_, b) for b in selection.bounds):
            yield key[1], id_, doc


def _sorted_children(context: Context, source: Records, order: Order, selection: Selection) -> Iterator[Row]:
    get = order.get
    assert get is not None
    docs = context.state.scan(context.shop_id, source.type, source.parent)
    held = {number_of(d["id"]): d for d in docs}
    index = sorted((comparable(get(context, d)), id_) for id_, d in held.items())
    for place in _places(index, selection):
        key, id_ = index[place]
        if all(_holds(held[id_], id_, b) for b in selection.bounds):
            yield key[1], id_, held[id_]


def _places(index: list[tuple[SortValue, int]], selection: Selection) -> Iterable[int]:
    """Those behind where reading starts, in the order it goes."""
    places = range(len(index))
    if selection.after is not None:
        edge = (comparable(selection.after[0]), selection.after[1])
        at = bisect_left(index, edge) if selection.descending else bisect_right(index, edge)
        places = range(at) if selection.descending else range(at, len(index))
    return reversed(places) if selection.descending else places


def sort_keys(context: Context, source: Records, order: Order) -> list[tuple[SortValue, int]]:
    assert order.get is not None
    docs = context.state.scan(context.shop_id, source.type, source.parent)
    return sorted((comparable(order.get(context, d)), number_of(d["id"])) for d in docs)


def _holds(doc: Doc, id_: int, bound: Bound) -> bool:
    column, sign, wanted = bound
    value: Any = {
        "id": id_,
        "created_at": doc.get("createdAt") or "",
        "updated_at": doc.get("updatedAt") or doc.get("createdAt") or "",
        "processed_at": doc.get("processedAt") or doc.get("createdAt") or "",
    }[column]
    compared = {"<": value < wanted, "<=": value <= wanted, ">": value > wanted, ">=": value >= wanted}
    return compared.get(sign, value == wanted)
