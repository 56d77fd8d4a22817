"""What `load()` makes of the texts in its cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mooring_sandbox.odoo.orm import dates
from mooring_sandbox.odoo.orm.fields import Field, Selection
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one, One2many, Relation

if TYPE_CHECKING:
    from mooring_sandbox.odoo.orm.loading import Loading

Record = dict[Any, Any]
Log = Callable[[str, "Trouble"], None]
# How a cell names another record: by name, by external id, by database id.
NAME, XID, DBID = None, "id", ".id"
_REFERENCES = {NAME, XID, DBID}
_YES, _NO = {"1", "true", "yes"}, {"", "0", "false", "no"}


class Trouble(Exception):
    """About one field of one record. `{field}` in the sentence becomes its label; `more` goes into the message."""

    def __init__(self, sentence: str, more: dict[str, Any] | None = None, *, warning: bool = False) -> None:
        super().__init__(sentence)
        self.sentence, self.more, self.warning = sentence, more, warning

    def within(self, label: str) -> Trouble:
        """The same, told of a field of a line: "Order Lines/Taxes"."""
        return Trouble(self.sentence.replace("{field}", "{field}/" + label), self.more, warning=self.warning)


class Converter:
    def __init__(self, model: Loading, flush: Callable[..., None]) -> None:
        self._model, self._flush = model, flush

    def convert(self, record: Record, log: Log) -> dict[str, Any]:
        """The values of a record; what could not be read is left out, and logged."""
        out: dict[str, Any] = {}
        for name, value in record.items():
            if name in _REFERENCES:
                continue
            if not value:
                out[name] = False
                continue
            try:
                out[name] = self._value(self._model._fields[name], value, lambda trouble, name=name: log(name, trouble))
            except Trouble as trouble:
                log(name, trouble)
        return out

    def _value(self, field: Field, value: Any, warn: Callable[[Trouble], None]) -> Any:
        if isinstance(field, Many2one):
            return self._reference(field, _only(value[0]), value[0], warn)
        if isinstance(field, Many2many):
            return [[6, 0, self._listed(field, value[0], warn)]]
        if isinstance(field, One2many):
            return self._lines(field, value, warn)
        reader = _READERS.get(field.type)
        return reader(self._model, field, value) if reader else value

    # -- other records ------------------------------------------------------------------------------------------------

    def _listed(self, field: Relation, record: Record, warn: Callable[[Trouble], None]) -> list[int]:
        how = _only(record)
        found = [self._reference(field, how, {how: item}, warn) for item in record[how].split(",")]
        return [id_ for id_ in found if id_]

    def _lines(self, field: One2many, records: list[Record], warn: Callable[[Trouble], None]) -> list[Any]:
        if len(records) == 1 and not records[0].keys() - _REFERENCES:
            how = _only(records[0])
            records = [{how: item} for item in records[0][how].split(",")]
        inner = Converter(self._model.env[field.comodel], self._flush)
        return [command for record in records for command in self._line(inner, field, record, warn)]

    def _line(self, inner: Converter, field: One2many, record: Record, warn: Callable[[Trouble], None]) -> list[Any]:
        """A line that is known is linked (so it may come from another record) and changed; else it is made."""
        values = inner.convert(record, _passing_on(inner, warn))
        named = {key: value for key, value in record.items() if key in _REFERENCES and value}
        if not named:
            return [[0, 0, values]]
        how = _only(named)
        try:
            id_ = self._reference(field, how, named, warn)
        except Trouble:
            if how != XID:
                raise
            return [[0, 0, values | {"id": named[XID]}]]
        return [[4, id_], [1, id_, values]]

    def _reference(self, field: Relation, how: Any, record: Record, warn: Callable[[Trouble], None]) -> Any:
        """The id that a cell names; None for an empty one."""
        value = record[how]
        finder = {NAME: self._by_name, XID: self._by_xid, DBID: self._by_id}[how]
        found, kind = finder(field, value, warn)
        if found is None:
            raise Trouble(
                f"No matching record found for {kind} '{_plain(value)}' in field '{{field}}'",
                {"moreinfo": _values(field, how)},
            )
        return found

    def _by_id(self, field: Relation, value: Any, warn: Any) -> tuple[Any, str]:
        if not _boolean(value):
            return False, "database id"
        try:
            wanted: Any = int(value)
        except ValueError:
            raise Trouble(
                f"Invalid database id '{_plain(value)}' for the field '{{field}}'", {"moreinfo": _values(field, DBID)}
            ) from None
        found = self._model.env[field.comodel].search([("id", "=", wanted)])
        return (found.ids[0] if found.ids else None), "database id"

    def _by_xid(self, field: Relation, value: Any, warn: Any) -> tuple[Any, str]:
        if not _boolean(value):
            return False, "external id"
        module = self._model.env.context.get("_import_current_module", "")
        xid = value if "." in value else f"{module}.{value}"
        self._flush(xid=xid)
        row = self._model.env["ir.model.data"]._target(xid, self._model.env[field.comodel]._table)
        if row is None:
            return None, "external id"
        if row[0] != field.comodel:
            raise Trouble(f"Invalid external ID {_plain(xid)}: expected model {field.comodel!r}, found {row[0]!r}")
        return row[1], "external id"

    def _by_name(self, field: Relation, value: Any, warn: Callable[[Trouble], None]) -> tuple[Any, str]:
        if value == "":
            return False, "name"
        self._flush(model=field.comodel)
        found = self._model.env[field.comodel].name_search(value, operator="=")
        if len(found) > 1:
            many = f'Found multiple matches for value "{_plain(value)}" in field "{{field}}" ({len(found)} matches)'
            warn(Trouble(many, warning=True))
        return (found[0][0] if found else None), "name"


def _passing_on(inner: Converter, warn: Callable[[Trouble], None]) -> Log:
    def log(name: str, trouble: Trouble) -> None:
        told = trouble.within(inner._model._fields[name].string)
        if not trouble.warning:
            raise told
        warn(told)

    return log


def _only(record: Record) -> Any:
    """By which of the three ways a record is named."""
    ways = set(record)
    if ways - _REFERENCES:
        raise Trouble("Can not create Many-To-One records indirectly, import the field separately")
    if len(ways) > 1:
        raise Trouble(
            "Ambiguous specification for field '{field}', only provide one of name, external id or database id"
        )
    return next(iter(ways))


def _values(field: Relation, how: Any) -> dict[str, Any]:
    """The window in which Odoo's own import page would offer the possible values."""
    action: dict[str, Any] = {
        "name": "Possible Values", "type": "ir.actions.act_window", "target": "new", "view_mode": "list,form",
        "views": [[False, "list"], [False, "form"]], "context": {"create": False}, "help": "See all possible values",
    }  # fmt: skip
    if how is NAME:
        return action | {"res_model": field.comodel}
    return action | {"res_model": "ir.model.data", "domain": [["model", "=", field.comodel]]}


def _plain(value: Any) -> str:
    return str(value).replace("{", "{{").replace("}", "}}")


# -- plain values ---------------------------------------------------------------------------------------------------


def _boolean(value: Any) -> bool:
    return value.lower() not in _NO


def _read_boolean(model: Any, field: Field, value: Any) -> bool:
    word = value.lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise Trouble(
        f"Unknown value '{_plain(value)}' for boolean field '{{field}}'", {"moreinfo": "Use '1' for yes and '0' for no"}
    )


def _read_integer(model: Any, field: Field, value: Any) -> int:
    try:
        return int(value)
    except ValueError:
        raise Trouble(f"'{_plain(value)}' does not seem to be an integer for field '{{field}}'", {}) from None


def _read_float(model: Any, field: Field, value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        raise Trouble(f"'{_plain(value)}' does not seem to be a number for field '{{field}}'", {}) from None


def _read_date(model: Any, field: Field, value: Any) -> str:
    try:
        return dates.parse_date(value)
    except ValueError:
        hint = {"moreinfo": "Use the format '2012-12-31'"}
        raise Trouble(f"'{_plain(value)}' does not seem to be a valid date for field '{{field}}'", hint) from None


def _read_datetime(model: Any, field: Field, value: Any) -> str:
    """A local time, in the zone of the context or of the user."""
    try:
        parsed = dates.parse_datetime(value)
    except ValueError:
        hint = {"moreinfo": "Use the format '2012-12-31 23:59:59'"}
        raise Trouble(f"'{_plain(value)}' does not seem to be a valid datetime for field '{{field}}'", hint) from None
    return dates.to_utc(parsed, model.env.context.get("tz"), model.env.zone).strftime(dates.DATETIME)


def _read_selection(model: Any, field: Field, value: Any) -> str:
    assert isinstance(field, Selection)
    for key, label in field.selection:
        if value.lower() in (key.lower(), label.lower()):
            return key
    labels = {"moreinfo": [label for _, label in field.selection]}
    raise Trouble(f"Value '{_plain(value)}' not found in selection field '{{field}}'", labels)


_READERS: dict[str, Callable[[Any, Field, Any], Any]] = {
    "boolean": _read_boolean, "integer": _read_integer, "float": _read_float, "monetary": _read_float,
    "date": _read_date, "datetime": _read_datetime, "selection": _read_selection,
}  # fmt: skip
