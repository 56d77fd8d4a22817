"""What is shown over the Integrations page before something is paused or deleted."""

from __future__ import annotations

from typing import Any

from mooring.errors import MooringError
from mooring.usecases import delete_preview, disconnect
from mooring.usecases.context import App
from mooring.usecases.who import Who


def of_delete(shown: delete_preview.Preview, *, step: int = 1, typed: str = "", wrong: str = "") -> dict[str, Any]:
    return {"deleting": shown, "step": step, "typed": typed, "wrong": wrong or None}


def asked_for(app: App, who: Who, *, pause: str, remove: str) -> dict[str, Any]:
    """The dialog that the page's address names. One that cannot apply now is told in words instead."""
    try:
        if pause:
            return {"pausing": disconnect.preview(app, who, pause)}
        if remove:
            return of_delete(delete_preview.preview(app, who, remove))
    except MooringError as refused:
        return {"toast": refused.sentence}
    return {}
