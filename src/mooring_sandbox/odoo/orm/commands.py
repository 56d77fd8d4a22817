"""Commands for lines and links: (0, 0, values), (1, id, values), (2, id), (3, id), (4, id), (5,), (6, 0, ids)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mooring_sandbox.odoo.orm.relations import Many2many, One2many, Relation
from mooring_sandbox.odoo.orm.storage import as_list

if TYPE_CHECKING:
    from mooring_sandbox.odoo.orm.keeping import Keeping
    from mooring_sandbox.odoo.orm.model import BaseModel

CREATE, UPDATE, DELETE, UNLINK, LINK, CLEAR, SET = range(7)


def commands(field: Relation, value: Any) -> list[Any]:
    """False clears, a plain list of ids replaces."""
    if value is False or value is None:
        return [[CLEAR]]
    if isinstance(value, tuple) or (isinstance(value, list) and value and not isinstance(value[0], list | tuple)):
        return [[SET, 0, list(value)]]
    if not isinstance(value, list):
        raise ValueError(f"Wrong value for {field.model}.{field.name}: {value!r}")
    return value


class Links:
    """One field of some records, and the commands it understands."""

    def __init__(self, records: Keeping, field: Relation) -> None:
        self._records, self._field = records, field
        # What loading set apart for the root model (default_…) is not meant for the lines.
        context = {k: v for k, v in records.env.context.items() if not k.startswith("default_")}
        self._env = records.env.changed(context=context)

    @property
    def _others(self) -> BaseModel:
        return self._env[self._field.comodel]

    def apply(self, value: Any) -> None:
        made: list[dict[str, Any]] = []
        for command in commands(self._field, value):
            number = command[0]
            target = command[1] if len(command) > 1 else 0
            if number == CREATE:
                made.append(command[2])
            elif number == UPDATE:
                self._others._browse([target]).write(command[2])
            elif number in (DELETE, UNLINK, LINK):
                (self._delete, self._unlink, self._link)[number - DELETE]([target])
            else:
                self._replace(list(command[2]) if number == SET else [])
        if made:
            self._create(made)

    # -- the commands -------------------------------------------------------------------------------------------------

    def _create(self, rows: list[dict[str, Any]]) -> None:
        if isinstance(self._field, One2many):
            inverse = self._field.inverse_name
            self._others.create([row | {inverse: owner} for owner in self._records.ids for row in rows])
        else:
            self._link(self._others.create(rows).ids)

    def _delete(self, ids: list[int]) -> None:
        self._others._browse(ids).unlink()

    def _link(self, ids: Any) -> None:
        if isinstance(self._field, One2many):
            self._others._browse(ids).write({self._field.inverse_name: self._records.ids[0]})
            return
        assert isinstance(self._field, Many2many)
        self._records._check_target(self._field, set(ids))
        table, mine, theirs = self._field.table
        pairs = [(owner, id_) for owner in self._records.ids for id_ in ids]
        self._env.cr.many(f'INSERT OR IGNORE INTO "{table}" ({mine}, {theirs}) VALUES (?, ?)', pairs)

    def _unlink(self, ids: list[int]) -> None:
        """Of a one2many whose records cannot be without an owner, they are deleted."""
        if isinstance(self._field, One2many):
            inverse = self._others._fields[self._field.inverse_name]
            if inverse.required or getattr(inverse, "ondelete", "") == "cascade":
                self._delete(ids)
            else:
                self._others._browse(ids).write({inverse.name: False})
            return
        assert isinstance(self._field, Many2many)
        table, mine, theirs = self._field.table
        where = f"{mine} IN (SELECT value FROM json_each(?)) AND {theirs} IN (SELECT value FROM json_each(?))"
        self._env.cr.execute(f'DELETE FROM "{table}" WHERE {where}', [as_list(self._records.ids), as_list(ids)])

    def _replace(self, ids: list[int]) -> None:
        linked = set(self._records._lines(self._field.name))
        gone = sorted(linked - set(ids))
        if gone:
            self._unlink(gone)
        added = [id_ for id_ in ids if id_ not in linked] if len(self._records) == 1 else ids
        if added:
            self._link(added)


class LinksOfNew:
    """The same for records that were just made, so that there is nothing to look up and most of it is one statement."""

    def __init__(self, records: Keeping, field: Relation) -> None:
        self._records, self._field = records, field

    def apply(self, values: list[tuple[int, Any]]) -> None:
        left = self._made(values) if isinstance(self._field, One2many) else self._paired(values)
        for owner, value in left:
            Links(self._records._browse([owner]), self._field).apply(value)

    def _made(self, values: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
        """Lines to create, of all the records in one call; gives back what asks for more than that."""
        assert isinstance(self._field, One2many)
        read = [(owner, commands(self._field, value)) for owner, value in values]
        simple = [(owner, listed) for owner, listed in read if all(command[0] in (CREATE, CLEAR) for command in listed)]
        rows = [c[2] | {self._field.inverse_name: owner} for owner, listed in simple for c in listed if c[0] == CREATE]
        if rows:
            Links(self._records, self._field)._others.create(rows)
        return [(owner, listed) for owner, listed in read if (owner, listed) not in simple]

    def _paired(self, values: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
        assert isinstance(self._field, Many2many)
        pairs: list[tuple[int, int]] = []
        left: list[tuple[int, Any]] = []
        for owner, value in values:
            listed = commands(self._field, value)
            if any(command[0] not in (LINK, SET, CLEAR) for command in listed):
                left.append((owner, listed))
                continue
            for command in listed:
                pairs += [(owner, id_) for id_ in ([command[1]] if command[0] == LINK else command[2:] and command[2])]
        self._records._check_target(self._field, {id_ for _, id_ in pairs})
        table, mine, theirs = self._field.table
        self._records.env.cr.many(f'INSERT OR IGNORE INTO "{table}" ({mine}, {theirs}) VALUES (?, ?)', pairs)
        return left
