"""Customers with their addresses: read from the hub, matched with the contacts that are there, decided on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from mooring.db import mappings, sync_items, sync_source
from mooring.db.mappings import Mapping as Mapped
from mooring.db.sync_intents import Key
from mooring.domain.mapping import MappedKind
from mooring.domain.matching import NOTHING, Contacts, Found
from mooring.domain.plan import UNDECIDED, Ambiguous, Create, Decision, Excluded, Link, Plan, Skip, Update, plan
from mooring.domain.records import Address, Customer
from mooring.domain.translate_odoo import PARTNER_FIELDS, Tree, Wanted
from mooring.domain.translate_odoo_partners import Places, customer
from mooring.usecases import odoo_gate
from mooring.usecases.operations_run import Run
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_place import Job
from mooring.usecases.sync_odoo_read import (
    EVERYTHING,
    Batch,
    decisions,
    doubted,
    either,
    external_ids,
    unlinked_from,
    without_lost,
    without_unlinked,
)

_READ = ["active", "type", "parent_id", "email_normalized", *PARTNER_FIELDS]
_SHOWN = ("name", "email", "phone", "street", "city", "active")
_customer = msgspec.json.Decoder(Customer).decode
_address = msgspec.json.Decoder(Address).decode
_places: WeakKeyDictionary[Run, tuple[set[str], Places]] = WeakKeyDictionary()
"""By sync, while a worker holds it: the codes of countries that were asked for, and what Odoo has of them."""


def families(job: Job, batch: Batch, sent: frozenset[Key], old: frozenset[Key]) -> list[Family]:
    """Every record of the batch with what is to be done. `sent`, `old`: as in `Turn`."""
    planner = _Planner(job, batch, sent, sent | old)
    return [planner.family(tree) for tree in planner.trees]


class _Planner:
    def __init__(self, job: Job, batch: Batch, sent: frozenset[Key], ours: frozenset[Key]) -> None:
        self._job, self._batch, self._sent, self._ours = job, batch, sent, ours
        ids = batch.ids
        with job.app.db.read() as connection:
            of_root = mappings.of(connection, job.store.id, MappedKind.CUSTOMER, ids)
            below = mappings.below(connection, job.store.id, MappedKind.ADDRESS, ids)
            self._bodies = sync_source.bodies(connection, job.source, job.store.id, ids)
            self._inner = sync_source.inner_bodies(connection, job.source, job.store.id, ids)
            items = sync_items.of(connection, job.store.id, job.kind, ids)
        both = ((MappedKind.CUSTOMER, of_root), (MappedKind.ADDRESS, below))
        self._mapped = {(kind, one): row for kind, rows in both for one, row in rows.items() if row.epoch == job.epoch}
        self._decided, self._doubted = decisions(items.values()), doubted(items.values())
        self._was = {one: unlinked_from(item) for one, item in items.items()}
        self.trees = list(self._trees())
        self._contacts = self._look_up() if self._must_ask() else Contacts.of((), {}, asked=False)

    # -- the hub ------------------------------------------------------------------------------------------------------

    def _trees(self) -> Iterator[Tree]:
        job, below_allowed = self._job, may_write_below(self._job)
        parsed = {one: [(id_, _address(text)) for id_, text in inner] for one, inner in self._inner.items()}
        codes = {address.country_code for inner in parsed.values() for _, address in inner if address.country_code}
        places = places_of(job, codes)
        mapped = {shopify_id for kind, shopify_id in self._mapped if kind is MappedKind.ADDRESS}
        for shopify_id, body, deleted in self._bodies:
            tree = customer(
                job.store.shop_id, shopify_id, _customer(body), parsed.get(shopify_id, []), places, mapped=mapped,
                deleted=bool(deleted),
            )  # fmt: skip
            yield tree if below_allowed else Tree(tree.root)

    # -- Odoo ---------------------------------------------------------------------------------------------------------

    def _must_ask(self) -> bool:
        return any(
            not isinstance(self._decide(one, NOTHING), Skip | Excluded) for tree in self.trees for one in tree.all()
        )

    def _look_up(self) -> Contacts:
        """Two readings; a third where a customer was recognised whose addresses are still to be."""
        names = {self._name(one): one.kind for tree in self.trees for one in tree.all()}
        was = {key: odoo_id for of in self._was.values() for key, odoo_id in of.items()}
        planted = external_ids(self._job, names, self._mapped.values())
        external, self._batch.left_over = without_unlinked(self._job, planted, was)
        self._mapped = without_lost(self._job, self._mapped, external)
        known = {row.odoo_id for row in self._mapped.values()} | set(external.values())
        known |= {decision.link for decision in self._decided.values() if decision.link}
        rows = self._read(either(*self._asked(known)))
        contacts = Contacts.of(rows, external)
        parents = self._new_parents(contacts)
        if parents:
            rows += self._read([["parent_id", "in", parents]])
        return Contacts.of(rows, external) if parents else contacts

    def _asked(self, known: set[int]) -> Iterator[list[Any]]:
        roots = [tree.root for tree in self.trees]
        of_roots = [row.odoo_id for (kind, _), row in self._mapped.items() if kind is MappedKind.CUSTOMER]
        yield ["id", "in", sorted(known)]
        yield ["ref", "in", [one.reference for one in roots]]
        if emails := [one.email for one in roots if one.email]:
            yield ["email_normalized", "in", emails]
        if of_roots:
            yield ["parent_id", "in", of_roots]

    def _read(self, domain: list[Any]) -> list[dict[str, Any]]:
        job = self._job
        return odoo_gate.search_read(job.app, job.ticket, "res.partner", domain, _READ, context=EVERYTHING)

    def _new_parents(self, contacts: Contacts) -> list[int]:
        """Contacts that were found just now and whose children were therefore not asked for."""
        found: list[int] = []
        for tree in self.trees:
            decided = self._decide(tree.root, self._found_root(tree.root, contacts)) if tree.children else None
            if isinstance(decided, Link):
                found.append(decided.odoo_id)
        return found

    # -- deciding -----------------------------------------------------------------------------------------------------

    def family(self, tree: Tree) -> Family:
        root = self._member(tree.root, self._found_root(tree.root, self._contacts))
        parent = root.plan.odoo_id if isinstance(root.plan, Update) else self._odoo_id(tree.root)
        waits = isinstance(root.plan, Ambiguous | Excluded)
        children = [
            self._waiting(one) if waits else self._member(one, self._found_below(one, parent)) for one in tree.children
        ]
        family = Family(root, children, self._batch.digests[tree.root.shopify_id])
        family.candidates, family.was = self._candidates(family), self._was.get(family.id, {})
        return family

    def _waiting(self, wanted: Wanted) -> Member:
        """Nobody knows yet whose address this is."""
        return Member(wanted, Skip(), self._mapping(wanted), self._odoo_id(wanted))

    def _member(self, wanted: Wanted, found: Found) -> Member:
        decided = self._decide(wanted, found)
        odoo_id = decided.odoo_id if isinstance(decided, Update) else self._odoo_id(wanted)
        key = wanted.kind, wanted.shopify_id
        made = Member(
            wanted, decided, self._mapping(wanted), odoo_id, sent=key in self._ours, pending=key in self._sent
        )
        made.planted = found.external_id is not None and found.external_id == odoo_id
        return made

    def _decide(self, wanted: Wanted, found: Found) -> Plan:
        key, mapping, job = (wanted.kind, wanted.shopify_id), self._mapping(wanted), self._job
        return plan(
            wanted, mapping.known if mapping else None, found, epoch=job.epoch, master=job.master,
            decision=self._decided.get(key, UNDECIDED), sent=key in self._sent, afresh=self._is_afresh(wanted),
        )  # fmt: skip

    def _is_afresh(self, wanted: Wanted) -> bool:
        root = wanted.shopify_id if wanted.parent_id is None else wanted.parent_id
        return self._batch.afresh or root in self._doubted

    def _found_root(self, wanted: Wanted, contacts: Contacts) -> Found:
        found = contacts.customer(wanted, self._name(wanted), self._odoo_id(wanted))
        return _with_decided(found, self._decided.get((wanted.kind, wanted.shopify_id)), wanted, contacts)

    def _found_below(self, wanted: Wanted, parent: int | None) -> Found:
        found = self._contacts.address(wanted, self._name(wanted), parent, self._odoo_id(wanted))
        return _with_decided(found, self._decided.get((wanted.kind, wanted.shopify_id)), wanted, self._contacts)

    def _mapping(self, wanted: Wanted) -> Mapped | None:
        return self._mapped.get((wanted.kind, wanted.shopify_id))

    def _odoo_id(self, wanted: Wanted) -> int | None:
        mapping = self._mapping(wanted)
        return mapping.odoo_id if mapping else None

    def _name(self, wanted: Wanted) -> str:
        return self._job.name(wanted.kind, wanted.shopify_id).name

    def _candidates(self, family: Family) -> dict[int, Mapping[str, Any]]:
        asked = {id_ for one in family.members() if isinstance(one.plan, Ambiguous) for id_ in one.plan.candidates}
        rows = self._contacts.rows
        return {id_: {name: rows[id_][name] for name in _SHOWN} for id_ in asked if id_ in rows}


def _with_decided(found: Found, decision: Decision | None, wanted: Wanted, contacts: Contacts) -> Found:
    """What a person chose may be any contact of Odoo's, whatever it was found by."""
    if decision is None or decision.link is None or decision.link in found.values:
        return found
    return contacts.with_(found, decision.link, wanted.kind)


# -- what Odoo knows of the world ----------------------------------------------------------------------------------


def places_of(job: Job, codes: Set[str]) -> Places:
    """The countries with these codes, and their states. Each is asked for once by a worker that takes a sync up."""
    known, places = _places.setdefault(job.run, (set(), Places({}, {})))
    if not codes <= known:
        countries, states = _read_places(job, sorted(codes - known))
        places.countries.update(countries)
        places.states.update(states)
        known |= codes
    return places


def _read_places(job: Job, codes: list[str]) -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    found = odoo_gate.search_read(job.app, job.ticket, "res.country", [["code", "in", codes]], ["code"])
    code_of = {row["id"]: row["code"] for row in found}
    of_them = [["country_id", "in", list(code_of)]]
    states = odoo_gate.search_read(job.app, job.ticket, "res.country.state", of_them, ["code", "country_id"])
    return (
        {code: id_ for id_, code in code_of.items()},
        {(code_of[row["country_id"][0]], row["code"]): row["id"] for row in states},
    )


def may_write_below(job: Job) -> bool:
    """Odoo refuses contacts below a contact to users without a right that the connection's test asks for. Where it is
    known to be missing they are left out, instead of failing one by one."""
    return not any(right.name == "addresses" and right.allowed is False for right in job.odoo.details.rights)


def put_off(found: Iterable[Family]) -> None:
    """Of several new customers with one e-mail address only the first is created; the others are looked at again when
    it is there."""
    seen: set[str] = set()
    for family in found:
        email = family.root.wanted.email
        if not isinstance(family.root.plan, Create) or family.root.sent or not email:
            continue
        family.later = email in seen
        seen.add(email)
