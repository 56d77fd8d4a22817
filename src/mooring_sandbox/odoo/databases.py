"""The databases of one server: made, copied, restored from an older state, neutralised."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import threading
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo import models, seed
from mooring_sandbox.odoo.calls import in_transaction
from mooring_sandbox.odoo.orm.environment import SUPERUSER, Env, Shared
from mooring_sandbox.odoo.orm.registry import schema
from mooring_sandbox.odoo.orm.storage import Database, connect

assert models
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_SNAPSHOT = ".snapshot-"


class Unknown(LookupError):
    """There is no such database, or no such snapshot of it."""


class Databases:
    """`folder` keeps each as a file; without one they are gone with the process."""

    def __init__(self, folder: Path | None, clock: Clock) -> None:
        self._folder, self._clock = folder, clock
        self._open: dict[str, Database] = {}
        self._snapshots: dict[tuple[str, str], sqlite3.Connection] = {}
        self._lock = threading.RLock()
        for path in sorted(folder.glob("*.sqlite")) if folder else ():
            if _SNAPSHOT not in path.stem:
                self._open[path.stem] = Database(path, path.stem)

    def close(self) -> None:
        for database in self._open.values():
            database.close()
        for snapshot in self._snapshots.values():
            snapshot.close()

    # -- finding ------------------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        return sorted(self._open)

    def get(self, name: str) -> Database:
        try:
            return self._open[name]
        except KeyError:
            raise Unknown(f"there is no database {name!r}") from None

    def named(self, name: str | None) -> Database | None:
        """The database a request means: the named one, or without a name the only one there is."""
        if name:
            return self._open.get(name)
        return next(iter(self._open.values())) if len(self._open) == 1 else None

    # -- making -------------------------------------------------------------------------------------------------------

    def create(self, name: str) -> Database:
        """As after a first installation, with a uuid of its own."""
        database = self._add(name, _template())
        self.act(database, _new_uuid)
        return database

    def copy(self, source: str, name: str, *, same_uuid: bool = True, neutralize: bool = False) -> Database:
        """A copy made beside Odoo keeps the uuid; one made by Odoo's own page gets a new one."""
        origin = self.get(source)
        with origin.lock:
            database = self._add(name, origin.connection)
        if not same_uuid:
            self.act(database, _new_uuid)
        if neutralize:
            self.neutralize(name)
        return database

    def neutralize(self, name: str) -> None:
        self.act(self.get(name), lambda env: env["ir.config_parameter"].set_param("database.is_neutralized", "true"))

    def drop(self, name: str) -> None:
        with self._lock:
            self.get(name).close()
            del self._open[name]
            for path in self._folder.glob(f"{name}.sqlite*") if self._folder else ():
                path.unlink()

    def _add(self, name: str, content: sqlite3.Connection) -> Database:
        with self._lock:
            if not _NAME.fullmatch(name) or _SNAPSHOT in name:
                raise ValueError(f"{name!r} is no name of a database: letters, digits, _ . and - only")
            if name in self._open:
                raise ValueError(f"there is a database {name!r} already")
            path: Path | str = self._folder / f"{name}.sqlite" if self._folder else ":memory:"
            database = Database(path, name)
            database.replace(content)
            self._open[name] = database
            return database

    # -- going back ---------------------------------------------------------------------------------------------------

    def snapshot(self, name: str, label: str) -> None:
        """Remembers a database as it is now."""
        database = self.get(name)
        with database.lock:
            copy = connect(self._snapshot_path(name, label))
            database.connection.backup(copy)
        self._keep(name, label, copy)

    def restore(self, name: str, label: str) -> None:
        """The database is again what it was; ids given out since will be given out again."""
        if (name, label) in self._snapshots:
            self.get(name).replace(self._snapshots[name, label])
            return
        path = self._snapshot_path(name, label)
        if not isinstance(path, Path) or not path.exists():
            raise Unknown(f"there is no snapshot {label!r} of {name!r}")
        with contextlib.closing(connect(path)) as copy:
            self.get(name).replace(copy)

    def _snapshot_path(self, name: str, label: str) -> Path | str:
        if not _NAME.fullmatch(label):
            raise ValueError(f"{label!r} is no name of a snapshot: letters, digits, _ . and - only")
        return self._folder / f"{name}{_SNAPSHOT}{label}.sqlite" if self._folder else ":memory:"

    def _keep(self, name: str, label: str, copy: sqlite3.Connection) -> None:
        if self._folder:
            copy.close()
        else:
            self._snapshots[name, label] = copy

    # -- acting from inside -------------------------------------------------------------------------------------------

    def act(self, database: Database, work: Any, *, login: str | None = None) -> Any:
        """Something done with all rights (or as a user), in a transaction of its own."""

        def inside(shared: Shared) -> Any:
            env = Env(shared, SUPERUSER, {}, su=True)
            uid = env["res.users"]._by_login(login) if login else None
            if login and uid is None:
                raise Unknown(f"there is no user {login!r}")
            return work(env if uid is None else Env(shared, uid, {}))

        return in_transaction(database, self._clock, inside)

    def key_for(self, database: Database, login: str = seed.ADMIN, name: str = "sandbox") -> str:
        """A new API key of a user."""

        def make(env: Env) -> str:
            uid = env["res.users"]._by_login(login)
            if uid is None:
                raise Unknown(f"there is no user {login!r}")
            return env["res.users.apikeys"]._generate(uid, name)

        return self.act(database, make)


def _new_uuid(env: Env) -> None:
    env["ir.config_parameter"].set_param("database.uuid", str(uuid.uuid4()))


@cache
def _template() -> sqlite3.Connection:
    """Built once; every new database is a copy of it."""
    database = Database(":memory:", "template")
    for statement in schema():
        database.connection.execute(statement)
    in_transaction(database, Clock(), lambda shared: seed.fill(Env(shared, SUPERUSER, {}, su=True)))
    return database.connection
