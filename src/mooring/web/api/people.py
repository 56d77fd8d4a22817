"""People and their roles, one-time links, API tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta

from mooring.domain.rules import Role
from mooring.errors import InvalidInput, NotAllowed, NotFound
from mooring.usecases import api_tokens, people, signing_in
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import Email, Id, In, Name, Out, Page
from mooring.web.routing import FromPath, Given, JSONBody, delete, get, post, put
from mooring.web.visit import Visit

# -- people --------------------------------------------------------------------------------------------------------


class PersonIn(In):
    email: Email
    name: Name
    role: Role


class RoleIn(In):
    role: Role


class PersonOut(Out):
    id: str
    email: str
    name: str
    role: Role
    installation_admin: bool


@get("/projects/{project_id:str}/people", role="viewer", summary="The people of a project")
def listed(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> Page[PersonOut]:
    return Page(items=_people(app, who, project_id))


@post("/projects/{project_id:str}/people", role="admin", summary="Let somebody into a project")
def added(app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[PersonIn]) -> PersonOut:
    """Somebody whose address is known already only gets the role."""
    person_id = people.add(app, who, email=data.email, name=data.name, project_id=project_id, role=data.role)
    return _person(app, who, project_id, person_id)


@put("/projects/{project_id:str}/people/{person_id:str}", role="admin", summary="Change somebody's role")
def changed(
    app: Given[App], who: Given[Who], project_id: FromPath[str], person_id: FromPath[str], data: JSONBody[RoleIn]
) -> PersonOut:
    _person(app, who, project_id, person_id)
    people.change_role(app, who, person_id=person_id, project_id=project_id, role=data.role)
    return _person(app, who, project_id, person_id)


@delete(
    "/projects/{project_id:str}/people/{person_id:str}",
    role="admin",
    status_code=204,
    summary="Take somebody out of a project",
)
def removed(app: Given[App], who: Given[Who], project_id: FromPath[str], person_id: FromPath[str]) -> None:
    _person(app, who, project_id, person_id)
    people.change_role(app, who, person_id=person_id, project_id=project_id, role=None)


def _people(app: App, who: Who, project_id: str) -> list[PersonOut]:
    return [
        PersonOut(id=p.id, email=p.email, name=p.name, role=role, installation_admin=p.installation_admin)
        for p, role in people.of_project(app, who, project_id)
    ]


def _person(app: App, who: Who, project_id: str, person_id: str) -> PersonOut:
    found = next((one for one in _people(app, who, project_id) if one.id == person_id), None)
    if found is None:
        raise NotFound("Nobody of this id is in this project.")
    return found


# -- one-time links ------------------------------------------------------------------------------------------------


class LinkIn(In):
    """`login` signs the person in, `password` lets them set a new one, `setup` makes the first admin (no email)."""

    purpose: Literal["login", "password", "setup"]
    email: Email | None = None


class LinkOut(Out):
    link: str


@post("/people/links", role="installation_admin", status_code=201, summary="A one-time link")
def linked(app: Given[App], who: Given[Who], visit: Given[Visit], data: JSONBody[LinkIn]) -> LinkOut:
    """Links that let in by themselves are made for the command line only."""
    if data.purpose != "password" and visit.caller().by != "socket":
        raise NotAllowed("Such a link is made on the machine itself: 'mooring people link'.")
    if data.purpose == "setup":
        return LinkOut(link=signing_in.setup_link(app))
    if data.email is None:
        raise InvalidInput("Say whose link it is to be.", field="email")
    made = signing_in.login_link if data.purpose == "login" else signing_in.password_link
    return LinkOut(link=made(app, who, data.email))


# -- API tokens ----------------------------------------------------------------------------------------------------


class TokenIn(In):
    name: Name
    role: Role
    days: Annotated[int, Meta(ge=1, le=366, description="How long it lives.")] = 90
    project_id: Annotated[Id | None, Meta(description="Restricts it to one project.")] = None


class TokenOut(Out):
    id: str
    name: str
    role: Role
    project_id: str | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class NewToken(Out):
    """`token` is shown this once."""

    id: str
    token: str


@get("/tokens", role="signed_in", summary="The caller's API tokens")
def tokens(app: Given[App], who: Given[Who]) -> Page[TokenOut]:
    return Page(items=[_token(row) for row in api_tokens.tokens(app, who)])


@post("/tokens", role="signed_in", summary="A new API token")
def token_created(app: Given[App], who: Given[Who], visit: Given[Visit], data: JSONBody[TokenIn]) -> NewToken:
    _in_person(visit)
    token_id, token = api_tokens.create_token(
        app, who, name=data.name, role=data.role, days=data.days, project_id=data.project_id
    )
    return NewToken(id=token_id, token=token)


@delete("/tokens/{token_id:str}", role="signed_in", status_code=204, summary="Revoke an API token")
def token_revoked(app: Given[App], who: Given[Who], visit: Given[Visit], token_id: FromPath[str]) -> None:
    _in_person(visit)
    api_tokens.revoke_token(app, who, token_id)


def _in_person(visit: Visit) -> None:
    """A token that could make tokens would outgrow its own role and outlive its own end."""
    if visit.caller().by != "session":
        raise NotAllowed("API tokens are made and revoked by a person who is signed in, under Settings, API tokens.")


def _token(row: dict[str, Any]) -> TokenOut:
    return TokenOut(**{name: row[name] for name in TokenOut.__struct_fields__})


ROUTES = [listed, added, changed, removed, linked, tokens, token_created, token_revoked]
