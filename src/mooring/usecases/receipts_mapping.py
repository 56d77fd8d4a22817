"""Receipts of what is done to the mapping: cleared, rebuilt, verified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mooring.db.tables import mappings
from mooring.usecases.mapping_judge import said
from mooring.usecases.mapping_words import STATES, VERIFIED, plural
from mooring.usecases.receipts_line import Line

Facts = Mapping[str, Any]

_OUTCOMES = {
    "done": "removed",
    "nothing": "none were there",
    "skipped": "not touched",
    "open": "left to an open task",
    None: "not gone to",
}
_DONE = {"find": "Found", "accept": "Linked", "undo": "Taken back", "plant": "Planted"}


def of_clear(facts: Facts) -> tuple[Line, ...]:
    forgotten: Mapping[str, int] = facts.get("forgotten") or {}
    calls: Mapping[str, int] = facts.get("calls") or {}
    return (
        Line("Kinds", ", ".join(facts.get("kinds") or ()) or "none"),
        Line("Pairs forgotten", forgotten.get(mappings.name, 0), _previewed(facts)),
        *((Line("Ids of invoices forgotten", told),) if (told := facts.get("invoices")) else ()),
        _side("Metafields at Shopify", facts.get("shopify") or {}),
        _side("External ids in Odoo", facts.get("odoo") or {}),
        *((Line("Still to be unlinked in Odoo", left),) if (left := facts.get("left_to_unlink")) else ()),
        Line("Calls to Shopify", calls.get("shopify", 0), f"and {calls.get('polls', 0):,} polls, "
             f"{calls.get('bulk_reads', 0):,} bulk reads"),
    )  # fmt: skip


def _previewed(facts: Facts) -> str | None:
    previewed: Mapping[str, int] = facts.get("previewed") or {}
    return f"previewed: {sum(previewed.values()):,}" if previewed else None


def _side(title: str, told: Facts) -> Line:
    """What was removed is a number; what was not, a word with its reason."""
    outcome, said = told.get("outcome"), told.get("sentence")
    return Line(title, told.get("count", 0) if outcome == "done" else _OUTCOMES[outcome], said)


def of_rebuild(facts: Facts) -> tuple[Line, ...]:
    """`kinds` holds, by the kind people choose and by mapped kind, how many there are in each state."""
    kinds: Mapping[str, Mapping[str, Mapping[str, int]]] = facts.get("kinds") or {}
    told = {kind: states for of in kinds.values() for kind, states in of.items() if states}
    lines = [Line(plural(kind).capitalize(), _states(states)) for kind, states in told.items()]
    done = Line("Done", _DONE[facts.get("do", "find")])
    planted = Line("External ids planted in Odoo", facts.get("replanted", 0), "no business record was written to")
    left_out: Mapping[str, int] = facts.get("left_out") or {}
    out = (Line("Left out of the file", sum(left_out.values()), said(left_out)),) if left_out else ()
    return (done, *lines, *out, planted)


def _states(told: Mapping[str, int]) -> str:
    return ", ".join(f"{STATES.get(state, state).lower()} {count:,}" for state, count in told.items())


def of_verify(facts: Facts) -> tuple[Line, ...]:
    """What was looked for and not found is 0, so that nobody has to guess whether it was looked for."""
    found: Mapping[str, int] = facts.get("found") or {}
    return (Line("Kinds", ", ".join(facts.get("kinds") or ())), *(Line(title, found.get(name, 0))
            for name, title in VERIFIED.items()))  # fmt: skip


def notes_of_rebuild(facts: Facts) -> tuple[str, ...]:
    return (facts["note"],) if facts.get("note") else ()
