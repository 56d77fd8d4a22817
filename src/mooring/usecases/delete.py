"""Delete a store: the irreversible wipe. Asked for by a person, or by Shopify (`shop/redact`).

One transaction moves the card to `deleting` (which fences and stops everything else) and issues the operation. Its
steps follow one another, each saved: take back what is at Shopify, best effort; erase in chunks; scrub what stays;
overwrite; close the card. Nothing un-deletes: what fails is told on the card, and Retry goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from mooring.db import audit, operations, stores, stores_domains
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.lifecycle import Event, State
from mooring.domain.rules import Role, Work
from mooring.domain.signing import parse_shop_domain
from mooring.errors import Conflict, InvalidInput, Refused, Stale
from mooring.usecases import delete_odoo, delete_preview, delete_receipt, delete_shopify, delete_steps, ledger, notices
from mooring.usecases.context import App
from mooring.usecases.delete_place import Job, Step
from mooring.usecases.delete_progress import going_sentence, refuse_going
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import KEPT, Again, Done, Next, Run
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

__all__ = ["PERSON", "RESTORED", "SHOP_REDACT", "advance", "begin", "ended", "going_sentence", "request", "retry"]

PERSON, SHOP_REDACT, RESTORED = "person", "shop_redact", "restored"
"""Why a store is deleted."""


# -- asking for one ------------------------------------------------------------------------------------------------


def request(app: App, who: Who, store_id: str, *, token: str, typed_domain: str) -> Operation:
    """Raises `InvalidInput` for another domain, `ConfirmationMissing` (with what would be removed now) when the token
    is none, too old, or what was previewed has changed since."""
    store = store_of(app, who, store_id, Role.ADMIN)
    with app.db.read() as connection:
        refuse_going(connection, store)
    _check_typed(app, store, typed_domain)
    previewed = delete_preview.confirmed(app, who, store_id, token)
    try:
        operation, going = _begin_confirmed(app, who, store, previewed)
    except (Stale, Conflict):
        with app.db.read() as connection:
            refuse_going(connection, stores.load(connection, store_id))
        raise
    ledger.note(app, going, "deleting", going.state_since)
    app.engine.start(operation.id)
    return operation


def _begin_confirmed(app: App, who: Who, store: Store, previewed: dict[str, int]) -> tuple[Operation, Store]:
    """Raises `Stale` or `Conflict` for whoever was second."""
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        operation = begin(app, connection, who, store, previewed=previewed)
        return operation, stores.load(connection, store.id)


def begin(
    app: App,
    connection: Connection,
    who: Who,
    store: Store,
    *,
    remote: bool = True,
    cause: str = PERSON,
    previewed: dict[str, int] | None = None,
) -> Operation:
    """The move and the operation, in the caller's transaction; start it with `app.engine.start` after the commit.

    Without `remote` no call is made to Shopify. `cause` is one of `PERSON`, `SHOP_REDACT`, `RESTORED`.
    """
    moved = stores.move(connection, store, Event.DELETE, at=app.clock.now(), actor=who.id)
    stores.change(connection, store.id, delete_failed=None)
    arguments: dict[str, Any] = {"remote": remote, "cause": cause, "previewed": previewed}
    return issue(app, connection, who, moved, Work.DELETE, arguments)


def retry(app: App, who: Who, store_id: str) -> Operation:
    """A failed delete goes on where it stopped."""
    store = store_of(app, who, store_id, Role.ADMIN)
    with app.db.write() as connection:
        store = stores.fence(connection, store_id, store.generation)
        last = operations.newest(connection, store_id, Work.DELETE)
        if store.state is not State.DELETING or last is None or last.state != "failed":
            raise Refused("Only a delete that failed can be tried again.", code="not_failed")
        operations.reopen(connection, last.id)
        stores.change(connection, store_id, delete_failed=None)
        _note_retry(app, connection, who, store, last)
        operation = operations.load(connection, last.id)
    app.engine.start(operation.id)
    return operation


def _note_retry(app: App, connection: Connection, who: Who, store: Store, last: Operation) -> None:
    now = app.clock.now()
    notices.settle_notice(connection, store.project_id, _failure_key(last), at=now)
    audit.write(
        connection, at=now, project_id=store.project_id, store_id=store.id, actor=who.id, event="operation.retry",
        detail={"operation": last.id},
    )  # fmt: skip


def _check_typed(app: App, store: Store, typed: str) -> None:
    """The first of the two confirmations."""
    with app.db.read() as connection:
        known = {store.shop_domain, *stores_domains.of_store(connection, store.id)}
    try:
        right = parse_shop_domain(typed) in known
    except InvalidInput:
        right = False
    if not right:
        sentence = f"Type {store.shop_domain} to confirm that this store is to be deleted."
        raise InvalidInput(sentence, field="shop_domain", code="domain_mismatch")


# -- driving one ---------------------------------------------------------------------------------------------------

_STEPS: dict[Step, Callable[[Job], Next]] = {
    Step.ODOO: delete_odoo.forget,
    Step.ERASE: delete_steps.erase_rows,
    Step.SCRUB: delete_steps.scrub,
    Step.WIPE: delete_steps.wipe,
    Step.END: delete_steps.close,
}


def advance(app: App, run: Run) -> Next:
    """One slice."""
    job = Job(app, run)
    if not job.place.began:
        return _set_out(job)
    match job.place.step:
        case Step.SHOPIFY:
            return _at_shopify(job)
        case Step.OVER:
            return Done(delete_receipt.make(job))
        case step:
            return _STEPS[step](job)


def _set_out(job: Job) -> Next:
    job.place.began = job.now()
    with job.checkpoint():
        pass
    return Again()


def _at_shopify(job: Job) -> Next:
    """Without a call where there must be none: the receipt says why."""
    cause = job.run.arguments.get("cause", PERSON)
    if cause == SHOP_REDACT:
        return delete_shopify.skip(job, "Shopify asked for this erasure after the app was uninstalled.", look=False)
    if not job.run.store.claim:
        return delete_shopify.skip(job, "Another project speaks for this shop, so no call was made to it.", look=False)
    if not job.run.arguments.get("remote", True):
        return delete_shopify.skip(job, "No call was made, because this Mooring was restored from a backup.", look=True)
    return delete_shopify.revoke(job)


def ended(connection: Connection, operation: Operation, sentence: str) -> None:
    """In the transaction that gives a delete up: the card says Delete failed, and Retry goes on from there."""
    if operation.store_id is None:
        return
    sentence = sentence.replace(f" {KEPT}", "")
    stores.change(connection, operation.store_id, delete_failed=sentence)
    store = stores.load(connection, operation.store_id)
    now = operations.load(connection, operation.id)
    notices.raise_notice(
        connection,
        at=now.finished_at or now.lease_until or store.state_since,
        project_id=store.project_id,
        kind=notices.NoticeKind.DELETE_FAILED,
        key=_failure_key(operation),
        sentence=f"Deleting {store.name} ({store.shop_domain}) failed: {sentence} Retry goes on where it stopped.",
        store_id=store.id,
        address=f"/operations/{operation.id}",
        urgent=True,
    )


def _failure_key(operation: Operation) -> str:
    """A delete that fails again after a retry is news again: its epoch has grown."""
    return f"delete_failed.{operation.id}.{operation.epoch}"
