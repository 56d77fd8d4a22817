"""`mooring operations …`: long work, how it stands, and stopping it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.api import Api
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
    """Show an operation: state and counts, and when it has finished its receipt."""
    with reach.mooring() as api:
        found = api.get(f"/operations/{id}")
        receipt = api.get(f"/operations/{id}/receipt") if found["receipt"] else None
    console.show(found | {"told": receipt}, json=json, text=told(receipt) if receipt else described(found))


@app.command()
def receipts(project: Project = None, json: Json = False) -> None:
    """List what people asked for and what became of it, newest first; deleted stores included."""
    with reach.mooring() as api:
        chosen = choosing.project(api, project)
        found = api.get(f"/projects/{chosen['id']}/receipts")["items"]
    rows = [(one["operation_id"], one["title"], one["state"], one["by"], one["finished_at"]) for one in found]
    text = console.table(("Id", "What", "State", "By", "Finished"), rows, empty="There is no receipt yet.")
    console.show({"project": chosen["name"], "receipts": found}, json=json, text=text)


@app.command()
def cancel(id: Id, json: Json = False) -> None:
    """Ask an operation to stop at its next checkpoint. What it wrote stays."""
    with reach.mooring(working=True) as api:
        found = api.post(f"/operations/{id}/cancel")
    console.show(found, json=json, text=f"{found['kind']} {found['id']} is asked to stop.")


def described(operation: dict[str, Any]) -> str:
    """One that has no receipt yet: how it stands."""
    lines = [f"{operation['kind'].replace('_', ' ').capitalize()} {operation['id']}: {operation['state']}"]
    if operation.get("error"):
        lines.append(operation["error"])
    return "\n".join([*lines, *_facts(operation.get("counts") or {}, "  ")])


def _facts(facts: dict[str, Any], indent: str) -> Iterator[str]:
    for name, value in facts.items():
        if isinstance(value, dict):
            yield f"{indent}{name.replace('_', ' ')}:"
            yield from _facts(value, indent + "  ")
        elif value not in (None, []):
            yield f"{indent}{name.replace('_', ' ')}: {value}"


def outcome(api: Api, operation: dict[str, Any]) -> str:
    """What a command that has waited says: the receipt, or how it stands where there is none."""
    if not operation["receipt"]:
        return described(operation)
    return told(api.get(f"/operations/{operation['id']}/receipt"))


def told(receipt: dict[str, Any]) -> str:
    """A receipt as people read it: numbers, then what is to be known, then what is left to do by hand."""
    took = f", took {receipt['seconds']:,.0f} s" if receipt["seconds"] is not None else ""
    lines = [f"{receipt['title']}: {receipt['state']} ({receipt['by']}{took})"]
    lines += [receipt["failed"]] if receipt["failed"] else []
    lines += [f"  {one['title']}: {_value(one)}" for one in receipt["lines"]]
    lines += receipt["notes"]
    return "\n".join([*lines, *(f"Left to do by hand: {one}" for one in receipt["by_hand"])])


def _value(line: dict[str, Any]) -> str:
    value = f"{line['value']:,}" if isinstance(line["value"], int | float) else line["value"]
    return f"{value} ({line['note']})" if line["note"] else value
