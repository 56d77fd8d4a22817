"""A whole small world: two shops at a sandbox over real HTTP, and a Mooring (without its engine) that knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
from sqlalchemy import func, select

from mooring.app import Built, build
from mooring.db import operations as rows
from mooring.db import stores
from mooring.db.stores import Store
from mooring.db.tables import metadata
from mooring.db.tables import people as people_table
from mooring.domain.rules import Work
from mooring.settings import Settings
from mooring.usecases import connect, drain, operations, people, schedule, shopify_apps, signing_in
from mooring.usecases.connect import Connected
from mooring.usecases.context import App
from mooring.usecases.operations_drive import drive
from mooring.usecases.operations_run import Advance
from mooring.usecases.who import Who
from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.sandbox import Sandbox

HARBOUR, LIGHTHOUSE = "harbour.myshopify.com", "lighthouse.myshopify.com"
SHOPS = {HARBOUR: 10_000_000_001, LIGHTHOUSE: 10_000_000_002}
SESSION = "the-browser-session-of-the-admin"
PUBLIC = "http://127.0.0.1:8321"
SCOPES = ("read_customers", "read_orders", "read_products")


@dataclass
class World:
    sandbox: Sandbox
    address: str
    built: Built
    admin: Who
    project: str
    http: httpx.Client
    works: dict[Work, Advance] = field(default_factory=dict)

    @property
    def app(self) -> App:
        return self.built.app

    # -- going round ----------------------------------------------------------------------------------------------

    def consent(self, url: str, granted: tuple[str, ...] = SCOPES) -> dict[str, str]:
        """What the callback receives when the merchant presses Install."""
        answer = self.http.post(url, data={"decision": "install", "granted": list(granted)})
        assert answer.status_code == 302, answer.text
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def round_trip(
        self,
        domain: str = HARBOUR,
        *,
        project: str | None = None,
        store_id: str | None = None,
        granted: tuple[str, ...] = SCOPES,
    ) -> dict[str, str]:
        wanted = project or self.project
        url = connect.request(self.app, self.admin, wanted, domain, session=SESSION, store_id=store_id)
        return self.consent(url, granted)

    def connect(self, domain: str = HARBOUR, **more: object) -> Connected:
        return connect.finish(self.app, self.round_trip(domain, **more), session=SESSION)  # type: ignore[arg-type]

    def other_project(self) -> str:
        project = people.create_project(self.app, self.admin, "Second")
        self.admin = signing_in.signed_in(self.app, self.admin.id).who
        return project

    # -- looking --------------------------------------------------------------------------------------------------

    def store(self, store_id: str) -> Store:
        with self.app.db.read() as connection:
            return stores.load(connection, store_id)

    def rows(self, *, but: tuple[str, ...] = ()) -> dict[str, int]:
        """How many rows each table has."""
        with self.app.db.read() as connection:
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in metadata.tables.items()
                if name not in but
            }

    def calls(self) -> int:
        """Requests the sandbox has received so far."""
        return len(self.sandbox.log.entries())

    def advance(self, **by: float) -> None:
        """Let time pass for everybody."""
        self.sandbox.clock.advance(timedelta(**by))
        self.app.clock.advance(timedelta(**by))  # type: ignore[attr-defined]

    def settle(self, rounds: int = 40) -> None:
        """Everything that is due is done, as by a running Mooring, until nothing is. Waits pass by the clocks."""
        for _ in range(rounds):
            self.tick()
            with self.app.db.read() as connection:
                due = [one.id for one in rows.due(connection, at=self.app.clock.now())]
            if not due:
                return
            for operation_id in due:
                self.run(operation_id)

    def tick(self) -> None:
        """What the clock asks for, once; unlike in a running Mooring an error comes out."""
        self.built.runner.free_stuck()
        for job in schedule.JOBS:
            job(self.app)
        drain.drain_all(self.app)

    def run(self, operation_id: str, slices: int = 2_000) -> None:
        """An operation until it rests: finished, parked, or let go until its time comes."""
        for _ in range(slices):
            wait = self.built.runner.advance(operation_id)
            if wait is None:
                return
            if wait:
                self.advance(seconds=wait)
        raise AssertionError("this operation does not come to rest")

    def operations(self, store_id: str) -> dict[Work, operations.Operation]:
        """The newest of each kind."""
        with self.app.db.read() as connection:
            found = rows.of_project(connection, self.store(store_id).project_id, store_id=store_id, limit=500)
        return {one.kind: one for one in reversed(found)}

    def drive(self, operation_id: str) -> operations.Operation:
        return drive(self.app, operation_id, self.works)


def settings_for(sandbox: Sandbox, address: str, database_url: str, data_dir: Path) -> Settings:
    registered = sandbox.apps.all()[0]
    return Settings(
        data_dir=data_dir,
        database_url=database_url,
        public_url=PUBLIC,
        shopify_url=f"{address}/{{shop}}",
        shopify_client_id=registered.client_id,
        shopify_client_secret=registered.secrets[0].value,  # type: ignore[arg-type]
        log_level="error",
    )


@dataclass(frozen=True)
class Settled:
    """What a world is copied from: a key ring, and a database (a file, or its name in the cluster)."""

    keys: Path
    database: str


def settle(database_url: str, data_dir: Path) -> None:
    """The first admin and the first project, and nothing else."""
    built = build(Settings(data_dir=data_dir, database_url=database_url, log_level="error"), with_engine=False)
    signing_in.set_up(
        built.app,
        signing_in.setup_token(built.app),
        email="admin@example.com",
        name="Admin",
        password="a long enough password",
        project="First",
    )
    built.app.db.checkpoint()
    built.close()


def build_world(sandbox: Sandbox, address: str, settings: Settings, http: httpx.Client) -> World:
    built = build(settings, with_engine=False)
    shopify_apps.app_of_settings(built.app)
    with built.app.db.read() as connection:
        admin = connection.execute(select(people_table.c.id)).scalar_one()
    who = signing_in.signed_in(built.app, admin).who
    project = people.projects(built.app, who)[0]["id"]
    return World(sandbox, address, built, who, project, http)


def prepare(sandbox: Sandbox) -> None:
    """Two shops and one app that may be sent back to Mooring."""
    for domain, shop_id in SHOPS.items():
        name = domain.partition(".")[0]
        sandbox.state.add_shop(shop_id, name, shop_doc(domain, shop_id, name.capitalize()))
    sandbox.apps.create({"redirect_uris": [f"{PUBLIC}/oauth/callback"]})


def shop_doc(domain: str, shop_id: int, name: str) -> dict[str, object]:
    return {
        "id": f"gid://shopify/Shop/{shop_id}",
        "name": name,
        "email": "shop@example.com",
        "myshopifyDomain": domain,
        "currencyCode": "EUR",
        "createdAt": "2024-01-02T03:04:05Z",
    }


__all__ = ["HARBOUR", "LIGHTHOUSE", "SESSION", "SHOPS", "Clock", "World", "build_world", "prepare", "settings_for"]
