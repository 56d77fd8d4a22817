"""What became of records that Mooring wrote: looked up by our external ids, and by the numbers the mapping names.

Reads only: one call for the external ids, one for each model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from mooring.domain.mapping import MODULE, MappedKind, parsed, reference
from mooring.domain.odoo_guard import Fate, Seen, Written
from mooring.ports import Domain, Row

_ARCHIVED_TOO = {"active_test": False}


class Ask(Protocol):
    """One reading of Odoo, through the gate, or with a key that is only tried."""

    def __call__(
        self, model: str, domain: Domain, fields: Sequence[str], *, context: Mapping[str, Any] | None = None
    ) -> list[Row]: ...


def seen(ask: Ask, written: Sequence[Written]) -> list[Seen]:
    if not written:
        return []
    rows = ask(
        "ir.model.data",
        [["module", "=", MODULE], ["name", "in", [one.name for one in written]]],
        ["name", "model", "res_id"],
    )
    planted = {row["name"]: row for row in rows}
    there = _records(ask, written)
    return [_fate(one, planted.get(one.name), there.get((one.model, one.odoo_id))) for one in written]


def _records(ask: Ask, written: Iterable[Written]) -> dict[tuple[str, int], Row]:
    """What is under the ids that the mapping names: an external id can outlive its record."""
    found: dict[tuple[str, int], Row] = {}
    for model in sorted({one.model for one in written}):
        ids = sorted({one.odoo_id for one in written if one.model == model})
        fields = ["create_date", *(["ref"] if model == "res.partner" else [])]
        rows = ask(model, [["id", "in", ids]], fields, context=_ARCHIVED_TOO)
        found |= {(model, row["id"]): row for row in rows}
    return found


def _fate(one: Written, planted: Row | None, record: Row | None) -> Seen:
    if planted is not None and planted["model"] == one.model and planted["res_id"] != one.odoo_id:
        return Seen(one, Fate.MOVED, planted["res_id"])
    if record is None:
        return Seen(one, Fate.MISSING)
    if planted is not None:
        return Seen(one, Fate.THERE)
    return Seen(one, Fate.TAKEN if _is_another(one, record) else Fate.UNLINKED)


def _is_another(one: Written, record: Row) -> bool:
    """Whether a record without our external id is not the one Mooring knew. A contact that Mooring made carries our
    reference; anything else is another one if it was made when, or after, Mooring last wrote to the one it knew."""
    known = parsed(one.name)
    if one.created and one.kind is MappedKind.CUSTOMER and known is not None:
        return record["ref"] != reference(known.shop_id, known.shopify_id)
    made = record["create_date"]
    return bool(made) and datetime.fromisoformat(made).replace(tzinfo=UTC) >= one.written_at.replace(microsecond=0)
