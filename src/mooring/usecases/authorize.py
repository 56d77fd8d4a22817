"""What a fresh grant decides: which card it belongs to, who holds the claim, and whether the store is ready.

One transaction. The right shop: AUTHORIZED, then READY or, with a base scope missing, Reconnect required. Another
card's shop: the pair is stored on *that* card (exchanging has killed its old one) and the caller is refused. A
reconnect that found a shop no card holds: used once to uninstall there, destroyed, refused in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import credentials, odoo_kinds, pending, stores, stores_domains, stores_marks
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.lifecycle import Event, Lost, State
from mooring.domain.mapping import SyncKind
from mooring.domain.timing import next_check
from mooring.errors import Conflict, MooringError, Permanent, Refused
from mooring.ports import Grant, Reply
from mooring.usecases import gate, ledger, resume
from mooring.usecases.context import App
from mooring.usecases.lost import lose
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answered: Shopify's permanent shop id, its domain, what it says of itself, and what it granted."""

    shop_id: int
    domain: str
    name: str
    shop: dict[str, Any]
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked for when the round trip began. With `store_id`: a reconnect of that card. `approved_at`:
    when the merchant's consent came back; None where there is no round trip."""

    project_id: str
    person_id: str
    app_id: str
    shop_domain: str
    store_id: str | None
    credential_kind: str
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    store: Store | None = None
    first: bool = False
    missing: tuple[str, ...] = ()
    refusal: Refused | None = None
    uninstall: bool = False


# -- between exchange and decision ---------------------------------------------------------------------------------


def read_shop(app: App, domain: str, grant: Grant) -> Identity:
    """The first call with a fresh token. Raises what the answer means."""
    return identity_of(gate.with_grant(app, domain, grant, app.shopify.document("shop")))


def identity_of(reply: Reply) -> Identity:
    """Raises `Permanent` when the answer does not say which shop it is."""
    shop, installation = reply.data.get("shop"), reply.data.get("currentAppInstallation")
    if not shop or not installation:
        raise Permanent("Shopify did not say which shop this is. Try to connect again.", code="no_shop")
    return Identity(
        shop_id=int(str(shop["id"]).rsplit("/", 1)[-1]),
        domain=shop["myshopifyDomain"],
        name=shop["name"],
        shop=shop,
        scopes=frozenset(s["handle"] for s in installation["accessScopes"]),
    )


# -- the decision --------------------------------------------------------------------------------------------------


def decide(app: App, wish: Wish, found: Identity, grant: Grant, *, nonce_hash: str | None = None) -> Decision:
    with app.db.write() as connection:
        decision = _decide(app, connection, wish, found, grant)
        outcome = "refused" if decision.refusal else "authorized"
        if nonce_hash is not None and not pending.settle(connection, nonce_hash, outcome):
            raise Conflict("This round trip to Shopify has been decided already.", code="already_decided")
        resumed = _go_on(app, connection, wish, decision.store)
    if decision.store is not None:
        ledger.note(app, decision.store, "authorized", decision.store.authorized_at or app.clock.now())
    if decision.uninstall:
        _uninstall(app, wish.shop_domain, grant)
    for operation_id in resumed:
        app.engine.start(operation_id)
    return decision


def _go_on(app: App, connection: Connection, wish: Wish, store: Store | None) -> list[str]:
    """Also with a permission missing: what is permitted keeps coming in."""
    return [] if store is None else resume.resume(app, connection, Who(wish.person_id, ""), store)


def _decide(app: App, connection: Connection, wish: Wish, found: Identity, grant: Grant) -> Decision:
    mine = stores.card(connection, wish.project_id, found.shop_id)
    holder = stores.claim_holder(connection, found.shop_id)
    if wish.store_id is not None:
        wanted = stores.load(connection, wish.store_id)
        if wanted.shop_id != found.shop_id:
            return _another_shop(app, connection, wanted, holder or mine, wish, grant)
    if holder is not None and holder.project_id != wish.project_id and holder.state is not State.DISCONNECTED:
        _keep_on(app, connection, holder, wish, grant)
        return Decision(refusal=Refused("Already connected to another project", code="connected_elsewhere"))
    if mine is not None and mine.state is State.DELETING:
        _keep_on(app, connection, mine, wish, grant)
        return Decision(refusal=Refused("This store is being deleted; it cannot be connected now.", code="deleting"))
    if mine is not None and _paused_since(mine, wish):
        _keep_on(app, connection, mine, wish, grant)
        return Decision(refusal=Refused(_PAUSED, code="disconnected_meanwhile"))
    return _authorize(app, connection, wish, mine, found, grant)


_PAUSED = (
    "This store was disconnected after the consent was given. It stays disconnected; reconnect it when you want to."
)


def _paused_since(mine: Store, wish: Wish) -> bool:
    """A disconnect is final: a consent from before it that is decided late, as after a crash, undoes nothing."""
    paused = mine.state is State.DISCONNECTED
    return paused and wish.approved_at is not None and wish.approved_at < mine.state_since


def _another_shop(
    app: App, connection: Connection, wanted: Store, owner: Store | None, wish: Wish, grant: Grant
) -> Decision:
    sentence = f"{wish.shop_domain} now belongs to another shop; delete the old card first."
    refusal = Refused(sentence, code="another_shop", store_id=wanted.id)
    if owner is None:
        return Decision(refusal=refusal, uninstall=True)
    _keep_on(app, connection, owner, wish, grant)
    return Decision(refusal=refusal)


def _keep_on(app: App, connection: Connection, owner: Store, wish: Wish, grant: Grant) -> None:
    """The pair belongs to this card's shop, and its old pair died when this one was minted. Not so where another
    Shopify app minted it: to this card it is of no use, and the card's own pair lives."""
    if owner.app_id != wish.app_id:
        return
    credentials.put(connection, app.vault, owner.id, wish.credential_kind, grant, at=app.clock.now())
    stores.change(connection, owner.id, check_due_at=app.clock.now())


def _authorize(
    app: App, connection: Connection, wish: Wish, mine: Store | None, found: Identity, grant: Grant
) -> Decision:
    now = app.clock.now()
    if mine is None:
        store = _new_card(app, connection, wish, found)
    else:
        store = stores.move(connection, mine, Event.AUTHORIZED, at=now, actor=wish.person_id)
    stores.take_claim(connection, store)
    stores_domains.add(connection, store.id, wish.shop_domain, at=now)
    stores_domains.add(connection, store.id, found.domain, at=now)
    credentials.put(connection, app.vault, store.id, wish.credential_kind, grant, at=now)
    stores.change(
        connection,
        store.id,
        app_id=wish.app_id,
        granted_scopes=" ".join(sorted(found.scopes)),
        shop=msgspec.json.encode(found.shop).decode(),
        authorized_at=now,
        checked_at=now,
        health="passed",
        check_due_at=next_check(store.id, now, None),
    )
    stores_marks.clear_error(connection, store.id, by=stores_marks.HEALTH)
    stores_marks.note_rejected(connection, store.id, at=None)
    credentials.note_accepted(connection, wish.app_id, at=now)
    store, missing = _ready(app, connection, store.id)
    return Decision(store, first=store.initial_sync_started_at is None, missing=missing)


def _new_card(app: App, connection: Connection, wish: Wish, found: Identity) -> Store:
    """A shop that was deleted here is a brand-new store, and automatic sync to Odoo waits as it does after Clear: what
    the deleted one left there is matched under somebody's eyes."""
    now, known = app.clock.now(), stores.was_deleted(connection, wish.project_id, found.shop_id)
    store = stores.create(
        connection,
        at=now,
        actor=wish.person_id,
        id=app.ids.new(),
        project_id=wish.project_id,
        app_id=wish.app_id,
        shop_id=found.shop_id,
        shop_domain=found.domain,
        name=found.name,
    )
    for kind in SyncKind if known else ():
        odoo_kinds.change(connection, store.id, kind, held_since=now, held_reason="new_store")
    return store


def _ready(app: App, connection: Connection, store_id: str) -> tuple[Store, tuple[str, ...]]:
    """The shop was read with the new token and is the right one; what is left is whether the base scopes are there."""
    store = stores.load(connection, store_id)
    missing = rules.missing_scopes(store.settings, store.granted_scopes)
    if missing:
        return lose(app, connection, store, reason=permission_missing(missing), lost=Lost.SCOPES), missing
    return stores.move(connection, store, Event.READY, at=app.clock.now(), actor="system"), ()


def permission_missing(scopes: tuple[str, ...]) -> str:
    words = ", ".join(scope.removeprefix("read_") for scope in scopes)
    return f"Permission missing: {words}. What is permitted keeps coming in."


def _uninstall(app: App, domain: str, grant: Grant) -> None:
    """Leave nothing behind in a shop nobody asked for. Best effort: the pair is destroyed either way."""
    try:
        gate.with_grant(app, domain, grant, app.shopify.document("uninstall"))
    except MooringError as error:
        app.log.warning("uninstall_of_another_shop_failed", reason=error.code)
