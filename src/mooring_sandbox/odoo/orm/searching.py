"""Finding records: search, count, names."""

from __future__ import annotations

import re
from typing import Any, Self

from mooring_sandbox.odoo.errors import DatabaseError
from mooring_sandbox.odoo.orm import domain as domains
from mooring_sandbox.odoo.orm.access import Access
from mooring_sandbox.odoo.orm.conditions import expression
from mooring_sandbox.odoo.orm.core import Core
from mooring_sandbox.odoo.orm.relations import Many2one
from mooring_sandbox.odoo.orm.remote import base, model_method

_TERM = re.compile(r"\s*([\w.]+)(?:\s+(asc|desc))?(?:\s+nulls\s+(first|last))?\s*", re.IGNORECASE)


@base
class Searching(Access):
    @model_method
    def search(self, domain: Any, offset: int = 0, limit: Any = None, order: Any = None) -> Self:
        self._check_model("read")
        return self._browse(self._find(domain, offset, limit, order))

    @model_method
    def search_count(self, domain: Any, limit: Any = None) -> int:
        self._check_model("read")
        if limit:
            return len(self._find(domain, 0, limit, "id"))
        where, args = self._where(domain)
        return self.env.cr.rows(f'SELECT count(*) FROM "{self._table}" t0 WHERE {where}', args)[0][0]

    @model_method
    def name_search(
        self, name: Any = "", domain: Any = None, operator: str = "ilike", limit: Any = 100
    ) -> list[list[Any]]:
        """[(id, name)]; what counts as a name, each model knows."""
        self._check_model("read")
        named = self._named(name, operator) if name or operator not in ("ilike", "like") else []
        found = self._browse(self._find(domains.both(named, domain), 0, limit, None))
        names = found._sudo()._display_names()
        return [[id_, names[id_]] for id_ in found.ids]

    @model_method
    def name_create(self, name: str) -> list[Any]:
        made = self.create({self._rec_name: name})
        return [made.ids[0], made._display_names()[made.ids[0]]]

    # -- inside -------------------------------------------------------------------------------------------------------

    def _check_model(self, operation: str) -> None:
        self._browse(())._check(operation)

    def _named(self, name: Any, operator: str) -> list[Any]:
        return domains.either(*([(field, operator, name)] for field in self._rec_names_search or (self._rec_name,)))

    def _find(self, domain: Any, offset: Any = 0, limit: Any = None, order: Any = None) -> list[int]:
        """Ids in order; only what the user may see, and active ones unless the domain or the context says otherwise."""
        where, args = self._where(domain)
        sql = f'SELECT t0.id FROM "{self._table}" t0 WHERE {where} ORDER BY {self._ordering(order or self._order)}'
        return [row[0] for row in self.env.cr.rows(sql + _window(offset, limit), args)]

    def _where(self, domain: Any) -> domains.Sql:
        wanted = domains.normal(domain)
        if self._active_only(wanted):
            wanted = domains.both(wanted, [("active", "=", True)])
        where, args = domains.to_sql(self, "t0", wanted)
        rule = self._rule()
        if not rule:
            return where, args
        more, values = domains.to_sql(self._sudo(), "t0", rule)
        return f"({where}) AND ({more})", args + values

    def _active_only(self, domain: Any) -> bool:
        return (
            "active" in self._fields
            and self.env.context.get("active_test", True)
            and not domains.mentions(domain, "active")
        )

    def _ordering(self, order: str, alias: str = "t0", depth: int = 0) -> str:
        terms = [term for part in order.split(",") for term in self._term(part, alias, depth)]
        return ", ".join([*terms, f"{alias}.id"])

    def _term(self, part: str, alias: str, depth: int) -> list[str]:
        """One term of an order. A many2one is ordered as its records are; empty comes last, as in PostgreSQL."""
        match = _TERM.fullmatch(part)
        if not match:
            raise ValueError(f"Invalid order {part.strip()!r} on model {self._name!r}")
        name, direction = match[1], (match[2] or "asc").upper()
        nulls = (match[3] or ("last" if direction == "ASC" else "first")).upper()
        if name == "id":
            return [f"{alias}.id {direction}"]
        field = self._fields.get(name.partition(".")[0])
        if field is None:
            raise ValueError(f"Invalid field {name!r} on model {self._name!r}")
        value = expression(self, alias, field)
        if isinstance(field, Many2one) and not name.endswith(".id"):
            return _by_record(self, field, value, direction, nulls, depth)
        return [f"{value} {direction} NULLS {nulls}"]


def _by_record(model: Core, field: Many2one, value: str, direction: str, nulls: str, depth: int) -> list[str]:
    other = model.env[field.comodel]
    if depth > 1 or other._order == "id":
        return [f"{value} {direction} NULLS {nulls}"]
    terms, inner = [], f"o{depth}"
    for part in other._order.split(","):
        match = _TERM.fullmatch(part)
        assert match
        column = f"{inner}.id" if match[1] == "id" else expression(other, inner, other._fields[match[1]])
        backwards = ((match[2] or "asc").lower() == "desc") != (direction == "DESC")
        way = f"{'DESC' if backwards else 'ASC'} NULLS {'FIRST' if backwards else 'LAST'}"
        terms.append(f'(SELECT {column} FROM "{other._table}" {inner} WHERE {inner}.id = {value}) {way}')
    return terms


def _window(offset: Any, limit: Any) -> str:
    """A limit may come as text; a negative one is PostgreSQL's error."""
    most = int(limit) if limit else None
    if most is not None and most < 0:
        raise DatabaseError("InvalidRowCountInLimitClause", "LIMIT must not be negative\n")
    skip = int(offset or 0)
    if most is None and not skip:
        return ""
    return f" LIMIT {-1 if most is None else most} OFFSET {skip}"
