"""Access tokens: usable ones, renewed one at a time.

The new pair is stored before it is used. A kill between Shopify's answer and our commit loses nothing: Shopify lets
the previous refresh token be replayed until the replacement is first used (changelog of 28 August 2026), and a pair
that was never stored was never used.
"""

from __future__ import annotations

from datetime import timedelta

from mooring.db import credentials, stores_marks
from mooring.db.credentials import Credentials
from mooring.db.stores import Store
from mooring.errors import AppRejected, AuthLost, Throttled
from mooring.ports import Grant
from mooring.usecases.context import App

_EARLY = timedelta(minutes=5)
_PATIENCE = 60.0
"""Seconds to wait for another worker's refresh."""


def usable(app: App, store: Store) -> str:
    """An access token that is good for the next five minutes, refreshed if need be."""
    held = _held(app, store)
    if held.access_expires_at is None or held.access_expires_at - _EARLY > app.clock.now():
        return held.access_token
    return _renew(app, store, held)


def renewed(app: App, store: Store, *, refused: str) -> str:
    """A token other than the one Shopify just refused."""
    held = _held(app, store)
    return held.access_token if held.access_token != refused else _renew(app, store, held)


def renew(app: App, store: Store) -> None:
    """A new pair now, whatever the present one is still good for: it shows whether Shopify accepts the app."""
    _renew(app, store, _held(app, store))


def expires(app: App, store: Store) -> bool:
    """Whether the token is of the kind that can be renewed with a refresh token."""
    return _held(app, store).refresh_token is not None


def _held(app: App, store: Store) -> Credentials:
    with app.db.read() as connection:
        held = credentials.load(connection, app.vault, store.id)
    if held is None:
        raise AuthLost("Mooring holds no credentials for this store. Reconnect it.", code="no_credentials")
    return held


def _renew(app: App, store: Store, held: Credentials) -> str:
    """Single flight: whoever gets the turn asks Shopify, the others wait for the stored result."""
    holder, waited = app.ids.new(), 0.0
    while waited < _PATIENCE:
        with app.db.write() as connection:
            mine = credentials.take_refresh(connection, store.id, held.version, holder=holder, at=app.clock.now())
        if mine:
            return _ask(app, store, held, holder)
        now = _held(app, store)
        if now.version != held.version:
            return now.access_token
        app.clock.sleep(0.1)
        waited += 0.1
    raise Throttled("Another worker is still renewing this store's token. Try again in a moment.", retry_after=5)


def _ask(app: App, store: Store, held: Credentials, holder: str) -> str:
    try:
        grant = _grant(app, store, held)
    except Exception as error:
        with app.db.write() as connection:
            credentials.release_refresh(connection, store.id, held.version, holder=holder)
            if isinstance(error, AppRejected):
                stores_marks.note_rejected(connection, store.id, at=app.clock.now())
        raise
    with app.db.write() as connection:
        kept = credentials.replace(connection, app.vault, store.id, held.version, grant, at=app.clock.now())
        credentials.note_accepted(connection, store.app_id, at=app.clock.now())
        stores_marks.note_rejected(connection, store.id, at=None)
    return grant.access_token if kept else _held(app, store).access_token


def _grant(app: App, store: Store, held: Credentials) -> Grant:
    with app.db.read() as connection:
        shopify_app = credentials.app(connection, app.vault, store.app_id)
    if held.kind == "client_credentials":
        return app.shopify.ask(store.shop_domain, shopify_app)
    if held.refresh_token is None:
        raise AuthLost("Shopify no longer accepts this store's token. Reconnect it.", code="token_refused_for_good")
    if held.refresh_expires_at is not None and held.refresh_expires_at <= app.clock.now():
        raise AuthLost("The connection was unused for 90 days and has run out. Reconnect it.", code="refresh_expired")
    return app.shopify.refresh(store.shop_domain, shopify_app, held.refresh_token)
