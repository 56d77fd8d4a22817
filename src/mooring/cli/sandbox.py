"""`mooring sandbox`: hands everything to the stand-in, which shares no code with Mooring."""

from __future__ import annotations

from typing import Annotated

import typer

Arguments = Annotated[
    list[str] | None,
    typer.Argument(help="What the sandbox is to do; 'mooring sandbox --help' lists it.", show_default=False),
]


def sandbox(arguments: Arguments = None) -> None:
    """Run a stand-in Shopify to rehearse on: OAuth, Admin GraphQL, bulk operations, webhooks, made-up or own data."""
    from mooring_sandbox.cli import run

    raise typer.Exit(run(list(arguments or [])))
