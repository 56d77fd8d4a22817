"""Seeded stories: a merchant lives, webhooks go over real HTTP through bad weather, and in the end the hub is the shop,
record by record. A failure names its seed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import Table

from mooring.db import tables
from mooring.domain.kinds import Kind
from mooring.domain.topics import TOPICS
from mooring.usecases import drain
from mooring.usecases.receive import Outcome, Webhook
from mooring_sandbox.shopify.merchant import Merchant
from tests.usecases.changing import run_pull, run_sweep
from tests.usecases.draining import LATER, TYPES, deliver, drained, number, states, store
from tests.usecases.importing import World, world

pytestmark = pytest.mark.slow

SIZES = {"customers": 60, "orders": 80, "products": 15}
SCOPES = ("read_all_orders", "read_customer_merge", "read_customers", "read_orders", "read_products")
ACTS = 120
ROOTS: dict[Kind, Table] = {
    Kind.CUSTOMERS: tables.customers,
    Kind.ORDERS: tables.orders,
    Kind.PRODUCTS: tables.products,
    Kind.COLLECTIONS: tables.collections,
}
HEADERS = {
    "signature": "X-Shopify-Hmac-Sha256",
    "topic": "X-Shopify-Topic",
    "shop_domain": "X-Shopify-Shop-Domain",
    "webhook_id": "X-Shopify-Webhook-Id",
    "event_id": "X-Shopify-Event-Id",
    "triggered_at": "X-Shopify-Triggered-At",
}


@contextlib.contextmanager
def taking_webhooks(shop: World) -> Iterator[str]:
    """An endpoint in front of the real intake: signature, ids, group commit."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name: self.headers.get(header, "") for name, header in HEADERS.items()}
            webhook = Webhook(app_id=store(shop).app_id, body=body, **headers)
            outcome = asyncio.run_coroutine_threadsafe(shop.app.receiver.receive(webhook), loop).result(20)
            self.send_response(200 if outcome is Outcome.KEPT else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hooks"
    finally:
        server.shutdown()
        server.server_close()
        loop.call_soon_threadsafe(loop.stop)


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=SCOPES, imported=True) as made, taking_webhooks(made) as url:
        followed = [{"topic": topic, "uri": url} for topic in TOPICS]
        made.sandbox.apps.change(made.sandbox.apps.all()[0].id, {"subscriptions": followed})
        yield made


def send(shop: World) -> None:
    """What is due by now is delivered."""
    while shop.sandbox.webhooks.sender.round():
        pass


def live(shop: World, merchant: Merchant, acts: int) -> None:
    """The merchant lives, in the shop's time; ours goes along."""
    before = shop.clock.now()
    merchant.live(acts)
    shop.app.clock.advance(shop.clock.now() - before)  # pyright: ignore[reportAttributeAccessIssue]


def weather(shop: World, seed: int) -> None:
    shop.fault("double", times=None, probability=0.3, seed=seed)
    shop.fault("late", on="webhook", times=None, probability=0.4, seed=seed + 1, seconds=5 * 3600.0)


def settle(shop: World) -> None:
    """A quiet end: whatever is still on its way arrives."""
    for _ in range(3):
        shop.clock.advance(timedelta(hours=6))
        shop.app.clock.advance(timedelta(hours=6))  # pyright: ignore[reportAttributeAccessIssue]
        send(shop)
        drain.drain_all(shop.app)


def living(shop: World, kind: Kind) -> set[int]:
    return {row[0] for row in shop.rows(ROOTS[kind], "shopify_id", "deleted_at") if row[1] is None}


def assert_same(shop: World) -> None:
    """The same records are alive on both sides, and an import of everything finds nothing to change, but for lines
    whose product or variant was deleted since: Shopify takes their reference away without a word."""
    assert not shop.sandbox.webhooks.outbox.pending()
    assert set(states(shop)) <= {"done"}, [state for state in states(shop) if state != "done"]
    for kind in Kind:
        assert living(shop, kind) == {number(document["id"]) for document in shop.documents(TYPES[kind])}, kind
    before = lines(shop)
    receipt = shop.run_import().receipt
    assert receipt is not None
    kinds = {kind: (one["written"], one["rows_written"], one["removed"]) for kind, one in receipt["kinds"].items()}
    changed = [line for line, body in lines(shop).items() if body != before.get(line)]
    assert kinds == {str(kind): (0, len(changed) if kind is Kind.ORDERS else 0, 0) for kind in Kind}
    assert {_but_goods(body) for body in lines(shop).values()} == {_but_goods(body) for body in before.values()}


def lines(shop: World) -> dict[int, str]:
    return dict(shop.rows(tables.order_lines, "shopify_id", "body"))  # pyright: ignore[reportArgumentType]


def _but_goods(body: str) -> str:
    return json.dumps({name: value for name, value in json.loads(body).items() if name not in ("product", "variant")})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_quiet_end_finds_the_hub_as_the_shop_is(shop: World, seed: int) -> None:
    weather(shop, seed)
    merchant = Merchant(shop.sandbox.state, shop.shop_id, seed, shop.clock)
    for _ in range(ACTS // 12):
        live(shop, merchant, 12)
        send(shop)
        drain.drain_all(shop.app)
    settle(shop)
    assert_same(shop)


@pytest.mark.parametrize("seed", [4, 5])
def test_what_was_lost_on_the_way_is_healed_by_a_pull_and_a_sweep(shop: World, seed: int) -> None:
    weather(shop, seed)
    shop.fault("lose", times=None, probability=0.5, seed=seed + 2)
    merchant = Merchant(shop.sandbox.state, shop.shop_id, seed, shop.clock)
    for _ in range(ACTS // 12):
        live(shop, merchant, 12)
        send(shop)
        drain.drain_all(shop.app)
    settle(shop)
    assert run_pull(shop).state == "done"
    assert run_sweep(shop).state == "done"
    settle(shop)
    assert_same(shop)


def test_many_workers_beside_an_import_settle_everything_once(shop: World) -> None:
    """Deliveries keep coming while four workers and a whole import are at it."""
    ids = [number(document["id"]) for document in shop.documents("Customer")]
    ended = threading.Event()
    troubles: list[BaseException] = []

    def guarded(work: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                troubles.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def drain_on() -> None:
        while not ended.is_set():
            drain.drain_all(shop.app)

    imports = guarded(shop.run_import)
    workers = [guarded(drain_on) for _ in range(4)]
    for round_ in range(12):
        for at, customer in enumerate(ids[:20]):
            document = shop.documents("Customer")[at]
            shop.change("Customer", document | {"firstName": f"Round {round_}", "updatedAt": LATER})
            deliver(shop, "customers/update", customer)
    imports.join(60)
    ended.set()
    for worker in workers:
        worker.join(60)
    drained(shop)
    assert troubles == []
    assert set(states(shop)) == {"done"}
    names = dict(shop.rows(tables.customers, "shopify_id", "first_name"))  # pyright: ignore[reportArgumentType]
    assert {names[customer] for customer in ids[:20]} == {"Round 11"}
