"""Staying until an operation has ended. It tries as long as it takes; a command does not wait for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from mooring.cli import console
from mooring.cli.api import Api
from mooring.errors import Unreachable

_POLL_SECONDS = 0.3
PATIENCE = 120.0
"""Seconds without anything but trouble after which a command waits no longer."""


Operation = dict[str, Any]
"""As the API tells it."""


def to_its_end(
    api: Api, operation: Operation, *, wait: bool = True, patience: float = PATIENCE,
    show: Callable[[Operation], object] = lambda _: None,
) -> Operation:  # fmt: skip
    """Until it has ended or is parked, which means that it waits for a person; `show` is called with each look at it.
    What it waits for is said on stderr. Raises `Unreachable` out of patience."""
    trouble, since = None, time.monotonic()
    while wait and not operation["finished"] and operation["state"] != "parked":
        show(operation)
        said = operation["error"] if operation["attempts"] else None
        since = since if said and trouble else time.monotonic()
        if said and said != trouble:
            console.remark(f"Waiting: {said}")
        trouble = said
        if trouble and time.monotonic() - since >= patience:
            raise _out_of_patience(api, operation)
        time.sleep(_POLL_SECONDS)
        operation = api.get(f"/operations/{operation['id']}")
    show(operation)
    return operation


def _out_of_patience(api: Api, operation: Operation) -> Unreachable:
    goes_on = "It goes on as soon as Mooring runs" if api.alone else "Mooring goes on trying"
    look = f"mooring operations show {operation['id']}"
    return Unreachable(f"{operation['error']} {goes_on}; see how it goes with: {look}", code="still_waiting")
