"""A store card's menu: six items in a fixed order, each with the reason why it cannot apply now. And the help for
choosing between them, shown where the choice is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mooring.db.stores import Store
from mooring.domain.lifecycle import State

Action = Literal["settings", "details", "check", "reconnect", "disconnect", "delete"]


@dataclass(frozen=True, slots=True)
class MenuItem:
    """`why_not` says why it cannot apply now; such an item is shown, disabled, with these words under it."""

    action: Action
    title: str
    why_not: str | None = None


TAKEN = "Another project speaks for this shop now"
_THERE = f"{TAKEN}: disconnect or delete it there first"
_GOING = "Not while the store is being deleted"


def menu(store: Store, *, taken: bool = False) -> tuple[MenuItem, ...]:
    """`taken`: another project holds the claim on the shop and would not lose it."""
    going = _GOING if store.state is State.DELETING else None
    return (
        MenuItem("settings", "Sync settings", going),
        MenuItem("details", "View details"),
        MenuItem("check", "Check health", going or _no_check(store)),
        MenuItem(
            "reconnect", "Reconnect", going or (f"{TAKEN}: disconnect or delete it there first" if taken else None)
        ),
        MenuItem("disconnect", "Disconnect", going or _no_disconnect(store)),
        MenuItem("delete", "Delete", "Already being deleted" if going else None),
    )


def _no_check(store: Store) -> str | None:
    """Why Shopify cannot be asked how this store is."""
    if store.state is State.DISCONNECTED:
        return "Not while disconnected: no call leaves for this store"
    return None if store.claim else TAKEN


def _no_disconnect(store: Store) -> str | None:
    return "Already disconnected" if store.state is State.DISCONNECTED else None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of three ways out: when to take it, and what it does."""

    action: Action
    title: str
    wish: str
    data: str
    status_after: str
    reversible: str


HELP: tuple[Choice, ...] = (
    Choice(
        "disconnect",
        "Disconnect",
        "Pause: stop new activity for a while, or not sure yet",
        "Imported data preserved. Sync paused.",
        "Disconnected (grey)",
        "Yes, by reconnecting",
    ),
    Choice(
        "reconnect",
        "Reconnect",
        "Fix: credentials, permissions, or the app was installed anew",
        "Same data preserved. OAuth refreshed.",
        "Connected (green)",
        "n/a",
    ),
    Choice(
        "delete",
        "Delete",
        "Remove: the store and everything imported from it, for good",
        "Imported data wiped. Integration removed.",
        "Removed",
        "No",
    ),
)
"""Pause, fix, remove. What happens to data, the status after it and whether it is reversible, as the seed's table has
them. When in doubt, disconnect: you can always come back."""
