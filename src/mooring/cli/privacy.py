"""`mooring privacy …`: requests of customers and shops, and addresses that must not be contacted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, files, reach
from mooring.cli.choosing import Project
from mooring.cli.console import Json
from mooring.domain.consent import Channel
from mooring.errors import Refused

app = typer.Typer(help="Privacy requests, and addresses that must not be contacted.", no_args_is_help=True)

Request = Annotated[str, typer.Argument(help="Id of the request.", show_default=False)]
Which = Annotated[Channel, typer.Argument(help="The channel.", show_default=False)]
Address = Annotated[str, typer.Argument(help="E-mail address, or phone number with country code.", show_default=False)]


@app.command("list")
def list_(project: Project = None, json: Json = False) -> None:
    """List the privacy requests of a project: open ones by due date, then settled ones."""
    with reach.mooring() as api:
        chosen = choosing.project(api, project)
        found: list[dict[str, Any]] = list(api.every(f"/projects/{chosen['id']}/privacy"))
    rows = [(one["what"], one["store_name"], one["state"], _due(one), one["next_step"], one["id"]) for one in found]
    head = ("Request", "Store", "State", "Due", "Next", "Id")
    text = console.table(head, rows, empty="Nobody has asked for anything.")
    console.show({"requests": found}, json=json, text=text)


def _due(one: dict[str, Any]) -> str:
    left = one["days_left"]
    if left is None:
        return "–"
    return f"overdue by {-left} d" if left < 0 else f"in {left} d"


@app.command()
def package(
    request: Request,
    to: Annotated[Path, typer.Option("--to", help="The file to write.")] = Path("data-request.zip"),
    project: Project = None,
    json: Json = False,
) -> None:
    """Write what is held of the customer who asked into a ZIP file that only you can read."""
    if to.exists():
        raise Refused(f"{to} is there already. Name another file with --to.", code="exists")
    with reach.mooring() as api:
        chosen = choosing.project(api, project)
        size = _write(to, api.download(f"/projects/{chosen['id']}/privacy/{request}/package"))
    console.show({"file": str(to), "bytes": size}, json=json, text=f"Wrote {to} ({size:,} bytes).")


def _write(to: Path, chunks: Any) -> int:
    """The file appears when it is whole, and belongs to its writer alone."""
    part = to.with_name(to.name + ".part")
    try:
        part.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise files.unwritable(to, error) from None
    try:
        with part.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
        part.rename(to)
    finally:
        part.unlink(missing_ok=True)
    return to.stat().st_size


@app.command()
def answer(request: Request, project: Project = None, json: Json = False) -> None:
    """Say that the customer got their data."""
    with reach.mooring() as api:
        chosen = choosing.project(api, project)
        done = api.post(f"/projects/{chosen['id']}/privacy/{request}/answer")
    console.show(done, json=json, text=done["next_step"])


@app.command()
def suppress(channel: Which, address: Address, project: Project = None, json: Json = False) -> None:
    """Never contact an address on a channel."""
    _suppression(channel, address, "suppressions", project, json)


@app.command()
def lift(channel: Which, address: Address, project: Project = None, json: Json = False) -> None:
    """An address may be contacted again, if Shopify says so."""
    _suppression(channel, address, "suppressions/lift", project, json)


def _suppression(channel: Channel, address: str, path: str, project: str | None, json: bool) -> None:
    with reach.mooring() as api:
        chosen = choosing.project(api, project)
        done = api.post(f"/projects/{chosen['id']}/{path}", {"channel": str(channel), "address": address})
    state = "must not be contacted" if done["suppressed"] else "is not suppressed"
    console.show(done, json=json, text=f"This address {state}{'' if done['changed'] else ' (as before)'}.")
