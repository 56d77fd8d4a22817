"""docs/lifecycle.md says what the code says."""

from mooring.domain.lifecycle import TRANSITIONS, Badge, Event, State
from mooring.domain.rules import Work
from script.lib import lifecycle


def test_the_page_is_current() -> None:
    assert lifecycle.PAGE.read_text() == lifecycle.page(), "run: script/run python script/lib/lifecycle.py"


def test_the_page_knows_every_state_event_badge_and_kind_of_work() -> None:
    page = lifecycle.page()
    assert all(f"`{state}`" in page for state in State)
    assert all(f"- {event.upper()}: " in page for event in Event)
    assert all(f"**{badge}**: `" in page for badge in Badge)
    assert all(f"| `{work}` |" in page for work in Work)


def test_every_move_stands_in_its_cell() -> None:
    rows = {line.split(" | ")[0].strip("| `"): line for line in lifecycle.moves().splitlines()[2:] if line}
    for state, moves in TRANSITIONS.items():
        cells = [cell.strip() for cell in rows[str(state) if state else "(none)"].split("|")[2:-1]]
        filled = {event for event, cell in zip(Event, cells, strict=True) if cell}
        assert filled == moves.keys()
