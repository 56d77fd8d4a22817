"""Users and groups."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from mooring_sandbox.odoo.errors import AccessDenied
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Html, Selection
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one
from mooring_sandbox.odoo.orm.remote import method, model_method
from mooring_sandbox.odoo.rights import implied


class Groups(Model):
    _name = "res.groups"
    _description = "Access Groups"
    _order = "name"

    name = Char("Name", required=True)
    full_name = Char("Group Name")
    comment = Char("Comment")
    share = Boolean("Share Group")
    user_ids = Many2many("res.users", "Users", mirror="res.users.group_ids")

    def _xids(self) -> dict[int, str]:
        rows = self.env.cr.rows("SELECT res_id, module || '.' || name FROM ir_model_data WHERE model = 'res.groups'")
        return dict(rows)

    def _of_user(self, uid: int) -> set[str]:
        """External ids of a user's groups, with those they imply."""
        rows = self.env.cr.rows("SELECT right_id FROM res_users_group_ids_rel WHERE left_id = ?", (uid,))
        xids = self._xids()
        return implied(xids[row[0]] for row in rows if row[0] in xids)


class Users(Model):
    _name = "res.users"
    _description = "User"
    _order = "name, login"
    _inherits = {"res.partner": "partner_id"}  # noqa: RUF012
    _rec_names_search = ("name", "login")

    partner_id = Many2one("res.partner", "Related Partner", required=True)
    login = Char("Login", required=True, index=True)
    password = Char("Password", compute="_compute_password", inverse="_set_password", copy=False)
    password_hash = Char("Password Hash", groups=("base.group_nobody",), copy=False)
    active = Boolean("Active", default=True)
    share = Boolean("Share User", default=False)
    signature = Html("Email Signature")
    company_id = Many2one("res.company", "Company", required=True)
    company_ids = Many2many("res.company", "Companies")
    group_ids = Many2many("res.groups", "Groups")
    all_group_ids = Many2many("res.groups", "Groups and implied groups", compute="_compute_all_groups")
    notification_type = Selection([("email", "By Emails"), ("inbox", "In Odoo")], "Notification", default="email")

    _uniques = (("res_users_login_key", ("login",), ""),)

    # -- what may be asked --------------------------------------------------------------------------------------------

    @model_method
    def context_get(self) -> dict[str, Any]:
        row = self._of("res.users", [self.env.uid])._row("lang", "tz")
        return {"lang": row["lang"] or "en_US", "tz": row["tz"] or False, "uid": self.env.uid}

    @method
    def has_group(self, group_ext_id: str) -> bool:
        uid = self.ids[0] if self.ids else self.env.uid
        return group_ext_id in self.env["res.groups"]._of_user(uid)

    @method
    def has_groups(self, group_spec: str) -> bool:
        return any(self.has_group(one.strip()) for one in group_spec.split(","))

    # -- signing in ---------------------------------------------------------------------------------------------------

    def _by_login(self, login: str) -> int | None:
        found = self._ids_where("login = ? AND active", [login])
        return found[0] if found else None

    def _accepts(self, secret: Any) -> bool:
        """The user's password, or one of its keys."""
        row = self._row("password_hash", "active")
        if not row["active"] or not isinstance(secret, str):
            return False
        return _matches(secret, row["password_hash"]) or self.env["res.users.apikeys"]._user_of(secret) == self.ids[0]

    def _check_password(self, secret: Any) -> None:
        if not _matches(secret, self._get("password_hash")):
            raise AccessDenied

    # -- what follows from what ---------------------------------------------------------------------------------------

    def _before_create(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            row.setdefault("company_id", self.env.company)
            row.setdefault("company_ids", [[6, 0, [row["company_id"]]]])
            row.setdefault("group_ids", [[6, 0, [self.env.ref("base.group_user")]]])

    def _compute_password(self) -> dict[int, str]:
        return dict.fromkeys(self.ids, "")

    def _set_password(self, password: Any) -> None:
        self._store({id_: {"password_hash": _hashed(password)} for id_ in self.ids if password})

    def _compute_all_groups(self) -> dict[int, list[int]]:
        ids = {xid: id_ for id_, xid in self.env["res.groups"]._xids().items()}
        return {uid: sorted(ids[xid] for xid in self.env["res.groups"]._of_user(uid)) for uid in self.ids}

    def _after_write(self, vals: dict[str, Any]) -> None:
        self.env.shared.groups.clear()


def _hashed(password: str) -> str:
    """Cheap on purpose: what it costs the real one is part of the pace, and these are nobody's passwords."""
    salt = secrets.token_hex(8)
    return f"{salt}${_digest(salt, password)}"


def _matches(password: Any, kept: str | None) -> bool:
    if not kept or not isinstance(password, str):
        return False
    salt, _, digest = kept.partition("$")
    return secrets.compare_digest(digest, _digest(salt, password))


def _digest(salt: str, password: str) -> str:
    return hashlib.sha256(f"{salt}{password}".encode()).hexdigest()
