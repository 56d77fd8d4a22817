"""Connect a store, or reconnect it: the round trip to Shopify's consent page and what it may decide.

A pending round trip is no state of a store but a row of its own: hash of the nonce, browser session, shop, purpose;
ten minutes; used once. Signature, nonce, domain and claim are checked before the code is exchanged, because
exchanging mints a pair and kills the old one. The pair goes, sealed, into the pending row first; the shop is read
with it; then one transaction decides. After a crash in between, `resume` goes on from the pending row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from mooring.db import credentials, pending
from mooring.db.pending import Pending
from mooring.domain import rules
from mooring.domain.rules import Role
from mooring.domain.signing import (
    callback_is_genuine,
    is_shop_domain,
    parse_shop_domain,
    timestamp_is_fresh,
    timestamp_said,
)
from mooring.errors import AuthLost, MooringError, Refused
from mooring.ports import Grant, ShopifyApp
from mooring.usecases import authorize, authorize_check
from mooring.usecases.context import App
from mooring.usecases.who import Who

_CALLBACK = "/oauth/callback"
_REFUSED = "This answer from Shopify cannot be used. Nothing was changed. Start again with Connect platform."
_CLOCKS = (
    "Shopify made this answer at {shopifys:%d %b %Y, %H:%M} UTC, and the clock of the machine Mooring runs on says "
    "{ours:%d %b %Y, %H:%M} UTC. Nothing was changed. Set that clock right, then start again with Connect platform."
)


@dataclass(frozen=True, slots=True)
class Connected:
    """Where the round trip ended. `first` says that the sync settings are to be chosen before any data moves."""

    project_id: str
    store_id: str
    first: bool
    missing_scopes: tuple[str, ...] = ()


def redirect_uri(app: App) -> str:
    """The one address Shopify may send browsers back to; to be allowed in the Shopify app's settings."""
    return app.settings.listens_at + _CALLBACK


# -- before the round trip -----------------------------------------------------------------------------------------


def request(
    app: App,
    who: Who,
    project_id: str,
    typed: str,
    *,
    session: str,
    app_id: str | None = None,
    store_id: str | None = None,
) -> str:
    """Where to send the browser. With `store_id` it is a reconnect of that card. Raises `Refused` in words."""
    who.require(project_id, Role.ADMIN)
    domain = parse_shop_domain(typed)
    nonce, now = app.ids.token(), app.clock.now()
    with app.db.write() as connection:
        settings = authorize_check.check_free(connection, who, project_id, domain, store_id=store_id)
        chosen = credentials.app(connection, app.vault, app_id or authorize_check.default_app(connection))
        optional = credentials.optional_scopes(connection, chosen.id)
        pending.create(
            connection,
            nonce_hash=hashed(nonce),
            session_hash=hashed(session),
            project_id=project_id,
            person_id=who.id,
            app_id=chosen.id,
            shop_domain=domain,
            store_id=store_id,
            at=now,
        )
    scopes = rules.wanted_scopes(settings) | optional
    return app.shopify.consent_url(domain, chosen, scopes, redirect_uri(app), nonce)


def request_client_credentials(
    app: App, who: Who, project_id: str, typed: str, *, app_id: str | None = None, store_id: str | None = None
) -> Connected:
    """For stores of the app's own organisation: no consent page, the app asks for itself."""
    who.require(project_id, Role.ADMIN)
    domain = parse_shop_domain(typed)
    with app.db.read() as connection:
        authorize_check.check_free(connection, who, project_id, domain, store_id=store_id)
        chosen = credentials.app(connection, app.vault, app_id or authorize_check.default_app(connection))
    grant = _ask(app, domain, chosen)
    identity = authorize.read_shop(app, domain, grant)
    wish = authorize.Wish(project_id, who.id, chosen.id, domain, store_id, "client_credentials")
    return _result(authorize.decide(app, wish, identity, grant))


def _ask(app: App, domain: str, chosen: ShopifyApp) -> Grant:
    try:
        return app.shopify.ask(domain, chosen)
    except AuthLost as lost:
        if lost.code != "app_not_installed":
            raise
        raise AuthLost(f"{lost.sentence} Install it there, then connect again.", code=lost.code) from lost


# -- after it ------------------------------------------------------------------------------------------------------


def finish(app: App, query: Mapping[str, str], *, session: str) -> Connected:
    """What Shopify's redirect asks for. A refused, garbled or replayed one stores nothing and calls nobody."""
    trip, shopify_app = _genuine(app, query, session)
    with app.db.write() as connection:
        authorize_check.check_free(
            connection, authorize_check.person(trip), trip.project_id, trip.shop_domain, store_id=trip.store_id
        )
        authorize_check.check_answer(connection, trip, query["shop"])
        now = app.clock.now()
        if not pending.use(connection, trip, shop_domain=query["shop"], at=now):
            raise Refused(_REFUSED, code="callback_replayed")
    trip = replace(trip, shop_domain=query["shop"], used_at=now)
    grant = app.shopify.exchange(trip.shop_domain, shopify_app, query["code"])
    with app.db.write() as connection:
        pending.keep_pair(connection, app.vault, trip.nonce_hash, grant)
    return _complete(app, trip, grant)


def _genuine(app: App, query: Mapping[str, str], session: str) -> tuple[Pending, ShopifyApp]:
    """The pending row this callback answers. Raises `Refused` for whatever is not beyond doubt."""
    if query.get("error"):
        raise Refused("Mooring was not approved at Shopify. Nothing was changed.", code="callback_not_approved")
    nonce, shop = query.get("state", ""), query.get("shop", "")
    now = app.clock.now()
    if not nonce or not query.get("code") or not is_shop_domain(shop):
        raise Refused(_REFUSED, code="callback_garbled")
    with app.db.read() as connection:
        trip = pending.find(connection, hashed(nonce))
        if trip is None or trip.used_at is not None or trip.expires_at <= now:
            raise Refused(_REFUSED, code="callback_unknown")
        shopify_app = credentials.app(connection, app.vault, trip.app_id)
    if not callback_is_genuine(query, [shopify_app.secret, shopify_app.previous_secret or ""]):
        raise Refused(_REFUSED, code="callback_not_genuine")
    if trip.session_hash != hashed(session):
        raise Refused(_REFUSED, code="callback_mismatch")
    _check_clocks(query.get("timestamp", ""), now)
    return trip, shopify_app


def _check_clocks(timestamp: str, now: datetime) -> None:
    """A genuine answer to a round trip that is ten minutes old at most: if its time is not ours, a clock is wrong."""
    if timestamp_is_fresh(timestamp, now.timestamp()):
        return
    said = timestamp_said(timestamp)
    if said is None:
        raise Refused(_REFUSED, code="callback_mismatch")
    raise Refused(_CLOCKS.format(shopifys=said, ours=now), code="callback_clock")


def _complete(app: App, trip: Pending, grant: Grant) -> Connected:
    identity = authorize.read_shop(app, trip.shop_domain, grant)
    wish = authorize.Wish(
        trip.project_id, trip.person_id, trip.app_id, trip.shop_domain, trip.store_id, "offline", trip.used_at
    )
    decision = authorize.decide(app, wish, identity, grant, nonce_hash=trip.nonce_hash)
    return _result(decision)


def _result(decision: authorize.Decision) -> Connected:
    if decision.refusal is not None:
        raise decision.refusal
    assert decision.store is not None
    store = decision.store
    return Connected(store.project_id, store.id, decision.first, decision.missing)


_GRACE = timedelta(seconds=60)
"""How long the request that exchanged the code may still be at work on it."""


def resume(app: App, *, grace: timedelta = _GRACE) -> int:
    """Go on with round trips that stopped between exchange and decision, after a crash or because Shopify did not
    answer. One that cannot be decided for an hour is given up and its pair destroyed. Returns how many were decided."""
    now, decided = app.clock.now(), 0
    with app.db.read() as connection:
        waiting = pending.undecided(connection, app.vault, used_before=now - grace)
    for trip, grant in waiting:
        try:
            _complete(app, trip, grant)
        except MooringError as error:
            app.log.warning("round_trip_waits", reason=error.code)
            if isinstance(error, Refused):
                continue
            if trip.used_at is not None and now - trip.used_at > pending.PATIENCE:
                with app.db.write() as connection:
                    pending.settle(connection, trip.nonce_hash, "given_up")
        else:
            decided += 1
    return decided


def hashed(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
