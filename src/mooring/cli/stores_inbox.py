"""`mooring stores inbox`: deliveries of webhooks, and what becomes of dead letters."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.errors import InvalidInput

Ids = Annotated[list[int] | None, typer.Argument(help="Ids of dead letters; all if left out.", show_default=False)]


def inbox(
    store: Store,
    ids: Ids = None,
    state: Annotated[str, typer.Option(help="Which to list: new, held, done, dropped or dead.")] = "dead",
    replay: Annotated[bool, typer.Option("--replay", help="Have dead letters worked off once more.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Let dead letters go.")] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Show which webhooks a store has received and which could not be obeyed, or decide about those."""
    if replay and drop:
        raise InvalidInput("Choose one: --replay or --drop.", field="replay")
    if ids and not (replay or drop):
        raise InvalidInput("Ids go with --replay or --drop.", field="ids")
    with reach.mooring() as api:
        path = f"/stores/{choosing.store(api, store, project)['id']}/inbox"
        if replay or drop:
            done = api.post(f"{path}/{'replay' if replay else 'drop'}", {"ids": ids} if ids else {})
            console.show(done, json=json, text=f"{done['count']:,} {'wait again' if replay else 'were let go'}.")
            return
        found = api.get(path, which=state)
    console.show(found, json=json, text=_table(found))


def _table(found: dict[str, Any]) -> Any:
    console.remark(", ".join(f"{state}: {count:,}" for state, count in found["inbox"]["counts"].items()))
    rows = [
        (one["id"], one["topic"], one["what"], one["attempts"], one["received_at"], one["reason"])
        for one in found["items"]
    ]
    return console.table(("Id", "Topic", "About", "Attempts", "Received", "Reason"), rows, empty="There is none.")
