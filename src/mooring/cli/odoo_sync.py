"""`mooring odoo sync`, `preview`, `accept`: what goes from the hub to Odoo."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Group

from mooring.cli import choosing, console, reach
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.cli.watching import to_its_end
from mooring.domain.mapping import SyncKind

Kinds = Annotated[
    list[SyncKind] | None, typer.Option("--kind", help="Only this kind; may be repeated.", show_default=False)
]
Wait = Annotated[bool, typer.Option(help="Stay until it has ended.")]


def sync(store: Store, kind: Kinds = None, wait: Wait = True, project: Project = None, json: Json = False) -> None:
    """Sync a store to Odoo. Everything is matched with what Odoo has before anything is created."""
    with reach.mooring(working=wait) as api:
        path = f"/stores/{choosing.store(api, store, project)['id']}/odoo/sync"
        done = to_its_end(api, api.post(path, {"kinds": kind or []}), wait=wait)
    _tell(done, wait=wait, json=json)


def preview(store: Store, kind: Kinds = None, project: Project = None, json: Json = False) -> None:
    """Say what a sync would do, in numbers. Changes nothing."""
    with reach.mooring(working=True) as api:
        path = f"/stores/{choosing.store(api, store, project)['id']}/odoo/preview"
        done = to_its_end(api, api.post(path, {"kinds": kind or []}))
    _tell(done, wait=True, json=json, more=f"Do it with: mooring odoo accept {store} {done['id']}")


def accept(
    store: Store,
    preview_id: Annotated[str, typer.Argument(metavar="PREVIEW", help="Id of the preview.", show_default=False)],
    auto: Annotated[bool, typer.Option(help="Sync these kinds by themselves from now on.")] = True,
    wait: Wait = True,
    project: Project = None,
    json: Json = False,
) -> None:
    """Do what a preview said, and allow automatic sync of its kinds."""
    with reach.mooring(working=wait) as api:
        path = f"/stores/{choosing.store(api, store, project)['id']}/odoo/accept"
        done = to_its_end(api, api.post(path, {"preview": preview_id, "auto": auto}), wait=wait)
    _tell(done, wait=wait, json=json)


def _tell(done: dict[str, Any], *, wait: bool, json: bool, more: str | None = None) -> None:
    """Ends with status 1 if it failed."""
    console.show(done, json=json, text=told(done, more))
    if wait and done["state"] != "done":
        raise typer.Exit(console.FAILED)


def told(done: dict[str, Any], more: str | None = None) -> Any:
    """A table of all that is counted of any kind: orders are counted in more ways than the others. `more`: below."""
    receipt: dict[str, Any] = done["receipt"] or {}
    kinds = {name: counts for name, counts in receipt.items() if name in set(SyncKind)}
    if done["state"] != "done" or not kinds:
        return done["error"] or f"Operation {done['id']} is {done['state']}."
    words = list(dict.fromkeys(word for counts in kinds.values() for word in counts))
    rows = [(name.capitalize(), *(counts.get(word) for word in words)) for name, counts in kinds.items()]
    table = console.table(("Kind", *(word.capitalize() for word in words)), rows, empty="")
    return Group(table, console.plain(more)) if more else table
