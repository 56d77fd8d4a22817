"""The composition root: settings in, `App` out. The only file that picks implementations, and the only one that asks
the machine for the time, for randomness and for ids."""

from __future__ import annotations

import base64
import fcntl
import os
import secrets
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mooring import log
from mooring.db import copies, drains, migrate, operations_stalled, people
from mooring.db.database import Database
from mooring.domain.rules import Work
from mooring.errors import Misconfigured
from mooring.http import READ_SECONDS, HostRule, Hosts, Http
from mooring.mail import Server, SmtpMail
from mooring.no_engine import NoEngine
from mooring.odoo.client import OdooClient
from mooring.odoo.hosts import OdooHosts
from mooring.outgoing import NoticeHosts, OutgoingHttp
from mooring.ports import ODOO_LIMIT, Clock, Ids, Mail, Odoo, Shopify, Vault
from mooring.receipts import FileLedger
from mooring.settings import Settings
from mooring.shopify.client import ShopifyClient
from mooring.usecases import (
    catch_up,
    clean_up,
    clear_mapping,
    connect,
    delete,
    drain,
    health,
    import_store,
    ledger,
    notices,
    privacy_redact,
    pull,
    rebuild_mapping,
    restore,
    restore_files,
    schedule,
    shopify_apps,
    subscriptions,
    sweep,
    sync_odoo,
    verify_mapping,
    write_back,
)
from mooring.usecases.context import App
from mooring.usecases.operations_drive import Runner
from mooring.usecases.operations_run import Advance, CalledOff, Ended
from mooring.usecases.receive import Receiver
from mooring.vault import AesVault, KeyRing

if TYPE_CHECKING:
    from mooring.engine import DbosEngine

WORKS: dict[Work, Advance] = {
    Work.CLEAN_UP: clean_up.advance,
    Work.HEALTH_CHECK: health.advance,
    Work.IMPORT: import_store.advance,
    Work.CATCH_UP: catch_up.advance,
    Work.PULL: pull.advance,
    Work.SWEEP: sweep.advance,
    Work.SUBSCRIBE: subscriptions.converge,
    Work.DELETE: delete.advance,
    Work.REDACT: privacy_redact.advance,
    Work.WRITE_BACK: write_back.advance,
    Work.CLEAR_MAPPING: clear_mapping.advance,
    Work.REBUILD_MAPPING: rebuild_mapping.advance,
    Work.VERIFY_MAPPING: verify_mapping.advance,
    Work.SYNC_ODOO: sync_odoo.advance,
}
"""Which function drives which kind of work."""

ENDINGS: dict[Work, Ended] = {
    Work.IMPORT: import_store.ended,
    Work.SUBSCRIBE: subscriptions.ended,
    Work.DELETE: delete.ended,
    Work.SYNC_ODOO: sync_odoo.ended,
}
CALLED_OFF: dict[Work, CalledOff] = {Work.IMPORT: import_store.called_off, Work.SWEEP: sweep.called_off}
"""What is to be put straight when a kind of work is ended from outside."""


_TICK_SECONDS = 5.0
_LOOK_SECONDS = 1.0
_GATHER_SECONDS = 0.3
"""How long arrivals may gather before they are worked off: in a flood, one look and one commit for all of them."""
_GRACE_SECONDS = 10.0
"""How much longer than Odoo's own limit its answer is waited for."""
_DRAINING = 2
"""How many threads of a process work off deliveries, each one shop at a time."""


class SystemClock:
    """The machine's clock, plus an offset that tests move."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def advance(self, by: timedelta) -> None:
        self._offset += by


class RandomIds:
    """Ids begin with the time (48 bits of milliseconds), so that newer ones sort behind older ones."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def new(self) -> str:
        milliseconds = int(self._clock.now().timestamp() * 1000)
        return f"{milliseconds:012x}{secrets.token_hex(8)}"

    def token(self) -> str:
        return secrets.token_urlsafe(32)


class DirectoryLock:
    """One process at a time works on a data directory: SQLite never has two writers. Held until `release`."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "mooring.lock"
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self) -> None:
        """Raises `Misconfigured` naming the process that holds it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._file, 32, 0).decode(errors="replace").strip() or "unknown"
            raise Misconfigured(
                f"The data directory is in use by another Mooring (process {holder}). "
                "Stop that one, or give this one another MOORING_DATA_DIR.",
                code="directory_in_use",
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        os.close(self._file)


@dataclass
class Built:
    """An `App` with what has to be closed again. `sole` says that nobody else works on this database."""

    app: App
    clients: tuple[Http, ...]
    lock: DirectoryLock | None
    sole: bool
    runner: Runner
    _closing: threading.Event = field(default_factory=threading.Event)
    _draining: list[threading.Thread] = field(default_factory=list[threading.Thread])

    def launch(self) -> None:
        """Start to work: leases of a dead predecessor are void, interrupted round trips go on, the engine runs."""
        if self.sole:
            copies.tidy(self.app.db)
            with self.app.db.write() as connection:
                operations_stalled.release_all(connection)
                drains.release_all(connection)
        shopify_apps.app_of_settings(self.app)
        ledger.mend(self.app)
        self.app.engine.launch()
        notices.note_mail(self.app)
        threading.Thread(target=self._keep_house, name="housekeeping", daemon=True).start()
        threading.Thread(target=self._post_notices, name="notices", daemon=True).start()
        self._draining += [threading.Thread(target=self._drain, name="drain", daemon=True) for _ in range(_DRAINING)]
        for thread in self._draining:
            thread.start()

    def _keep_house(self) -> None:
        """What the clock asks for, every few seconds. Round trips that a dead predecessor left need no grace."""
        if self.sole:
            schedule.attempt(self.app, lambda app: connect.resume(app, grace=timedelta()))
        while True:
            schedule.attempt(self.app, lambda _: self.runner.free_stuck())
            schedule.tick(self.app)
            if self._closing.wait(_TICK_SECONDS):
                return

    def _post_notices(self) -> None:
        while not self._closing.wait(_TICK_SECONDS):
            schedule.post(self.app)

    def _drain(self) -> None:
        """What came in is worked off at once; a look each second finds what other processes took in, or was put off."""
        arrived = self.app.receiver.arrived
        while not self._closing.is_set():
            schedule.attempt(self.app, drain.drain_all)
            if arrived.wait(_LOOK_SECONDS):
                self._closing.wait(_GATHER_SECONDS)
            if not self._closing.is_set():  # `close` calls all who wait here, not only the first
                arrived.clear()

    def close(self) -> None:
        self._closing.set()
        self.app.receiver.close()
        self.app.receiver.arrived.set()
        for thread in self._draining:
            thread.join(timeout=10)
        self.app.engine.stop()
        for client in self.clients:
            client.close()
        self.app.db.close()
        if self.lock is not None:
            self.lock.release()


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    shopify: Shopify | None = None,
    odoo: Odoo | None = None,
    with_engine: bool = True,
    logger: Any = None,
    migrating: bool = True,
) -> Built:
    """Everything wired up, nothing started. Takes the directory's lock, migrates, checks the key ring."""
    clock = clock or SystemClock()
    db = Database(settings.url)
    lock = _lock(settings, db)
    try:
        finish_restore(settings, db, lock)
        migrate.upgrade(db) if migrating else migrate.require_current(db)
        vault = _vault(settings, db)
    except BaseException:
        db.close()
        if lock is not None:
            lock.release()
        raise
    sole = db.dialect == "sqlite"
    worker = "local" if sole else f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"
    http = _http(settings, db, clock, Hosts(settings.shopify_url, settings.download_hosts))
    notice_hosts = NoticeHosts(settings.notice_hosts)
    posting = _http(settings, db, clock, notice_hosts)
    quick = _http(settings, db, clock, OdooHosts())
    erp = _http(settings, db, clock, OdooHosts(), read_seconds=ODOO_LIMIT.total_seconds() + _GRACE_SECONDS)
    engine = _engine(settings, db, worker) if with_engine else None
    ids, logger = ids or RandomIds(clock), logger or log.configure(settings.log_level)
    app = App(
        settings=settings,
        db=db,
        shopify=shopify or ShopifyClient(http, url=settings.shopify_url, version=settings.shopify_api_version),
        odoo=odoo or OdooClient(erp, quick),
        mail=_mail(settings, db),
        outgoing=OutgoingHttp(posting, notice_hosts),
        vault=vault,
        clock=clock,
        ids=ids,
        engine=engine or NoEngine(),
        log=logger,
        ledger=FileLedger(settings.data_dir / "receipts.jsonl"),
        receiver=Receiver(db, vault, clock, ids, logger),
    )
    runner = Runner(app, worker, WORKS, ENDINGS, CALLED_OFF)
    restore.compare(app)
    if engine is not None:
        engine.bind(app, runner.advance, runner.drop, runner.is_at)
    return Built(app, (http, posting, quick, erp), lock, sole, runner)


def finish_restore(settings: Settings, db: Database, lock: DirectoryLock | None) -> None:
    """What has to come before anybody looks for a database: a restore that was cut off is brought to its end. `lock`:
    the directory's, if it is held already."""
    place = restore_files.Place.of(settings.data_dir, db)
    if not place.cut_off:
        return
    own = None if lock else DirectoryLock(place.here)
    try:
        if own:
            own.take()
        restore_files.finish(place, db)
    finally:
        if own:
            own.release()


def _http(
    settings: Settings, db: Database, clock: Clock, rule: HostRule, *, read_seconds: float = READ_SECONDS
) -> Http:
    return Http(
        rule,
        inside_transaction=lambda: db.in_transaction,
        monotonic=clock.monotonic,
        ca_file=Path(settings.extra_ca) if settings.extra_ca else None,
        read_seconds=read_seconds,
    )


def _mail(settings: Settings, db: Database) -> Mail | None:
    if not settings.smtp_host:
        return None
    server = Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from,
        tls=settings.smtp_tls,
        user=settings.smtp_user or None,
        password=settings.smtp_password.get_secret_value(),
        ca_file=Path(settings.extra_ca) if settings.extra_ca else None,
    )
    return SmtpMail(server, inside_transaction=lambda: db.in_transaction)


def _lock(settings: Settings, db: Database) -> DirectoryLock | None:
    if db.dialect != "sqlite":
        return None
    lock = DirectoryLock(db.path.parent if db.path else settings.data_dir)
    lock.take()
    return lock


def _vault(settings: Settings, db: Database) -> Vault:
    """The vault of this database's key ring. Raises `Misconfigured` for a wrong one, before anything is touched."""
    text = settings.keys.get_secret_value()
    ring = KeyRing.parse(text) if text else KeyRing.of_file(_key_file(settings, db))
    vault = AesVault(ring)
    with db.write() as connection:
        sealed = people.fact(connection, "hash_key")
        if sealed is None:
            key = base64.b64encode(secrets.token_bytes(32)).decode()
            kept = vault.seal(key, table="installation", row="hash_key", column="value")
            people.set_fact(connection, "hash_key", base64.b64encode(kept).decode())
        else:
            key = vault.open(base64.b64decode(sealed), table="installation", row="hash_key", column="value")
    return vault.with_hash_key(base64.b64decode(key))


def _key_file(settings: Settings, db: Database) -> Path:
    """Refuses to make a new key for a database that already has secrets under another one."""
    path = settings.data_dir / "keys"
    if not path.exists():
        with db.read() as connection:
            if people.fact(connection, "hash_key") is not None:
                raise Misconfigured(
                    f"This database has secrets, but its key file {path} is missing. "
                    "Restore it from your backup, or set MOORING_KEYS.",
                    code="wrong_key",
                )
    return path


def _engine(settings: Settings, db: Database, worker: str) -> DbosEngine:
    """Imported here, because a command that carries no work does without, and starts the quicker."""
    from mooring.engine import DbosEngine

    return DbosEngine(_engine_url(settings, db), worker=worker, concurrency=settings.workers)


def _engine_url(settings: Settings, db: Database) -> str:
    if db.dialect == "sqlite":
        return f"sqlite:///{(db.path or settings.data_dir / 'hub.db').resolve().parent / 'engine.db'}"
    return db.url.set(drivername="postgresql").render_as_string(hide_password=False)
