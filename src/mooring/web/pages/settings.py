"""Settings of a project and of this installation: Shopify apps, people, lists, API tokens, appearance."""

from __future__ import annotations

from typing import Any

from litestar import Response

from mooring.domain import rules
from mooring.domain.rules import Role, Settings
from mooring.errors import InvalidInput, MooringError
from mooring.usecases import api_tokens, connect, people, shopify_apps, signing_in, store_settings
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.pages.entry import Form
from mooring.web.render import go, page
from mooring.web.routing import FromPath, Given, get, post
from mooring.web.visit import Visit

SECTIONS = (
    ("apps", "Shopify apps"),
    ("people", "People"),
    ("lists", "Lists"),
    ("notices", "Notices"),
    ("tokens", "API tokens"),
    ("advanced", "Advanced settings"),
    ("appearance", "Appearance"),
)


@get("/projects/{project_id:str}/settings", role="viewer")
def index(project_id: FromPath[str]) -> Response[str]:
    return go(f"/projects/{project_id}/settings/apps")


def section_page(
    app: App, visit: Visit, project_id: str, section: str, *, status: int = 200, **facts: Any
) -> Response[str]:
    return page(
        app,
        visit,
        f"settings_{section}.html",
        project_id=project_id,
        nav="settings",
        sections=SECTIONS,
        section=section,
        status=status,
        **{"errors": {}, "typed": {}} | facts,
    )


def _known(defaults: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    return defaults | facts


def _wrong(error: MooringError, field: str) -> dict[str, str]:
    return {getattr(error, "field", None) or field: error.sentence}


# -- Shopify apps --------------------------------------------------------------------------------------------------


@get("/projects/{project_id:str}/settings/apps", role="viewer")
def apps(app: Given[App], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    return _apps(app, visit, project_id)


def _apps(app: App, visit: Visit, project_id: str, **facts: Any) -> Response[str]:
    base = app.settings.listens_at
    return section_page(
        app,
        visit,
        project_id,
        "apps",
        apps=shopify_apps.apps(app),
        redirect_uri=connect.redirect_uri(app),
        base_scopes=sorted(rules.base_scopes(Settings())),
        optional_scopes=rules.OPTIONAL_SCOPES,
        hooks=f"{base}/hooks/",
        public=bool(app.settings.public_url),
        **facts,
    )


@post("/projects/{project_id:str}/settings/apps", role="installation_admin")
def save_app(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], data: Form
) -> Response[str]:
    """An empty secret keeps the stored one; a changed one keeps the old as previous until the rotation is over."""
    try:
        shopify_apps.save_app(
            app,
            who,
            id=data.get("id") or None,
            name=data.get("name", ""),
            client_id=data.get("client_id", ""),
            secret=data.get("secret") or None,
            previous_secret="" if "end_rotation" in data else (data.get("previous_secret") or None),
            optional_scopes=frozenset(s for s in rules.OPTIONAL_SCOPES if f"scope_{s}" in data),
        )
    except MooringError as error:
        kept = {name: value for name, value in data.items() if "secret" not in name}
        return _apps(app, visit, project_id, typed=kept, errors=_wrong(error, "client_id"), status=422)
    return go(f"/projects/{project_id}/settings/apps")


# -- people --------------------------------------------------------------------------------------------------------


@get("/projects/{project_id:str}/settings/people", role="viewer")
def members(app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    return _people(app, who, visit, project_id)


def _people(app: App, who: Who, visit: Visit, project_id: str, **facts: Any) -> Response[str]:
    members = people.of_project(app, who, project_id)
    return section_page(
        app, visit, project_id, "people", members=members, roles=list(Role), **_known({"link": None}, facts)
    )


@post("/projects/{project_id:str}/settings/people", role="admin")
def add_person(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], data: Form
) -> Response[str]:
    """Shows, this once, the link with which a new person chooses a password."""
    try:
        role = _role(data)
        email = data.get("email", "")
        people.add(app, who, email=email, name=data.get("name", ""), project_id=project_id, role=role)
        link = signing_in.password_link(app, who, email) if who.installation_admin else None
    except MooringError as error:
        return _people(app, who, visit, project_id, typed=data, errors=_wrong(error, "email"), status=422)
    return _people(app, who, visit, project_id, link=link, added=email)


@post("/projects/{project_id:str}/settings/people/{person_id:str}", role="admin")
def change_person(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    project_id: FromPath[str],
    person_id: FromPath[str],
    data: Form,
) -> Response[str]:
    try:
        role = None if data.get("role") == "none" else _role(data)
        people.change_role(app, who, person_id=person_id, project_id=project_id, role=role)
    except MooringError as error:
        return _people(app, who, visit, project_id, errors={"role": error.sentence}, status=409)
    return go(f"/projects/{project_id}/settings/people")


def _role(data: dict[str, str]) -> Role:
    try:
        return Role(data.get("role", ""))
    except ValueError:
        raise InvalidInput("Choose admin, editor or viewer.", field="role") from None


# -- lists ---------------------------------------------------------------------------------------------------------


@get("/projects/{project_id:str}/settings/lists", role="viewer")
def lists(app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    return section_page(app, visit, project_id, "lists", lists=store_settings.lists_of(app, who, project_id))


@post("/projects/{project_id:str}/settings/lists", role="admin")
def add_list(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], data: Form
) -> Response[str]:
    try:
        store_settings.add_list(app, who, project_id, data.get("name", ""))
    except MooringError as error:
        known = store_settings.lists_of(app, who, project_id)
        return section_page(
            app, visit, project_id, "lists", lists=known, typed=data, errors=_wrong(error, "name"), status=422
        )
    return go(f"/projects/{project_id}/settings/lists")


# -- API tokens ----------------------------------------------------------------------------------------------------


@get("/projects/{project_id:str}/settings/tokens", role="viewer")
def tokens(app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    return _tokens(app, who, visit, project_id)


def _tokens(app: App, who: Who, visit: Visit, project_id: str, **facts: Any) -> Response[str]:
    facts = _known({"token": None}, facts)
    return section_page(app, visit, project_id, "tokens", tokens=api_tokens.tokens(app, who), roles=list(Role), **facts)


@post("/projects/{project_id:str}/settings/tokens", role="viewer")
def add_token(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], data: Form
) -> Response[str]:
    """The token stands on the answer to this form and nowhere else, ever."""
    try:
        days = int(data["days"]) if data.get("days", "").isdecimal() and len(data["days"]) < 5 else 0
        made = api_tokens.create_token(
            app, who, name=data.get("name", ""), role=_role(data), days=days, project_id=project_id
        )
    except MooringError as error:
        return _tokens(app, who, visit, project_id, typed=data, errors=_wrong(error, "name"), status=422)
    return _tokens(app, who, visit, project_id, token=made[1])


@post("/projects/{project_id:str}/settings/tokens/{token_id:str}/revoke", role="viewer")
def revoke_token(app: Given[App], who: Given[Who], project_id: FromPath[str], token_id: FromPath[str]) -> Response[str]:
    api_tokens.revoke_token(app, who, token_id)
    return go(f"/projects/{project_id}/settings/tokens")


@get("/projects/{project_id:str}/settings/appearance", role="viewer")
def appearance(app: Given[App], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    return section_page(app, visit, project_id, "appearance")


ROUTES = [
    index,
    apps,
    save_app,
    members,
    add_person,
    change_person,
    lists,
    add_list,
    tokens,
    add_token,
    revoke_token,
    appearance,
]
