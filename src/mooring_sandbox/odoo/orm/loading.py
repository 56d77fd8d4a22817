"""`load()`: rows of texts become records, all of them or none, known again by their external ids.

Records are converted one after another and written in batches. A batch that fails is tried again row by row, so that
each
bad row has its message; then everything is taken back.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from mooring_sandbox.odoo.errors import DatabaseError, IntegrityError, NotNullViolation, UserError, ValidationError
from mooring_sandbox.odoo.orm.converting import Converter, Trouble
from mooring_sandbox.odoo.orm.fields import Field, Many2one, One2many, Relation
from mooring_sandbox.odoo.orm.registry import REGISTRY
from mooring_sandbox.odoo.orm.remote import base, method, model_method
from mooring_sandbox.odoo.orm.writing import Writing

Json = dict[str, Any]
Path = tuple[Any, ...]
_TOO_MANY = (
    "Found more than 10 errors and more than one error per 10 records, interrupted to avoid showing too many errors."
)


class _TakenBack(Exception):
    pass


@base
class Loading(Writing):
    @model_method
    def load(self, fields: Any, data: Any) -> Json:
        """{ids, messages, nextrow}; `ids` is false, and nothing is kept, if any message is an error."""
        module = self.env.context.get("module", "__import__")
        return _Load(self._with(_import_current_module=module), module).run(fields, data)

    @method
    def export_data(self, fields_to_export: Any) -> Json:
        """Rows of texts as `load()` takes them; records without an external id are given one."""
        if not self.env.allows(("base.group_erp_manager", "base.group_allow_export")):
            raise UserError("You don't have the rights to export data. Please contact an Administrator.")
        self._check("read")
        return {"datas": [self._exported(id_, fields_to_export) for id_ in self.ids]}

    def _exported(self, id_: int, names: list[str]) -> list[Any]:
        return [self._browse([id_])._exported_cell(name.replace(".id", "/.id").split("/")) for name in names]

    def _exported_cell(self, path: list[str]) -> Any:
        if not self.ids:
            return ""
        if path[0] == "id":
            return self.env["ir.model.data"]._sudo()._ensure(self._name, self._table, self.ids[0])
        if path[0] in (".id", ""):
            return str(self.ids[0])
        value = self._read(self._readable([path[0]]))[0][path[0]]
        field = self._fields.get(path[0])
        if isinstance(field, Relation) and len(path) > 1:
            ids = value if field.many else value[:1] if value else []
            cells = [str(self._of(field.comodel, [id_])._exported_cell(path[1:])) for id_ in ids]
            return ",".join(cells)
        if isinstance(field, Relation) and field.many:
            return ",".join(str(name) for name in self._of(field.comodel, value)._display_names().values())
        return (
            (value[1] if value else "")
            if isinstance(field, Many2one)
            else ("" if value is False and _texts(field) else value)
        )

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


def _texts(field: Field | None) -> bool:
    return field is None or field.type not in ("boolean", "integer", "float", "monetary")


class _Load:
    """One call."""

    def __init__(self, model: Loading, module: str) -> None:
        self._model, self._module = model, module
        self._batch: list[tuple[str, Json, Json]] = []
        self._waiting: set[str] = set()
        self._written: set[str] = {model._name}
        self.ids: list[int] = []
        self.messages: list[Json] = []

    def run(self, fields: list[str], data: list[list[Any]]) -> Json:
        paths = [_path(field) for field in fields]
        self._written |= set(_lines_of(self._model, paths))
        try:
            with self._model.env.cr.savepoint():
                self._all(paths, data)
        except _TakenBack:
            return {"messages": self.messages, "nextrow": 0, "ids": False}
        return {"messages": self.messages, "nextrow": 0, "ids": self.ids}

    def _all(self, paths: list[Path], data: list[list[Any]]) -> None:
        converter = Converter(self._model, self.flush)
        for number, (record, where) in enumerate(self._model._extract(paths, data)):
            info = where | {"record": number}
            dbid = self._dbid(record, where, number)
            values = converter.convert(
                record, lambda name, trouble, at=where, n=number: self._log(at, n, name, trouble)
            )
            self._add(record.get("id"), dbid, values, info)
        self.flush()
        if any(message["type"] == "error" for message in self.messages):
            raise _TakenBack

    def _add(self, xid: Any, dbid: Any, values: Json, info: Json) -> None:
        name = ""
        if xid:
            name = xid if "." in xid else f"{self._module}.{xid}"
            self.flush(xid=name)
            self._waiting.add(name)
        elif dbid:
            values["id"] = dbid
        self._batch.append((name, values, info))

    def _dbid(self, record: Json, where: Json, number: int) -> Any:
        if not record.get(".id"):
            return None
        wanted = _number(record[".id"])
        if self._model.search([("id", "=", wanted)]).ids:
            return wanted
        sentence = f"Unknown database identifier '{wanted}'"
        self.messages.append(where | {"type": "error", "record": number, "field": ".id", "message": sentence})
        return None

    def _log(self, where: Json, number: int, name: str, trouble: Trouble) -> None:
        label = self._model._fields[name].string
        kind = "warning" if trouble.warning else "error"
        message = where | {
            "type": kind,
            "record": number,
            "field": name,
            "message": trouble.sentence.format(field=label),
        }
        if trouble.more is not None:
            message |= trouble.more | {"field_name": label}
        self.messages.append(message)

    # -- writing ------------------------------------------------------------------------------------------------------

    def flush(self, *, xid: str | None = None, model: str | None = None) -> None:
        """Writes what waits; with an external id or a model only if that may be among it."""
        if not self._batch or (xid and xid not in self._waiting) or (model and model not in self._written):
            return
        batch, self._batch = self._batch, []
        self._waiting.clear()
        told = self._together(batch)
        if told is not True:
            self._one_by_one(batch, told)

    def _together(self, batch: list[tuple[str, Json, Json]]) -> Any:
        """True if it went well; else what to say of the whole batch, if anything."""
        try:
            with self._model.env.cr.savepoint():
                self.ids += self._model._load_records([(xid, dict(values)) for xid, values, _ in batch])
        except UserError as error:
            return batch[0][2] | {"type": "error", "message": str(error)}
        except Exception:
            return None
        return True

    def _one_by_one(self, batch: list[tuple[str, Json, Json]], told: Json | None) -> None:
        errors = 0
        for number, (xid, values, info) in enumerate(batch, 1):
            try:
                with self._model.env.cr.savepoint():
                    self.ids += self._model._load_records([(xid, dict(values))])
            except Exception as error:
                self.messages.append(info | {"type": "error"} | self._told(error))
                errors += 1
            if errors >= 10 and errors >= number / 10:
                self.messages.append({"type": "warning", "message": _TOO_MANY})
                break
        if errors and told and told not in self.messages:
            self.messages.insert(0, told)

    def _told(self, error: Exception) -> Json:
        if isinstance(error, NotNullViolation):
            said = {"message": error.sentence(REGISTRY, self._model._name)}
            return said | ({"field": error.column} if error.model == self._model._name else {})
        if isinstance(error, IntegrityError):
            return {"message": error.sentence(REGISTRY)}
        if isinstance(error, UserError | DatabaseError):
            return {"message": str(error)}
        sentence = f"Unknown error during import: {type(error)}: {error}"
        return {"message": sentence, "moreinfo": "Resolve other errors first"}


def _path(field: str) -> Path:
    """`order_line/tax_ids/.id` and the older `order_line.id`."""
    fixed = field.replace(":id", "/id")
    if fixed.endswith(".id") and not fixed.endswith("/.id") and fixed != ".id":
        fixed = f"{fixed[: -len('.id')]}/.id"
    return tuple(fixed.split("/"))


def _lines_of(model: Loading, paths: list[Path]) -> Iterator[str]:
    """Models whose records may come into being as lines."""
    for path in paths:
        current: Any = model
        for name in path:
            field = current._fields.get(name)
            if not isinstance(field, Relation):
                break
            if isinstance(field, One2many):
                yield field.comodel
            current = model.env[field.comodel]


def _number(value: Any) -> Any:
    try:
        return int(value)
    except ValueError:
        return value
