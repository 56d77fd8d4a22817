"""The table of the specification, cell by cell, and what follows from it."""

import pytest

from mooring.domain.lifecycle import ALLOWED_CALLS, TRANSITIONS, Badge, Event, Purpose, State, apply, badge
from mooring.errors import Refused

E, S = Event, State

# As in the specification: one row per state, the columns in the order of `COLUMNS`; "same" stays and raises nothing.
COLUMNS = (E.AUTHORIZED, E.READY, E.AUTH_LOST, E.UNINSTALLED, E.DISCONNECT, E.DELETE, E.ERASED)
SPECIFIED = {
    None: ("connecting", "", "", "", "", "", ""),
    S.CONNECTING: (
        "connecting", "connected", "reconnect_required", "reconnect_required", "disconnected", "deleting", "",
    ),
    S.CONNECTED: ("connecting", "", "reconnect_required", "reconnect_required", "disconnected", "deleting", ""),
    S.RECONNECT_REQUIRED: ("connecting", "connected", "same", "same", "disconnected", "deleting", ""),
    S.DISCONNECTED: ("connecting", "", "", "same", "", "deleting", ""),
    S.DELETING: ("", "", "", "same", "", "", "deleted"),
    S.DELETED: ("", "", "", "same", "", "", ""),
}  # fmt: skip
RAISING = {E.AUTHORIZED, E.UNINSTALLED, E.DISCONNECT, E.DELETE}
CELLS = [(s, e, cell) for s, row in SPECIFIED.items() for e, cell in zip(COLUMNS, row, strict=True)]


@pytest.mark.parametrize(("state", "event", "cell"), CELLS)
def test_every_cell_is_as_specified(state: State | None, event: Event, cell: str) -> None:
    if not cell:
        with pytest.raises(Refused) as refused:
            apply(state, event, health_check_passed=True)
        assert refused.value.code == "illegal_move"
        assert refused.value.sentence.endswith(".")
        return
    move = apply(state, event, health_check_passed=True)
    assert move.to == (state if cell == "same" else cell)
    assert move.raises == (cell != "same" and event in RAISING)


def test_the_table_knows_no_other_pairs() -> None:
    assert sum(len(row) for row in TRANSITIONS.values()) == sum(1 for *_, cell in CELLS if cell)
    assert set(TRANSITIONS) == set(SPECIFIED)


def test_a_lost_store_is_ready_only_after_a_health_check() -> None:
    with pytest.raises(Refused):
        apply(S.RECONNECT_REQUIRED, E.READY)
    assert apply(S.RECONNECT_REQUIRED, E.READY, health_check_passed=True).to is S.CONNECTED


def test_every_state_before_deleting_can_be_deleted_and_every_delete_can_end() -> None:
    for state in (S.CONNECTING, S.CONNECTED, S.RECONNECT_REQUIRED, S.DISCONNECTED):
        assert apply(state, E.DELETE).to is S.DELETING
    assert apply(S.DELETING, E.ERASED).to is S.DELETED


@pytest.mark.parametrize(
    ("state", "facts", "says"),
    [
        (S.DELETING, {"delete_failed": True, "error": True}, Badge.DELETE_FAILED),
        (S.DELETING, {"error": True}, Badge.DELETING),
        (S.DISCONNECTED, {"error": True}, Badge.DISCONNECTED),
        (S.RECONNECT_REQUIRED, {"error": True}, Badge.RECONNECT_REQUIRED),
        (S.CONNECTED, {"error": True}, Badge.ERROR),
        (S.CONNECTING, {"error": True}, Badge.ERROR),
        (S.CONNECTING, {}, Badge.CONNECTING),
        (S.CONNECTED, {}, Badge.CONNECTED),
        (S.DELETED, {}, None),
    ],
)
def test_the_badge_takes_the_first_match(state: State, facts: dict[str, bool], says: Badge | None) -> None:
    assert badge(state, **facts) is says


def test_a_disconnected_store_makes_only_the_calls_that_clean_up_or_that_a_person_starts() -> None:
    assert ALLOWED_CALLS[S.DISCONNECTED] == {Purpose.AUTHORIZE, Purpose.CLEAN_UP, Purpose.CLEAR}
    assert ALLOWED_CALLS[S.DELETED] == set()
    assert Purpose.IMPORT not in ALLOWED_CALLS[S.DELETING]
    assert set(ALLOWED_CALLS) == set(State)
