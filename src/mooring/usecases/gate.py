"""The one gate every call to Shopify passes: store, generation, claim, purpose. Checked at each call, not when queued.

A 401 leads to one refresh and one more try. A refresh that fails has lost the credentials; a token of the app's own
(client credentials) that is refused although it is fresh has too. A refreshed token that is refused has not: that is
in no list of what ends a connection, so it is tried again later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mooring.db import stores
from mooring.db.stores import Store
from mooring.domain.lifecycle import ALLOWED_CALLS, IMPORTING, Lost, Purpose
from mooring.errors import AppRejected, AuthLost, Refused, Unreachable
from mooring.ports import Grant, Reply
from mooring.usecases import held, rejection, tokens
from mooring.usecases.context import App

_NO_CLAIM = "Another project speaks for this shop now, so this card makes no call to it."
_REFUSED_AGAIN = "Shopify refuses an access token that it has just given. Mooring keeps trying."


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a caller shows at the gate. The generation is the one its work was born under; after `until` it is void."""

    store_id: str
    generation: int
    purpose: Purpose
    until: datetime | None = None


def call(app: App, ticket: Ticket, document: str, variables: dict[str, Any]) -> Reply:
    """One GraphQL request for a store. Raises `Stale`, `Refused` or what the answer means."""
    try:
        return _call(app, ticket, document, variables)
    except AppRejected as rejected:
        raise rejection.judged(app, ticket.store_id, rejected) from rejected


def _call(app: App, ticket: Ticket, document: str, variables: dict[str, Any]) -> Reply:
    """Renewing a token may take its time, so whether the call may be made is asked again after it."""
    token = tokens.usable(app, admit(app, ticket))
    store = admit(app, ticket)
    try:
        return app.shopify.graphql(store.shop_domain, token, document, variables)
    except AuthLost as lost:
        if lost.code != "token_refused":
            raise
    token = tokens.renewed(app, admit(app, ticket), refused=token)
    store = admit(app, ticket)
    try:
        return app.shopify.graphql(store.shop_domain, token, document, variables)
    except AuthLost as lost:
        if not tokens.expires(app, store):
            raise
        raise Unreachable(_REFUSED_AGAIN, code="fresh_token_refused", retry_after=60) from lost


def with_grant(app: App, shop_domain: str, grant: Grant, document: str) -> Reply:
    """A call with a pair that belongs to no card yet (or never will): there is no store to ask about."""
    held.refuse(app)
    return app.shopify.graphql(shop_domain, grant.access_token, document, {})


def upload(app: App, ticket: Ticket, url: str, parameters: Sequence[tuple[str, str]], content: bytes) -> None:
    """A file for a bulk mutation of this store, to where Shopify wants it. No token is sent."""
    admit(app, ticket)
    app.shopify.upload(url, parameters, content)


def open_file(app: App, ticket: Ticket, url: str, first_byte: int) -> AbstractContextManager[Iterator[bytes]]:
    """A bulk file of this store. Its address is its own key: no token is sent."""
    admit(app, ticket)
    return app.shopify.open_file(url, first_byte)


def require_readable(store: Store) -> None:
    """Raises `Refused` for a store of which nothing can be read now, so that whoever asks hears it at once."""
    if not store.claim:
        raise Refused(_NO_CLAIM, code="no_claim")
    if store.state not in IMPORTING:
        raise Refused(f"This store is {store.state}, so nothing can be read from Shopify now.", code="state")
    if store.lost in (Lost.CREDENTIALS, Lost.UNINSTALLED):
        raise Refused("This store waits for a reconnect, so nothing can be read from Shopify now.", code="state")


def admit(app: App, ticket: Ticket) -> Store:
    """The store, if this call may be made now. Raises `Held`, `Stale` (generation) or `Refused` (claim, state)."""
    with app.db.read() as connection:
        held.refuse_in(connection)
        store = stores.fence_read(connection, ticket.store_id, ticket.generation)
    if not store.claim:
        raise Refused(_NO_CLAIM, code="no_claim")
    if ticket.until is not None and app.clock.now() >= ticket.until:
        raise Refused("The time in which this call might leave is over.", code="too_late")
    if ticket.purpose not in ALLOWED_CALLS[store.state]:
        raise Refused(f"This store is {store.state.replace('_', ' ')}: no call leaves for it now.", code="call_refused")
    return store
