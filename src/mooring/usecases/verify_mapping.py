"""Verify mapping: does what the mapping says still hold on both sides? It reads only, and changes nothing
in Odoo; what is missing there waits for a person afterwards, unless the connection is held.

Of each pair: whether both records are there, whether our external id means the same one, whether several records of the
store share it. Of an order besides: whether its total and its invoices are what they were. Of Odoo's external ids for
this shop: whether any belongs to no pair (orphan).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import mappings, mappings_copied, stores
from mooring.db.mappings_copied import Pair
from mooring.db.operations import Operation
from mooring.domain.mapping import MAPPED, MODELS, MODULE, ExternalId, MappedKind, SyncKind, parsed, pattern
from mooring.domain.rules import Role, Work
from mooring.errors import OutcomeUnknown, Retriable
from mooring.ports import Domain
from mooring.usecases import odoo_gate, verify_mapping_mark, verify_mapping_orders
from mooring.usecases.context import App
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Again, Done, Next, Run
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

_PAGE = 500
_TRIES = 4
"""How often Odoo may be away in a row. A person waits for the answer and can ask again."""
_EXAMPLES = 20
FOUND = {
    "agree": "Both records are there, and our external id says the same.",
    "missing_in_odoo": "The record in Odoo is gone.",
    "missing_here": "The record is not in the hub any more.",
    "not_planted": "Both records are there; our external id is not.",
    "elsewhere": "Our external id means another record of Odoo.",
    "other_database": "The pair belongs to another Odoo database or company.",
    "doubled": "Several records of the store are the same record of Odoo, which may be meant so.",
    "orphan": "An external id of ours in Odoo that belongs to no pair.",
    "other_total": "The order in Odoo comes to another total than the one it was booked with.",
    "invoice_missing": "An invoice of the order is gone, or was cancelled in Odoo.",
    "invoice_unknown": "Odoo has an invoice of the order that Mooring does not know.",
    "invoiced_too_much": "The invoices of the order, less its credit notes, come to more than the order: one may be "
    "doubled.",
}
"""What a pair, or an external id, can turn out to be."""


class Place(msgspec.Struct, omit_defaults=True):
    """`after`: the pair that was looked at last; `kind` and `data`: which external ids were, afterwards.
    `marks`: what is missing is marked; not while the connection is held, for then it may be the wrong database."""

    after: tuple[str, int] = ("", 0)
    pairs_done: bool = False
    kind: int = 0
    data: int = 0
    counts: dict[str, int] = {}
    examples: dict[str, list[str]] = {}
    marks: bool = True


def request(app: App, who: Who, store_id: str, kinds: Iterable[SyncKind] = (), *, kept: bool = False) -> Operation:
    """`kept`: a person has said that this is the right database, and what it lacks is to be marked. A sync may go on
    beside that."""
    store = store_of(app, who, store_id, Role.EDITOR)
    chosen = [str(kind) for kind in SyncKind if kind in set(kinds)] or [str(kind) for kind in SyncKind]
    odoo_gate.ticket(app, store.project_id, while_held=True)
    with app.db.write() as connection:
        store = stores.fence(connection, store_id, store.generation)
        arguments = {"kinds": chosen, "kept": True} if kept else {"kinds": chosen}
        operation = issue(app, connection, who, store, Work.VERIFY_MAPPING, arguments)
    app.engine.start(operation.id)
    return operation


def advance(app: App, run: Run) -> Next:
    """One page. Given up after some tries in a row without an answer."""
    try:
        return _advance(app, run)
    except (Retriable, OutcomeUnknown) as error:
        if run.operation.attempts + 1 < _TRIES:
            raise
        sentence = f"Odoo could not be asked. {error.sentence} Verify again when it answers."
        return Done({"kinds": run.arguments["kinds"], "found": {}, "examples": {}}, failed=sentence)


def _advance(app: App, run: Run) -> Next:
    place = msgspec.convert(run.cursor, Place)
    kinds = [SyncKind(one) for one in run.arguments["kinds"]]
    ticket = odoo_gate.ticket(app, run.store.project_id, while_held=True)
    mapped = [one for kind in kinds for one in MAPPED[kind]]
    missing: list[Pair] = []
    if not place.pairs_done:
        missing = _pairs(app, run, ticket, place, kinds)
    elif place.kind < len(mapped):
        _external_ids(app, run, ticket, place, mapped[place.kind])
    else:
        return Done({"kinds": [str(kind) for kind in kinds], "found": place.counts, "examples": place.examples})
    run.cursor, run.counts = msgspec.to_builtins(place), {"found": place.counts}
    with run.checkpoint() as connection:
        _mark(run, connection, place, kinds, missing)
    return Again()


def _mark(run: Run, connection: Connection, place: Place, kinds: Sequence[SyncKind], missing: Sequence[Pair]) -> None:
    if place.marks:
        verify_mapping_mark.keep(run, connection, missing)
    if place.marks and place.pairs_done and place.kind == 0 and place.data == 0:
        verify_mapping_mark.end(run, connection, kinds)


def _note(place: Place, what: str, names: Sequence[str]) -> None:
    if names:
        place.counts[what] = place.counts.get(what, 0) + len(names)
    if names and what != "agree":
        place.examples[what] = [*place.examples.get(what, []), *names][:_EXAMPLES]


# -- pairs ---------------------------------------------------------------------------------------------------------


def _pairs(app: App, run: Run, ticket: Ticket, place: Place, kinds: Sequence[SyncKind]) -> list[Pair]:
    """A page of them; which are missing in Odoo, and still in the hub, is returned."""
    found = odoo_gate.admit(app, ticket)
    mark, place.marks = found.fingerprint, place.marks and found.state == "connected"
    with app.db.read() as connection:
        page = mappings_copied.page(connection, run.store.id, kinds, place.after, _PAGE)
        here = _here(connection, run.store.id, page)
        shared = _shared(connection, run.store.id, page, mark)
    known = _known(app, ticket, run.store.shop_id, page)
    there = _there(app, ticket, page)
    judged: dict[str, list[str]] = {}
    missing: list[Pair] = []
    for one in page:
        name = ExternalId(run.store.shop_id, one.kind, one.shopify_id).name
        said = _judge(one, name, mark, here, known, there)
        judged.setdefault(said, []).append(name)
        if verify_mapping_mark.is_missing(one, said) and (one.kind, one.shopify_id) in here:
            missing.append(one)
        if (one.kind, one.odoo_id) in shared:
            judged.setdefault("doubled", []).append(name)
    for what, order_id in verify_mapping_orders.judge(app, run, ticket, page, mark):
        judged.setdefault(what, []).append(ExternalId(run.store.shop_id, MappedKind.ORDER, order_id).name)
    for what, names in judged.items():
        _note(place, what, names)
    if page:
        place.after = (str(page[-1].kind), page[-1].shopify_id)
    place.pairs_done = len(page) < _PAGE
    return missing


def _judge(
    one: Pair, name: str, mark: str, here: set[tuple[MappedKind, int]], known: dict[str, int],
    there: set[tuple[str, int]],
) -> str:  # fmt: skip
    if one.fingerprint != mark:
        return "other_database"
    if (MODELS[one.kind], one.odoo_id) not in there:
        return "missing_in_odoo"
    if (one.kind, one.shopify_id) not in here:
        return "missing_here"
    if name not in known:
        return "not_planted"
    return "agree" if known[name] == one.odoo_id else "elsewhere"


def _here(connection: Connection, store_id: str, page: Sequence[Pair]) -> set[tuple[MappedKind, int]]:
    found: set[tuple[MappedKind, int]] = set()
    for kind in {one.kind for one in page}:
        ids = [one.shopify_id for one in page if one.kind is kind]
        found |= {(kind, id_) for id_ in mappings_copied.in_hub(connection, store_id, kind, ids)}
    return found


def _shared(
    connection: Connection, store_id: str, page: Sequence[Pair], fingerprint: str
) -> set[tuple[MappedKind, int]]:
    """Records of Odoo that several records of this store stand for."""
    found: set[tuple[MappedKind, int]] = set()
    for kind in {one.kind for one in page}:
        ids = {one.odoo_id for one in page if one.kind is kind}
        for odoo_id, owners in mappings.of_odoo(connection, fingerprint, kind, ids).items():
            if Counter(store for store, _ in owners)[store_id] > 1:
                found.add((kind, odoo_id))
    return found


def _known(app: App, ticket: Ticket, shop_id: int, page: Sequence[Pair]) -> dict[str, int]:
    names = {ExternalId(shop_id, one.kind, one.shopify_id).name: MODELS[one.kind] for one in page}
    if not names:
        return {}
    domain: Domain = [["module", "=", MODULE], ["name", "in", list(names)]]
    rows = odoo_gate.search_read(app, ticket, "ir.model.data", domain, ["name", "model", "res_id"])
    return {row["name"]: row["res_id"] for row in rows if row["model"] == names[row["name"]]}


def _there(app: App, ticket: Ticket, page: Sequence[Pair]) -> set[tuple[str, int]]:
    """Archived records are there."""
    found: set[tuple[str, int]] = set()
    context: dict[str, Any] = {"active_test": False}
    for model in {MODELS[one.kind] for one in page}:
        ids = sorted({one.odoo_id for one in page if MODELS[one.kind] == model})
        rows = odoo_gate.search_read(app, ticket, model, [["id", "in", ids]], ["id"], context=context)
        found |= {(model, row["id"]) for row in rows}
    return found


# -- external ids --------------------------------------------------------------------------------------------------


def _external_ids(app: App, run: Run, ticket: Ticket, place: Place, kind: MappedKind) -> None:
    like = [["module", "=", MODULE], ["name", "=like", pattern(run.store.shop_id, kind)], ["id", ">", place.data]]
    rows = odoo_gate.search_read(app, ticket, "ir.model.data", like, ["name"], limit=_PAGE, order="id")
    ours = {found.shopify_id: row["name"] for row in rows if (found := parsed(row["name"])) is not None}
    with app.db.read() as connection:
        mapped = mappings.of(connection, run.store.id, kind, ours)
    _note(place, "orphan", [name for id_, name in ours.items() if id_ not in mapped])
    place.data = rows[-1]["id"] if rows else place.data
    if len(rows) < _PAGE:
        place.kind, place.data = place.kind + 1, 0
