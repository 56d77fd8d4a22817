"""What a command says: its result on stdout (one JSON object with `--json`), everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mooring.errors import (
    ConfirmationMissing,
    InvalidInput,
    Misconfigured,
    MooringError,
    NotTaken,
    Refused,
    Stale,
)

DONE, FAILED, USAGE, REFUSED, CONFIRMATION_MISSING = range(5)
"""Exit statuses."""
INTERRUPTED = 130
"""Ended by Ctrl-C, as every shell says it."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else there.")]

_WIDE = 1000
"""Columns where nobody looks: what a pipe gets is whole, so that an id can be cut out of it."""

_result = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDE)
aside = Console(stderr=True, highlight=False, soft_wrap=True)
"""For progress and remarks."""


def show(facts: Mapping[str, Any], *, json: bool, text: Any) -> None:
    """The result: `facts` for machines, `text` (or anything rich can draw) for people."""
    if json:
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
        sys.stdout.flush()
    elif text is not None:
        _result.print(plain(text))


def remark(sentence: str) -> None:
    aside.print(plain(sentence))


def plain(text: Any) -> Any:
    """A text as it is: square brackets in data are no instructions to rich."""
    return Text(text) if isinstance(text, str) else text


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> Any:
    """A cell that is too long for the terminal goes on in the next line; nothing is cut off."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in rows:
        drawn.add_row(*(plain("" if cell is None else str(cell)) for cell in row))
    return drawn if drawn.row_count else empty


def failure(error: MooringError, *, json: bool) -> int:
    """Say what went wrong, and which exit status that is."""
    facts: dict[str, Any] = {"error": {"code": error.code, "sentence": error.sentence}}
    if isinstance(error, ConfirmationMissing):
        facts |= {"preview": error.preview, "confirm": error.token}
    if json:
        show(facts, json=True, text=None)
    else:
        _explain(error)
    return status_of(error)


def _explain(error: MooringError) -> None:
    if isinstance(error, ConfirmationMissing):
        show({}, json=False, text="\n".join(_previewed(error.preview)))
        remark(f"Nothing was done yet. Repeat the command with --confirm {error.token}")
    remark(error.sentence)


_HEADINGS = {"ends": "work under way that this ends"}


def _previewed(preview: Mapping[str, Any]) -> Iterator[str]:
    """One fact a line; lists under their name, with the count of each line in front."""
    for key, value in preview.items():
        name = _HEADINGS.get(key, key.replace("_", " "))
        if isinstance(value, list):
            yield f"{name}:" if value else f"{name}: nothing"
            yield from (f"  {_previewed_line(key, one)}" for one in value)
        else:
            yield f"{name}: {value}"


def _previewed_line(key: str, line: Any) -> str:
    if not isinstance(line, Mapping) or "title" not in line:
        return str(line).replace("_", " ") if key == "ends" else str(line)
    said = line.get("word") if line.get("count") is None else f"{line['count']:,}"
    return f"{said:>12}  {line['title']}" + (f" ({line['note']})" if line.get("note") else "")


def of_driver(error: Exception) -> str:
    """The first line of what a database driver says, which holds neither password nor statement."""
    cause = getattr(error, "orig", None) or error
    said = str(cause).strip().splitlines() or [type(cause).__name__]
    return f"The database cannot be used: {said[0].rstrip('.')}."


def status_of(error: MooringError) -> int:
    """By the error's class, for every command. What was typed amiss is wrong usage; what Mooring will not do now, or
    not for this person, is refused; what the other side refuses or does not answer has failed."""
    match error:
        case ConfirmationMissing():
            return CONFIRMATION_MISSING
        case NotTaken():
            return FAILED
        case InvalidInput():
            return USAGE
        case Refused() | Stale() | Misconfigured(code="directory_in_use"):
            return REFUSED
        case _:
            return FAILED
