"""`load()`: rows of texts become records, all of them or none, known again by their external ids.

Records are converted one after another and written in batches. A batch that fails is tried again row by row, so that
each
bad row has its message; then everything is taken back.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from mooring_sandbox.odoo.errors import ValidationError
from mooring_sandbox.odoo.orm.exporting import Exporting
from mooring_sandbox.odoo.orm.load_call import Load
from mooring_sandbox.odoo.orm.relations import One2many, Relation
from mooring_sandbox.odoo.orm.remote import base, model_method

Json = dict[str, Any]
Path = tuple[Any, ...]


@base
class Loading(Exporting):
    @model_method
    def load(self, fields: Any, data: Any) -> Json:
        """{ids, messages, nextrow}; `ids` is false, and nothing is kept, if any message is an error."""
        module = self.env.context.get("module", "__import__")
        return Load(self._with(_import_current_module=module), module).run(fields, data)

    # -- rows into records --------------------------------------------------------------------------------------------

    def _extract(self, paths: list[Path], data: list[list[Any]]) -> Iterator[tuple[Json, Json]]:
        """Each record with the rows it takes up: rows in which only lines are filled belong to the one before."""
        for path in paths:
            self._check_column(path[0])
        lines = [index for index, path in enumerate(paths) if isinstance(self._fields.get(path[0]), One2many)]
        others = [index for index in range(len(paths)) if index not in lines]
        index = 0
        while index < len(data):
            row = data[index]
            more = itertools.takewhile(lambda r: _continues(r, lines, others), itertools.islice(data, index + 1, None))
            span = [row, *more]
            plain = {
                p[0]: v for p, v in zip(paths, row, strict=False) if not isinstance(self._fields.get(p[0]), Relation)
            }
            yield plain | self._related_cells(paths, span), {"rows": {"from": index, "to": index + len(span) - 1}}
            index += len(span)

    def _check_column(self, name: Any) -> None:
        if name not in self._fields and name not in (None, "id", ".id"):
            raise ValueError(f"Invalid field name {name!r}")

    def _related_cells(self, paths: list[Path], span: list[list[Any]]) -> Json:
        found: Json = {}
        for name in dict.fromkeys(path[0] for path in paths):
            field = self._fields.get(name)
            if isinstance(field, Relation):
                columns = [index for index, path in enumerate(paths) if path[0] == name]
                inner = [tuple(paths[index][1:]) or (None,) for index in columns]
                cells = ([row[i] if i < len(row) else "" for i in columns] for row in span)
                filled = [row for row in cells if any(row)]
                found[name] = [record for record, _ in self.env[field.comodel]._extract(inner, filled)]
        return found

    # -- records into the database ------------------------------------------------------------------------------------

    def _load_records(self, batch: list[tuple[str, Json]]) -> list[int]:
        """Makes or changes a record for each (external id, values), and binds the ids."""
        data = self.env["ir.model.data"]._sudo()
        known = data._lookup([xid for xid, _ in batch if xid], self._table)
        ids: list[int | None] = [self._known_id(xid, values, known) for xid, values in batch]
        for id_, (_, values) in zip(ids, batch, strict=True):
            if id_ is not None:
                self._browse([id_]).write(values)
        new = [index for index, id_ in enumerate(ids) if id_ is None]
        if new:
            made = self.create([batch[index][1] for index in new])
            for index, id_ in zip(new, made.ids, strict=True):
                ids[index] = id_
            data._bind(list(self._parent_xids([batch[index] for index in new], made.ids)))
        data._bind([(xid, self._name, id_) for (xid, _), id_ in zip(batch, ids, strict=True) if xid])  # type: ignore[misc]
        return ids  # type: ignore[return-value]

    def _known_id(self, xid: str, values: Json, known: dict[str, tuple[int, str, int, bool]]) -> int | None:
        if not xid:
            return values.pop("id", None)
        if xid not in known:
            return None
        row, model, id_, exists = known[xid]
        if model != self._name:
            raise ValidationError(
                f"For external id {xid} when trying to create/update a record of model {self._name} "
                f"found record of different model {model} ({row})"
            )
        if not exists:
            self.env["ir.model.data"]._sudo()._browse([row])._remove()
        return id_ if exists else None

    def _parent_xids(self, batch: list[tuple[str, Json]], ids: Iterable[int]) -> Iterator[tuple[str, str, int]]:
        """A product that brought its template into being names it too: `<xid>_product_template`."""
        for parent, link in self._inherits.items():
            owners = {row["id"]: row[link] for row in self._browse(ids)._rows(link)}
            for (xid, values), id_ in zip(batch, ids, strict=True):
                if xid and not values.get(link):
                    yield f"{xid}_{parent.replace('.', '_')}", parent, owners[id_]


def _continues(row: list[Any], lines: list[int], others: list[int]) -> bool:
    filled = [index for index, value in enumerate(row) if value]
    return any(index in lines for index in filled) and not any(index in others for index in filled)
