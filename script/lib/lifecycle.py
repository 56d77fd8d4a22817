"""Writes docs/lifecycle.md from the code: `script/run python script/lib/lifecycle.py`.

The tables are those of `domain/lifecycle.py` and `domain/rules.py`; a test fails when the page is not current.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "lifecycle.md"

HEAD = """<!-- Written by script/lib/lifecycle.py from domain/lifecycle.py and domain/rules.py; edit those. -->
# The life of a store

One table holds every legal move of a store. Whatever is not in it is refused with a sentence and changes nothing. A
move is compare-and-set on (id, state, generation) and writes one line to the activity log.

"""

MOVES = """## Moves

**Bold** moves raise the generation, which fences everything that was started before: its unfinished operations are
parked in the same transaction, and older work can write nothing more. *Same* notes the event and stays. `deleted` is a
tombstone, called *Removed* in receipts and in the log.

"""

MEANINGS = {
    "authorized": "a new grant was accepted for this shop",
    "ready": "the shop was read with it, has the same id, and granted every base scope; parked work goes on",
    "auth_lost": "the credentials, or a base scope, are gone",
    "uninstalled": "Shopify confirmed that the app was uninstalled",
    "disconnect": "a person pauses the store",
    "delete": "a person, or Shopify's request to erase the shop, deletes it",
    "erased": "nothing of it is left",
}

BADGES = """## Badges

Computed, never stored. The first that fits is shown:

"""

CALLS = """## Calls to Shopify

Asked at each call, not when it is queued: the store is of the generation the work was started under, its card holds
the claim on the shop, and the purpose is allowed in its state. Without the claim no call leaves at all.

"""

OPERATIONS = """## Operations of one store

"""

EXCLUSION = """### Which kinds exclude which

`×`: while the one is unfinished the other is refused, naming what runs and who started it. `■`: starting the kind on
the left ends the other one. A delete ends everything and waits for nothing.

"""


def page() -> str:
    parts = (HEAD, MOVES, moves(), meanings(), health_note(), BADGES, badges(), CALLS, calls(), OPERATIONS, fates())
    return "".join([*parts, EXCLUSION, exclusion()])


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *map(list, rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


# -- moves ---------------------------------------------------------------------------------------------------------


def moves() -> str:
    from mooring.domain.lifecycle import TRANSITIONS, Event

    rows = ([f"`{state}`" if state else "(none)", *(cell(row.get(event), state) for event in Event)]
            for state, row in TRANSITIONS.items())  # fmt: skip
    return table(["from", *(event.upper() for event in Event)], rows)


def cell(move: Any, state: Any) -> str:
    if move is None:
        return ""
    if move.to is state and not move.raises:
        return "*same*"
    name = f"**{move.to}**" if move.raises else str(move.to)
    return f"{name} (1)" if move.health_only else name


def meanings() -> str:
    from mooring.domain.lifecycle import Event

    return "".join(f"- {event.upper()}: {MEANINGS[event]}\n" for event in Event) + "\n"


def health_note() -> str:
    return "(1) Only from a health check that passed with the stored credentials.\n\n"


# -- badges --------------------------------------------------------------------------------------------------------


def badges() -> str:
    from mooring.domain.lifecycle import Badge

    return "".join(f"{place}. **{badge}**: {shown_when(badge)}\n" for place, badge in enumerate(Badge, 1)) + "\n"


def shown_when(wanted: Any) -> str:
    """Found by asking `badge` itself about every state and fact."""
    from mooring.domain.lifecycle import State, badge

    facts = [{"error": e, "delete_failed": d} for e in (False, True) for d in (False, True)]
    found = [(state, one) for state in State for one in facts if badge(state, **one) is wanted]
    states = list(dict.fromkeys(f"`{state}`" for state, _ in found))
    always = [name for name in ("error", "delete_failed") if all(one[name] for _, one in found)]
    words = {"error": "with an error that is not over", "delete_failed": "with a delete that failed"}
    return " ".join([", ".join(states), *(words[name] for name in always)])


# -- calls ---------------------------------------------------------------------------------------------------------


def calls() -> str:
    from mooring.domain.lifecycle import ALLOWED_CALLS, Purpose

    rows = ([f"`{state}`", *("yes" if purpose in allowed else "" for purpose in Purpose)]
            for state, allowed in ALLOWED_CALLS.items())  # fmt: skip
    return table(["state", *(purpose.replace("_", " ") for purpose in Purpose)], rows)


# -- operations ----------------------------------------------------------------------------------------------------


def fates() -> str:
    from mooring.domain.rules import BESIDE_PARKED, NEVER_PARKED, OVER_AT_RECONNECT, ROUTINE, WAITS_FOR

    lines = [
        "Whatever raises the generation parks what is unfinished; READY issues it again from its cursor. Besides:",
        "",
        f"- ended by a reconnect instead, which does it anew: {named(OVER_AT_RECONNECT)}",
        f"- never parked, goes on in every state: {named(NEVER_PARKED)}",
        f"- starts although others are parked: {named(BESIDE_PARKED)}",
        f"- done by the schedule over and over, without a line in the activity log: {named(ROUTINE)}",
        *(f"- {named([work])} lets these end first: {named(others)}" for work, others in WAITS_FOR.items()),
    ]
    return "\n".join(lines) + "\n\n"


def named(works: Iterable[Any]) -> str:
    from mooring.domain.rules import Work

    wanted = set(works)
    return ", ".join(f"`{work}`" for work in Work if work in wanted)


def exclusion() -> str:
    from mooring.domain.rules import Work

    rows = ([f"`{new}`", *(mark(new, other) for other in Work)] for new in Work)
    return table(["", *(work.replace("_", " ") for work in Work)], rows).rstrip() + "\n"


def mark(new: Any, unfinished: Any) -> str:
    from mooring.domain.rules import excluded_by, stops

    if unfinished in stops(new):
        return "■"
    return "×" if excluded_by(new, frozenset({unfinished})) else ""


def pages() -> Iterator[tuple[Path, str]]:
    yield PAGE, page()


def main() -> None:
    for path, text in pages():
        path.write_text(text)
        print(path.relative_to(ROOT), file=sys.stderr)


if __name__ == "__main__":
    main()
