"""`mooring mapping …`: which Shopify record is which Odoo record, shown and cleared."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.api import Api
from mooring.cli.choosing import Project
from mooring.cli.console import Json
from mooring.cli.watching import to_its_end
from mooring.domain.mapping import SyncKind
from mooring.domain.wording import counted

app = typer.Typer(help="Which Shopify record is which Odoo record.", no_args_is_help=True)

PHRASE = "clear sync data"
Stores = Annotated[
    list[str] | None,
    typer.Argument(help="Shop domains, names or ids of stores; all of the project if none.", show_default=False),
]
Kinds = Annotated[
    list[SyncKind] | None, typer.Option("--kind", help="Only this kind; may be given again.", show_default=False)
]


@app.command()
def show(project: Project = None, json: Json = False) -> None:
    """Show how much is mapped, what waits, and what a clear could not reach yet."""
    with reach.mooring() as api:
        path = _path(api, project)
        found = api.get(path) | {"tasks": api.get(f"{path}/tasks")["items"]}
    console.show(found, json=json, text="\n".join(_lines(found)))


def _path(api: Api, project: str | None) -> str:
    return f"/projects/{choosing.project(api, project)['id']}/mapping"


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [f"{one['store']}: {counted(one['mapped'], one['kind'])} mapped{_held(one)}" for one in found["items"]]
    return [*(lines or ["There is no store yet."]), *(f"{one['id']}: {one['sentence']}" for one in found["tasks"])]


def _held(one: dict[str, Any]) -> str:
    return f". {one['held']}" if one["held"] else ""


@app.command()
def clear(
    stores: Stores = None,
    kind: Kinds = None,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm", metavar="TOKEN", help="Confirms the preview this was printed with.", show_default=False
        ),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Stay until it has ended.")] = True,
    project: Project = None,
    json: Json = False,
) -> None:
    """Clear sync data: forget which records belong together. Deletes no customer, product or order. Prints first what
    would be forgotten. Ends with status 1 if a side could not be reached: what is left there is an open task."""
    with reach.mooring(working=wait) as api:
        path = _path(api, project)
        chosen = [choosing.store(api, one, project)["id"] for one in stores or ()]
        body = {"stores": chosen, "kinds": list(kind or ()), "typed": PHRASE, "token": confirm or ""}
        started = api.post(f"{path}/clear", body)["operations"]
        ended = [watch(api, one["id"]) for one in started] if wait else started
    console.show({"operations": ended}, json=json, text="\n".join(_told(one) for one in ended))
    if wait and not all(_cleared(one) for one in ended):
        raise typer.Exit(console.FAILED)


def _cleared(operation: dict[str, Any]) -> bool:
    return operation["state"] == "done" and not operation["receipt"]["open"]


def watch(api: Api, operation_id: str) -> dict[str, Any]:
    return to_its_end(api, api.get(f"/operations/{operation_id}"))


def _told(operation: dict[str, Any]) -> str:
    receipt = operation.get("receipt")
    return receipt["sentence"] if receipt else (operation.get("error") or f"Operation {operation['id']} is under way.")


@app.command()
def retry(
    task: Annotated[str, typer.Argument(help="Id of an open task.", show_default=False)],
    project: Project = None,
    json: Json = False,
) -> None:
    """Try now what a clear could not reach."""
    with reach.mooring(working=True) as api:
        operation = watch(api, api.post(f"{_path(api, project)}/tasks/{task}/retry")["id"])
    console.show(operation, json=json, text=_told(operation))
    if operation["state"] != "done":
        raise typer.Exit(console.FAILED)


@app.command()
def dismiss(
    task: Annotated[str, typer.Argument(help="Id of an open task.", show_default=False)],
    project: Project = None,
    json: Json = False,
) -> None:
    """Let an open task go: what is left there stays, and the next sync links by it."""
    with reach.mooring() as api:
        done = api.post(f"{_path(api, project)}/tasks/{task}/dismiss")
    console.show(done, json=json, text="The task is dismissed. Sync and Rebuild are possible again.")
