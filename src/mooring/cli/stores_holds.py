"""`mooring stores pull`, `sweep`, `holds`, `decide`: look at Shopify now; answer a mass deletion that is held."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from mooring.cli import choosing, console, operations, reach
from mooring.cli.api import Api
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.cli.watching import to_its_end
from mooring.errors import NotFound

Wait = Annotated[bool, typer.Option(help="Stay until it has ended.")]


def pull(store: Store, wait: Wait = True, project: Project = None, json: Json = False) -> None:
    """Look for changes at Shopify now, as Mooring does every ten minutes."""
    _look("pull", store, project, wait=wait, json=json)


def sweep(store: Store, wait: Wait = True, project: Project = None, json: Json = False) -> None:
    """Look for deletions at Shopify now, as Mooring does once a day."""
    _look("sweep", store, project, wait=wait, json=json)


def _look(verb: str, store: str, project: str | None, *, wait: bool, json: bool) -> None:
    """Ends with status 1 if it failed."""
    with reach.mooring(working=wait) as api:
        path = f"/stores/{choosing.store(api, store, project)['id']}/{verb}"
        done = to_its_end(api, api.post(path), wait=wait)
        text = operations.outcome(api, done)
    console.show(done, json=json, text=text)
    if wait and done["state"] != "done":
        raise typer.Exit(console.FAILED)


def holds(project: Project = None, json: Json = False) -> None:
    """List mass deletions that wait for somebody to decide."""
    with reach.mooring() as api:
        found = _open(api, project)
    rows = [(one["store_name"], one["kind"], one["count"], one["total"], one["cause"], one["id"]) for one in found]
    head = ("Store", "Kind", "Gone", "Of", "Found by", "Id")
    text = console.table(head, rows, empty="Nothing is held.")
    console.show({"holds": found}, json=json, text=text)


def decide(
    hold: Annotated[str, typer.Argument(help="Id of what is held.", show_default=False)],
    decision: Annotated[
        Literal["delete", "keep"],
        typer.Argument(help="`delete` marks the records as deleted here, `keep` leaves them.", show_default=False),
    ],
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm", metavar="TOKEN", help="Confirms the numbers this was printed with.", show_default=False
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Answer a mass deletion that is held. Marking as deleted has to be confirmed."""
    with reach.mooring() as api:
        store_id = next((one["store_id"] for one in _open(api, None) if one["id"] == hold), None)
        if store_id is None:
            raise NotFound("There is no such question, or it was answered already. 'mooring stores holds' lists them.")
        done = api.post(f"/stores/{store_id}/holds/{hold}", {"decision": decision, "token": confirm})
    console.show(done, json=json, text=done["sentence"])


def _open(api: Api, project: str | None) -> list[dict[str, Any]]:
    wanted = choosing.projects(api) if project is None else [choosing.project(api, project)]
    return [one for each in wanted for one in api.every(f"/projects/{each['id']}/holds")]
