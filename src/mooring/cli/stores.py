"""`mooring stores …`: the connected Shopify stores."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, operations, progress, reach
from mooring.cli.api import Api
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.cli.watching import to_its_end
from mooring.errors import InvalidInput, Refused

app = typer.Typer(help="The connected Shopify stores.", no_args_is_help=True)


@app.command("list")
def list_(project: Project = None, json: Json = False) -> None:
    """List the stores, of one project or of all."""
    with reach.mooring() as api:
        found = choosing.stores(api, project)
    rows = [(one["name"], one["shop_domain"], one["badge"], one["reason"], one["id"]) for one in found]
    empty = "No store is connected yet. Connect one with 'mooring stores connect'."
    text = console.table(("Name", "Shop domain", "Badge", "Reason", "Id"), rows, empty=empty)
    console.show({"stores": found}, json=json, text=text)


@app.command()
def show(store: Store, project: Project = None, json: Json = False) -> None:
    """Show a store: state, scopes, readiness, what was imported."""
    with reach.mooring() as api:
        found = api.get(f"/stores/{choosing.store(api, store, project)['id']}")
    console.show(found, json=json, text=described(found))


@app.command()
def connect(
    shop_domain: Annotated[str, typer.Argument(help="`mystore` or `mystore.myshopify.com`.", show_default=False)],
    client_credentials: Annotated[
        bool, typer.Option("--client-credentials", help="For a store of the app's own organisation: no consent page.")
    ] = False,
    app_id: Annotated[str | None, typer.Option("--app", help="Id of the Shopify app.", show_default=False)] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Connect a store. Prints the address where the merchant consents, unless the app may ask for itself."""
    with reach.mooring() as api:
        chosen = choosing.project(api, project)
        body = {"shop_domain": shop_domain, "app_id": app_id, "client_credentials": client_credentials}
        answer = api.post(f"/projects/{chosen['id']}/stores", body)
        if api.alone and answer.get("open_url"):
            raise Refused("Start 'mooring serve' first: the merchant's consent comes back to its address.")
    console.show(answer, json=json, text=_connected(answer, shop_domain))


def _connected(answer: dict[str, Any], shop_domain: str) -> str:
    if answer.get("open_url"):
        return f"Open this in a browser where you are signed in (10 minutes):\n  {answer['open_url']}"
    return f"{shop_domain} is connected. Start its import with: mooring stores sync {shop_domain}"


@app.command()
def sync(
    store: Store,
    list_: Annotated[
        str | None,
        typer.Option("--list", help="Customer list to write to; at first a new one with the store's name."),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Stay until the import has ended, showing how it goes.")] = True,
    project: Project = None,
    json: Json = False,
) -> None:
    """Start the initial sync of a store, or import everything again. Ends with status 1 if it was not verified."""
    with reach.mooring(working=wait) as api:
        chosen = choosing.store(api, store, project)
        _choose_list(api, chosen["id"], list_)
        started = api.post(f"/stores/{chosen['id']}/sync")
        if wait:
            started = watch(api, started)
        text = operations.outcome(api, started)
    console.show(started, json=json, text=text)
    if wait and started["state"] != "done":
        raise typer.Exit(console.FAILED)


def _choose_list(api: Api, store_id: str, named: str | None) -> None:
    """Every store writes to a list of its own, so before the first sync there has to be one."""
    settings = api.get(f"/stores/{store_id}/settings")
    if named is not None:
        api.put(f"/stores/{store_id}/settings", {"list": _list_id(settings["lists"], named)})
    elif not settings["started"]:
        chosen = next((one["id"] for one in settings["lists"] if one["chosen"]), "new")
        api.put(f"/stores/{store_id}/settings", {"list": chosen})


def _list_id(known: list[dict[str, Any]], named: str) -> str:
    for one in known:
        if named.strip().lower() in (one["id"], one["name"].lower()):
            return one["id"]
    names = ", ".join(one["name"] for one in known)
    raise InvalidInput(f"There is no list called {named} in this project. There are: {names}.", field="list")


def watch(api: Api, started: dict[str, Any]) -> dict[str, Any]:
    with progress.bars() as draw:
        return to_its_end(api, started, show=lambda operation: draw(operation["counts"].get("kinds", {})))


def described(store: dict[str, Any]) -> str:
    lines = [f"{store['name']} ({store['shop_domain']}): {store['badge']}"]
    lines += [str(store[name]) for name in ("reason", "next_step") if store.get(name)]
    lines += [f"  {_kind(kind)}" for kind in store["kinds"]]
    lines += ["Readiness:", *readiness(store)]
    lines += [
        "Permissions:",
        *(f"  {_permission(one)}" for one in store["permissions"] if one["granted"] or one["needed"]),
    ]
    return "\n".join(lines)


def readiness(store: dict[str, Any]) -> list[str]:
    return [f"  {one['status']:<8}{one['title']}: {one['sentence']}" for one in store["readiness"]]


def _permission(one: dict[str, Any]) -> str:
    return f"{'granted' if one['granted'] else 'missing':<8}{one['scope']}: {one['purpose']}"


_LAST = {"last_bulk_at": "bulk sync", "last_pull_at": "pull", "last_webhook_at": "webhook"}


def _kind(kind: dict[str, Any]) -> str:
    proof = f"verified: {kind['count']} of {kind['expected']}" if kind["verified"] else str(kind["count"])
    seen = ", ".join(f"{what} {_minute(kind[name])}" for name, what in _LAST.items() if kind[name])
    trouble = f" ({kind['error']})" if kind["error"] else ""
    return f"{kind['kind']}: {kind['state']}, {proof}{trouble}" + (f"; last {seen}" if seen else "")


def _minute(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
