"""One call of a method in Odoo, before it is put into the words of a protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mooring.ports import OdooAccess


@dataclass(frozen=True, slots=True)
class Call:
    """`ids`: the records it is called on; None for a method of the model itself. `writes`: whether a second sending
    could do harm."""

    model: str
    method: str
    arguments: Mapping[str, Any]
    ids: Sequence[int] | None = None
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])
    writes: bool = False


def context(access: OdooAccess, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Every call says for which company it is made: taxes, journals and prices are a company's own. Times are UTC."""
    company: dict[str, Any] = {"allowed_company_ids": [access.company_id]} if access.company_id else {}
    return {"tz": "UTC"} | company | dict(more or {})
