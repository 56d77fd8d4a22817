"""One batch of records that webhooks pointed at: read by id, judged, written, and their deliveries settled.

A null answer means deleted only after a `…/delete`; otherwise the record is not visible, and kept. Suspiciously many
deletions are held until a person has answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from mooring.db import drains, holds, inbox, records_deleted, records_kinds, stores_domains
from mooring.db.inbox import Delivery
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Purpose
from mooring.domain.rules import mass_deletion
from mooring.domain.topics import MERGE
from mooring.errors import Permanent, Refused, Stale
from mooring.usecases import drain_faults, fetch, gate, merges
from mooring.usecases import holds as questions
from mooring.usecases.context import App
from mooring.usecases.drain_lease import Lease
from mooring.usecases.fetch import Fetched

NOT_VISIBLE = "Shopify does not show it to this app; what is here is kept."
_HOUR = timedelta(hours=1)
_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one kind, each with all deliveries that wait for it. The survivor of a merge may come without any."""

    kind: Kind
    told: dict[int, list[Delivery]]

    @staticmethod
    def of(kind: Kind, waiting: Iterable[Delivery], most: int) -> Batch:
        """The `most` records that wait longest."""
        told: dict[int, list[Delivery]] = {}
        for one in waiting:
            if one.record_id in told or len(told) < most:
                told.setdefault(one.record_id or 0, []).append(one)
        for merge in [one for found in told.values() for one in found if one.topic == MERGE and one.other_id]:
            told.setdefault(merge.other_id or 0, [])
        return Batch(kind, told)

    @property
    def deliveries(self) -> list[Delivery]:
        return [one for found in self.told.values() for one in found]

    def halves(self) -> tuple[Batch, Batch]:
        ids = list(self.told)
        middle = len(ids) // 2
        first, second = ({one: self.told[one] for one in part} for part in (ids[:middle], ids[middle:]))
        return Batch(self.kind, first), Batch(self.kind, second)


def obey(app: App, lease: Lease, store: Store, batch: Batch) -> int:
    """Returns how many deliveries were worked off or put off. Raises `Stale` or `Refused` when the store has moved."""
    try:
        return _obey(app, lease, store, batch)
    except (Stale, Refused):
        raise
    except Exception as error:  # every error is an instruction; unknown ones are our own fault
        return _trouble(app, lease, store, batch, error)


def _obey(app: App, lease: Lease, store: Store, batch: Batch) -> int:
    ticket = gate.Ticket(store.id, store.generation, Purpose.IMPORT)
    fetched = fetch.read(app, ticket, store, batch.kind, batch.told, alive=lease.beat)
    with lease.writing(store) as connection:
        merges.obey(connection, app, store, _merges(batch), fetched)
        result = fetch.write(connection, app, store, fetched)
        kept_back = _delete(connection, app, store, batch, fetched)
        records_kinds.change(connection, store.id, batch.kind, last_webhook_at=app.clock.now())
        _settle(connection, app, store, batch, fetched, again=set(result.again), kept_back=kept_back)
    if store.error:
        drain_faults.clear(app, store)
    return len(batch.deliveries)


def _merges(batch: Batch) -> list[Delivery]:
    return [one for one in batch.deliveries if one.topic == MERGE]


def _settle(
    connection: Connection,
    app: App,
    store: Store,
    batch: Batch,
    fetched: Fetched,
    *,
    again: set[int],
    kept_back: set[int],
) -> None:
    """`again`: records whose two answers no clock could order are read once more, a second later."""
    now = app.clock.now()
    obeyed = {record: found for record, found in batch.told.items() if record not in again}
    hidden = [one.id for record, found in obeyed.items() for one in found if _is_hidden(one, fetched, record)]
    rest = [one.id for found in obeyed.values() for one in found if one.id not in kept_back.union(hidden)]
    inbox.settle(connection, hidden, "done", at=now, reason=NOT_VISIBLE, store_id=store.id)
    inbox.settle(connection, rest, "done", at=now, store_id=store.id)
    if tied := [one.id for record in again for one in batch.told.get(record, ())]:
        reason = "Read twice within one second; it is read once more."
        inbox.postpone(connection, tied, not_before=now + _A_SECOND, reason=reason)


def _is_hidden(one: Delivery, fetched: Fetched, record: int) -> bool:
    return record in fetched.missing and not _tells_deletion(one) and one.topic != MERGE


# -- deletions -----------------------------------------------------------------------------------------------------


def _tells_deletion(one: Delivery) -> bool:
    return one.topic.endswith("/delete")


def _delete(connection: Connection, app: App, store: Store, batch: Batch, fetched: Fetched) -> set[int]:
    """Marks what was told to be deleted and is not there any more. Returns the deliveries that are held instead."""
    told = {
        record: [one for one in batch.told[record] if _tells_deletion(one)]
        for record in fetched.missing
        if any(map(_tells_deletion, batch.told[record]))
    }
    agreed = {record for record, found in told.items() if _is_agreed(connection, found)}
    open_to_doubt = {record: found for record, found in told.items() if record not in agreed}
    if open_to_doubt and (held := _held(connection, app, store, batch.kind, open_to_doubt)):
        _mark(connection, app, store, batch.kind, agreed, fetched)
        return held
    _mark(connection, app, store, batch.kind, told, fetched)
    return set()


def _is_agreed(connection: Connection, found: list[Delivery]) -> bool:
    """Whether a person has answered `delete` to the question these were part of."""
    return any(one.hold_id and holds.load(connection, one.hold_id).decision == "delete" for one in found)


def _mark(connection: Connection, app: App, store: Store, kind: Kind, gone: Iterable[int], fetched: Fetched) -> None:
    now = app.clock.now()
    for record in gone:
        at = fetched.missing[record]
        records_deleted.mark_deleted(connection, store.id, kind, [record], fetched_at=at, at=now)


def _held(connection: Connection, app: App, store: Store, kind: Kind, told: dict[int, list[Delivery]]) -> set[int]:
    """Within an hour more than max(20, 10 %) of a kind: what this batch adds to it waits for a person."""
    since, domains = app.clock.now() - _HOUR, stores_domains.of_store(connection, store.id)
    count = drains.told_deleted(connection, store.id, domains, kind, since=since)
    lately = records_deleted.deleted_since(connection, store.id, kind, since)
    total = records_deleted.living(connection, store.id, kind) + lately
    living = records_deleted.living_among(connection, store.id, kind, told)
    if not living or not mass_deletion(count, total):
        return set()
    waiting = holds.open_one(connection, store.id, kind, "webhooks")
    before = drains.held_records(connection, store.id, waiting.id) if waiting else set[int]()
    asked = questions.hold(connection, app, store, kind, "webhooks", len(before | living), total)
    held = {one.id for record in living for one in told[record]}
    drains.hold(connection, store.id, held, asked.id)
    return held


# -- trouble -------------------------------------------------------------------------------------------------------


def _trouble(app: App, lease: Lease, store: Store, batch: Batch, error: Exception) -> int:
    """The store's trouble puts everything off. A record's own trouble is hers alone, once she is found."""
    if isinstance(error, Permanent) and error.code == "kind_denied":
        return drain_faults.settle(app, batch.deliveries, "dropped", error.sentence, store)
    if drain_faults.is_of_store(error):
        return drain_faults.put_off(app, lease, store, batch.deliveries, error)
    if len(batch.told) == 1:
        return drain_faults.blame(app, store, batch.deliveries, error)
    if not drain_faults.worth_splitting(batch.deliveries, error):
        return drain_faults.put_off(app, lease, store, batch.deliveries, error)
    return sum(obey(app, lease, store, half) for half in batch.halves() if not lease.resting)
