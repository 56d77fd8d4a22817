"""Steps of what is done to the mapping: a sync to Odoo, a clear, a rebuild, a check."""

from __future__ import annotations

from collections.abc import Mapping

from mooring.db.operations import Operation
from mooring.domain.mapping import MappedKind
from mooring.usecases.clear_mapping_place import SENTENCES as CLEAR_SENTENCES
from mooring.usecases.clear_mapping_place import Step as ClearStep
from mooring.usecases.mapping_words import PLURAL
from mooring.usecases.steps_parts import STATE, State, Step, plain, states_of
from mooring.usecases.sync_odoo_place import looked_at

REBUILDS = {
    "find": ("Rebuilding the mapping of", "Rebuilt the mapping of"),
    "accept": ("Linking the matches of", "Linked the matches of"),
    "undo": ("Taking back the links of", "Took back the links of"),
    "plant": ("Planting external ids of", "Planted external ids of"),
}
"""What a rebuild is called while it runs and afterwards, by what it does."""


def of_sync(operation: Operation) -> tuple[Step, ...]:
    """Kind by kind; how many there are in all is known at the end."""
    order: list[str] = list(operation.arguments.get("kinds") or ())
    begun = [kind for kind in order if operation.counts.get(kind)]
    states = _sync_states(operation, order, begun)
    return tuple(
        Step(kind.capitalize(), state, "records", looked_at(operation.counts[kind]) if kind in begun else None)
        for kind, state in zip(order, states, strict=True)
    )


def _sync_states(operation: Operation, order: list[str], begun: list[str]) -> list[State]:
    now: State = STATE[operation.state]
    at = len(order) if operation.state == "done" else max(0, len(begun) - 1)
    return ["done" if n < at else now if n == at else "next" for n in range(len(order))]


def of_clear(operation: Operation) -> tuple[Step, ...]:
    """What an open task still owes is one step."""
    side = operation.arguments.get("side")
    order = [ClearStep(side)] if side else [step for step in ClearStep if step is not ClearStep.OVER]
    step = ClearStep(operation.counts.get("step", order[0]))
    current = None if step is ClearStep.OVER else step if step in order else order[0]
    states = states_of(operation, order, current)
    return tuple(_clear_step(operation, step, state) for step, state in zip(order, states, strict=True))


def _clear_step(operation: Operation, step: ClearStep, state: State) -> Step:
    counts, title = operation.counts, CLEAR_SENTENCES[step]
    if step is ClearStep.ODOO and state != "next" and counts.get("unlinked"):
        return Step(title, state, "external ids", counts["unlinked"])
    if step is ClearStep.ROWS and state in ("now", "failed"):
        return Step(title, state, "rows", counts.get("done", 0), counts.get("total"))
    return Step(title, state)


def of_rebuild(operation: Operation) -> tuple[Step, ...]:
    """What was found, or done, of each kind of record so far."""
    doing = operation.arguments.get("do", "find")
    kinds: Mapping[str, Mapping[str, int]] = operation.counts.get("kinds") or {}
    sums = {MappedKind(kind): sum(told.values()) for kind, told in kinds.items()}
    found = [
        Step(f"{_REBUILD[doing]}: {PLURAL[kind]}", "now", "records", count) for kind, count in sums.items() if count
    ]
    return tuple(found) or plain(operation)


def of_verify(operation: Operation) -> tuple[Step, ...]:
    found: Mapping[str, int] = operation.counts.get("found") or {}
    looked_at = sum(found.values())
    return (Step("Looked at", "now", "pairs and external ids", looked_at),) if looked_at else plain(operation)


_REBUILD = {"find": "Found", "accept": "Linked", "undo": "Taken back", "plant": "Planted"}
