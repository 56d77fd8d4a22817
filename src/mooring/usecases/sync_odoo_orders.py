"""Orders with their lines: read from the hub, booked, recognised in Odoo by our reference, decided on.

An order is written as long as it is a quotation in Odoo. Once it is confirmed it is frozen: it is compared with what it
was booked as, never written again, and a change of it is for a person. Its lines are never recognised on their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from mooring.db.mappings import Mapping as Mapped
from mooring.db.order_books import CANCELLED, DRAFT, ORDER, Book
from mooring.db.sync_intents import Key
from mooring.domain.mapping import MappedKind
from mooring.domain.matching import NOTHING, Found
from mooring.domain.order_booking import Booking, frozen, frozen_digest, plain, rounding_key
from mooring.domain.order_buyers import Buyer
from mooring.domain.order_causes import Cause, Review, review
from mooring.domain.order_lines import paired
from mooring.domain.plan import UNDECIDED, Ambiguous, Create, Excluded, Link, Plan, Skip, Update, plan
from mooring.domain.translate_odoo import Tree, Wanted
from mooring.usecases import sync_odoo_orders_hand as by_hand
from mooring.usecases import sync_odoo_orders_hub as hub
from mooring.usecases.sync_odoo_buyers import Wish
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_orders_changed import changed, other_than
from mooring.usecases.sync_odoo_orders_made import Made, Maker
from mooring.usecases.sync_odoo_orders_there import OPEN, There, look_up
from mooring.usecases.sync_odoo_place import Job
from mooring.usecases.sync_odoo_read import (
    Batch,
    decisions,
    external_ids,
    unlinked_from,
    without_lost,
    without_unlinked,
)

_ORDER, _LINE = MappedKind.ORDER, MappedKind.ORDER_LINE
_STRANGERS = "It has lines in Odoo that Mooring does not know, and comes to {}, Shopify says {}."


@dataclass(slots=True)
class OrderFamily(Family):
    """`wish`: whose it is; `buyer`: its contacts, some of which may be still to be made."""

    booking: Booking | None = None
    wish: Wish | None = None
    buyer: Buyer | None = None


def families(job: Job, batch: Batch, sent: frozenset[Key], old: frozenset[Key]) -> list[Family]:
    """`sent`, `old`: as in `Turn`. Orders that are still being read from Shopify are left for the next sync."""
    return list(_Planner(job, batch, sent, sent | old).families())


def put_off(_: Sequence[Family]) -> None:
    """No order is another one."""


class _Planner:
    def __init__(self, job: Job, batch: Batch, sent: frozenset[Key], ours: frozenset[Key]) -> None:
        self._job, self._batch, self._sent, self._ours = job, batch, sent, ours
        self._terms = hub.terms_of(job)
        self._hub = hub.with_skus(job, hub.read(job, batch.ids, self._terms))
        self._mapped = dict(self._hub.mapped)
        items = self._hub.items
        self._decided = decisions(items.values())
        self._was = {one: unlinked_from(item) for one, item in items.items()}
        self._there = There()

    def families(self) -> Iterable[Family]:
        orders = Maker(self._job, self._hub, self._terms, self._ours).orders()
        self._batch.resting += ["unread"] * (len(self._hub.told) - len(orders))
        for one in orders:
            self._quieten(one)
        loud = [one for one in orders if (one.tree and not one.quiet) or by_hand.is_linked_now(one, self._decided)]
        if loud:
            self._look_up(loud)
        return [self._family(one) for one in orders]

    def _quieten(self, one: Made) -> None:
        """Quiet is what was told to Odoo just so."""
        rows = one.tree.all() if one.tree else ()
        asked = self._batch.afresh or one.id in self._hub.items
        one.quiet = not asked and all(isinstance(self._decide(row, NOTHING), Skip) for row in rows)
        if (_ORDER, one.id) in self._mapped:
            by_hand.leave_alone(one, self._hub.books.get(one.id), self._decided)

    # -- Odoo ---------------------------------------------------------------------------------------------------------

    def _look_up(self, orders: Sequence[Made]) -> None:
        names = {self._name(row): row.kind for one in orders if one.tree for row in one.tree.all()}
        was = {key: odoo_id for of in self._was.values() for key, odoo_id in of.items()}
        planted = external_ids(self._job, names, self._mapped.values())
        external, self._batch.left_over = without_unlinked(self._job, planted, was)
        loud = {one.id for one in orders}
        of_them = {key: row for key, row in self._mapped.items() if (row.parent_id or row.shopify_id) in loud}
        self._mapped |= without_lost(self._job, of_them, external)
        known = {row.odoo_id for (kind, _), row in of_them.items() if kind is _ORDER}
        known |= {id_ for name, id_ in external.items() if names[name] is _ORDER}
        known |= {said.link for (kind, _), said in self._decided.items() if kind is _ORDER and said.link}
        self._there = look_up(self._job, [one.booking.reference for one in orders if one.booking], known, external)

    # -- deciding -----------------------------------------------------------------------------------------------------

    def _family(self, one: Made) -> OrderFamily:
        digest = self._batch.digests[one.id]
        wanted = one.tree.root if one.tree else Wanted(_ORDER, one.id, {}, excluded=one.excluded)
        made = OrderFamily(self._root(wanted, one), [], digest, booking=one.booking, wish=one.wish, buyer=one.buyer)
        made.review, made.was = one.review, self._was.get(one.id, {})
        self._note_move(made)
        if (there := self._there.orders.get(made.root.odoo_id or 0)) and self._is_by_hand(made, one):
            by_hand.accept(self._job, made, one, str(there["state"]))
        elif one.tree and not isinstance(made.root.plan, Ambiguous):
            self._decide_lines(made, one.tree)
        if not made.shown:
            by_hand.may_stay(made, one, made.book or self._hub.books.get(one.id))
        if isinstance(made.root.plan, Ambiguous):
            made.candidates = {
                id_: {name: row[name] for name in ("client_order_ref", "origin", "state", "amount_total")}
                for id_, row in self._there.orders.items() if id_ in made.root.plan.candidates
            }  # fmt: skip
        return made

    def _note_move(self, made: OrderFamily) -> None:
        """What was known of the order that it was is not known of the one that it is."""
        decided, before = made.root.plan, self._hub.mapped.get((_ORDER, made.id))
        made.moved = isinstance(decided, Link) and before is not None and before.odoo_id != decided.odoo_id
        if made.moved:
            books = {id_: book for id_, book in self._hub.books.items() if id_ != made.id}
            self._hub = replace(self._hub, books=books)
            self._mapped = {
                key: row for key, row in self._mapped.items() if key[0] is not _LINE or row.parent_id != made.id
            }  # fmt: skip

    def _is_by_hand(self, made: OrderFamily, one: Made) -> bool:
        """Whether a person says that it is one which Mooring did not make, or cannot book itself."""
        chosen = self._decided.get((_ORDER, one.id), UNDECIDED).link
        if chosen is None or not isinstance(made.root.plan, Link) or chosen != made.root.plan.odoo_id:
            return False
        ours = one.booking is not None and self._there.refers(chosen, one.booking.reference)
        return one.tree is None or not (ours or made.root.planted)

    def _root(self, wanted: Wanted, one: Made) -> Member:
        if one.excluded is not None:
            return self._member(wanted, Excluded(one.excluded), NOTHING)
        if one.quiet or (one.tree is None and not by_hand.is_linked_now(one, self._decided)):
            return self._member(wanted, Skip(), NOTHING)
        decision = self._decided.get((_ORDER, one.id), UNDECIDED)
        found = self._there.order(wanted.reference, self._name(wanted), self._odoo_id(wanted), decision.link)
        return self._member(wanted, self._decide(wanted, found, afresh=True), found)

    def _decide_lines(self, made: OrderFamily, tree: Tree) -> None:
        root = made.root
        if isinstance(root.plan, Create):
            here = [one for one in tree.children if "product_id" in one.values]
            made.children = [self._member(one, Create(), NOTHING) for one in here]
        elif isinstance(root.plan, Skip):
            made.children = [self._member(one, Skip(), NOTHING) for one in tree.children]
        elif root.odoo_id is not None:
            self._of_order(made, tree, root.odoo_id)

    def _of_order(self, made: OrderFamily, tree: Tree, odoo_id: int) -> None:
        state = str(self._there.orders[odoo_id]["state"])
        if state in OPEN:
            self._open(made, tree, odoo_id)
        else:
            self._closed(made, tree, odoo_id, CANCELLED if state == "cancel" else ORDER)

    def _open(self, made: OrderFamily, tree: Tree, odoo_id: int) -> None:
        """Lines are made only where every line that is there is known to be one of ours."""
        lines = self._lines(tree, odoo_id)
        ours = {line.odoo_id for line in lines}
        strangers = [id_ for id_ in self._there.lines_of(odoo_id) if id_ not in ours]
        lacks = any(isinstance(line.plan, Create) for line in lines)
        fixed = bool(strangers) or made.moved
        made.children = [line for line in lines if not (fixed and isinstance(line.plan, Create))]
        if made.booking and not (made.differs or _writes(made)):
            made.review = self._unequal(made.booking, odoo_id, strangers=bool(strangers and lacks))
            made.book = None if made.review else self.booked(made.booking, DRAFT)

    def _lines(self, tree: Tree, odoo_id: int) -> list[Member]:
        """By mapping or external id, else by what they say and by their place: what a Clear leaves to go by."""
        there = self._there
        found = {one.shopify_id: there.line(self._name(one), odoo_id, self._odoo_id(one)) for one in tree.children}
        known = {self._odoo_id(one) or found[one.shopify_id].external_id for one in tree.children}
        left = there.said(id_ for id_ in there.lines_of(odoo_id) if id_ not in known)
        open_ = {one.shopify_id: one.values for one in tree.children
                 if not (self._mapping(one) or found[one.shopify_id].external_id)}  # fmt: skip
        for key, id_ in paired(open_, left).items():
            found[key] = Found(key=(id_,), by="place", values={id_: left[id_]}, asked=True)
        return [self._member(one, self._decide(one, found[one.shopify_id], afresh=True), found[one.shopify_id])
                for one in map(partial(_as_it_is, found), tree.children)]  # fmt: skip

    def _unequal(self, made: Booking, odoo_id: int, *, strangers: bool = False) -> Review | None:
        total = self._there.total(odoo_id)
        if total == made.total:
            return None
        if strangers:
            return review(Cause.TOTAL, _STRANGERS.format(plain(total), plain(made.total)))
        return other_total(made, total)

    # -- what is confirmed --------------------------------------------------------------------------------------------

    def _closed(self, made: OrderFamily, tree: Tree, odoo_id: int, stage: str) -> None:
        """Nothing is written. Where nobody wrote down what it was booked as, it has to come to the same money."""
        made.root.plan = _untouched(made.root.plan, odoo_id)
        for line in self._lines(tree, odoo_id):
            line.plan = _untouched(line.plan, line.odoo_id or 0)
            made.children.append(line)
        if made.booking is None:
            return
        before, digest = self._hub.books.get(made.id), frozen_digest(frozen(made.booking))
        if before is None or ((before.frozen is None or before.digest is None) and before.ignored != digest):
            self._unknown(made, made.booking, odoo_id, stage)
            return
        if before.stage == DRAFT:
            made.book = replace(before, stage=stage)
        if digest not in (before.digest, before.ignored):
            made.review = review(Cause.CHANGED_AFTER_CONFIRM)
            made.shown = changed(before, made.booking)

    def _unknown(self, made: OrderFamily, booking: Booking, odoo_id: int, stage: str) -> None:
        """Where it comes to other money it was changed after it was confirmed, if Mooring confirmed it: of one that is
        ours so much is known that it was booked as what it comes to in Odoo."""
        bare = self._hub.books.get(made.id) or Book(made.id, self._job.fingerprint, stage)
        made.review = self._unequal(booking, odoo_id)
        made.book = bare if made.review else self.booked(booking, stage)
        if made.review and stage == ORDER and self._there.says(odoo_id, booking.reference, booking.origin):
            total = self._there.total(odoo_id)
            made.book, made.shown = replace(bare, stage=stage, total=plain(total)), other_than(total, booking)
            made.review = review(Cause.CHANGED_AFTER_CONFIRM, made.review.sentence)

    def booked(self, made: Booking, stage: str) -> Book | None:
        """None where it is written down so already."""
        now, before = booked(self._job, made, stage), self._hub.books.get(made.order_id)
        same = before is not None and (before.stage, before.digest) == (now.stage, now.digest)
        return None if same else now

    # -- one record ---------------------------------------------------------------------------------------------------

    def _member(self, wanted: Wanted, decided: Plan, found: Found) -> Member:
        """Lines are sent with their order."""
        key = (_ORDER, wanted.parent_id or wanted.shopify_id)
        odoo_id = decided.odoo_id if isinstance(decided, Update) else self._odoo_id(wanted)
        made = Member(
            wanted, decided, self._mapping(wanted), odoo_id, sent=key in self._ours, pending=key in self._sent
        )
        made.planted = found.external_id is not None and found.external_id == odoo_id
        return made

    def _decide(self, wanted: Wanted, found: Found, *, afresh: bool = False) -> Plan:
        key, mapping = (wanted.kind, wanted.shopify_id), self._mapping(wanted)
        return plan(
            wanted, mapping.known if mapping else None, found, epoch=self._job.epoch, master=self._job.master,
            decision=self._decided.get(key, UNDECIDED), sent=key in self._sent, afresh=afresh,
        )  # fmt: skip

    def _mapping(self, wanted: Wanted) -> Mapped | None:
        return self._mapped.get((wanted.kind, wanted.shopify_id))

    def _odoo_id(self, wanted: Wanted) -> int | None:
        mapping = self._mapping(wanted)
        return mapping.odoo_id if mapping else None

    def _name(self, wanted: Wanted) -> str:
        return self._job.name(wanted.kind, wanted.shopify_id).name


def _as_it_is(found: Mapping[int, Found], line: Wanted) -> Wanted:
    """A rounding that is there is not compared: only the total that Odoo makes says what it has to be."""
    stays = line.shopify_id == rounding_key(line.parent_id or 0) and found[line.shopify_id].values
    return replace(line, values={}) if stays else line


def _writes(made: Family) -> bool:
    plans = [one.plan for one in made.members()]
    return any(isinstance(one, Create | Ambiguous) or (isinstance(one, Update) and one.write) for one in plans)


def _untouched(decided: Plan, odoo_id: int) -> Plan:
    """The same record, and not a field of it; what is not there is not asked about any more. Of one that was found just
    now those fields are remembered in which it agrees; else what was written last stays remembered, for the day that
    the order is taken back."""
    if not isinstance(decided, Link):
        return Skip()
    equal = {name: held for name, held in decided.fields.items() if name not in decided.write}
    return Link(odoo_id, fields=equal, by=decided.by)


def booked(job: Job, made: Booking, stage: str) -> Book:
    kept = frozen(made)
    return Book(made.order_id, job.fingerprint, stage, kept.decode(), frozen_digest(kept), plain(made.total))


def other_total(made: Booking, total: Decimal) -> Review:
    said, money = plain(total), made.currency
    return review(Cause.TOTAL, f"Odoo says {said} {money}, Shopify says {plain(made.total)} {money}.")
