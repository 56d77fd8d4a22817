"""People: the first admin by a one-time link, signing in, roles, passwords, API tokens.

Secrets are shown once and stored as hashes: passwords by Argon2id, links and tokens (256 random bits) by SHA-256.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mooring.db import audit, people, sessions
from mooring.db.people import Person
from mooring.domain.rules import Role
from mooring.errors import Conflict, InvalidInput, NotFound, NotSignedIn, Refused
from mooring.usecases.context import App
from mooring.usecases.who import Who

_SETUP_LIFE = timedelta(hours=24)
_LOGIN_LIFE = timedelta(minutes=15)
_PASSWORD_LIFE = timedelta(hours=24)
_TOKEN_DAYS = range(1, 367)
_SHORTEST = 10
_LONGEST = 1024
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost")
_OVER = "This link was already used or has run out. Ask for a new one with 'mooring people link'."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`who` as of now; `person` for greeting them."""

    person: Person
    who: Who


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _decoy() -> str:
    """Verified when nobody has the address, so that the time taken tells nothing."""
    return _hasher().hash("nobody")


def hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


# -- the first admin -----------------------------------------------------------------------------------------------


def needs_setup(app: App) -> bool:
    with app.db.read() as connection:
        return people.count(connection) == 0


def setup_link(app: App) -> str:
    """A fresh one-time link that makes the first admin. Raises `Refused` once there is anybody."""
    return app.settings.listens_at + "/setup/" + setup_token(app)


def setup_token(app: App) -> str:
    token, now = app.ids.token(), app.clock.now()
    with app.db.write() as connection:
        if people.count(connection):
            raise Refused("There is an admin already. Use 'mooring people link' to let somebody in.", code="set_up")
        people.create_link(
            connection, token_hash=hashed(token), purpose="setup", person_id=None, at=now, expires_at=now + _SETUP_LIFE
        )
    return token


def setup_token_is_good(app: App, token: str) -> bool:
    with app.db.read() as connection:
        if people.count(connection):
            return False
        return people.find_link(connection, hashed(token), "setup", at=app.clock.now()) is None


def set_up(app: App, token: str, *, email: str, name: str, password: str, project: str) -> SignedIn:
    """The first admin (installation admin too) and the first project."""
    email, name, project = _email(email), _named(name, "name", "your name"), _named(project, "project", "the project")
    password_hash = _password_hash(password)
    person_id, project_id, now = app.ids.new(), app.ids.new(), app.clock.now()
    with app.db.write() as connection:
        if people.count(connection) or not people.use_link(connection, hashed(token), "setup", at=now):
            raise Refused("This set-up link was already used or has run out.", code="link_over")
        people.create(
            connection,
            id=person_id,
            email=email,
            name=name,
            password_hash=password_hash,
            installation_admin=True,
            at=now,
        )
        people.create_project(connection, id=project_id, name=project, at=now)
        people.set_role(connection, project_id, person_id, Role.ADMIN)
        audit.write(connection, at=now, project_id=project_id, actor=person_id, event="project.created")
    return signed_in(app, person_id)


# -- signing in ----------------------------------------------------------------------------------------------------


def sign_in(app: App, email: str, password: str) -> SignedIn:
    """Raises `NotSignedIn` with the same words whoever it was and whatever was wrong."""
    with app.db.read() as connection:
        person = people.by_email(connection, email.strip().lower())
    stored = person.password_hash if person and person.password_hash else _decoy()
    good = _verifies(stored, password) and person is not None and person.password_hash is not None
    if not good or person is None:
        raise NotSignedIn("E-mail or password is wrong.", code="wrong_password")
    return signed_in(app, person.id)


def _verifies(stored: str, password: str) -> bool:
    try:
        return len(password) <= _LONGEST and _hasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def signed_in(app: App, person_id: str) -> SignedIn:
    """Raises `NotFound` when the person is gone."""
    with app.db.read() as connection:
        person = people.load(connection, person_id)
        roles = people.roles(connection, person_id)
    return SignedIn(person, Who(person.id, person.name, person.installation_admin, roles))


def login_link(app: App, who: Who, email: str) -> str:
    """A one-time link that signs this person in; for the terminal of somebody who holds the data directory."""
    who.require_installation_admin()
    return app.settings.listens_at + "/login/" + _link(app, who, email, "login", _LOGIN_LIFE)


def password_link(app: App, who: Who, email: str) -> str:
    """A one-time link with which this person sets a new password."""
    who.require_installation_admin()
    return app.settings.listens_at + "/password/" + _link(app, who, email, "password", _PASSWORD_LIFE)


def _link(app: App, who: Who, email: str, purpose: str, life: timedelta) -> str:
    token, now = app.ids.token(), app.clock.now()
    with app.db.write() as connection:
        person = people.by_email(connection, email.strip().lower())
        if person is None:
            raise NotFound(f"Nobody here has the e-mail address {email.strip()}.")
        people.create_link(
            connection,
            token_hash=hashed(token),
            purpose=purpose,
            person_id=person.id,
            at=now,
            expires_at=now + life,
        )
        audit.write(connection, at=now, actor=who.id, event=f"person.{purpose}_link", detail={"person": person.id})
    return token


def use_login_link(app: App, token: str) -> SignedIn:
    return signed_in(app, _use(app, token, "login"))


def use_password_link(app: App, token: str, password: str) -> SignedIn:
    """Whoever was signed in as this person elsewhere is signed out."""
    password_hash = _password_hash(password)
    person_id = _use(app, token, "password")
    with app.db.write() as connection:
        people.set_password(connection, person_id, password_hash)
        sessions.end_of_person(connection, person_id)
        audit.write(connection, at=app.clock.now(), actor=person_id, event="person.password_set")
    return signed_in(app, person_id)


def _use(app: App, token: str, purpose: str) -> str:
    now = app.clock.now()
    with app.db.write() as connection:
        person_id = people.find_link(connection, hashed(token), purpose, at=now)
        if not isinstance(person_id, str) or not people.use_link(connection, hashed(token), purpose, at=now):
            raise Refused(_OVER, code="link_over")
    return person_id


# -- people and roles ----------------------------------------------------------------------------------------------


def add(app: App, who: Who, *, email: str, name: str, project_id: str, role: Role) -> str:
    """A person with a role in a project; an address that is known already only gets the role. Returns their id."""
    who.require(project_id, Role.ADMIN)
    email, name = _email(email), _named(name, "name", "the name")
    now = app.clock.now()
    with app.db.write() as connection:
        people.project_name(connection, project_id)
        person = people.by_email(connection, email)
        person_id = person.id if person else app.ids.new()
        if person is None:
            people.create(
                connection, id=person_id, email=email, name=name, password_hash=None, installation_admin=False, at=now
            )
        people.set_role(connection, project_id, person_id, role)
        audit.write(
            connection, at=now, project_id=project_id, actor=who.id, event="person.added",
            detail={"person": person_id, "role": role},
        )  # fmt: skip
    return person_id


def change_role(app: App, who: Who, *, person_id: str, project_id: str, role: Role | None) -> None:
    """None takes the person out. The last admin of a project stays."""
    who.require(project_id, Role.ADMIN)
    now = app.clock.now()
    with app.db.write() as connection:
        admins = [p.id for p, r in people.of_project(connection, project_id) if r is Role.ADMIN]
        if admins == [person_id] and role is not Role.ADMIN:
            raise Conflict("A project needs an admin. Make somebody else admin first.", code="last_admin")
        people.set_role(connection, project_id, people.load(connection, person_id).id, role)
        audit.write(
            connection, at=now, project_id=project_id, actor=who.id, event="person.role",
            detail={"person": person_id, "role": role or "none"},
        )  # fmt: skip


def of_project(app: App, who: Who, project_id: str) -> list[tuple[Person, Role]]:
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        return people.of_project(connection, project_id)


def projects(app: App, who: Who) -> list[dict[str, str]]:
    """The projects this person may see."""
    with app.db.read() as connection:
        every = people.all_projects(connection)
    return [{"id": p["id"], "name": p["name"]} for p in every if who.role(p["id"]) is not None]


def create_project(app: App, who: Who, name: str) -> str:
    who.require_installation_admin()
    project_id, now = app.ids.new(), app.clock.now()
    with app.db.write() as connection:
        people.create_project(connection, id=project_id, name=_named(name, "project", "the project"), at=now)
        if who.id not in ("cli", "system"):
            people.set_role(connection, project_id, who.id, Role.ADMIN)
        audit.write(connection, at=now, project_id=project_id, actor=who.id, event="project.created")
    return project_id


# -- API tokens ----------------------------------------------------------------------------------------------------


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
            name=_named(name, "name", "the token"),
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


# -- what may be typed ---------------------------------------------------------------------------------------------


def _email(typed: str) -> str:
    email = typed.strip().lower()
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        raise InvalidInput("This is no e-mail address. It looks like name@example.com.", field="email")
    return email


def _named(typed: str, field: str, what: str) -> str:
    name = " ".join(typed.split())
    if not name or len(name) > 120:
        raise InvalidInput(f"Give {what} a name of 1 to 120 characters.", field=field)
    return name


def _password_hash(password: str) -> str:
    if len(password) < _SHORTEST:
        raise InvalidInput(f"A password needs at least {_SHORTEST} characters.", field="password")
    if len(password) > _LONGEST:
        raise InvalidInput(f"A password has at most {_LONGEST} characters.", field="password")
    return _hasher().hash(password)
