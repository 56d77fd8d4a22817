"""Who acts, in which transaction, with which context."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mooring_sandbox.odoo.orm import dates
from mooring_sandbox.odoo.orm.registry import REGISTRY

if TYPE_CHECKING:
    from mooring_sandbox.odoo.orm.model import BaseModel
    from mooring_sandbox.odoo.orm.storage import Transaction

SUPERUSER = 1


class Shared:
    """What all environments of one transaction share. `now` is when it began: every row it writes bears that moment."""

    def __init__(self, transaction: Transaction, now: datetime) -> None:
        self.transaction, self.moment = transaction, now
        self.now = dates.moment(now)
        self.groups: dict[int, frozenset[str]] = {}
        self.facts: dict[Any, Any] = {}


class Env:
    def __init__(self, shared: Shared, uid: int, context: dict[str, Any] | None = None, su: bool = False) -> None:
        self.shared, self.uid, self.context, self.su = shared, uid, context or {}, su or uid == SUPERUSER
        self.cr = shared.transaction

    def __getitem__(self, model: str) -> BaseModel:
        return REGISTRY[model](self, ())

    def changed(self, *, su: bool | None = None, context: dict[str, Any] | None = None, uid: int | None = None) -> Env:
        return Env(
            self.shared,
            self.uid if uid is None else uid,
            self.context if context is None else context,
            (self.su if uid is None else False) if su is None else su,
        )

    @property
    def now(self) -> str:
        return self.shared.now

    @property
    def today(self) -> str:
        return self.shared.now[:10]

    # -- the user -----------------------------------------------------------------------------------------------------

    @property
    def groups(self) -> frozenset[str]:
        """External ids of the user's groups, those implied included."""
        known = self.shared.groups
        if self.uid not in known:
            known[self.uid] = frozenset(self["res.groups"]._of_user(self.uid))
        return known[self.uid]

    def allows(self, groups: tuple[str, ...]) -> bool:
        return self.su or not self.groups.isdisjoint(groups)

    @cached_property
    def companies(self) -> list[int]:
        """Those the user works in: the context's, else the user's own."""
        asked = self.context.get("allowed_company_ids")
        if asked:
            return list(asked)
        row = self.cr.one("SELECT company_id FROM res_users WHERE id = ?", (self.uid,))
        return [row[0]] if row and row[0] else []

    @property
    def company(self) -> int:
        if self.companies:
            return self.companies[0]
        row = self.cr.one("SELECT min(id) FROM res_company")
        return row[0] if row else 0

    @cached_property
    def zone(self) -> str | None:
        """The user's own time zone."""
        row = self.cr.one(
            "SELECT p.tz FROM res_users u JOIN res_partner p ON p.id = u.partner_id WHERE u.id = ?", (self.uid,)
        )
        return row[0] if row else None

    # -- settings of the database, and its sequences ------------------------------------------------------------------

    def setting(self, name: str, default: Any = None) -> Any:
        row = self.cr.one("SELECT value FROM setting WHERE name = ?", (name,))
        return json.loads(row[0]) if row else default

    def set(self, name: str, value: Any) -> None:
        self.cr.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))

    def next_number(self, name: str) -> int:
        """Of a sequence; it stands still where the transaction is rolled back."""
        number = self.setting(f"sequence:{name}", 1)
        self.set(f"sequence:{name}", number + 1)
        return number

    def ref(self, xid: str) -> int:
        """The id of a record that came with the database."""
        return self.shared.facts.setdefault(("ref", xid), self._ref(xid))

    def _ref(self, xid: str) -> int:
        module, _, name = xid.partition(".")
        row = self.cr.one("SELECT res_id FROM ir_model_data WHERE module = ? AND name = ?", (module, name))
        if row is None:
            raise ValueError(f"External ID not found in the system: {xid}")
        return row[0]
