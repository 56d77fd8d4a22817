"""`mooring stores recover`: read one record again, by its name or id."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.domain.kinds import Kind

_RECOVERED = frozenset({"created", "updated", "unchanged", "restored"})


def recover(
    store: Store,
    kind: Annotated[Kind, typer.Argument(help="What it is.", show_default=False)],
    what: Annotated[
        str,
        typer.Argument(help="Order name, e-mail address, name, title, handle, SKU or Shopify id.", show_default=False),
    ],
    project: Project = None,
    json: Json = False,
) -> None:
    """Read one record of a store again from Shopify, and write what wins. Ends with status 1 if none was recovered."""
    with reach.mooring() as api:
        chosen = choosing.store(api, store, project)
        done = api.post(f"/stores/{chosen['id']}/recover", {"kind": str(kind), "what": what})
    console.show(done, json=json, text=_described(done))
    if done["outcome"] not in _RECOVERED:
        raise typer.Exit(console.FAILED)


def _described(done: dict[str, Any]) -> str:
    lines = [done["sentence"], *(f"  {one['shopify_id']}  {one['label']}" for one in done["matches"])]
    return "\n".join([*lines, "  …"] if done["more"] else lines)
