"""A request that carries an `Idempotency-Key` takes effect once, however often it is sent within a day.

Only what succeeded is remembered: a refusal changed nothing, so the same request may be tried again. Answers may hold
what is shown once (a token, a link), so they are kept sealed.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from mooring.db import idempotency
from mooring.errors import Conflict, InvalidInput
from mooring.usecases.context import App

_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Said:
    status: int
    body: str


def begin(app: App, person_id: str, key: str, request_hash: str) -> Said | None:
    """What was answered before; None when it is to be done now, followed by `finish` or `forget`."""
    if not key or len(key) > _LONGEST or not key.isascii() or not key.isprintable():
        raise InvalidInput(f"An Idempotency-Key has 1 to {_LONGEST} printable characters.", field="Idempotency-Key")
    with app.db.write() as connection:
        known = idempotency.claim(connection, person_id, key, request_hash, at=app.clock.now())
    if known is None:
        return None
    if known.request_hash != request_hash:
        raise InvalidInput(
            "This Idempotency-Key was used for another request. Use a new one.",
            field="Idempotency-Key",
            code="idempotency_key_reused",
        )
    if known.status is None:
        raise Conflict("The first request with this Idempotency-Key is still under way.", code="in_flight")
    if known.answer is None:
        raise Conflict(
            "This request was carried out. Its answer is no longer kept, because a store was deleted since: look at "
            "what it was about instead of repeating it.",
            code="answer_erased",
        )
    sealed = base64.b64decode(known.answer)
    return Said(
        known.status, app.vault.open(sealed, table="idempotency_keys", row=_row(person_id, key), column="answer")
    )


def finish(app: App, person_id: str, key: str, said: Said) -> None:
    sealed = app.vault.seal(said.body, table="idempotency_keys", row=_row(person_id, key), column="answer")
    with app.db.write() as connection:
        idempotency.keep(connection, person_id, key, status=said.status, answer=base64.b64encode(sealed).decode())


def forget(app: App, person_id: str, key: str) -> None:
    with app.db.write() as connection:
        idempotency.release(connection, person_id, key)


def _row(person_id: str, key: str) -> str:
    return f"{person_id} {key}"
