"""What takes long to make and is wanted by many tests is made for the first of them, and copied for the others.

Kept in memory, per process, are the files of a data directory in which nothing runs, and on PostgreSQL a copy of the
database. The clocks of a copy go on from the moment at which the first was put aside (the caller sees to that), so that
a copy is no older than the first was, however much later its test comes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from tests.support import postgres


@dataclass(frozen=True)
class _Aside:
    at: datetime
    files: dict[str, bytes]
    database: str | None


_aside: dict[Hashable, _Aside] = {}
_numbers = count(1)


def once(key: Hashable, folder: Path, make: Callable[[], datetime], database_url: str | None = None) -> datetime:
    """What `make` leaves in `folder`, and in the database if one is named; made the first time, copied from then on.
    `make` answers the moment of its end, as its clocks have it, and nothing runs any more when it returns."""
    if key not in _aside:
        at = make()
        _aside[key] = _Aside(at, _files(folder), _put_aside(database_url))
        return at
    kept = _aside[key]
    for name, content in kept.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(content)
        path.chmod(0o600)
    if kept.database is not None and database_url is not None:
        postgres.replace(database_url, kept.database)
    return kept.at


def kind_of(database_url: str) -> str:
    """`sqlite`, or the cluster."""
    return "sqlite" if _is_file(database_url) else urlsplit(database_url).netloc


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _put_aside(database_url: str | None) -> str | None:
    if database_url is None or _is_file(database_url):
        return None
    name = f"aside_{next(_numbers)}"
    postgres.copy(database_url, name)
    return name


def _is_file(database_url: str) -> bool:
    return database_url.startswith("sqlite")
