"""What `/metrics` counts of the records: what the hub holds, whatever an import is doing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.app import ENDINGS, WORKS
from mooring.domain.kinds import Kind
from mooring.usecases import metrics
from mooring.usecases.operations_drive import Runner
from tests.usecases.importing import World, world


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes={"customers": 6, "orders": 9, "products": 4}) as made:
        yield made


def records(shop: World) -> dict[str, int]:
    [family] = [one for one in metrics.gather(shop.app) if one.name == "mooring_records"]
    return {labels["kind"]: count for labels, count in family.samples}


def test_records_are_counted_while_they_are_imported_again(shop: World) -> None:
    assert set(records(shop).values()) == {0}
    shop.run_import()
    before = records(shop)
    assert before == {str(kind): shop.kind(kind).count for kind in Kind}
    assert before["customers"] == 6
    operation = shop.issue()
    Runner(shop.app, "worker", WORKS, ENDINGS).advance(operation.id)
    assert {shop.kind(kind).count for kind in Kind} == {0}, "the import counts from nothing"
    assert records(shop) == before
