"""How far a record is on its way to Odoo, as lists tell it."""

from __future__ import annotations

from enum import StrEnum


class Tab(StrEnum):
    ALL = "all"
    SYNCED = "synced"
    NOT_SYNCED = "not_synced"
    IN_PROGRESS = "in_progress"
    FAILED = "failed"
    REVIEW = "review"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Tab.ALL: "All",
    Tab.SYNCED: "Synced",
    Tab.NOT_SYNCED: "Not synced",
    Tab.IN_PROGRESS: "In progress",
    Tab.FAILED: "Failed",
    Tab.REVIEW: "Needs review",
}
