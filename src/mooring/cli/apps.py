"""`mooring apps …`: the Shopify apps this installation speaks through."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mooring.cli import console, reach
from mooring.cli.console import Json
from mooring.errors import InvalidInput

app = typer.Typer(help="The Shopify apps this installation speaks through.", no_args_is_help=True)

SecretFile = Annotated[
    Path | None,
    typer.Option(
        "--secret-file", help="File that holds the client secret; '-' reads it from standard input.", show_default=False
    ),
]


@app.command("list")
def list_(json: Json = False) -> None:
    """List the Shopify apps; secrets are never shown."""
    with reach.mooring() as api:
        found = list(api.every("/shopify-apps"))
    rows = [(one["name"], one["client_id"], one["redirect_uri"], one["id"]) for one in found]
    empty = "There is no Shopify app yet. Add one with 'mooring apps add'."
    text = console.table(("Name", "Client id", "Redirect address to allow", "Id"), rows, empty=empty)
    console.show({"apps": found}, json=json, text=text)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name, client id or id of the app.", show_default=False)],
    json: Json = False,
) -> None:
    """Show a Shopify app and what has to be set for it at Shopify."""
    with reach.mooring() as api:
        found = _named(list(api.every("/shopify-apps")), name)
    console.show(found, json=json, text="\n".join(f"{field}: {_plain(value)}" for field, value in found.items()))


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What to call the app here.", show_default=False)],
    client_id: Annotated[str, typer.Option(help="Its client id at Shopify.", show_default=False)],
    secret_file: SecretFile = None,
    optional_scope: Annotated[
        list[str] | None, typer.Option(help="A scope to ask for besides the base ones; several possible.")
    ] = None,
    json: Json = False,
) -> None:
    """Add a Shopify app. Its secret is asked for, or read from a file: an argument would show in the process list."""
    secret = _secret(secret_file)
    with reach.mooring() as api:
        body = {"name": name, "client_id": client_id, "client_secret": secret, "optional_scopes": optional_scope or []}
        made = api.post("/shopify-apps", body)
    text = f"{name} is added. Allow this redirect address in the app's settings at Shopify:\n  {made['redirect_uri']}"
    console.show(made, json=json, text=text)


def _secret(path: Path | None) -> str:
    secret = _read(path).strip()
    if not secret:
        raise InvalidInput("The client secret is empty. Copy it from the app's settings at Shopify.", field="secret")
    return secret


def _read(path: Path | None) -> str:
    if path is None and sys.stdin.isatty():
        return typer.prompt("Client secret", hide_input=True, err=True)
    if path is None or str(path) == "-":
        return sys.stdin.readline()
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else "it is no text"
        raise InvalidInput(f"The secret file {path} cannot be read: {reason}.", field="secret_file") from None


def _named(known: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for one in known:
        if name in (one["id"], one["name"], one["client_id"]):
            return one
    raise InvalidInput(f"There is no Shopify app called {name}. 'mooring apps list' lists them.", field="name")


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
