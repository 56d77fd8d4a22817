"""Sync to Odoo: hub -> Odoo, kind by kind, batch by batch; each batch read, decided on, pushed and bound in one turn.

It may be killed or begun anew at any point. What was sent to be created is written down before, and sent again under
the same external ids until its outcome is known; what was bound is passed over by its digest. A preview is the same
without the push.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from mooring.db import mappings, odoo, odoo_kinds, order_facts, sync_items
from mooring.db.operations import Operation
from mooring.db.sync_intents import Key
from mooring.domain.mapping import MAPPED, SyncKind
from mooring.errors import Refused
from mooring.usecases import book_orders, book_orders_keep, odoo_gate, odoo_guard, sync_odoo_home
from mooring.usecases import sync_odoo_customers as customers
from mooring.usecases import sync_odoo_orders as orders
from mooring.usecases import sync_odoo_products as products
from mooring.usecases import sync_odoo_push_customers as push_customers
from mooring.usecases import sync_odoo_push_orders as push_orders
from mooring.usecases import sync_odoo_push_products as push_products
from mooring.usecases.book_orders_reopen import Before, before_planning
from mooring.usecases.context import App
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.operations_run import Again, Done, Next, Run, Wait
from mooring.usecases.sync_odoo_bind import bind, count_passed
from mooring.usecases.sync_odoo_family import Family
from mooring.usecases.sync_odoo_needs import bring
from mooring.usecases.sync_odoo_place import Job, Place, receipt
from mooring.usecases.sync_odoo_read import Batch, batch_of, look_for_planted, next_batch, owners
from mooring.usecases.sync_odoo_turn import BUSY_SECONDS, Turn, turn
from mooring.usecases.sync_odoo_write import Pen

SYNCED = (SyncKind.CUSTOMERS, SyncKind.PRODUCTS, SyncKind.ORDERS)
"""The kinds that can be synced, in the order in which they need each other."""

Plan = Callable[[Job, Batch, frozenset[Key], frozenset[Key]], list[Family]]
_PLAN: dict[SyncKind, Plan] = {
    SyncKind.CUSTOMERS: customers.families,
    SyncKind.PRODUCTS: products.families,
    SyncKind.ORDERS: orders.families,
}
_PUSH: dict[SyncKind, Callable[[Pen, Sequence[Family]], None]] = {
    SyncKind.CUSTOMERS: push_customers.push,
    SyncKind.PRODUCTS: push_products.push,
    SyncKind.ORDERS: push_orders.push,
}
_PUT_OFF: dict[SyncKind, Callable[[Sequence[Family]], None]] = {
    SyncKind.CUSTOMERS: customers.put_off,
    SyncKind.PRODUCTS: products.put_off,
    SyncKind.ORDERS: orders.put_off,
}


def advance(app: App, run: Run) -> Next:
    """One batch of one kind."""
    place = Place.of(run)
    if not place.kinds:
        return book_orders.advance(app, run, place) or sync_odoo_home.pay(app, run, place) or _finish(app, run, place)
    if not place.checked:
        return _begin(app, run, place)
    job = _job(app, run, place)
    return _preview(job) if job.preview else _sync(job)


# -- beginning and ending ------------------------------------------------------------------------------------------


def _begin(app: App, run: Run, place: Place) -> Next:
    """Whether this still is the database the mapping speaks of; nothing is written before that is known."""
    ticket = odoo_gate.ticket(app, run.store.project_id)
    odoo_guard.require_same(app, ticket)
    place.generation, place.checked = ticket.generation, True
    with run.checkpoint() as connection:
        found = odoo.load(connection, run.store.project_id)
        concerned = SYNCED if SyncKind.ORDERS in place.kinds else place.kinds
        for kind in concerned:
            _require_same_database(connection, run.store.id, kind, found.fingerprint)
            odoo_kinds.be_there(connection, run.store.id, kind)
        kinds = odoo_kinds.of_store(connection, run.store.id)
        place.epochs = {kind: kinds[kind].epoch for kind in concerned}
        if run.arguments.get("book"):
            place.kinds = []
        elif SyncKind.ORDERS in place.kinds and not run.arguments.get("chosen"):
            since = kinds[SyncKind.ORDERS].synced_at or found.connected_at
            place.fresh = order_facts.first_since(connection, run.store.id, since) or 0
        run.cursor = place.kept()
    return Again()


def _require_same_database(connection: Connection, store_id: str, kind: SyncKind, fingerprint: str) -> None:
    count = mappings.elsewhere(connection, store_id, MAPPED[kind], fingerprint)
    if count:
        raise Refused(
            f"The mapping of {kind} belongs to another Odoo database or company ({count} records). Rebuild it for this "
            "one, or clear it, before anything is synced.", code="other_database",
        )  # fmt: skip


def _finish(app: App, run: Run, place: Place) -> Next:
    kinds = [SyncKind(kind) for kind in run.arguments["kinds"]]
    whole = not any(run.arguments.get(part) for part in ("preview", "chosen", "home", "book"))
    with run.checkpoint() as connection:
        for kind in kinds if whole else ():
            odoo_kinds.change(connection, run.store.id, kind, synced_at=run.operation.created_at)
        sync_items.let_go(connection, run.store.id, run.id)
    told = {} if run.arguments.get("preview") else {"metafields": sync_odoo_home.told(app, run, place)}
    if SyncKind.ORDERS in kinds and told:
        told["booked"] = book_orders_keep.told(run.counts)
    return Done({**receipt(run, _gone_through(run, kinds)), **told})


def _gone_through(run: Run, kinds: Sequence[SyncKind]) -> list[SyncKind]:
    """Those that were asked for, and those of which orders brought some along."""
    return [kind for kind in SYNCED if kind in kinds or str(kind) in run.counts]


def ended(connection: Connection, operation: Operation, _: str) -> None:
    """Nothing says In progress for ever."""
    if operation.store_id is not None:
        sync_items.let_go(connection, operation.store_id, operation.id)


def _job(app: App, run: Run, place: Place) -> Job:
    with app.db.read() as connection:
        found = odoo.load(connection, run.store.project_id)
        settings = odoo_kinds.load(connection, run.store.id, place.kinds[0])
        chosen = sync_items.chosen(connection, run.store.id, place.kinds[0], run.id, after=place.after)
    ticket = Ticket(run.store.project_id, place.generation)
    if place.needs:
        needed = [one for one in place.needs[place.kinds[0]] if one > place.after]
        return Job(app, run, place, found, ticket, settings, needed)
    if not run.arguments.get("chosen"):
        return Job(app, run, place, found, ticket, settings)
    if place.kinds[0] is SyncKind.ORDERS and place.booking.picked is None:
        place.booking.picked = chosen
    return Job(app, run, place, found, ticket, settings, chosen)


# -- a slice -------------------------------------------------------------------------------------------------------


def _sync(job: Job) -> Next:
    batch = next_batch(job)
    if bring(job, batch):
        return Again()
    if not batch.digests and not job.place.again:
        return _pass_over(job, batch)
    with turn(job) as taken:
        if taken is None:
            return Wait(BUSY_SECONDS)
        return _in_turn(job, taken, batch)


def _pass_over(job: Job, batch: Batch) -> Next:
    """Nothing changed: no call, and nobody's turn."""
    count_passed(job, batch)
    _move_on(job, batch)
    job.save()
    with job.run.checkpoint() as connection:
        sync_items.remove(connection, job.store.id, job.kind, batch.excluded)
    return Again()


def _move_on(job: Job, batch: Batch) -> None:
    job.place.after, job.place.full = batch.after, batch.full
    job.place.early = [one for one in job.place.early if one > batch.after]
    if batch.over and not job.place.again:
        job.place.go_on()


def _in_turn(job: Job, taken: Turn, batch: Batch) -> Next:
    """What was sent and not answered comes first, then what was put off, then what the scan found."""
    pending = _pending(job, taken)
    if pending:
        batch = batch_of(job, set(pending.values()))
    elif job.place.again:
        batch = batch_of(job, job.place.again)
    lost = _lost(taken, pending, batch)
    if lost & taken.sent:
        return Wait(BUSY_SECONDS)
    look_for_planted(job, unanswered=bool(taken.sent | taken.old))
    before = before_planning(job, batch) if job.kind is SyncKind.ORDERS else Before()
    if before.wait is not None:
        return before.wait
    families = _PLAN[job.kind](job, batch, taken.sent, taken.old)
    before.tell(families)
    _PUT_OFF[job.kind](families)
    pen = Pen(job, taken)
    pen.take_off(batch.left_over)
    _PUSH[job.kind](pen, [family for family in families if not family.later])
    later = [family.id for family in families if family.later]
    _next_place(job, batch, later, extra=bool(pending))
    bind(job, taken, batch, families, lost)
    return Again()


def _pending(job: Job, taken: Turn) -> dict[Key, int]:
    """By what was sent and not answered, the records of the hub it belongs to. One that was refused since, and stays
    written down because an earlier sending may be under way, is not tried again in the same sync."""
    found = owners(job, taken.sent | taken.old)
    taken.owned = frozenset(found)
    if not found:
        return {}
    with job.app.db.read() as connection:
        refused = sync_items.failed_in(connection, job.store.id, job.kind, job.run.id, set(found.values()))
    return {key: shopify_id for key, shopify_id in found.items() if shopify_id not in refused}


def _lost(taken: Turn, pending: Mapping[Key, int], batch: Batch) -> frozenset[Key]:
    """What was sent of records that are not in the hub any more, or deleted in Shopify: it can only be waited for."""
    gone = {key for key, shopify_id in pending.items() if shopify_id in batch.excluded}
    unknown = (taken.sent | taken.old) - taken.owned
    return frozenset(gone | unknown)


def _next_place(job: Job, batch: Batch, later: list[int], *, extra: bool) -> None:
    """Records out of their order leave the place in the row as it is."""
    place, handled = job.place, {*batch.digests, *batch.excluded} - {*later}
    out_of_order = extra or bool(place.again)
    place.again = [
        *(one for one in place.again if one not in handled),
        *(one for one in later if one not in place.again),
    ]
    if out_of_order:
        place.early = sorted({*place.early, *(one for one in handled if one > place.after)})
    else:
        _move_on(job, batch)


# -- preview -------------------------------------------------------------------------------------------------------

_EXAMPLES = 5


def _preview(job: Job) -> Next:
    batch = next_batch(job)
    families = _PLAN[job.kind](job, batch, frozenset(), frozenset()) if batch.digests else []
    _PUT_OFF[job.kind](families)
    count_passed(job, batch)
    for family in families:
        outcome = "link" if family.later else family.outcome
        job.count(outcome)
        job.count("differs", int(family.differs))
        _keep_example(job, outcome, family.id)
    _move_on(job, batch)
    job.save()
    with job.run.checkpoint():
        return Again()


def _keep_example(job: Job, outcome: str, shopify_id: int) -> None:
    """The first few of each, to be looked at. They stand beside the counts, not in the receipt: that outlives them."""
    examples = job.run.counts.setdefault("examples", {}).setdefault(str(job.kind), {}).setdefault(outcome, [])
    if len(examples) < _EXAMPLES:
        examples.append(shopify_id)
