"""`mooring stores delete` and `mooring stores export`: the irreversible wipe, and taking everything along first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, files, progress, reach
from mooring.cli.api import Api
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.cli.watching import to_its_end
from mooring.domain.wording import counted
from mooring.errors import InvalidInput


def delete(
    store: Store,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm", metavar="TOKEN", help="Confirms the preview this was printed with.", show_default=False
        ),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option("--domain", help="The shop domain typed out, where STORE is not.", show_default=False),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Go on with a delete that failed.")] = False,
    wait: Annotated[bool, typer.Option(help="Stay until it has ended, showing how it goes.")] = True,
    project: Project = None,
    json: Json = False,
) -> None:
    """Delete a store for good: everything imported from it, and the app's access. Prints first what would go."""
    with reach.mooring(working=wait) as api:
        chosen = choosing.store(api, store, project)
        body = {} if retry else {"shop_domain": typed(store, domain, chosen, confirm), "token": confirm or ""}
        started = api.post(f"/stores/{chosen['id']}/delete{'/retry' if retry else ''}", body)
        if wait:
            started = _watch(api, started)
    console.show(started, json=json, text=described(started, chosen))
    if wait and started["state"] != "done":
        raise typer.Exit(console.FAILED)


def typed(store: str, domain: str | None, chosen: dict[str, Any], confirm: str | None) -> str:
    """Naming the store by its whole shop domain is typing it out; a name or an id is not. Looking needs neither."""
    known = str(chosen["shop_domain"])
    if domain is None and confirm is not None and store.strip().lower() != known:
        raise InvalidInput(f"Type the shop domain to confirm: add --domain {known}.", field="domain")
    return domain or known


def _watch(api: Api, started: dict[str, Any]) -> dict[str, Any]:
    def shown(operation: dict[str, Any]) -> dict[str, Any]:
        counts = operation["counts"]
        return {"phase": counts.get("sentence", ""), "count": counts.get("done"), "expected": counts.get("total")}

    with progress.bars() as draw:
        return to_its_end(api, started, show=lambda operation: draw({"rows": shown(operation)}))


def described(operation: dict[str, Any], store: dict[str, Any]) -> str:
    if operation["state"] == "failed":
        return f"Deleting {store['shop_domain']} failed. {operation['error']} Go on with --retry."
    receipt = operation.get("receipt")
    if not receipt:
        return f"{store['shop_domain']} is being deleted (operation {operation['id']})."
    erased = ", ".join(counted(count, name.replace("_", " ")) for name, count in receipt["removed"].items() if count)
    lines = [f"{store['shop_domain']} was deleted in {receipt['seconds']} s: {erased or 'nothing had been imported'}."]
    lines += [f"  {line['title']}: {line['outcome'].replace('_', ' ')}{_why(line)}" for line in receipt["shopify"]]
    return "\n".join([*lines, *receipt["by_hand"], *receipt["notes"]])


def _why(line: dict[str, Any]) -> str:
    return f" ({line['sentence']})" if line["sentence"] else ""


def export(
    store: Store,
    file: Annotated[Path, typer.Argument(help="The ZIP to write; must not exist yet.", show_default=False)],
    project: Project = None,
    json: Json = False,
) -> None:
    """Write everything imported from a store to a ZIP (CSV and JSON lines). Nobody else can read the file."""
    with reach.mooring() as api:
        chosen = choosing.store(api, store, project)
        size = files.write(file, api.download(f"/stores/{chosen['id']}/export"))
    facts = {"store": chosen["shop_domain"], "file": str(file), "bytes": size}
    console.show(facts, json=json, text=f"{chosen['shop_domain']} was written to {file} ({size:,} bytes).")
