"""A store that can no longer speak to Shopify: the move, and the notice that says so once."""

from __future__ import annotations

from sqlalchemy import Connection

from mooring.db import stores
from mooring.db.stores import Store
from mooring.domain.lifecycle import Event, Lost, State
from mooring.errors import AuthLost
from mooring.usecases.context import App
from mooring.usecases.notices import NoticeKind, raise_notice


def lose(
    app: App,
    connection: Connection,
    store: Store,
    event: Event = Event.AUTH_LOST,
    *,
    reason: str,
    lost: Lost = Lost.CREDENTIALS,
    actor: str = "system",
) -> Store:
    """AUTH_LOST or UNINSTALLED, in the caller's transaction. Every such move of a use case goes through here."""
    moved = stores.move(connection, store, event, at=app.clock.now(), actor=actor, reason=reason, lost=lost)
    if moved.state is State.RECONNECT_REQUIRED:
        raise_notice(
            connection,
            at=app.clock.now(),
            project_id=moved.project_id,
            store_id=moved.id,
            kind=NoticeKind.RECONNECT_REQUIRED,
            key=key_of(moved),
            sentence=f"{moved.name} needs a reconnect. {reason}",
            address=f"/stores/{moved.id}",
            urgent=True,
        )
    return moved


def lost_by(error: AuthLost) -> Lost:
    """What a refusal of the credentials says is missing."""
    return Lost.UNINSTALLED if error.code == "app_not_installed" else Lost.CREDENTIALS


def key_of(store: Store) -> str:
    """One notice for each time: a newer reason does not change since when the store waits."""
    return f"{NoticeKind.RECONNECT_REQUIRED}:{store.id}:{store.state_since.isoformat()}"
