"""`mooring odoo …`: the Odoo a project is tied to. Its key is asked for, or read from a file: an argument would show in
the process list."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.api import Api
from mooring.cli.choosing import Project
from mooring.cli.console import Json
from mooring.errors import ConfirmationMissing, InvalidInput, Refused

app = typer.Typer(help="The Odoo a project is tied to.", no_args_is_help=True)

Url = Annotated[str, typer.Argument(help="Address of Odoo, as in https://odoo.example.com.", show_default=False)]
Database = Annotated[str, typer.Option("--database", help="Name of the database.", show_default=False)]
Login = Annotated[str, typer.Option("--login", help="Login of the Odoo user.", show_default=False)]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file", help="File that holds the API key; '-' reads it from standard input.", show_default=False
    ),
]
Company = Annotated[
    int | None,
    typer.Option("--company", help="Id of the company, where the user works for several.", show_default=False),
]


@app.command()
def connect(
    url: Url,
    database: Database,
    login: Login,
    key_file: KeyFile = None,
    company: Company = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Connect a project to its Odoo. Tested first; a wrong address, database, login or key is refused in words."""
    body = _wish(url, database, login, key_file, company)
    with reach.mooring() as api:
        made = api.post(f"{_path(api, project)}", body)
    console.show(made, json=json, text="\n".join([f"{made['url']} is connected.", *_lines(made)]))


@app.command("test")
def try_(
    url: Url,
    database: Database,
    login: Login,
    key_file: KeyFile = None,
    company: Company = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Test a connection to Odoo and list the rights of its user. Changes nothing."""
    body = _wish(url, database, login, key_file, company)
    with reach.mooring() as api:
        found = api.post(f"{_path(api, project)}/test", body)
    console.show(found, json=json, text=_tested(found))


@app.command()
def show(project: Project = None, json: Json = False) -> None:
    """Show the connection: state, details and the rights of its user."""
    with reach.mooring() as api:
        found = api.get(_path(api, project))
    console.show(found, json=json, text="\n".join(_lines(found)))


@app.command()
def check(project: Project = None, json: Json = False) -> None:
    """Ask Odoo whether it still is the database that was connected. Ends with status 1 when the connection is held."""
    with reach.mooring() as api:
        found = api.post(f"{_path(api, project)}/check")
    said = [found["sentence"], *(_gap(one) for one in found["missing"])]
    console.show(found, json=json, text="\n".join(said))
    if found["held"]:
        raise typer.Exit(console.FAILED)


@app.command()
def key(
    key_file: KeyFile = None,
    login: Annotated[
        str | None, typer.Option("--login", help="Login, where the key is another Odoo user's.", show_default=False)
    ] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Replace the API key. Work under way goes on with the new one."""
    body = {"key": _key(key_file), "login": login}
    with reach.mooring() as api:
        made = api.post(f"{_path(api, project)}/key", body)
    console.show(made, json=json, text="\n".join(["The API key is replaced.", *_lines(made)]))


@app.command()
def keep(project: Project = None, json: Json = False) -> None:
    """Say of a held connection that it is right: the mapping stays, and the sync goes on."""
    with reach.mooring() as api:
        made = api.post(f"{_path(api, project)}/keep")
    console.show(made, json=json, text="\n".join(["The mapping is kept, and the sync goes on.", *_lines(made)]))


@app.command()
def disconnect(
    clear: Annotated[bool, typer.Option("--clear", help="Run Clear sync data for every store first.")] = False,
    typed: Annotated[
        str | None,
        typer.Option("--typed", help="The phrase --clear asks for, where nobody can be asked.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without being asked.")] = False,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm", metavar="TOKEN", help="Confirms the preview this was printed with.", show_default=False
        ),
    ] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Disconnect Odoo. Everything in it stays; the mapping is kept, or cleared first. Asks first."""
    with reach.mooring() as api:
        path = f"{_path(api, project)}/disconnect"
        preview = api.get(path)
        generation = _confirmed(preview, yes=yes, confirm=confirm, json=json)
        body = {"choice": "clear" if clear else "keep", "generation": generation}
        done = api.post(path, body | {"typed": _typed(preview, typed) if clear else ""})
    console.show(done, json=json, text=_disconnected(done))


# -- what is typed -------------------------------------------------------------------------------------------------


def _path(api: Api, project: str | None) -> str:
    return f"/projects/{choosing.project(api, project)['id']}/odoo"


def _wish(url: str, database: str, login: str, key_file: Path | None, company: int | None) -> dict[str, Any]:
    return {"url": url, "database": database, "login": login, "key": _key(key_file), "company_id": company}


def _key(path: Path | None) -> str:
    key = _read(path).strip()
    if not key:
        raise InvalidInput("The API key is empty. Make one in Odoo: Preferences, Account Security.", field="key")
    return key


def _read(path: Path | None) -> str:
    if path is None and sys.stdin.isatty():
        return typer.prompt("API key", hide_input=True, err=True)
    if path is None or str(path) == "-":
        return sys.stdin.readline()
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else "it is no text"
        raise InvalidInput(f"The key file {path} cannot be read: {reason}.", field="key_file") from None


def _confirmed(preview: dict[str, Any], *, yes: bool, confirm: str | None, json: bool) -> int:
    """The generation that was looked at. A terminal is asked with the very words of the page."""
    generation = int(preview["generation"])
    if yes or confirm == str(generation):
        return generation
    if confirm is not None:
        sentence = "The connection has changed since the preview. Look at it again."
        raise ConfirmationMissing(sentence, preview=_facts(preview), token=str(generation))
    if json or not sys.stdin.isatty():
        raise ConfirmationMissing(preview["prompt"], preview=_facts(preview), token=str(generation))
    told = (*preview["stops"], *preview["stays"], preview["mapped"], *preview["running"])
    console.remark("\n".join(f"- {line}" for line in told))
    if not typer.confirm(preview["prompt"], err=True):
        raise Refused("Nothing was changed.", code="not_confirmed")
    return generation


def _typed(preview: dict[str, Any], typed: str | None) -> str:
    if typed is None and sys.stdin.isatty():
        return typer.prompt(f"Type “{preview['phrase']}” to confirm", err=True)
    return typed or ""


def _facts(preview: dict[str, Any]) -> dict[str, Any]:
    shown = {name: preview[name] for name in ("stops", "stays", "mapped", "running")}
    return shown | {"ways": [f"{one['title']}: {one['sentence']}" for one in preview["ways"]]}


# -- what is said --------------------------------------------------------------------------------------------------


def _lines(found: dict[str, Any]) -> list[str]:
    head = [f"{found['badge']}: {found['reason']}" if found["reason"] else found["badge"]]
    facts = [f"  {one['label']}: {one['value']}" for one in found["facts"]]
    step = [found["next_step"]] if found["next_step"] else []
    return [*head, *facts, *_rights(found["rights"]), *step]


def _tested(found: dict[str, Any]) -> str:
    apps = ", ".join(name for name, there in found["apps"].items() if there) or "none"
    company = found["company"]["name"]
    lines = [f"Odoo {found['version']} answers. Company {company}; apps: {apps}.", *_rights(found["rights"])]
    if found["choose_company"]:
        lines += ["Choose a company with --company:", *(f"  {one['id']}: {one['name']}" for one in found["companies"])]
    return "\n".join([*lines, *found["warnings"], *filter(None, [found["mapping"]])])


def _rights(rights: list[dict[str, Any]]) -> list[str]:
    words = {True: "granted", False: "MISSING", None: "no app "}
    return [f"  {words[one['allowed']]} {one['label']}{_without(one)}" for one in rights]


def _without(one: dict[str, Any]) -> str:
    return f". Without it: {one['without']}" if one["allowed"] is False else ""


def _gap(one: dict[str, Any]) -> str:
    gone = "missing in Odoo" if one["fate"] == "missing" else "without our external id in Odoo"
    return f"  {one['kind']} {one['shopify_id']}: {gone} (was {one['odoo_id']})"


def _disconnected(done: dict[str, Any]) -> str:
    if done["clearing"]:
        return f"The mapping of {done['clearing']} stores is being cleared; Odoo is disconnected when that is done."
    return "Odoo is disconnected. Everything in it stays, and the mapping is kept."
