"""`mooring mapping rebuild`, `resume`, `export` and `import`: the mapping of one store, found again or carried over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, files, reach
from mooring.cli.api import Api
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.cli.mapping import Kinds, watch
from mooring.domain.wording import counted
from mooring.errors import InvalidInput


def rebuild(
    store: Store,
    kind: Kinds = None,
    accept: Annotated[bool, typer.Option("--accept", help="Bind what an earlier rebuild matched.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what was bound, until the next sync.")] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Find again which records belong together, and show how many. Creates nothing, and binds nothing without
    --accept."""
    if accept and undo:
        raise InvalidInput("Choose --accept or --undo, not both.", field="undo")
    verb = "/accept" if accept else "/undo" if undo else ""
    with reach.mooring(working=True) as api:
        path = _path(api, store, project)
        ended = watch(api, api.post(f"{path}/rebuild{verb}", {"kinds": list(kind or ())})["id"])
        found = api.get(f"{path}/rebuild")["counts"]
    lines = [f"{name.replace('_', ' ')}: {_states(of)}" for name, of in found.items()]
    console.show(
        {"operation": ended, "counts": found}, json=json, text=ended.get("error") or "\n".join(lines or ["Nothing."])
    )
    if ended["state"] != "done":
        raise typer.Exit(console.FAILED)


def _path(api: Api, store: str, project: str | None) -> str:
    return f"/stores/{choosing.store(api, store, project)['id']}/mapping"


def _states(of: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {state}" for state, count in sorted(of.items()))


def verify(store: Store, kind: Kinds = None, project: Project = None, json: Json = False) -> None:
    """Look on both sides whether the mapping still holds. Changes nothing; ends with status 1 if anything is amiss."""
    with reach.mooring(working=True) as api:
        ended = watch(api, api.post(f"{_path(api, store, project)}/verify", {"kinds": list(kind or ())})["id"])
    found = (ended.get("receipt") or {}).get("found", {})
    lines = [f"{count:,} {name.replace('_', ' ')}" for name, count in found.items()]
    console.show(ended, json=json, text=ended.get("error") or "\n".join(lines or ["Nothing is mapped."]))
    if ended["state"] != "done" or set(found) - {"agree", "doubled"}:
        raise typer.Exit(console.FAILED)


def resume(
    store: Store,
    confirm: Annotated[
        str | None,
        typer.Option("--confirm", metavar="ID", help="Id of the preview that was printed.", show_default=False),
    ] = None,
    kind: Kinds = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Let automatic sync go on after a clear. Prints first what the next sync would do, and ends with status 4."""
    with reach.mooring(working=True) as api:
        path = _path(api, store, project)
        if confirm is not None:
            done = api.post(f"{path}/resume", {"preview": confirm})
            console.show(done, json=json, text=f"Automatic sync of {', '.join(done['kinds'])} goes on.")
            return
        seen = watch(api, api.post(f"{path}/resume/preview", {"kinds": list(kind or ())})["id"])
    text = f"{_planned(seen)} Repeat with --confirm {seen['id']}."
    console.show({"preview": seen, "confirm": seen["id"]}, json=json, text=text)
    raise typer.Exit(console.CONFIRMATION_MISSING if seen["state"] == "done" else console.FAILED)


def _planned(seen: dict[str, Any]) -> str:
    said = [
        f"{kind}: {', '.join(f'{count:,} {what}' for what, count in of.items() if count) or 'nothing'}"
        for kind, of in (seen.get("receipt") or {}).items()
        if kind != "calls" and isinstance(of, dict)
    ]
    return f"The next sync would be, {'; '.join(said)}." if said else (seen.get("error") or "")


def export(
    store: Store,
    file: Annotated[Path, typer.Argument(help="The file to write; must not exist yet.", show_default=False)],
    form: Annotated[str, typer.Option(help="csv or json.")] = "csv",
    project: Project = None,
    json: Json = False,
) -> None:
    """Write the mapping of a store to a file that can be imported again."""
    with reach.mooring() as api:
        size = files.write(file, api.download(f"{_path(api, store, project)}/export?form={form}"))
    console.show({"file": str(file), "bytes": size}, json=json, text=f"Written to {file} ({counted(size, 'bytes')}).")


def import_(
    store: Store,
    file: Annotated[Path, typer.Argument(help="A mapping that was exported.", show_default=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be imported.")] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Take an exported mapping in again. Refused if it belongs to another Odoo database, company or shop, or Odoo is
    held. Pairs whose records are not there any more are left out."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.", field="file") from None
    with reach.mooring(working=True) as api:
        done = api.send(
            f"{_path(api, store, project)}/import{'?dry=true' if dry_run else ''}", content, "application/octet-stream"
        )
        if done["operation"] is not None:
            done["operation"] = watch(api, done["operation"]["id"])
    console.show(done, json=json, text=done["sentence"])
    if done["operation"] is not None and done["operation"]["state"] != "done":
        raise typer.Exit(console.FAILED)
