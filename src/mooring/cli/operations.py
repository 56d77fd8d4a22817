"""`mooring operations …`: long work, how it stands, and stopping it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.choosing import Project
from mooring.cli.console import Json

app = typer.Typer(help="Long work: how it stands, and stopping it.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="Id of the operation.", show_default=False)]


@app.command("list")
def list_(project: Project = None, json: Json = False) -> None:
    """List the operations of a project, newest first."""
    with reach.mooring() as api:
        chosen = choosing.project(api, project)
        found = api.get(f"/projects/{chosen['id']}/operations")["items"]
    rows = [(one["id"], one["kind"], one["state"], one["created_at"], one["error"]) for one in found]
    text = console.table(("Id", "Kind", "State", "Started", "Last error"), rows, empty="There has been no operation.")
    console.show({"project": chosen["name"], "operations": found}, json=json, text=text)


@app.command()
def show(id: Id, json: Json = False) -> None:
    """Show an operation: state, counts, receipt."""
    with reach.mooring() as api:
        found = api.get(f"/operations/{id}")
    console.show(found, json=json, text=described(found))


@app.command()
def cancel(id: Id, json: Json = False) -> None:
    """Ask an operation to stop at its next checkpoint. What it wrote stays."""
    with reach.mooring(working=True) as api:
        found = api.post(f"/operations/{id}/cancel")
    console.show(found, json=json, text=f"{found['kind']} {found['id']} is asked to stop.")


def described(operation: dict[str, Any]) -> str:
    lines = [f"{operation['kind']} {operation['id']}: {operation['state']}"]
    if operation.get("error"):
        lines.append(operation["error"])
    facts = operation.get("receipt") or operation.get("counts") or {}
    return "\n".join([*lines, *(f"  {name}: {value}" for name, value in facts.items())])
