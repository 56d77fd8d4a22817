"""People: who may come in, and as what in which project."""

from __future__ import annotations

import re

from mooring.db import audit, people
from mooring.db.people import Person
from mooring.domain.rules import Role
from mooring.errors import Conflict, InvalidInput
from mooring.usecases.context import App
from mooring.usecases.who import Who

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|[^@\s]+@localhost")


def add(app: App, who: Who, *, email: str, name: str, project_id: str, role: Role) -> str:
    """A person with a role in a project; an address that is known already only gets the role. Returns their id."""
    who.require(project_id, Role.ADMIN)
    email, name = email_of(email), named(name, "name", "the name")
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
        people.create_project(connection, id=project_id, name=named(name, "project", "the project"), at=now)
        if who.id not in ("cli", "system"):
            people.set_role(connection, project_id, who.id, Role.ADMIN)
        audit.write(connection, at=now, project_id=project_id, actor=who.id, event="project.created")
    return project_id


# -- what may be typed ---------------------------------------------------------------------------------------------


def email_of(typed: str) -> str:
    email = typed.strip().lower()
    if not _EMAIL.fullmatch(email) or len(email) > 254:
        raise InvalidInput("This is no e-mail address. It looks like name@example.com.", field="email")
    return email


def named(typed: str, field: str, what: str) -> str:
    name = " ".join(typed.split())
    if not name or len(name) > 120:
        raise InvalidInput(f"Give {what} a name of 1 to 120 characters.", field=field)
    return name
