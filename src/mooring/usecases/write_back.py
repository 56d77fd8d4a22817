"""Write-back: hub edits -> Shopify, each with its own status.

Before anything is filled in, Shopify is asked what it has by now: a value that appeared meanwhile stays, a later
decision about a subscription holds, and what Shopify says already counts as sent. So it may be killed or begun anew at
any point, and an answer that was lost is found out by looking. What cannot be sent is failed with Shopify's words; the
others go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import edits, operations, stores, stores_marks
from mooring.db.edits import Edit
from mooring.db.operations import Operation
from mooring.domain.consent import SUBSCRIBED
from mooring.domain.edits import (
    CHANNEL,
    FIELDS,
    GONE,
    SEND,
    SUPPRESSED_ADDRESS,
    EditState,
    Group,
    Reading,
    Verdict,
    address_on,
    verdict,
)
from mooring.domain.lifecycle import ALLOWED_CALLS, Lost, Purpose
from mooring.domain.records import Address, Customer
from mooring.domain.records_access import plain
from mooring.domain.rules import Work, excluded_by
from mooring.domain.wording import counted
from mooring.ports import Reply
from mooring.usecases import suppression
from mooring.usecases import write_back_engagement as engagement
from mooring.usecases.context import App
from mooring.usecases.edits import ready_fields
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Again, Done, Next, Run
from mooring.usecases.who import SYSTEM
from mooring.usecases.write_back_send import Outcome, call, send_address, send_consent, send_profile, settle

_AT_ONCE = 20
"""Customers that are read in one call and then seen to one by one."""
_EDITS = 200
_REST = timedelta(minutes=10)


# -- asking for one ------------------------------------------------------------------------------------------------


def due(app: App) -> None:
    """Edits wait or may be sent, as toggles and permissions say now; where some may, an operation takes them along."""
    with app.db.read() as connection:
        waiting = edits.stores_with_open(connection)
    for store_id in waiting:
        operation = _issue(app, store_id)
        if operation is not None:
            app.engine.start(operation.id)


def _issue(app: App, store_id: str) -> Operation | None:
    with app.db.write() as connection:
        store = stores.load(connection, store_id)
        edits.arrange(connection, store_id, ready_fields(store))
        if not _may_call(store) or not edits.any_due(connection, store_id) or _rests(app, connection, store_id):
            return None
        busy = frozenset(one.kind for one in operations.unfinished(connection, store_id))
        if excluded_by(Work.WRITE_BACK, busy):
            return None
        return issue(app, connection, SYSTEM, store, Work.WRITE_BACK, {})


def _rests(app: App, connection: Connection, store_id: str) -> bool:
    """After one that broke off, or that somebody cancelled, the next takes its time. One that came to its end and left
    failed edits behind does not hold up the others."""
    last = operations.newest(connection, store_id, Work.WRITE_BACK)
    if last is None or last.finished_at is None or last.state == "done" or "sent" in (last.receipt or {}):
        return False
    return app.clock.now() < last.finished_at + _REST


def _may_call(store: stores.Store) -> bool:
    alive = store.lost in (None, Lost.SCOPES)
    return store.claim and alive and Purpose.WRITE_BACK in ALLOWED_CALLS[store.state]


# -- driving one ---------------------------------------------------------------------------------------------------


def advance(app: App, run: Run) -> Next:
    """One slice: a batch of engagement, or a few customers."""
    ready = ready_fields(run.store)
    with app.db.read() as connection:
        found = [one for one in edits.due(connection, run.store.id, limit=_EDITS) if one.field in ready]
    if not found:
        return _finish(app, run)
    told = [one for one in found if FIELDS[one.field].group is Group.ENGAGEMENT]
    changed = [one for one in found if FIELDS[one.field].group is not Group.ENGAGEMENT]
    if changed:
        _customers(app, run, changed)
    else:
        engagement.send(app, run, told)
    return Again()


def _finish(app: App, run: Run) -> Next:
    """The badge says Error as long as anything of this store has failed."""
    with run.checkpoint() as connection:
        failed = edits.counts(connection, run.store.id).get(EditState.FAILED, 0)
        sentence = _failed_words(failed) if failed else None
        if sentence:
            stores_marks.mark_error(connection, run.store, sentence, by=Work.WRITE_BACK)
    receipt = {name: run.counts.get(name, 0) for name in ("sent", "kept", "superseded", "failed", "requests")}
    return Done(receipt, failed=sentence)


def _failed_words(count: int) -> str:
    what = counted(count, "changes")
    return f"{what} could not be written to Shopify. Look at them in the store's details, and retry."


# -- customers -----------------------------------------------------------------------------------------------------


def _customers(app: App, run: Run, found: list[Edit]) -> None:
    by_customer = {who: list(some) for who, some in groupby(sorted(found, key=_owner), key=_owner)}
    some = dict(list(by_customer.items())[:_AT_ONCE])
    ids = [f"gid://shopify/Customer/{one}" for one in some]
    reply = call(app, run, "write_back_read", {"ids": ids})
    for (customer_id, mine), node in zip(some.items(), reply.data["nodes"], strict=True):
        _customer(app, run, reply, customer_id, mine, node)


def _owner(edit: Edit) -> int:
    return edit.customer_id


def _customer(
    app: App, run: Run, reply: Reply, customer_id: int, mine: list[Edit], node: dict[str, Any] | None
) -> None:
    if node is None:
        settle(app, run, dict.fromkeys(mine, GONE))
        return
    now = _reading(reply, node)
    verdicts = {one: _verdict(app, run, one, now) for one in mine}
    settle(app, run, {one: said for one, said in verdicts.items() if said is not SEND})
    for outcome in _sent(app, run, reply, customer_id, [one for one, said in verdicts.items() if said is SEND], node):
        settle(app, run, outcome)


def _reading(reply: Reply, node: dict[str, Any]) -> Reading:
    address = msgspec.convert(node["defaultAddress"], Address) if node.get("defaultAddress") else None
    denied = frozenset(plain(path).replace("nodes.", "customers.", 1) for path in reply.denied())
    return Reading(msgspec.convert(node, Customer), address, denied)


def _verdict(app: App, run: Run, edit: Edit, now: Reading) -> Verdict:
    said = verdict(edit.field, edit.value or "", edit.made_at, now)
    if said is SEND and edit.field in CHANNEL and edit.value == SUBSCRIBED:
        channel = CHANNEL[edit.field]
        with app.db.read() as connection:
            address = address_on(now.record, channel)
            if suppression.is_suppressed(app, connection, run.store.project_id, channel, address):
                return SUPPRESSED_ADDRESS
    return said


def _sent(
    app: App, run: Run, reply: Reply, customer_id: int, mine: list[Edit], node: dict[str, Any]
) -> Iterable[Outcome]:
    """One call for the profile, one for the address, one per channel; each is settled before the next is made."""
    gid = f"gid://shopify/Customer/{customer_id}"
    address = [one for one in mine if one.field.startswith("address.")]
    channels = [one for one in mine if one.field in CHANNEL]
    profile = [one for one in mine if one not in address and one not in channels]
    if profile:
        yield send_profile(app, run, gid, profile)
    if address:
        held: str | None = node["defaultAddress"]["id"] if node.get("defaultAddress") else None
        yield send_address(app, run, gid, held, address)
    for one in channels:
        yield send_consent(app, run, gid, one, reply.at)
