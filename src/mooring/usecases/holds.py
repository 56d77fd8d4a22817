"""Mass deletion: suspiciously much would be marked as deleted, so a person is asked first.

What is found by a sweep or told by webhooks is not obeyed when it is more than max(20, 10 %) of a kind: a broken
permission, a restored shop or a fault of ours looks just the same. `delete` lets it happen once, for as many as were
shown; `keep` leaves everything as it is, and the same finding is not asked about again until its size changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from mooring.db import audit, holds, operations, stores
from mooring.db.holds import Hold
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.rules import Role, Work, excluded_by
from mooring.domain.wording import counted
from mooring.errors import ConfirmationMissing, Conflict, NotFound, Refused
from mooring.usecases import gate, notices
from mooring.usecases.context import App
from mooring.usecases.operations import issue
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

Cause = Literal["sweep", "webhooks"]
Decision = Literal["delete", "keep"]
DECISIONS: tuple[Decision, ...] = ("delete", "keep")

_FOUND = {
    "sweep": "The daily comparison found that {count} of {of} are gone at Shopify.",
    "webhooks": "Within an hour Shopify reported {count} of {of} as deleted.",
}


@dataclass(frozen=True, slots=True)
class Question:
    """An open hold as the banner shows it. `token` confirms `delete` for exactly the number that is shown."""

    id: str
    store_id: str
    store_name: str
    kind: Kind
    cause: str
    count: int
    total: int
    since: datetime
    sentence: str
    delete_means: str
    keep_means: str
    token: str


@dataclass(frozen=True, slots=True)
class Decided:
    """`operation`: the sweep that carries out `delete`; None when there is none, or it could not start at once."""

    hold: Hold
    sentence: str
    operation: Operation | None = None


def sentence(hold: Hold) -> str:
    found = _FOUND[hold.cause].format(count=f"{hold.count:,}", of=counted(hold.total, hold.kind))
    return f"{found} Nothing was marked as deleted: confirm it, or keep them."


def slack(count: int) -> int:
    """By how much a number may have moved since a person saw it: max(10, 1 %)."""
    return max(10, count // 100)


# -- asking --------------------------------------------------------------------------------------------------------


def hold(connection: Connection, app: App, store: Store, kind: Kind, cause: Cause, count: int, total: int) -> Hold:
    """Ask, in the transaction that holds the deletion back. An open question takes the new numbers."""
    open_one = holds.open_one(connection, store.id, kind, cause)
    if open_one is not None:
        return holds.resize(connection, open_one.id, count=count, total=total)
    now = app.clock.now()
    made = holds.add(connection, id=app.ids.new(), store_id=store.id, kind=kind, cause=cause, count=count,
                     total=total, at=now)  # fmt: skip
    detail = {"hold": made.id, "kind": kind, "cause": cause, "count": count, "total": total}
    audit.write(connection, at=now, project_id=store.project_id, store_id=store.id, actor="system",
                event="deletion.held", detail=detail)  # fmt: skip
    notices.raise_notice(
        connection, at=now, project_id=store.project_id, kind="mass_deletion_held", key=_key(made),
        sentence=f"{store.name}: {sentence(made)}", store_id=store.id,
        address=f"/projects/{store.project_id}/integrations", urgent=True,
    )  # fmt: skip
    return made


def _key(hold: Hold) -> str:
    return f"hold {hold.id}"


def settled(connection: Connection, app: App, store: Store, kind: Kind, cause: Cause) -> None:
    """What an open question was about is no longer so: it is taken back."""
    now = app.clock.now()
    gone = holds.take_back(connection, store.id, kind, cause, at=now)
    if gone is not None:
        notices.settle_notice(connection, store.project_id, f"hold {gone}", at=now)


def kept_before(connection: Connection, store: Store, kind: Kind, cause: Cause, count: int) -> bool:
    """Whether a person has said `keep` to a finding of this very size, and nothing was decided since."""
    last = holds.last_decided(connection, store.id, kind, cause)
    return last is not None and last.decision == "keep" and last.count == count


def allowance(connection: Connection, store: Store, kind: Kind, cause: Cause) -> int:
    """How many records a person has allowed to be marked as deleted, and that are not yet."""
    last = holds.last_decided(connection, store.id, kind, cause)
    if last is None or last.decision != "delete" or last.operation_id is not None:
        return 0
    return last.count + slack(last.count)


# -- looking -------------------------------------------------------------------------------------------------------


def open_holds(app: App, who: Who, project_id: str) -> list[Question]:
    """For the banner, oldest first."""
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        cards = {store.id: store for store in stores.of_project(connection, project_id)}
        found = holds.open_in(connection, list(cards))
    return [question(one, cards[one.store_id]) for one in found]


def of_store(app: App, who: Who, store_id: str) -> list[Question]:
    store = store_of(app, who, store_id, Role.VIEWER)
    with app.db.read() as connection:
        return [question(one, store) for one in holds.open_in(connection, [store_id])]


def question(hold: Hold, store: Store) -> Question:
    number = f"{hold.count:,}"
    return Question(
        id=hold.id, store_id=store.id, store_name=store.name, kind=hold.kind, cause=hold.cause, count=hold.count,
        total=hold.total, since=hold.made_at, sentence=sentence(hold),
        delete_means=f"Marks {counted(hold.count, hold.kind)} as deleted here. They stay visible, and come back "
        "if Shopify shows them again.",
        keep_means=f"Leaves all {number} as they are. You are asked again only if the number changes.",
        token=str(hold.count),
    )  # fmt: skip


# -- deciding ------------------------------------------------------------------------------------------------------


def decide(
    app: App, who: Who, hold_id: str, decision: Decision, *, token: str | None = None, store_id: str | None = None
) -> Decided:
    """`delete` has to be confirmed with the token of the question as it was shown.

    Raises `ConfirmationMissing` with the question as it is now, `Refused` when it was answered already.
    """
    with app.db.read() as connection:
        found = holds.load(connection, hold_id)
    if store_id not in (None, found.store_id):
        raise NotFound("There is no such question.")
    store = store_of(app, who, found.store_id, Role.EDITOR)
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        found = holds.load(connection, hold_id)
        _may_decide(store, found, decision, token)
        if not holds.decide(connection, hold_id, decision, by=who.id, at=app.clock.now()):
            raise Conflict("Somebody else has just answered this.", code="already_decided")
        _note(app, connection, who, store, found, decision)
        done = _carry_out(app, connection, who, store, holds.load(connection, hold_id))
    if done.operation is not None:
        app.engine.start(done.operation.id)
    return done


def _may_decide(store: Store, hold: Hold, decision: Decision, token: str | None) -> None:
    if hold.decision is not None:
        raise Refused("This was answered already.", code="already_decided")
    if decision == "keep":
        return
    gate.require_readable(store)
    if token is None or not token.isdecimal() or abs(int(token) - hold.count) > slack(hold.count):
        asked = question(hold, store)
        raise ConfirmationMissing(
            f"{asked.sentence} {asked.delete_means}",
            preview={"hold": hold.id, "kind": hold.kind, "count": hold.count, "total": hold.total},
            token=asked.token,
        )


def _note(app: App, connection: Connection, who: Who, store: Store, hold: Hold, decision: Decision) -> None:
    now = app.clock.now()
    detail = {"hold": hold.id, "kind": hold.kind, "cause": hold.cause, "count": hold.count, "decision": decision}
    audit.write(connection, at=now, project_id=store.project_id, store_id=store.id, actor=who.id,
                event="deletion.decided", detail=detail)  # fmt: skip
    notices.settle_notice(connection, store.project_id, _key(hold), at=now)


def _carry_out(app: App, connection: Connection, who: Who, store: Store, hold: Hold) -> Decided:
    now, number = app.clock.now(), counted(hold.count, hold.kind)
    if hold.cause == "webhooks":
        if hold.decision == "keep":
            holds.drop_deliveries(connection, store.id, hold.id, reason="A person kept the record.", at=now)
            return Decided(hold, f"{number} are kept as they are.")
        holds.release_deliveries(connection, store.id, hold.id)
        return Decided(hold, f"{number} are being marked as deleted.")
    if hold.decision == "keep":
        return Decided(hold, f"{number} are kept as they are.")
    return _sweep_now(app, connection, who, store, hold, number)


def _sweep_now(app: App, connection: Connection, who: Who, store: Store, hold: Hold, number: str) -> Decided:
    """At once, or as soon as what runs has ended: the permission waits for the next sweep of this kind."""
    running = frozenset(one.kind for one in operations.unfinished(connection, store.id))
    if excluded_by(Work.SWEEP, running):
        stores.change(connection, store.id, sweep_due_at=app.clock.now())
        return Decided(hold, f"{number} are looked up once more and marked as deleted as soon as what runs has ended.")
    operation = issue(app, connection, who, store, Work.SWEEP, {"kinds": [hold.kind]})
    return Decided(hold, f"{number} are looked up once more at Shopify and marked as deleted.", operation)
