"""What a card says in words: what is wrong, and what to do about it. One sentence each; the details show the rest."""

from __future__ import annotations

from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Badge, Lost
from mooring.domain.wording import counted
from mooring.usecases.overview_menu import TAKEN

Words = tuple[str | None, str | None]
"""(what is wrong, what to do)."""
_SAFE = "Everything imported is still here."


def words(store: Store, says: Badge, failed: tuple[tuple[Kind, str], ...], *, unsent: int, taken: bool) -> Words:
    match says:
        case Badge.RECONNECT_REQUIRED:
            return store.reason or "Shopify no longer accepts the connection.", _mend(store)
        case Badge.DISCONNECTED if taken:
            return f"{TAKEN}. {_SAFE}", "Reconnecting is possible once it is disconnected or deleted there."
        case Badge.DISCONNECTED:
            return f"Paused. {_SAFE}", "Reconnecting brings in what was missed."
        case Badge.DELETE_FAILED:
            return store.delete_failed, "Nothing comes back. Retry goes on where it stopped."
        case Badge.ERROR:
            return _error(store, failed, unsent)
        case Badge.CONNECTED if store.initial_sync_started_at is None:
            return "Connected. Nothing has moved yet.", "Choose what to bring in, then start the initial sync."
        case _:
            return None, None


def _mend(store: Store) -> str:
    if store.lost is Lost.SCOPES:
        return f"Reconnect and grant it. {_SAFE}"
    return _SAFE


def _error(store: Store, failed: tuple[tuple[Kind, str], ...], unsent: int) -> Words:
    """What is wrong with the store itself comes first: it is why the rest failed."""
    if store.error:
        return store.error, f"Mooring keeps trying. {_SAFE}"
    if failed:
        kind, error = failed[0]
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return f"{kind.label} were not imported completely{more}.", f"{_first(error)} What arrived is kept."
    return (
        f"Shopify did not take {counted(unsent, 'changes')} made here.",
        "Their customers' pages say why. Nothing was lost here.",
    )


def _first(sentences: str) -> str:
    """A card has room for one sentence."""
    first, dot, _ = sentences.partition(". ")
    return first + "." if dot else sentences
