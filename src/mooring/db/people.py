"""Rows of projects, people and roles, and of the hashes people prove themselves with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert as postgres_insert

from mooring.db.tables import api_tokens, installation, login_links, members, people, projects
from mooring.domain.rules import Role
from mooring.errors import NotFound


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    email: str
    name: str
    installation_admin: bool
    password_hash: str | None = field(repr=False)
    created_at: datetime


def _of(row: Row[Any]) -> Person:
    return Person(**{name: row._mapping[name] for name in Person.__dataclass_fields__})


# -- installation --------------------------------------------------------------------------------------------------


HELD_FACT = "held"
"""There while a restored installation waits for somebody to accept the restore."""


_FACT = select(installation.c.value).where(installation.c.name == bindparam("of_name"))


def fact(connection: Connection, name: str) -> str | None:
    return connection.execute(_FACT, {"of_name": name}).scalar()


def set_fact(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(installation).where(installation.c.name == name))
    connection.execute(insert(installation).values(name=name, value=value))


def remove_fact(connection: Connection, name: str) -> None:
    connection.execute(delete(installation).where(installation.c.name == name))


def sql_of_fact(name: str, value: str) -> str:
    """The statement that writes a fact, for a script that PostgreSQL's own program runs."""
    columns = {"name": name, "value": value}
    made = postgres_insert(installation).values(columns).on_conflict_do_update(index_elements=["name"], set_=columns)
    return str(made.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})) + ";"


# -- projects ------------------------------------------------------------------------------------------------------


def create_project(connection: Connection, *, id: str, name: str, at: datetime) -> None:
    connection.execute(insert(projects).values(id=id, name=name, created_at=at))


def project_name(connection: Connection, project_id: str) -> str:
    name = connection.execute(select(projects.c.name).where(projects.c.id == project_id)).scalar()
    if name is None:
        raise NotFound("There is no such project.")
    return name


def all_projects(connection: Connection) -> list[dict[str, Any]]:
    rows = connection.execute(select(projects).order_by(projects.c.created_at, projects.c.id))
    return [dict(row._mapping) for row in rows]


# -- people --------------------------------------------------------------------------------------------------------


def count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(people)).scalar_one()


def create(
    connection: Connection,
    *,
    id: str,
    email: str,
    name: str,
    password_hash: str | None,
    installation_admin: bool,
    at: datetime,
) -> None:
    connection.execute(
        insert(people).values(
            id=id,
            email=email,
            name=name,
            password_hash=password_hash,
            installation_admin=installation_admin,
            created_at=at,
        )
    )


def load(connection: Connection, person_id: str) -> Person:
    row = connection.execute(select(people).where(people.c.id == person_id)).first()
    if row is None:
        raise NotFound("There is no such person.")
    return _of(row)


def name_of(connection: Connection, actor: str) -> str:
    """Who an actor of the audit trail is, in a word."""
    known = {"system": "Mooring itself", "cli": "the command line"}
    found = connection.execute(select(people.c.name).where(people.c.id == actor)).scalar()
    return found or known.get(actor, "somebody who is no longer here")


def by_email(connection: Connection, email: str) -> Person | None:
    row = connection.execute(select(people).where(people.c.email == email)).first()
    return _of(row) if row else None


def everybody(connection: Connection) -> list[Person]:
    return [_of(row) for row in connection.execute(select(people).order_by(people.c.created_at, people.c.id))]


def set_password(connection: Connection, person_id: str, password_hash: str) -> None:
    connection.execute(update(people).where(people.c.id == person_id).values(password_hash=password_hash))


def roles(connection: Connection, person_id: str) -> dict[str, Role]:
    query = select(members.c.project_id, members.c.role).where(members.c.person_id == person_id)
    return {row.project_id: Role(row.role) for row in connection.execute(query)}


def set_role(connection: Connection, project_id: str, person_id: str, role: Role | None) -> None:
    """None takes the person out of the project."""
    connection.execute(delete(members).where(members.c.project_id == project_id, members.c.person_id == person_id))
    if role is not None:
        connection.execute(insert(members).values(project_id=project_id, person_id=person_id, role=role))


def of_project(connection: Connection, project_id: str) -> list[tuple[Person, Role]]:
    query = (
        select(people, members.c.role)
        .join(members, members.c.person_id == people.c.id)
        .where(members.c.project_id == project_id)
        .order_by(people.c.created_at, people.c.id)
    )
    return [(_of(row), Role(row.role)) for row in connection.execute(query)]


# -- one-time links ------------------------------------------------------------------------------------------------


def create_link(
    connection: Connection,
    *,
    token_hash: str,
    purpose: str,
    person_id: str | None,
    at: datetime,
    expires_at: datetime,
) -> None:
    """A set-up link replaces those before it: there is one at a time."""
    if purpose == "setup":
        connection.execute(delete(login_links).where(login_links.c.purpose == "setup"))
    connection.execute(
        insert(login_links).values(
            token_hash=token_hash, purpose=purpose, person_id=person_id, created_at=at, expires_at=expires_at
        )
    )


def find_link(connection: Connection, token_hash: str, purpose: str, *, at: datetime) -> str | None | bool:
    """The person the link is for (None for a set-up link), or False when it is not good any more."""
    row = login_links.c
    found = connection.execute(
        select(row.person_id).where(
            row.token_hash == token_hash, row.purpose == purpose, row.used_at.is_(None), row.expires_at > at
        )
    ).first()
    return found.person_id if found else False


def use_link(connection: Connection, token_hash: str, purpose: str, *, at: datetime) -> bool:
    row = login_links.c
    done = connection.execute(
        update(login_links)
        .where(row.token_hash == token_hash, row.purpose == purpose, row.used_at.is_(None), row.expires_at > at)
        .values(used_at=at)
    )
    return done.rowcount == 1


# -- API tokens ----------------------------------------------------------------------------------------------------


def create_api_token(
    connection: Connection,
    *,
    id: str,
    token_hash: str,
    person_id: str,
    project_id: str | None,
    name: str,
    role: Role,
    at: datetime,
    expires_at: datetime,
) -> None:
    connection.execute(
        insert(api_tokens).values(
            id=id,
            token_hash=token_hash,
            person_id=person_id,
            project_id=project_id,
            name=name,
            role=role,
            created_at=at,
            expires_at=expires_at,
        )
    )


def api_token(connection: Connection, token_hash: str, *, at: datetime) -> Row[Any] | None:
    row = api_tokens.c
    return connection.execute(select(api_tokens).where(row.token_hash == token_hash, row.expires_at > at)).first()


def api_tokens_of(connection: Connection, person_id: str) -> list[dict[str, Any]]:
    """Without the hash."""
    query = select(api_tokens).where(api_tokens.c.person_id == person_id).order_by(api_tokens.c.created_at)
    return [{k: v for k, v in row._mapping.items() if k != "token_hash"} for row in connection.execute(query)]


def delete_api_token(connection: Connection, token_id: str, person_id: str) -> bool:
    row = api_tokens.c
    done = connection.execute(delete(api_tokens).where(row.id == token_id, row.person_id == person_id))
    return done.rowcount == 1


def touch_api_token(connection: Connection, token_id: str, *, at: datetime) -> None:
    connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(last_used_at=at))
