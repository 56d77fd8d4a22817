"""API tokens: made by a person, shown once, stored as a SHA-256 hash."""

from __future__ import annotations

from datetime import timedelta

from mooring.db import audit, people
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, NotFound, NotSignedIn
from mooring.usecases.context import App
from mooring.usecases.people import named, projects
from mooring.usecases.signing_in import hashed, signed_in
from mooring.usecases.who import Who

_TOKEN_DAYS = range(1, 367)


def create_token(
    app: App, who: Who, *, name: str, role: Role, days: int = 90, project_id: str | None = None
) -> tuple[str, str]:
    """(id, token). The token is shown this once. It never allows more than its person may do."""
    if days not in _TOKEN_DAYS:
        raise InvalidInput("A token lives between 1 and 366 days.", field="days")
    if project_id is not None:
        who.require(project_id, role)
    token, token_id, now = app.ids.token(), app.ids.new(), app.clock.now()
    with app.db.write() as connection:
        people.create_api_token(
            connection,
            id=token_id,
            token_hash=hashed(token),
            person_id=who.id,
            project_id=project_id,
            name=named(name, "name", "the token"),
            role=role,
            at=now,
            expires_at=now + timedelta(days=days),
        )
        audit.write(connection, at=now, actor=who.id, event="token.created", detail={"token": token_id})
    return token_id, token


def bearer(app: App, token: str) -> Who:
    """Who a bearer token stands for: its person, cut down to the token's role and project."""
    now = app.clock.now()
    with app.db.read() as connection:
        row = people.api_token(connection, hashed(token), at=now)
    if row is None:
        raise NotSignedIn("This API token is unknown or has run out.", code="bad_token")
    person = signed_in(app, row.person_id)
    allowed = _cut(app, person.who, Role(row.role), row.project_id)
    if row.last_used_at is None or now - row.last_used_at > timedelta(minutes=1):
        with app.db.write() as connection:
            people.touch_api_token(connection, row.id, at=now)
    return allowed


def _cut(app: App, who: Who, role: Role, project_id: str | None) -> Who:
    rank = list(Role)
    visible = [p["id"] for p in projects(app, who) if project_id in (None, p["id"])]
    return Who(who.id, who.name, False, {p: min(role, who.role(p) or role, key=rank.index) for p in visible})


def tokens(app: App, who: Who) -> list[dict[str, object]]:
    with app.db.read() as connection:
        return people.api_tokens_of(connection, who.id)


def revoke_token(app: App, who: Who, token_id: str) -> None:
    with app.db.write() as connection:
        if not people.delete_api_token(connection, token_id, who.id):
            raise NotFound("There is no such API token.")
        audit.write(connection, at=app.clock.now(), actor=who.id, event="token.revoked", detail={"token": token_id})
