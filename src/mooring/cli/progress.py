"""The progress of an import on stderr: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from mooring.cli import console

Kinds = dict[str, dict[str, Any]]
"""By name `{"phase", "count", "expected"}`, as the counts of an import have them."""


@contextmanager
def bars() -> Iterator[Callable[[Kinds], None]]:
    """Gives a function that shows how the kinds stand."""
    with _progress() as drawn:
        tasks: dict[str, TaskID] = {}
        yield lambda kinds: _draw(drawn, tasks, kinds)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[phase]}"),
        TimeElapsedColumn(),
        console=console.aside,
    )


def _draw(drawn: Progress, tasks: dict[str, TaskID], kinds: Kinds) -> None:
    for name, one in kinds.items():
        if name not in tasks:
            tasks[name] = drawn.add_task(name.capitalize(), total=None, phase="")
        drawn.update(tasks[name], completed=one["count"] or 0, total=one["expected"], phase=one["phase"])
