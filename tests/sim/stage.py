"""What all stories of a process share: one sandbox behind real HTTP, and one prepared Mooring to copy from.

Two of three shops are connected and imported, each in a project of its own; the third is nobody's yet. A program takes
a copy of the prepared database and has the sandbox go back to its mark: that is a few milliseconds instead of a
migration, three catalogues and two imports.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from traceback import format_exception
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from mooring.app import CALLED_OFF, ENDINGS, WORKS, Built, build
from mooring.db import operations
from mooring.db.operations import Operation
from mooring.settings import Settings, load
from mooring.usecases import connect, import_store, people, shopify_apps, signing_in
from mooring.usecases.context import App
from mooring.usecases.operations_drive import Runner
from mooring.usecases.who import Who
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.sandbox import Sandbox
from mooring_sandbox.shopify.shops_new import NewShop, open_shop
from mooring_sandbox.shopify.state import State
from tests.sandbox.certificates import self_signed
from tests.sim.model import BASE, Card
from tests.sim.seams import Seams
from tests.sim.time import START, CountedIds, MooringClock, SandboxClock, Time

SESSION = "the-browser-session-of-the-admin"
_SLICES = 400
"""More operations in one go mean that something goes round in circles."""
NAMES = ("harbour", "lighthouse", "pier")
PUBLIC = "http://127.0.0.1:8321"
PASSWORD = "a long enough password"
_WEATHER = {
    "webhooks_paused": True,
    "webhooks_on_this_machine": True,
    "bulk_by_clock": True,
    "bulk_created_seconds": 0,
    "bulk_seconds": 3,
    "throttle_maximum": 1e6,
    "throttle_restore": 1e6,
}
HOOKS = ("app/uninstalled", "customers/data_request", "customers/redact", "shop/redact")


@dataclass
class Stage:
    """`fresh(into)` answers the address of a new copy of the prepared database, and a way to be rid of it."""

    sandbox: Sandbox
    time: Time
    address: str
    http: httpx.Client
    folder: Path
    prepared: Path
    fresh: Callable[[Path], tuple[str, Callable[[], None]]]
    living: list[Card] = field(default_factory=list)
    """The cards as they are when a story begins."""

    def settings(self, database_url: str, data_dir: Path) -> Settings:
        registered = self.sandbox.apps.all()[0]
        return load(
            data_dir=data_dir, database_url=database_url, public_url=PUBLIC, shopify_url=f"{self.address}/{{shop}}",
            shopify_client_id=registered.client_id, shopify_client_secret=registered.secrets[0].value,
            shopify_optional_scopes=["read_customer_merge", "write_customers"], log_level="error",
        )  # fmt: skip

    def build(self, settings: Settings, ids: CountedIds, log: Complaints) -> tuple[Built, Seams]:
        """A process of Mooring's, without its engine: the story itself drives the work."""
        built = build(settings, clock=MooringClock(self.time), ids=ids, with_engine=False, logger=log, migrating=False)
        seams = Seams(built.app.shopify)
        built.app = dataclasses.replace(built.app, shopify=seams)
        return built, seams

    def begin(self) -> None:
        """Sandbox and time as they were at first."""
        self.sandbox.reset()
        self.time.restart()
        self.sandbox.settings.change(_WEATHER)
        self.sandbox.apply_settings()


class Complaints:
    """A log that keeps what is Mooring's own fault, and nothing else: a story is full of trouble that is meant."""

    _OWN = frozenset({"operation_error", "job_failed", "drain_failed", "receipts_file_not_written"})

    def __init__(self) -> None:
        self.kept: list[str] = []

    def debug(self, event: str, **facts: Any) -> None: ...

    def info(self, event: str, **facts: Any) -> None: ...

    def warning(self, event: str, **facts: Any) -> None:
        if event in self._OWN:
            error = facts.get("exc_info")
            shown = "".join(format_exception(error)[-6:]) if isinstance(error, BaseException) else ""
            self.kept.append(f"{event} { ({k: v for k, v in facts.items() if k != 'exc_info'}) }\n{shown}")

    error = warning


@contextmanager
def sqlite_stage() -> Generator[Stage]:
    with _stage(lambda folder: f"sqlite:///{folder / 'mooring.db'}") as stage:

        def fresh(into: Path) -> tuple[str, Callable[[], None]]:
            shutil.copytree(stage.prepared, into)
            return f"sqlite:///{into / 'mooring.db'}", lambda: shutil.rmtree(into)

        yield dataclasses.replace(stage, fresh=fresh)


@contextmanager
def postgres_stage(cluster) -> Generator[Stage]:
    """One database is prepared and serves as a template from then on."""
    template = cluster.create()
    with _stage(lambda _: cluster.url(template)) as stage:

        def fresh(into: Path) -> tuple[str, Callable[[], None]]:
            shutil.copytree(stage.prepared, into)
            name = cluster.create(template)

            def forget() -> None:
                cluster.drop(name)
                shutil.rmtree(into)

            return cluster.url(name), forget

        yield dataclasses.replace(stage, fresh=fresh)


@contextmanager
def _stage(address_of: Callable[[Path], str]) -> Generator[Stage]:
    with ExitStack() as stack:
        stack.enter_context(_few_authorities())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mooring-sim-", dir=_quick())))
        time, state = Time(), State()
        stack.enter_context(closing(state))
        asgi = server.create(state, SandboxClock(time), data=folder / "sandbox")
        _open_shops(asgi.sandbox)
        address = stack.enter_context(server.run_in_thread(asgi))
        http = stack.enter_context(httpx.Client(timeout=20, trust_env=False))
        prepared = folder / "prepared"
        prepared.mkdir(mode=0o700)
        stage = Stage(asgi.sandbox, time, address, http, folder, prepared, lambda _: ("", lambda: None))
        stage.begin()
        time.now = START - timedelta(minutes=30)
        _prepare(stage, stage.settings(address_of(prepared), prepared))
        asgi.sandbox.mark()
        yield stage


@contextmanager
def _few_authorities() -> Generator[None]:
    """Nobody to trust over HTTPS: reading a whole list of authorities takes longer than the rest of a start."""
    before = os.environ.get("SSL_CERT_FILE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SSL_CERT_FILE"] = str(self_signed(Path(folder), "nobody.invalid")[0])
        try:
            yield
        finally:
            os.environ.pop("SSL_CERT_FILE")
            os.environ.update({"SSL_CERT_FILE": before} if before else {})


def _quick() -> str | None:
    """Memory, where it can be written like a disk: a story is thousands of small commits."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _open_shops(sandbox: Sandbox) -> None:
    for seed, name in enumerate(NAMES, start=7):
        open_shop(sandbox.state, sandbox.clock, NewShop(name, seed=seed, customers=6, orders=8, products=4))
    sandbox.apps.create(
        {
            "redirect_uris": [f"{PUBLIC}/oauth/callback"],
            "subscriptions": [{"topic": topic, "uri": f"{PUBLIC}/hooks/app"} for topic in HOOKS],
        }
    )


def _prepare(stage: Stage, settings: Settings) -> None:
    """Tables, the Shopify app, an admin, two projects with a living store each."""
    built = build(settings, clock=MooringClock(stage.time), ids=CountedIds(), with_engine=False, logger=Complaints())
    app = built.app
    shopify_apps.app_of_settings(app)
    token = signing_in.setup_token(app)
    admin = signing_in.set_up(app, token, email="admin@example.com", name="Admin", password=PASSWORD, project="First")
    people.create_project(app, admin.who, "Second")
    who = signing_in.signed_in(app, admin.who.id).who
    runner = Runner(app, "preparing", WORKS, ENDINGS, CALLED_OFF)
    for index, project in enumerate(people.projects(app, who)):
        stage.living.append(_settle(stage, app, runner, who, project["id"], index))
    app.db.checkpoint()
    built.close()


def _settle(stage: Stage, app: App, runner: Runner, who: Who, project: str, index: int) -> Card:
    domain = f"{NAMES[index]}.myshopify.com"
    url = connect.request(app, who, project, domain, session=SESSION)
    done = connect.finish(app, came_back(stage.http, url, BASE) or {}, session=SESSION)
    import_store.request(app, who, done.store_id)
    work_off(app, runner, stage.time)
    shop = stage.sandbox.state.shop_id(domain) or 0
    return Card(done.store_id, index, shop, {domain}, started=True)


def came_back(http: httpx.Client, url: str, scopes: frozenset[str]) -> dict[str, str] | None:
    """What the browser brings along when the merchant has pressed Install; None where there is no such page."""
    answer = http.post(url, data={"decision": "install", "granted": sorted(scopes)})
    if answer.status_code != 302:
        return None
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def work_off(app: App, runner: Runner, time: Time, begin: Callable[[Operation], None] = lambda operation: None) -> None:
    """Everything that can be done now is done; waits of less than a minute are sat out."""
    for _ in range(_SLICES):
        found = _due(app, time)
        if not found:
            return
        begin(found[0])
        wait = runner.advance(found[0].id)
        while wait is not None and wait < 60:
            time.advance(wait)
            wait = runner.advance(found[0].id)
    raise AssertionError(f"work that comes to no rest: {[(one.kind, one.error) for one in _due(app, time)]}")


def _due(app: App, time: Time) -> list[Operation]:
    with app.db.read() as connection:
        return operations.due(connection, at=time.now)
