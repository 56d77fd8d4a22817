"""The mapping as a file: downloaded, cleared, taken in again, and refused where it does not belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.domain.mapping import MappedKind
from mooring.errors import InvalidInput, Refused
from mooring.usecases import mapping_copy
from mooring.usecases.who import SYSTEM
from tests.usecases.clearing import clear_world


@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_was_downloaded_is_taken_in_again_orders_too(database_url: str, data_dir: Path, form: str):
    with clear_world(database_url, data_dir) as world:
        pairs, names = world.pairs(), world.w.odoo.external_ids()
        content = b"".join(mapping_copy.export(world.app, SYSTEM, world.w.store_id, form=form))
        world.clear()
        taken = mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content)
        assert (taken.added, taken.kept) == (sum(pairs.values()), 0)
        assert taken.operation is not None
        assert world.drive(taken.operation.id).state == "done"
        assert (world.pairs(), world.w.odoo.external_ids()) == (pairs, names)
        again = mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content)
        assert (again.added, again.kept) == (0, sum(pairs.values()))
        assert MappedKind.ORDER_LINE in pairs


def test_another_database_or_shop_is_refused_whole(database_url: str, data_dir: Path):
    with clear_world(database_url, data_dir) as world:
        content = b"".join(mapping_copy.export(world.app, SYSTEM, world.w.store_id))
        world.clear()
        other = content.replace(world.fingerprint.encode(), b"somewhere-else/1")
        with pytest.raises(Refused, match="another Odoo database"):
            mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, other)
        lines = content.split(b"\n")
        lines[-2] = lines[-2].replace(str(world.w.store.shop_id).encode(), b"77", 1)
        with pytest.raises(Refused, match="another shop"):
            mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, b"\n".join(lines))
        with pytest.raises(InvalidInput, match="Line 2"):
            mapping_copy.take_in(world.app, SYSTEM, world.w.store_id, content.split(b"\n")[0] + b"\nx,x,x,x,x,x,x\n")
        assert world.pairs() == {}
