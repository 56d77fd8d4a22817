"""One call of `load()`: records in batches, a batch that fails row by row, and what is said about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mooring_sandbox.odoo.errors import DatabaseError, IntegrityError, NotNullViolation, UserError
from mooring_sandbox.odoo.orm.converting import Converter, Trouble
from mooring_sandbox.odoo.orm.registry import REGISTRY
from mooring_sandbox.odoo.orm.relations import One2many, Relation

if TYPE_CHECKING:
    from mooring_sandbox.odoo.orm.loading import Loading

Json = dict[str, Any]
Path = tuple[Any, ...]
_TOO_MANY = (
    "Found more than 10 errors and more than one error per 10 records, interrupted to avoid showing too many errors."
)


class _TakenBack(Exception):
    pass


class Load:
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
