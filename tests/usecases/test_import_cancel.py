"""A cancelled import stops here at its next slice, and at Shopify too."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.db.tables import customers
from mooring.domain.rules import Work
from mooring.usecases import import_store, operations
from mooring.usecases.operations_drive import Runner
from mooring.usecases.who import SYSTEM
from mooring_sandbox.shopify.faults import Fault
from tests.usecases.importing import ENDINGS, WORKS, World, world

SIZES = {"customers": 20, "orders": 10, "products": 5}


def statuses(here: World) -> list[str]:
    return sorted(doc["status"] for doc in here.documents("BulkOperation"))


@pytest.mark.parametrize("shopify_answers", [True, False])
def test_a_cancel_ends_the_import_and_the_exports_behind_it(
    database_url: str, data_dir: Path, shopify_answers: bool
) -> None:
    with world(database_url, data_dir, sizes=SIZES) as here:
        here.sandbox.settings.change({"bulk_seconds": 600.0, "bulk_cancel_seconds": 0.0})
        operation = here.issue()
        runner = Runner(here.app, "w", WORKS, ENDINGS, {Work.IMPORT: import_store.called_off})
        while statuses(here).count("RUNNING") < 4:
            assert runner.advance(operation.id) is not None
        if not shopify_answers:
            here.sandbox.faults.add(Fault(kind="status", on="graphql", status=500, times=None))
        operations.cancel(here.app, SYSTEM, operation.id)
        assert runner.advance(operation.id) is None

        assert here.operation(operation.id).state == "cancelled"
        assert here.count(customers) == 0
        stopped = {"CANCELED", "CANCELING"} if shopify_answers else {"RUNNING"}
        assert set(statuses(here)) <= stopped
        here.sandbox.faults.clear()
