"""Delete a store: everything of it goes, nothing else does, and the receipt says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.domain.lifecycle import State
from tests.usecases.deleting import SIZES, erase, leap, lines, named_rows, store_of
from tests.usecases.importing import World, world


@pytest.fixture
def here(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES) as made:
        leap(made)
        made.run_import()
        yield made


def test_everything_of_the_store_goes(here: World) -> None:
    found = erase(here)
    assert (found.state, found.error) == ("done", None)
    left = {name for name, rows in named_rows(here, here.store_id).items() if rows}
    assert left <= {"operations", "audit", "notices"}
    store = store_of(here)
    assert (store.state, store.claim, store.shop, store.granted_scopes) == (State.DELETED, False, {}, frozenset())
    assert {what: line["outcome"] for what, line in lines(found).items()} == dict.fromkeys(lines(found), "done")
