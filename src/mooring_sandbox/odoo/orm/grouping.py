"""Groups: read_group as it was, and formatted_read_group."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from mooring_sandbox.odoo.orm import domain as domains
from mooring_sandbox.odoo.orm.conditions import expression
from mooring_sandbox.odoo.orm.fields import Field, Float, Integer
from mooring_sandbox.odoo.orm.reading import Reading
from mooring_sandbox.odoo.orm.relations import Many2one
from mooring_sandbox.odoo.orm.remote import base, model_method
from mooring_sandbox.odoo.orm.searching import _window

Values = dict[str, Any]
_FUNCTIONS = {
    "sum": "sum({})", "avg": "avg({})", "min": "min({})", "max": "max({})", "count": "count({})",
    "count_distinct": "count(DISTINCT {})", "bool_and": "min({})", "bool_or": "max({})",
}  # fmt: skip
_PARTS = {"year": "%Y-01-01", "month": "%Y-%m-01", "day": "%Y-%m-%d", "hour": "%Y-%m-%d %H:00:00"}
_SPEC = re.compile(r"(\w+)(?::(\w+))?")


@base
class Grouping(Reading):
    @model_method
    def read_group(
        self, domain: Any, fields: Any, groupby: Any, offset: int = 0, limit: Any = None, orderby: Any = False,
        lazy: bool = True,
    ) -> list[Values]:  # fmt: skip
        """The old call. With `lazy` only the first group counts, and `<group>_count` tells how many."""
        by = [groupby] if isinstance(groupby, str) else list(groupby)
        used = by[:1] if lazy else by
        sums = [self._aggregate(spec) for spec in fields]
        wanted = {alias: sql for alias, sql in sums if sql}
        count = f"{used[0].partition(':')[0]}_count" if lazy and used else "__count"
        out = []
        for keys, found, number in self._groups(domain, used, list(wanted.values()), offset, limit, orderby):
            told = [key[1] if isinstance(key, list) else key for key, _ in keys]
            said = dict(zip(used, told, strict=True)) | dict(zip(wanted, found, strict=True))
            inside = [term for _, terms in keys for term in terms]
            ranges = {
                spec: {"from": terms[0][2], "to": terms[1][2]}
                for spec, (_, terms) in zip(used, keys, strict=True)
                if terms[1:]
            }
            said |= {"__range": ranges} if ranges else {}
            out.append(said | {count: number, "__domain": domains.both(domain, inside)})
        return out

    @model_method
    def formatted_read_group(
        self, domain: Any, groupby: Any = (), aggregates: Any = (), having: Any = (), offset: int = 0,
        limit: Any = None, order: Any = None,
    ) -> list[Values]:  # fmt: skip
        by, sums = list(groupby), [spec for spec in aggregates if spec != "__count"]
        sql = [self._function(spec) for spec in sums]
        out = []
        for keys, found, number in self._groups(domain, by, sql, offset, limit, order):
            said = dict(zip(by, (key for key, _ in keys), strict=True)) | dict(zip(sums, found, strict=True))
            said |= {"__count": number} if "__count" in aggregates else {}
            out.append(said | {"__extra_domain": [term for _, terms in keys for term in terms]})
        return out

    # -- inside -------------------------------------------------------------------------------------------------------

    def _aggregate(self, spec: str) -> tuple[str, str]:
        """The alias and SQL of "field", "field:function" or "alias:function(field)" in the old call."""
        name, _, function = spec.partition(":")
        inner = re.fullmatch(r"(\w+)\((\w+)\)", function)
        if inner:
            return name, self._function(f"{inner[2]}:{inner[1]}")
        field = self._fields.get(name)
        if name == "id" or (not function and not isinstance(field, Float | Integer)):
            return name, ""
        return name, self._function(f"{name}:{function or 'sum'}")

    def _function(self, spec: str) -> str:
        match = _SPEC.fullmatch(spec)
        if not match or match[2] not in _FUNCTIONS:
            raise ValueError(f"Invalid aggregate method {match[2] if match else spec!r} for {spec!r} specification.")
        return _FUNCTIONS[match[2]].format(self._expression(match[1]))

    def _expression(self, name: str) -> str:
        if name == "id":
            return "t0.id"
        if name not in self._fields:
            raise ValueError(f"Invalid field {name!r} on model {self._name!r}")
        return expression(self, "t0", self._fields[name])

    def _groups(self, domain: Any, by: list[str], sums: list[str], offset: Any, limit: Any, order: Any) -> Any:
        """((value and condition of each group key), aggregates, count) of each group, in order."""
        self._check_model("read")
        where, args = self._where(domain)
        keys = [self._key(spec) for spec in by]
        sql = f'SELECT {", ".join([*keys, *sums, "count(*)"])} FROM "{self._table}" t0 WHERE {where}'
        if keys:
            numbered = ", ".join(str(number + 1) for number in range(len(keys)))
            sql += f" GROUP BY {numbered} ORDER BY {self._group_order(order, by) or numbered}"
        for row in self.env.cr.rows(sql + _window(offset, limit), args):
            shown = [self._shown(spec, value) for spec, value in zip(by, row, strict=False)]
            yield shown, list(row[len(by) : -1]), row[-1]

    def _key(self, spec: str) -> str:
        match = _SPEC.fullmatch(spec)
        value = self._expression(match[1] if match else spec)
        part = match[2] if match else None
        if part and part not in _PARTS:
            raise ValueError(f"Invalid granularity specification: {spec!r}")
        return f"strftime('{_PARTS[part]}', {value})" if part else value

    def _group_order(self, order: Any, by: list[str]) -> str:
        terms = []
        for part in (order or "").split(","):
            name, _, direction = part.strip().partition(" ")
            if name == "__count":
                terms.append(f"count(*) {'DESC' if direction.lower() == 'desc' else 'ASC'}")
            elif name in by:
                terms.append(f"{by.index(name) + 1} {'DESC' if direction.lower() == 'desc' else 'ASC'}")
        return ", ".join(terms)

    def _shown(self, spec: str, value: Any) -> tuple[Any, list[tuple[Any, ...]]]:
        """A group's key as it is told, and the conditions that lead into the group: a span of time has two."""
        name, _, part = spec.partition(":")
        if part and value:
            start, end, label = _span(value, part)
            return [start, label], [(name, ">=", start), (name, "<", end)]
        field: Field | None = self._fields.get(name)
        if isinstance(field, Many2one):
            names = self._of(field.comodel, [value] if value else [])._display_names()
            return ((value, names[value]) if value else False), [(name, "=", value or False)]
        told = field.to_wire(value) if field is not None else value
        return told, [(name, "=", told)]


_LABELS = {"year": "%Y", "month": "%B %Y", "day": "%d %b %Y", "hour": "%H:00 %d %b"}


def _span(value: str, part: str) -> tuple[str, str, str]:
    """From when, until when (not included), and what people call it."""
    start = datetime.fromisoformat(value)
    following = {
        "year": start.replace(year=start.year + 1),
        "month": (start + timedelta(days=31)).replace(day=1),
        "day": start + timedelta(days=1),
        "hour": start + timedelta(hours=1),
    }
    form = "%Y-%m-%d %H:%M:%S" if part == "hour" else "%Y-%m-%d"
    return start.strftime(form), following[part].strftime(form), start.strftime(_LABELS[part])
