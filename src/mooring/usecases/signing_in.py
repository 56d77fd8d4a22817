"""Coming in: the first admin by a one-time link, passwords, links that sign somebody in.

Secrets are shown once and stored as hashes: passwords by Argon2id, links (256 random bits) by SHA-256.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mooring.db import audit, people, sessions
from mooring.db.people import Person
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, NotFound, NotSignedIn, Refused
from mooring.usecases.context import App
from mooring.usecases.people import email_of, named
from mooring.usecases.who import Who

_SETUP_LIFE = timedelta(hours=24)
_LOGIN_LIFE = timedelta(minutes=15)
_PASSWORD_LIFE = timedelta(hours=24)
_SHORTEST = 10
_LONGEST = 1024
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
    email, name, project = email_of(email), named(name, "name", "your name"), named(project, "project", "the project")
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


# -- passwords -----------------------------------------------------------------------------------------------------


def _password_hash(password: str) -> str:
    if len(password) < _SHORTEST:
        raise InvalidInput(f"A password needs at least {_SHORTEST} characters.", field="password")
    if len(password) > _LONGEST:
        raise InvalidInput(f"A password has at most {_LONGEST} characters.", field="password")
    return _hasher().hash(password)
