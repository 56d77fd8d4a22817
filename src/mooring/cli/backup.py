"""`mooring backup FILE` and `mooring restore FILE`, `mooring restore --accept`."""

from __future__ import annotations

import os
import tempfile
import time
import zipfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mooring import settings as configuration
from mooring.cli import console, files, reach
from mooring.cli.api import Api
from mooring.cli.console import Json
from mooring.errors import InvalidInput, Permanent
from mooring.settings import Settings

if TYPE_CHECKING:
    from mooring.cli.restoring import Restored

_POLL_SECONDS = 0.3
_KEYS = {
    "file": "The key ring is in it.",
    "setting": "The key ring is not in it, but in MOORING_KEYS: keep that as carefully, the one is useless without it.",
}
Target = Annotated[Path, typer.Argument(help="File to write; it must not exist yet.", show_default=False)]
Source = Annotated[Path | None, typer.Argument(help="Backup file to restore from.", show_default=False)]


def backup(file: Target, json: Json = False) -> None:
    """Write everything that cannot be made again into one file: database, key ring, receipts file.

    With a server running it is asked for a consistent copy; work goes on meanwhile. Guard the file like the data
    directory itself: who has it has everything.
    """
    settings = configuration.load()
    if file.exists():
        raise files.there_already(file)
    with ExitStack() as stack:
        written = _written(file, _pieces(settings, stack))
    in_file = not settings.keys.get_secret_value()
    facts = {"file": str(file), "bytes": written, "keys": "file" if in_file else "setting"}
    console.show(facts, json=json, text=_backed_up(facts))


def _pieces(settings: Settings, stack: ExitStack) -> Iterable[bytes]:
    path = stack.enter_context(reach.server_socket(settings))
    if path is not None:
        return stack.enter_context(reach.download(path, "/backup"))
    from mooring import app as root
    from mooring.usecases import backup as use
    from mooring.usecases.who import CLI

    built = root.build(reach.quiet(settings), with_engine=False, migrating=False)
    stack.callback(built.close)
    return use.write(built.app, CLI)


def _written(file: Path, pieces: Iterable[bytes]) -> int:
    """Whole or not at all, for its owner alone."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.resolve().parent)
    except OSError as error:
        raise files.unwritable(file, error) from None
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            for piece in pieces:
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        if not zipfile.is_zipfile(part):
            raise Permanent("The backup broke off before its end. Nothing was kept; try again.")
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def _backed_up(facts: dict[str, Any]) -> str:
    return f"{facts['file']} ({facts['bytes']:,} bytes) is written. {_KEYS[facts['keys']]}"


def restore(
    file: Source = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Move the Mooring that is here aside first; nothing of it is lost.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Accept a restore: make good what happened since, and go on.")
    ] = False,
    confirm: Annotated[
        str | None, typer.Option("--confirm", help="Token of the preview that --accept printed.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Put a backup file into the data directory, or accept what was put there.

    A restored Mooring is held: pages and commands show what is in it, and nothing leaves it. `--accept` says which
    stores were deleted, disconnected or authorised since the backup was made. The first are deleted again, the second
    disconnected again, the third ask for a reconnect. Customers who were erased at their own request since are erased
    again, and work goes on.
    """
    if accept == (file is not None):
        raise InvalidInput("Give either a backup file or --accept.", field="file")
    if file is None:
        _accept(confirm, json)
        return
    from mooring.cli import restoring

    restored = restoring.restore(configuration.load(), file, replace=replace)
    facts = {"restored": str(file), "made_at": restored.manifest.made_at.isoformat(), "aside": restored.aside}
    console.show(facts, json=json, text=_restored(restored))


def _restored(restored: Restored) -> str:
    lines = [f"Restored from the backup of {restored.manifest.made_at:%d %b %Y, %H:%M} UTC. It is held."]
    if restored.aside:
        lines.append(f"What was here before is in {restored.aside}. Remove it when you need it no more.")
    return "\n".join([*lines, "Look at it, then let it go on with: mooring restore --accept"])


def _accept(confirm: str | None, json: bool) -> None:
    with reach.mooring(working=True) as api:
        done = api.post("/held/accept", {"confirm": confirm})
        failed = [id for id in done["operations"] if _finished(api, id)["state"] != "done"]
    text = (
        f"Work goes on. Deleted again: {done['deleted']}. Disconnected again: {done['disconnected']}. "
        f"To be reconnected: {done['reconnect']}. Customers erased again: {done['erased']}."
    )
    console.show(done | {"failed": len(failed)}, json=json, text=text)
    if failed:
        console.remark("Not all of it was finished: the store's card says why, and offers Retry.")
        raise typer.Exit(console.FAILED)


def _finished(api: Api, operation_id: str) -> dict[str, Any]:
    while True:
        operation = api.get(f"/operations/{operation_id}")
        if operation["finished"]:
            return operation
        time.sleep(_POLL_SECONDS)
