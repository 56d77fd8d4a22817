"""Who may do what: rights by model and group, rules by record, fields for some groups only."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import AccessError
from mooring_sandbox.odoo.orm import domain as domains
from mooring_sandbox.odoo.orm.core import Core
from mooring_sandbox.odoo.orm.fields import Field
from mooring_sandbox.odoo.orm.remote import base, method
from mooring_sandbox.odoo.orm.storage import as_list
from mooring_sandbox.odoo.rights import RIGHTS, RULES, group_name, spaced_group_name

_WORDS = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}
_LETTER = {"read": "r", "write": "w", "create": "c", "unlink": "d"}


@base
class Access(Core):
    @method
    def has_access(self, operation: str) -> bool:
        return self._may(operation) and not self._outside(operation)

    @method
    def check_access(self, operation: str) -> None:
        self._check(operation)

    def _may(self, operation: str) -> bool:
        return self.env.su or not self.env.groups.isdisjoint(_holders(self._name, operation))

    def _check(self, operation: str) -> None:
        """Refuses, in Odoo's words, what the user may not do with these records (or with the model at all)."""
        if self.env.su:
            return
        if not self._may(operation):
            raise AccessError(_refusal(self, operation))
        if self._outside(operation):
            raise AccessError(_top_secret(self, operation))

    def _outside(self, operation: str) -> list[int]:
        """Those of the records that exist and that no rule lets the user reach."""
        rule = self._rule()
        if not rule or not self.ids:
            return []
        where, args = domains.to_sql(self._sudo(), "t0", rule)
        rows = self.env.cr.rows(
            f'SELECT id FROM "{self._table}" t0 WHERE id IN (SELECT value FROM json_each(?)) AND NOT '
            f"coalesce({where}, 0)",
            [as_list(self.ids), *args],
        )
        return [row[0] for row in rows]

    def _rule(self) -> list[Any]:
        """What restricts the user to some of the records; several rules for several groups add up."""
        if self.env.su or self._name not in RULES:
            return []
        given = [rule(self.env) for group, rule in RULES[self._name] if group in self.env.groups]
        if not given or any(rule == [] for rule in given):
            return []
        return domains.either(*given)

    def _check_field(self, field: Field, operation: str = "read") -> None:
        if not field.groups or self.env.allows(field.groups):
            return
        allowed = ", ".join(f"'{spaced_group_name(group)}'" for group in field.groups)
        raise AccessError(
            f'You do not have enough rights to access the field "{field.name}" on {self._description} ({self._name}). '
            f"Please contact your system administrator.\n\nOperation: {operation}\nUser: {self.env.uid}\n"
            f"Groups: allowed for groups {allowed}"
        )


def _holders(model: str, operation: str) -> list[str]:
    return [group for group, letters in RIGHTS.get(model, {}).items() if _LETTER[operation] in letters]


def _refusal(model: Core, operation: str) -> str:
    groups = sorted({group_name(group) for group in _holders(model._name, operation)})
    listed = "".join(f"\t- {name}\n" for name in groups)
    whom = f"This operation is allowed for the following groups:\n{listed}" if groups else _NOBODY
    return (
        f"You are not allowed to {_WORDS[operation]} '{model._description}' ({model._name}) records.\n\n{whom}\n"
        "Contact your administrator to request access if necessary."
    )


_NOBODY = "No group currently allows this operation.\n"


def _top_secret(model: Core, operation: str) -> str:
    row = model.env.cr.one(
        "SELECT p.name FROM res_users u JOIN res_partner p ON p.id = u.partner_id WHERE u.id = ?", (model.env.uid,)
    )
    return (
        "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
        f"Sorry, {row[0] if row else ''} (id={model.env.uid}) doesn't have '{operation}' access to:\n"
        f"- {model._description} ({model._name})\n\n"
        "If you really, really need access, perhaps you can win over your friendly administrator with a batch of "
        "freshly baked cookies."
    )
