"""The life of a store: every legal move, and what its card says.

Rule 1: everything that decides a store's state lives in this file. `TRANSITIONS` holds every legal move; whatever is
not in it is refused with a sentence and changes nothing. Nothing here touches a clock or a database: `apply` decides,
`db.stores.move` carries it out with compare-and-set on (id, state, generation).

AUTHORIZED, UNINSTALLED, DISCONNECT and DELETE raise the generation, except in cells that stay where they are: there
the move is a note, not a change. A raised generation fences everything that was started before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mooring.errors import Refused


class State(StrEnum):
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECT_REQUIRED = "reconnect_required"
    DISCONNECTED = "disconnected"
    DELETING = "deleting"
    DELETED = "deleted"


class Event(StrEnum):
    AUTHORIZED = "authorized"
    READY = "ready"
    AUTH_LOST = "auth_lost"
    UNINSTALLED = "uninstalled"
    DISCONNECT = "disconnect"
    DELETE = "delete"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Move:
    """`raises` says whether the generation goes up. `health_only`: legal only after a passed health check."""

    to: State
    raises: bool = False
    health_only: bool = False


_S, _E = State, Event


def _fenced(to: State) -> Move:
    return Move(to, raises=True)


TRANSITIONS: dict[State | None, dict[Event, Move]] = {
    None: {_E.AUTHORIZED: _fenced(_S.CONNECTING)},
    _S.CONNECTING: {
        _E.AUTHORIZED: _fenced(_S.CONNECTING),
        _E.READY: Move(_S.CONNECTED),
        _E.AUTH_LOST: Move(_S.RECONNECT_REQUIRED),
        _E.UNINSTALLED: _fenced(_S.RECONNECT_REQUIRED),
        _E.DISCONNECT: _fenced(_S.DISCONNECTED),
        _E.DELETE: _fenced(_S.DELETING),
    },
    _S.CONNECTED: {
        _E.AUTHORIZED: _fenced(_S.CONNECTING),
        _E.AUTH_LOST: Move(_S.RECONNECT_REQUIRED),
        _E.UNINSTALLED: _fenced(_S.RECONNECT_REQUIRED),
        _E.DISCONNECT: _fenced(_S.DISCONNECTED),
        _E.DELETE: _fenced(_S.DELETING),
    },
    _S.RECONNECT_REQUIRED: {
        _E.AUTHORIZED: _fenced(_S.CONNECTING),
        _E.READY: Move(_S.CONNECTED, health_only=True),
        _E.AUTH_LOST: Move(_S.RECONNECT_REQUIRED),
        _E.UNINSTALLED: Move(_S.RECONNECT_REQUIRED),
        _E.DISCONNECT: _fenced(_S.DISCONNECTED),
        _E.DELETE: _fenced(_S.DELETING),
    },
    _S.DISCONNECTED: {
        _E.AUTHORIZED: _fenced(_S.CONNECTING),
        _E.UNINSTALLED: Move(_S.DISCONNECTED),
        _E.DELETE: _fenced(_S.DELETING),
    },
    _S.DELETING: {
        _E.UNINSTALLED: Move(_S.DELETING),
        _E.ERASED: Move(_S.DELETED),
    },
    _S.DELETED: {_E.UNINSTALLED: Move(_S.DELETED)},
}

_CANNOT: dict[Event, str] = {
    _E.AUTHORIZED: "be connected",
    _E.READY: "become ready",
    _E.AUTH_LOST: "lose its credentials",
    _E.UNINSTALLED: "be uninstalled",
    _E.DISCONNECT: "be disconnected",
    _E.DELETE: "be deleted",
    _E.ERASED: "be marked as removed",
}

_IS: dict[State | None, str] = {
    None: "does not exist yet",
    _S.CONNECTING: "is being connected",
    _S.CONNECTED: "is connected",
    _S.RECONNECT_REQUIRED: "waits for a reconnect",
    _S.DISCONNECTED: "is already disconnected",
    _S.DELETING: "is being deleted",
    _S.DELETED: "was removed",
}


def apply(state: State | None, event: Event, *, health_check_passed: bool = False) -> Move:
    """The move that `event` makes from `state`. Raises `Refused` (code `illegal_move`) when there is none."""
    move = TRANSITIONS[state].get(event)
    if move is None:
        raise Refused(f"This store {_IS[state]}, so it cannot {_CANNOT[event]} now.", code="illegal_move")
    if move.health_only and not health_check_passed:
        raise Refused(
            "This store waits for a reconnect. Reconnect it, or let a health check pass.", code="illegal_move"
        )
    return move


class Purpose(StrEnum):
    """Why a call to Shopify is made; the state decides which are allowed."""

    AUTHORIZE = "authorize"
    IMPORT = "import"
    HEALTH = "health"
    SUBSCRIBE = "subscribe"
    WRITE_BACK = "write_back"
    CLEAN_UP = "clean_up"
    DELETE = "delete"
    CLEAR = "clear"


_WHILE_LIVE = frozenset(Purpose) - {Purpose.DELETE, Purpose.CLEAN_UP}
ALLOWED_CALLS: dict[State, frozenset[Purpose]] = {
    _S.CONNECTING: _WHILE_LIVE,
    _S.CONNECTED: _WHILE_LIVE,
    _S.RECONNECT_REQUIRED: _WHILE_LIVE,
    _S.DISCONNECTED: frozenset({Purpose.AUTHORIZE, Purpose.CLEAN_UP, Purpose.CLEAR}),
    _S.DELETING: frozenset({Purpose.DELETE}),
    _S.DELETED: frozenset(),
}


LIVE = frozenset({State.CONNECTING, State.CONNECTED, State.RECONNECT_REQUIRED})
"""States in which the schedule works: pulls, sweeps, health checks."""


GOING = frozenset({State.DELETING, State.DELETED})
"""States that nothing but the delete itself leaves."""


IMPORTING = frozenset({State.CONNECTED, State.RECONNECT_REQUIRED})
"""States in which records may be imported: whatever is permitted keeps coming in while a permission is missing."""


class Lost(StrEnum):
    """What is missing while a store waits for a reconnect. Only with `SCOPES` do permitted records keep coming in."""

    CREDENTIALS = "credentials"
    SCOPES = "scopes"
    UNINSTALLED = "uninstalled"


class Badge(StrEnum):
    DELETE_FAILED = "Delete failed"
    DELETING = "Deleting"
    DISCONNECTED = "Disconnected"
    RECONNECT_REQUIRED = "Reconnect required"
    ERROR = "Error"
    CONNECTING = "Connecting"
    CONNECTED = "Connected"


def badge(state: State, *, error: bool = False, delete_failed: bool = False) -> Badge | None:
    """First match wins, in the order of `Badge`. None for a tombstone: it has no card."""
    if state is State.DELETED:
        return None
    if state is State.DELETING:
        return Badge.DELETE_FAILED if delete_failed else Badge.DELETING
    if state is State.DISCONNECTED:
        return Badge.DISCONNECTED
    if state is State.RECONNECT_REQUIRED:
        return Badge.RECONNECT_REQUIRED
    if error:
        return Badge.ERROR
    return Badge.CONNECTING if state is State.CONNECTING else Badge.CONNECTED
