"""Control verbs about what the server holds: databases, users, keys, and what somebody in Odoo might do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mooring_sandbox.odoo import seed
from mooring_sandbox.odoo.calls import by_name

if TYPE_CHECKING:
    from mooring_sandbox.odoo.orm.environment import Env
    from mooring_sandbox.odoo.sandbox import Sandbox

Json = dict[str, Any]


class StoreControl:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._databases = sandbox, sandbox.databases

    def routes(self) -> list[tuple[str, str, Callable[..., Any]]]:
        return [
            ("GET", "/databases", self.listed),
            ("POST", "/databases", self.create),
            ("DELETE", "/databases/{database}", self.drop),
            ("POST", "/databases/{database}/copy", self.copy),
            ("POST", "/databases/{database}/snapshot", self.snapshot),
            ("POST", "/databases/{database}/restore", self.restore),
            ("POST", "/databases/{database}/neutralize", self.neutralize),
            ("POST", "/databases/{database}/users", self.user),
            ("POST", "/databases/{database}/keys", self.key),
            ("POST", "/databases/{database}/call", self.call),
        ]

    def listed(self) -> list[Json]:
        return [self._told(name) for name in self._databases.names()]

    def create(self, name: str) -> Json:
        self._databases.create(name)
        return self._told(name)

    def drop(self, database: str) -> list[Json]:
        self._databases.drop(database)
        return self.listed()

    def copy(self, database: str, name: str, same_uuid: bool = True, neutralize: bool = False) -> Json:
        self._databases.copy(database, name, same_uuid=same_uuid, neutralize=neutralize)
        return self._told(name)

    def snapshot(self, database: str, label: str = "snapshot") -> Json:
        self._databases.snapshot(database, label)
        return {"label": label}

    def restore(self, database: str, label: str = "snapshot") -> Json:
        self._databases.restore(database, label)
        return self._told(database)

    def neutralize(self, database: str) -> Json:
        self._databases.neutralize(database)
        return self._told(database)

    def user(self, database: str, login: str, groups: list[str], name: str = "", password: str = "") -> Json:
        """A user with exactly these groups (external ids) and what they imply, and a key of his."""

        def make(env: Env) -> int:
            ids = [env.ref(xid) for xid in groups]
            row: Json = {"name": name or login, "login": login, "group_ids": [[6, 0, ids]]}
            return env["res.users"]._make([row | ({"password": password} if password else {})]).ids[0]

        found = self._databases.get(database)
        return {"id": self._databases.act(found, make), "login": login, "key": self._databases.key_for(found, login)}

    def key(self, database: str, login: str = seed.ADMIN) -> Json:
        return {"key": self._databases.key_for(self._databases.get(database), login)}

    def call(
        self, database: str, model: str, method: str, arguments: Json | None = None, login: str = seed.ADMIN
    ) -> Any:
        """Somebody in Odoo does this: no pace, no faults, not in the log."""
        found = self._databases.get(database)
        return self._databases.act(found, lambda env: by_name(env, model, method, dict(arguments or {})), login=login)

    def _told(self, name: str) -> Json:
        def read(env: Env) -> Json:
            parameters = env["ir.config_parameter"]
            return {
                "name": name, "uuid": parameters.get_param("database.uuid"),
                "neutralized": parameters.get_param("database.is_neutralized") == "true",
                "partners": env["res.partner"].search_count([]),
            }  # fmt: skip

        return self._databases.act(self._databases.get(name), read)
