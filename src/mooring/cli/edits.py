"""`mooring edits …`: what was changed here of customers, and what became of it at Shopify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.domain.edits import EditState
from mooring.errors import InvalidInput

app = typer.Typer(help="Changes of customers made here, and what became of them at Shopify.", no_args_is_help=True)


@app.command("list")
def list_(
    store: Store,
    state: Annotated[EditState | None, typer.Option(help="Only these.")] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """List the newest changes of customers of a store."""
    with reach.mooring() as api:
        chosen = choosing.store(api, store, project)
        found = api.get(f"/stores/{chosen['id']}/edits", is_in=state)["items"]
    rows = [(one["customer"], one["title"], one["state"], one["sentence"], one["id"]) for one in found]
    empty = "Nothing was changed here."
    text = console.table(("Customer", "Field", "State", "", "Id"), rows, empty=empty)
    console.show({"edits": found}, json=json, text=text)


@app.command()
def upload(
    store: Store,
    file: Annotated[Path, typer.Argument(help="CSV file; its first line names the columns.", show_default=False)],
    preview: Annotated[bool, typer.Option("--preview", help="Only tell what would become of each row.")] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Change customers by a CSV file. Every row is applied whole or refused; ends with status 1 if one was refused."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.", field="file") from None
    with reach.mooring() as api:
        chosen = choosing.store(api, store, project)
        done = api.send(f"/stores/{chosen['id']}/edits.csv", content, "text/csv", preview=preview)
    console.show(done, json=json, text=_described(done))
    if done["refused"]:
        raise typer.Exit(console.FAILED)


def _described(done: dict[str, Any]) -> str:
    refused = [f"  line {row['line']}: {row['sentence']}" for row in done["rows"] if row["outcome"] == "refused"]
    return "\n".join([done["sentence"], *refused])


@app.command()
def retry(
    store: Store,
    edit: Annotated[int | None, typer.Option("--edit", help="Only this one.", show_default=False)] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Send changes that failed to Shopify again."""
    with reach.mooring() as api:
        chosen = choosing.store(api, store, project)
        done = api.post(f"/stores/{chosen['id']}/edits/retry", {"edit": edit})
    console.show(done, json=json, text=f"{done['retried']} to be sent again.")
