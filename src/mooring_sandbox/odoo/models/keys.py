"""API keys, and the three windows through which a user makes one."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from mooring_sandbox.odoo.errors import AccessDenied, UserError
from mooring_sandbox.odoo.orm import dates
from mooring_sandbox.odoo.orm.fields import Char, Datetime, Selection
from mooring_sandbox.odoo.orm.model import Model, Transient
from mooring_sandbox.odoo.orm.relations import Many2one
from mooring_sandbox.odoo.orm.remote import method

_HTTP_ONLY = "This method can only be accessed over HTTP"


class ApiKeys(Model):
    _name = "res.users.apikeys"
    _description = "Users API Keys"

    name = Char("Description", required=True)
    user_id = Many2one("res.users", "User", required=True, ondelete="cascade")
    scope = Char("Scope", readonly=True)
    expiration_date = Datetime("Expiration Date", readonly=True)
    digest = Char("Key", index=True, groups=("base.group_nobody",))

    @method
    def remove(self) -> dict[str, Any]:
        owners = {row["user_id"] for row in self._rows("user_id")}
        if owners - {self.env.uid} and not self.env.allows(("base.group_system",)):
            raise AccessDenied
        self._sudo()._remove()
        return {"type": "ir.actions.act_window_close"}

    def _generate(self, user: int, name: str, days: float | None = None) -> str:
        """A new key; only its digest is kept."""
        key = secrets.token_hex(20)
        ends = dates.moment(self.env.shared.moment + timedelta(days=days))[:19] if days else False
        row = {"name": name, "user_id": user, "scope": False, "expiration_date": ends, "digest": _digest(key)}
        self._sudo()._make([row])
        return key

    def _user_of(self, key: str) -> int | None:
        """Whose key it is; None if it has ended or its user was archived."""
        row = self.env.cr.one(
            "SELECT k.user_id FROM res_users_apikeys k JOIN res_users u ON u.id = k.user_id "
            "WHERE k.digest = ? AND u.active AND (k.expiration_date IS NULL OR k.expiration_date > ?)",
            (_digest(key), self.env.now),
        )
        return row[0] if row else None


class KeyDescription(Transient):
    _name = "res.users.apikeys.description"
    _description = "API Key Description"

    name = Char("Description", required=True)
    duration = Selection(
        [("1", "1 Day"), ("7", "1 Week"), ("30", "1 Month"), ("90", "3 Months"), ("180", "6 Months"), ("365", "1 Year"),
         ("0", "Persistent Key"), ("-1", "Custom Date")],
        "Duration", required=True, default="1",
    )  # fmt: skip
    expiration_date = Datetime("Expiration Date")

    @method
    def make_key(self) -> dict[str, Any]:
        """Only in a session of the web client, and only after the password was asked for again."""
        session = self.env.context.get("_session")
        if session is None:
            raise UserError(_HTTP_ONLY)
        if not session.get("confirmed"):
            check = self._of("res.users.identitycheck", ())._make([{"request": f"{self._name},{self.ids[0]},make_key"}])
            return _window("res.users.identitycheck", "Access Control", check.ids[0])
        row = self._row("name", "duration")
        days = float(row["duration"]) or None
        key = self.env["res.users.apikeys"]._generate(self.env.uid, row["name"], days)
        return _window("res.users.apikeys.show", "API Key Ready", None) | {"context": {"default_key": key}}


class KeyShow(Transient):
    _name = "res.users.apikeys.show"
    _description = "Show API Key"

    key = Char("Key", readonly=True)


class IdentityCheck(Transient):
    _name = "res.users.identitycheck"
    _description = "Password Check Wizard"

    request = Char("Request", readonly=True)
    auth_method = Selection([("password", "Password")], "Auth Method", default="password")

    @method
    def run_check(self) -> Any:
        """The password is in the context; then the call that was held back is made."""
        session = self.env.context.get("_session")
        if session is None:
            raise UserError(_HTTP_ONLY)
        self._of("res.users", [self.env.uid])._check_password(self.env.context.get("password"))
        session["confirmed"] = True
        model, id_, name = self._get("request").split(",")
        return getattr(self.env[model]._browse([int(id_)]), name)()


def _window(model: str, name: str, id_: int | None) -> dict[str, Any]:
    return {
        "type": "ir.actions.act_window", "res_model": model, "name": name, "res_id": id_ or 0, "target": "new",
        "views": [[False, "form"]], "context": {},
    }  # fmt: skip


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
