"""`mooring people …`: who may come in, and the links that let them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.choosing import Project
from mooring.cli.console import Json
from mooring.domain.rules import Role
from mooring.errors import NotFound

app = typer.Typer(help="Who may come in, and what they may do.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(help="E-mail address of the person.", show_default=False)]


@app.command("list")
def list_(project: Project = None, json: Json = False) -> None:
    """List the people of a project and their roles."""
    with reach.mooring() as api:
        chosen = choosing.project(api, project)
        found = list(api.every(f"/projects/{chosen['id']}/people"))
    rows = [(one["email"], one["name"], one["role"]) for one in found]
    text = console.table(("E-mail", "Name", "Role"), rows, empty="Nobody is in this project yet.")
    console.show({"project": chosen["name"], "people": found}, json=json, text=text)


@app.command()
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="What to call the person.", show_default=False)],
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.VIEWER,
    project: Project = None,
    json: Json = False,
) -> None:
    """Let somebody into a project, and print the one-time link with which they choose a password."""
    with reach.mooring() as api:
        chosen = choosing.project(api, project)
        body = {"email": email, "name": name, "role": role}
        person = api.post(f"/projects/{chosen['id']}/people", body)
        link = _link(api, email, "password")
    facts = {"id": person["id"], "email": email, "role": role, "project": chosen["name"], "link": link}
    text = f"{email} is {role} in {chosen['name']}. One-time link to choose a password (24 hours):\n  {link}"
    console.show(facts, json=json, text=text)


@app.command()
def password(email: Email, json: Json = False) -> None:
    """Print a one-time link with which a person sets a new password."""
    with reach.mooring() as api:
        link = _link(api, email, "password")
    text = f"One-time link for {email} to set a new password (24 hours):\n  {link}"
    console.show({"email": email, "link": link}, json=json, text=text)


@app.command("link")
def login_link(email: Email, json: Json = False) -> None:
    """Print a one-time link that signs a person in."""
    with reach.mooring() as api:
        link = _link(api, email, "login")
    text = f"One-time link that signs {email} in (15 minutes):\n  {link}"
    console.show({"email": email, "link": link}, json=json, text=text)


@app.command()
def role(
    email: Email,
    role: Annotated[Role, typer.Argument(help="What the person may do from now on.")],
    project: Project = None,
    json: Json = False,
) -> None:
    """Change what a person may do in a project."""
    with reach.mooring() as api:
        chosen = choosing.project(api, project)
        person = _person(api, chosen, email)
        api.put(f"/projects/{chosen['id']}/people/{person['id']}", {"role": role})
    facts = {"email": email, "role": role, "project": chosen["name"]}
    console.show(facts, json=json, text=f"{email} is {role} in {chosen['name']} now.")


def _person(api: Any, project: dict[str, Any], email: str) -> dict[str, Any]:
    for person in api.every(f"/projects/{project['id']}/people"):
        if person["email"] == email.strip().lower():
            return person
    raise NotFound(f"Nobody in {project['name']} has the e-mail address {email}.", code="no_person")


def _link(api: Any, email: str, purpose: str) -> str:
    return api.post("/people/links", {"email": email, "purpose": purpose})["link"]
