"""`mooring serve` and `mooring migrate`."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from mooring import settings as configuration
from mooring.cli import console
from mooring.cli.console import Json

if TYPE_CHECKING:
    from mooring.usecases.context import App

Port = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, help="Port to listen on; 0 takes a free one. Otherwise MOORING_PORT.", show_default=False
    ),
]
Host = Annotated[str | None, typer.Option(help="Address to listen on. Otherwise MOORING_HOST.", show_default=False)]


def serve(port: Port = None, host: Host = None, json: Json = False) -> None:
    """Run Mooring: pages, API and the work behind them, until it is stopped.

    Brings the database to this version's schema first. As long as there is no admin, each start prints a fresh
    one-time link that makes the first one.
    """
    from mooring.cli import serving

    chosen = {name: value for name, value in (("port", port), ("host", host)) if value is not None}
    settings = configuration.load(**chosen)
    signal.signal(signal.SIGTERM, _stop)
    with suppress(KeyboardInterrupt):
        serving.serve(settings, lambda app: _announce(app, json))


def _stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _announce(app: App, json: bool) -> None:
    """The set-up link goes to whoever started this process and to no log."""
    from mooring.usecases import signing_in

    link = signing_in.setup_link(app) if signing_in.needs_setup(app) else None
    facts = {"url": app.settings.listens_at, "setup_link": link, "data_dir": str(app.settings.data_dir)}
    lines = [f"Mooring listens at {facts['url']}"]
    if link:
        lines += ["", "Open this link once to make the first admin (good for 24 hours):", f"  {link}"]
    console.show(facts, json=json, text="\n".join([*lines, "", "Stop with Ctrl-C."]))


def migrate(json: Json = False) -> None:
    """Bring the database to this version's schema. `mooring serve` does it by itself."""
    from mooring import app as root
    from mooring.db import migrate as schema
    from mooring.db.database import Database

    settings = configuration.load()
    db = Database(settings.url)
    lock = root.DirectoryLock(db.path.parent) if db.path else None
    try:
        if lock:
            lock.take()
        root.finish_restore(settings, db, lock)
        before, after = schema.upgrade(db)
    finally:
        db.close()
        if lock:
            lock.release()
    said = f"Schema {after} already." if before == after else f"Schema {before or 'none'} is now {after}."
    console.show({"before": before, "after": after}, json=json, text=said)
