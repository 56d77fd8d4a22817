"""Browser sessions: kept on the server, known to the browser by 256 random bits, stored as their hash.

Before sign-in a browser has an anonymous session, which only carries the forms' token: it is signed, not stored, so
strangers who look at the sign-in page write nothing. It never becomes a signed-in one: signing in gives a new id, so
an id that somebody planted in a browser is worth nothing. Ids nobody here gave out are not adopted.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mooring.db import sessions
from mooring.usecases.connect import hashed
from mooring.usecases.context import App

IDLE = timedelta(hours=24)
"""A signed-in session is over after so long without a request …"""
ABSOLUTE = timedelta(days=14)
"""… and after so long in any case."""
ANONYMOUS = timedelta(hours=1)
"""How long somebody may take to sign in."""
_TOUCH = timedelta(minutes=10)
"""The idle clock is moved at most so often: reading pages does not write all the time."""
_ANONYMOUS = "anonymous."


@dataclass(frozen=True, slots=True)
class Session:
    """`id` is the secret in the cookie; `person_id` is None before sign-in."""

    id: str = field(repr=False)
    person_id: str | None

    @property
    def csrf(self) -> str:
        """What a form has to send back. Belongs to this session alone and does not give its id away."""
        return hmac.new(self.id.encode(), b"csrf", "sha256").hexdigest()


def begin(app: App, person_id: str, *, instead_of: Session | None = None) -> Session:
    """A signed-in session; the one before it in the same browser is over."""
    session, now = Session(app.ids.token(), person_id), app.clock.now()
    with app.db.write() as connection:
        if instead_of is not None:
            sessions.end(connection, hashed(instead_of.id))
        sessions.create(connection, token_hash=hashed(session.id), person_id=person_id, at=now, expires_at=now + IDLE)
    return session


def anonymous(app: App) -> Session:
    until = int((app.clock.now() + ANONYMOUS).timestamp())
    said = f"{_ANONYMOUS}{until}.{app.ids.token()}"
    return Session(f"{said}.{_signature(app, said)}", None)


def _anonymous(app: App, session_id: str) -> Session | None:
    said, _, signature = session_id.rpartition(".")
    if not hmac.compare_digest(signature, _signature(app, said)):
        return None
    until = int(said.removeprefix(_ANONYMOUS).partition(".")[0])
    return Session(session_id, None) if until > app.clock.now().timestamp() else None


def _signature(app: App, said: str) -> str:
    return app.vault.keyed_hash(said, purpose="anonymous session")


def find(app: App, session_id: str) -> Session | None:
    """The session of this id if it is alive; its idle clock starts anew."""
    if session_id.startswith(_ANONYMOUS):
        return _anonymous(app, session_id)
    now = app.clock.now()
    with app.db.read() as connection:
        row = sessions.find(connection, hashed(session_id), at=now)
    if row is None or row.person_id is None:
        return None
    _touch(app, session_id, row, now)
    return Session(session_id, row.person_id)


def _touch(app: App, session_id: str, row: sessions.Row, now: datetime) -> None:
    expires_at = min(now + IDLE, row.created_at + ABSOLUTE)
    if expires_at - row.expires_at > _TOUCH:
        with app.db.write() as connection:
            sessions.extend(connection, hashed(session_id), expires_at=expires_at)


def end(app: App, session: Session) -> None:
    with app.db.write() as connection:
        sessions.end(connection, hashed(session.id))


def end_all(app: App, person_id: str) -> int:
    """Sign a person out everywhere, as after a new password. Returns from how many browsers."""
    with app.db.write() as connection:
        return sessions.end_of_person(connection, person_id)
