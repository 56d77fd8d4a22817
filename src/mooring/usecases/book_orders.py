"""The booking phase of a sync: orders that are in Odoo are taken on to their outcome, step by step.

One round: a batch of orders is read in Odoo, one step is decided on for each, written down, done and answered. The next
round reads what became of it, so nothing is believed that was not read. It may be killed or begun anew at any point.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Connection

from mooring.db import odoo, odoo_kinds, order_books, sync_items
from mooring.db.order_books import Book
from mooring.domain.mapping import SyncKind
from mooring.domain.order_causes import Cause, Review, review
from mooring.domain.order_progress import Follows, following
from mooring.domain.order_standing import Act, Settled, Step, Waits
from mooring.errors import MooringError, OutcomeUnknown, Permanent, Retriable
from mooring.usecases import book_orders_acts as acts
from mooring.usecases import book_orders_there as there
from mooring.usecases import book_orders_wanted as wanted
from mooring.usecases.book_orders_disarm import disarm
from mooring.usecases.book_orders_hand import Hand
from mooring.usecases.book_orders_keep import Outcomes, count, count_step, keep, refused
from mooring.usecases.book_orders_wanted import Order, is_ours
from mooring.usecases.context import App
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.operations_run import Again, Next, Run
from mooring.usecases.sync_odoo_orders_hub import terms_of
from mooring.usecases.sync_odoo_place import Job, Place
from mooring.usecases.sync_odoo_turn import SETTLED

BATCH = 40
"""Orders of one round: a slice stays a matter of seconds."""
_PAGE = 500
_REST = timedelta(minutes=30)
"""How long what waits for a person is left alone by syncs that the clock asks for."""
_OF_ONE_ORDER = frozenset({"odoo_refused", "odoo_error", "odoo_missing", "odoo_too_large"})
_NOTHING_CHANGED = "It took the step and nothing came of it."


def advance(app: App, run: Run, place: Place) -> Next | None:
    """One round; None when nothing more can be done now."""
    if run.arguments.get("preview") or SyncKind.ORDERS not in place.epochs:
        return None
    job = _job(app, run, place)
    if not place.booking.begun:
        return _begin(job)
    with app.db.read() as connection:
        books = order_books.due(
            connection, job.store.id, job.fingerprint, at=job.now, limit=BATCH, ids=place.booking.picked
        )
    if not books:
        return None
    _round(job, books)
    return Again()


def _job(app: App, run: Run, place: Place) -> Job:
    with app.db.read() as connection:
        found = odoo.load(connection, run.store.project_id)
        settings = odoo_kinds.load(connection, run.store.id, SyncKind.ORDERS)
    return Job(app, run, place, found, Ticket(run.store.project_id, place.generation), settings)


def _begin(job: Job) -> Next:
    """What waits for a person is looked at again: they may have put it right in Odoo or in the settings. A sync that
    the clock began for steps whose answers were never heard does nothing else."""
    job.place.booking.begun = True
    with job.run.checkpoint() as connection:
        if job.run.arguments.get("book"):
            job.place.booking.picked = order_books.overdue(connection, job.store.id, job.fingerprint, job.now)
        else:
            order_books.unsettle(connection, job.store.id, list(_waiting(job, connection)))
        job.save()
    return Again()


def _waiting(job: Job, connection: Connection) -> Iterator[int]:
    picked, after = job.place.booking.picked, 0
    while page := sync_items.in_state(connection, job.store.id, job.kind, ["review"], after=after, limit=_PAGE):
        for item in page:
            rests = job.auto and item.at is not None and item.at > job.now - _REST
            if is_ours(item) and not rests and (picked is None or item.shopify_id in picked):
                yield item.shopify_id
        after = page[-1].shopify_id


# -- a round -------------------------------------------------------------------------------------------------------


def _round(job: Job, books: list[Book]) -> None:
    hand, found = Hand(job), Outcomes(seen={one.shopify_id: one for one in books})
    orders = _free(job, hand, found, books)
    if orders:
        there.look(job, orders)
    try:
        for order in orders:
            _proceed(hand, found, order)
    except (OutcomeUnknown, Retriable, Permanent):
        keep(job, hand, found)
        raise
    keep(job, hand, found)


def _free(job: Job, hand: Hand, found: Outcomes, books: list[Book]) -> list[Order]:
    """Those of which nothing may be under way any more."""
    hub = wanted.read(job, [one.shopify_id for one in books])
    made = {one.id: one for one in wanted.orders(job, hub, books, terms_of(job))}
    for book in books:
        sent = hub.sent.get(book.shopify_id)
        if sent is not None and sent.sent_at > job.now - SETTLED:
            found.later(book, sent.sent_at + SETTLED)
            made.pop(book.shopify_id, None)
        elif book.shopify_id not in made:
            hand.know(book.shopify_id)
            found.left_alone(book)
    unheard = [one for one in hub.sent.values() if one.sent_at <= job.now - SETTLED]
    disarm(job, unheard, {one: row.odoo_id for one, row in hub.mapped.items()})
    return list(made.values())


def _proceed(hand: Hand, found: Outcomes, order: Order) -> None:
    if order.sent is not None:
        _recall(hand, order, Act(order.sent.step))
    follows = following(order.wanted, order.there)
    if isinstance(follows, Step):
        _take(hand, found, order, follows)
    else:
        _rest(hand, found, order, follows)


def _recall(hand: Hand, order: Order, act: Act) -> None:
    """Of a step whose answer was never heard, long ago: what Odoo says now is what became of it. The date of an order
    that was confirmed so may still be the day of that."""
    hand.know(order.id)
    if act is Act.CONFIRM and order.there.state == "sale":
        hand.take_up(order.id, Step(Act.CONFIRM))
        acts.set_date(hand, order)
        hand.answered()


def _rest(hand: Hand, found: Outcomes, order: Order, follows: Follows) -> None:
    hand.job.place.booking.last.pop(order.id, None)
    if isinstance(follows, Waits):
        found.waits(hand.job, order, follows)
        count(hand.job, "review")
    elif isinstance(follows, Settled):
        found.settled(order)


def _take(hand: Hand, found: Outcomes, order: Order, step: Step) -> None:
    last = hand.job.place.booking.last
    if last.get(order.id) == step.name:
        _rest(hand, found, order, Waits(review(Cause.ODOO, _NOTHING_CHANGED)))
        return
    hand.take_up(order.id, step)
    try:
        said = acts.do(hand, order, step)
    except MooringError as error:
        _failed(hand, found, order, step, error)
        return
    hand.answered()
    last[order.id] = step.name
    if isinstance(said, Review):
        _rest(hand, found, order, Waits(said, refunds=(step.subject,) if step.subject else ()))
        return
    count_step(hand.job, order, step)
    found.goes_on(order)


def _failed(hand: Hand, found: Outcomes, order: Order, step: Step, error: MooringError) -> None:
    """Raises what does not concern this order alone."""
    if isinstance(error, OutcomeUnknown):
        found.goes_on(order, due_at=(hand.sent_at or hand.job.now) + SETTLED)
        raise error
    if isinstance(error, Retriable) and step.act is not Act.CONFIRM:
        hand.answered()  # nothing of it happened; an order may have been confirmed and not dated yet
    if not isinstance(error, Permanent) or error.code not in _OF_ONE_ORDER:
        raise error
    hand.answered()
    _refused(hand, found, order, step, error.sentence)


def _refused(hand: Hand, found: Outcomes, order: Order, step: Step, words: str) -> None:
    """Somebody in Odoo may have been quicker: then something else follows."""
    order.entries.clear()
    order.paid.clear()
    there.look(hand.job, [order])
    follows = following(order.wanted, order.there)
    if follows == step:
        _rest(hand, found, order, Waits(refused(words)))
    else:
        found.goes_on(order)
