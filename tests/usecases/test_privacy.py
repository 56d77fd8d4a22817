"""What customers and shops ask for through Shopify: shown, handed over, erased, called off. On both databases."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from mooring.db import inbox, operations, people, privacy, stores, tables
from mooring.db.privacy import DATA_REQUEST, REDACT, SHOP_REDACT
from mooring.domain.consent import Channel
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event, Lost, State
from mooring.domain.records import email_key
from mooring.domain.rules import Work
from mooring.errors import Conflict, NotFound, Refused
from mooring.usecases import privacy as topics
from mooring.usecases import privacy_package, privacy_redact, privacy_requests, suppression
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import SYSTEM, Who
from tests.usecases.importing import PROJECT, World, world

CANARY = "canary-7f3a"
SIZES: dict[str, Any] = {"customers": 6, "orders": 12}


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=("read_customers", "read_orders", "read_products",
                                                            "read_all_orders")) as made:  # fmt: skip
        yield made


@pytest.fixture
def victim(shop: World) -> int:
    """A customer with orders whose every free text is the canary, imported."""
    orders = [one for one in shop.documents("Order") if one.get("customerId")]
    gid = orders[0]["customerId"]
    customer = next(one for one in shop.documents("Customer") if one["id"] == gid)
    shop.change("Customer", customer | _person())
    for order in orders:
        if order["customerId"] == gid:
            shop.change("Order", order | _buyer(order))
    shop.run_import()
    assert planted(shop)
    return int(gid.rpartition("/")[2])


def _person() -> dict[str, Any]:
    address = {"id": "gid://shopify/MailingAddress/77?model_name=CustomerAddress", "address1": f"{CANARY} road 1",
               "city": CANARY, "countryCodeV2": "DE"}  # fmt: skip
    email = {"emailAddress": f"{CANARY}@example.com", "marketingState": "SUBSCRIBED", "validFormat": True}
    return {
        "firstName": CANARY, "lastName": CANARY, "note": CANARY, "tags": [CANARY], "addressesV2": [address],
        "defaultEmailAddress": email, "email": f"{CANARY}@example.com",
    }  # fmt: skip


def _buyer(order: dict[str, Any]) -> dict[str, Any]:
    address = {"firstName": CANARY, "lastName": CANARY, "address1": CANARY, "city": CANARY, "zip": CANARY,
               "countryCodeV2": "DE", "phone": "+49 30 5550199"}  # fmt: skip
    lines = [line | {"customAttributes": [{"key": "Engraving", "value": CANARY}]} for line in order["lineItems"]]
    return {
        "email": f"{CANARY}@example.com", "note": CANARY, "billingAddress": address, "shippingAddress": address,
        "customAttributes": [{"key": "gift", "value": CANARY}], "lineItems": lines,
        "refunds": [one | {"note": CANARY} for one in order.get("refunds") or []],
    }  # fmt: skip


def planted(shop: World) -> dict[str, int]:
    """In how many rows of which tables the canary stands."""
    found: dict[str, int] = {}
    with shop.app.db.read() as connection:
        for table in tables.metadata.sorted_tables:
            rows = sum(CANARY in repr(tuple(row)) for row in connection.execute(select(table)))
            found |= {table.name: rows} if rows else {}
    return found


def asked(shop: World, topic: str, customer: int | None = None, orders: tuple[int, ...] = (), **more: Any) -> None:
    """As the intake writes it down."""
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        hashed = shop.app.vault.keyed_hash(email_key(f"{CANARY}@example.com") or "", purpose="suppression.email")
        facts: dict[str, Any] = {
            "id": shop.app.ids.new(), "topic": topic, "app_id": store.app_id, "shop_id": store.shop_id,
            "shop_domain": store.shop_domain, "webhook_id": shop.app.ids.new(), "customer_id": customer,
            "email_hash": hashed if customer else None, "phone_hash": None, "order_ids": orders, "request_id": None,
            "received_at": shop.app.clock.now(), "due_at": shop.app.clock.now() + timedelta(days=30),
        }  # fmt: skip
        inbox.add_requests(connection, [inbox.Request(**facts | more)])


def run(shop: World) -> None:
    """Share out, and drive what became of it."""
    topics.take_in(shop.app)
    with shop.app.db.read() as connection:
        found = operations.unfinished(connection, shop.store_id)
    for one in found:
        if one.kind is Work.REDACT:
            done = drive(shop.app, one.id, {Work.REDACT: privacy_redact.advance})
            assert (done.state, done.error) == ("done", None)


def requests(shop: World) -> list[privacy.Request]:
    with shop.app.db.read() as connection:
        return privacy.of_project(connection, PROJECT, limit=50)


def move(shop: World, event: Event, **more: Any) -> None:
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        stores.move(connection, store, event, at=shop.app.clock.now(), actor="test", **more)


def state(shop: World) -> State:
    with shop.app.db.read() as connection:
        return stores.load(connection, shop.store_id).state


# -- a customer asks to be erased ----------------------------------------------------------------------------------


def test_a_customer_is_erased_everywhere_and_the_orders_stay(shop: World, victim: int) -> None:
    before, orders, totals = planted(shop), shop.count(tables.orders), shop.rows(tables.orders, "shopify_id", "total")
    assert {"customers", "addresses", "orders", "order_lines"} <= before.keys()
    others = len(shop.rows(tables.customers)) - 1
    asked(shop, REDACT, victim)
    run(shop)
    assert planted(shop) == {}
    assert shop.count(tables.orders) == orders
    assert shop.rows(tables.orders, "shopify_id", "total") == totals
    assert shop.count(tables.customers) == others
    [request] = requests(shop)
    assert (request.state, request.settled_by, request.email_hash) == ("done", "system", None)
    assert request.receipt is not None
    assert request.receipt["counts"]["customers"] == 1
    assert request.receipt["counts"]["orders"] == before["orders"]
    assert request.receipt["odoo"] == []
    assert "No Odoo is connected" in request.receipt["notes"][0]


def test_no_byte_of_them_is_left_in_the_files(shop: World, victim: int, data_dir: Path) -> None:
    asked(shop, REDACT, victim)
    run(shop)
    shopifys = set(data_dir.glob("sandbox*"))
    held = [path for path in data_dir.rglob("*") if path.is_file() and not shopifys & {path, *path.parents}]
    assert held
    dirty = [path.name for path in held if CANARY.encode() in path.read_bytes()]
    assert dirty == []


def test_the_address_stays_suppressed(shop: World, victim: int) -> None:
    asked(shop, REDACT, victim)
    run(shop)
    with shop.app.db.read() as connection:
        held = suppression.of_addresses(shop.app, connection, PROJECT, Channel.EMAIL, [f"{CANARY}@EXAMPLE.com"])
        assert [one.cause for one in held.values()] == ["redact"]
        phones = suppression.of_addresses(shop.app, connection, PROJECT, Channel.SMS, ["+49305550199"])
    assert phones == {}, "a delivery address's phone is nobody's channel"


def test_a_later_import_brings_nothing_back(shop: World, victim: int) -> None:
    """Even if Shopify still showed everything: in a file made before, or because it is slow."""
    asked(shop, REDACT, victim)
    run(shop)
    kept = shop.hub()
    done = shop.run_import()
    assert done.state == "done", done.error
    assert planted(shop) == {}
    shop.clock.advance(timedelta(minutes=5))
    now = shop.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    for order in shop.documents("Order"):
        shop.change("Order", order | {"updatedAt": now})
    assert shop.run_import().state == "done"
    assert planted(shop) == {}
    assert shop.rows(tables.customers, "shopify_id") == [(row[2],) for row in kept["customers"]]


def test_merged_customers_and_guest_orders_go_too(shop: World, victim: int) -> None:
    row = tables.customers.c
    with shop.app.db.write() as connection:
        merged = connection.execute(
            select(row.shopify_id).where(row.store_id == shop.store_id, row.shopify_id != victim)
        ).scalars().first()  # fmt: skip
        connection.execute(
            update(tables.customers)
            .where(row.store_id == shop.store_id, row.shopify_id == merged)
            .values(merged_into=victim, deleted_at=shop.app.clock.now())
        )
        connection.execute(
            update(tables.orders)
            .where(tables.orders.c.store_id == shop.store_id, tables.orders.c.customer_id == victim)
            .values(customer_id=None)
        )
    asked(shop, REDACT, victim)
    run(shop)
    assert planted(shop) == {}
    assert (merged,) not in shop.rows(tables.customers, "shopify_id")


def test_orders_are_erased_that_only_the_request_names(shop: World, victim: int) -> None:
    named = shop.rows(tables.orders, "shopify_id", "customer_id")
    other = next(order for order, customer in named if customer not in (None, victim))
    asked(shop, REDACT, victim, orders=(other,))
    run(shop)
    left = dict(shop.rows(tables.orders, "shopify_id", "customer_id"))
    assert left[other] is None


def test_an_import_between_the_request_and_the_erasure_hides_none_of_their_orders(shop: World, victim: int) -> None:
    """It leaves the customer out of the orders already; whose lines those are has to be known all the same."""
    asked(shop, REDACT, victim)
    topics.take_in(shop.app)
    now = (shop.clock.now() + timedelta(minutes=5)).isoformat(timespec="seconds").replace("+00:00", "Z")
    for order in shop.documents("Order"):
        shop.change("Order", order | {"updatedAt": now})
    shop.clock.advance(timedelta(minutes=10))
    assert shop.run_import().state == "done"
    run(shop)
    assert planted(shop) == {}


@pytest.mark.parametrize("event", [Event.DISCONNECT, Event.UNINSTALLED])
def test_it_goes_on_whatever_state_the_store_is_in(shop: World, victim: int, event: Event) -> None:
    move(shop, event)
    calls = len(shop.sandbox.log.entries())
    asked(shop, REDACT, victim)
    run(shop)
    assert planted(shop) == {}
    assert len(shop.sandbox.log.entries()) == calls


def test_a_move_in_the_middle_does_not_lose_it(shop: World, victim: int) -> None:
    asked(shop, REDACT, victim)
    topics.take_in(shop.app)
    with shop.app.db.read() as connection:
        [operation] = operations.unfinished(connection, shop.store_id)
    move(shop, Event.DISCONNECT)
    done = drive(shop.app, operation.id, {Work.REDACT: privacy_redact.advance})
    assert done.state == "done"
    assert planted(shop) == {}


def test_several_at_once_are_met_by_one_operation(shop: World, victim: int) -> None:
    asked(shop, REDACT, victim)
    asked(shop, REDACT, 424242)
    run(shop)
    assert [one.state for one in requests(shop)] == ["done", "done"]
    assert planted(shop) == {}


def test_every_card_of_the_shop_is_asked(shop: World, victim: int) -> None:
    with shop.app.db.write() as connection:
        people.create_project(connection, id="project-2", name="Second", at=shop.app.clock.now())
        first = stores.load(connection, shop.store_id)
        second = stores.create(
            connection, at=shop.app.clock.now(), actor="test", id="store-2", project_id="project-2",
            app_id=first.app_id, shop_id=first.shop_id, shop_domain=first.shop_domain, name="Again",
        )  # fmt: skip
    asked(shop, REDACT, victim)
    topics.take_in(shop.app)
    with shop.app.db.read() as connection:
        waiting = [operations.unfinished(connection, one) for one in (shop.store_id, second.id)]
    assert [[one.kind for one in some] for some in waiting] == [[Work.REDACT], [Work.REDACT]]
    topics.take_in(shop.app)
    with shop.app.db.read() as connection:
        assert len(operations.unfinished(connection, second.id)) == 1


def test_a_shop_nobody_knows_is_settled_with_a_receipt(shop: World) -> None:
    asked(shop, REDACT, 5, shop_id=1)
    topics.take_in(shop.app)
    with shop.app.db.read() as connection:
        [row] = connection.execute(select(tables.privacy_requests)).all()
    assert (row.state, row.customer_id, row.email_hash) == ("done", None, None)
    assert "Nothing of this shop was held" in row.receipt


# -- a customer asks for their data --------------------------------------------------------------------------------


def unpacked(package: privacy_package.Package) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(package.chunks))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_package_holds_everything_of_the_customer_and_of_nobody_else(shop: World, victim: int) -> None:
    asked(shop, DATA_REQUEST, victim)
    topics.take_in(shop.app)
    [shown] = privacy_requests.show(shop.app, SYSTEM, PROJECT).open
    assert (shown.days_left, shown.can_package, shown.can_answer) == (29, True, True)
    files = unpacked(privacy_package.package(shop.app, SYSTEM, PROJECT, shown.request.id))
    person, orders = json.loads(files["customer.json"]), json.loads(files["orders.json"])
    assert [one["shopify_id"] for one in person["customers"]] == [victim]
    assert person["customers"][0]["body"]["note"] == CANARY
    assert person["lists"] == [{"list": "Harbour"}]
    mine = {order for order, customer in shop.rows(tables.orders, "shopify_id", "customer_id") if customer == victim}
    assert {one["shopify_id"] for one in orders} == mine
    assert all(one["order_lines"] for one in orders)
    rows = list(csv.DictReader(io.StringIO(files["orders.csv"].decode())))
    assert {int(row["shopify_id"]) for row in rows} == mine
    assert f"{len(mine):>8}  orders" in files["summary.txt"].decode()


def test_an_answered_request_forgets_who_asked(shop: World, victim: int) -> None:
    asked(shop, DATA_REQUEST, victim)
    topics.take_in(shop.app)
    [request] = requests(shop)
    done = privacy_requests.answer(shop.app, SYSTEM, PROJECT, request.id)
    assert (done.state, done.customer_id, done.email_hash, done.settled_by) == ("done", None, None, "system")
    with pytest.raises(Conflict):
        privacy_requests.answer(shop.app, SYSTEM, PROJECT, request.id)
    with pytest.raises(Refused, match="Only an open request"):
        privacy_package.package(shop.app, SYSTEM, PROJECT, request.id)
    [settled] = privacy_requests.show(shop.app, SYSTEM, PROJECT).settled
    assert settled.next_step == "The customer's data was handed over."


def test_only_an_admin_of_the_project_sees_requests(shop: World, victim: int) -> None:
    asked(shop, DATA_REQUEST, victim)
    topics.take_in(shop.app)
    [request] = requests(shop)
    stranger = Who("p-9", "Nobody")
    for call in (privacy_requests.answer, privacy_package.package):
        with pytest.raises(NotFound):
            call(shop.app, stranger, PROJECT, request.id)
        with pytest.raises(NotFound):
            call(shop.app, SYSTEM, "project-2", request.id)


def test_a_formula_in_a_name_is_no_formula_in_the_spreadsheet() -> None:
    line = privacy_package._csv(("name", "total"), [{"name": "=HYPERLINK(1)", "total": Decimal("-5.00")}])  # pyright: ignore[reportPrivateUsage]
    assert b"".join(line) == b"name,total\r\n'=HYPERLINK(1),-5.00\r\n"


# -- a shop asks for erasure ---------------------------------------------------------------------------------------


def uninstalled(shop: World) -> None:
    """Connected for long, then uninstalled two days ago."""
    with shop.app.db.write() as connection:
        stores.change(connection, shop.store_id, authorized_at=shop.app.clock.now() - timedelta(days=90))
    move(shop, Event.UNINSTALLED)


def ends_at(shop: World) -> datetime | None:
    with shop.app.db.read() as connection:
        return topics.countdown(connection, shop.store_id)


def advance(shop: World, **by: float) -> None:
    shop.app.clock.advance(timedelta(**by))  # type: ignore[attr-defined]


def test_a_shop_is_counted_down_and_then_deleted_without_a_call(shop: World) -> None:
    shop.run_import(Kind.CUSTOMERS)
    uninstalled(shop)
    asked(shop, SHOP_REDACT)
    topics.take_in(shop.app)
    left = (ends_at(shop) or datetime.min.replace(tzinfo=UTC)) - shop.app.clock.now()
    assert timedelta(days=13, hours=23) < left <= timedelta(days=14)
    with shop.app.db.read() as connection:
        notices = connection.execute(select(tables.notices.c.kind, tables.notices.c.urgent)).all()
    assert ("shop_redact", True) in [tuple(one) for one in notices]
    advance(shop, days=13)
    topics.take_in(shop.app)
    assert state(shop) is State.RECONNECT_REQUIRED
    advance(shop, days=1)
    topics.take_in(shop.app)
    topics.take_in(shop.app)
    assert state(shop) is State.DELETING
    with shop.app.db.read() as connection:
        [operation] = operations.unfinished(connection, shop.store_id)
    assert (operation.kind, operation.arguments["remote"], operation.arguments["cause"]) == (
        Work.DELETE, False, "shop_redact",
    )  # fmt: skip


def test_a_shop_that_asks_twice_is_counted_down_once(shop: World) -> None:
    uninstalled(shop)
    asked(shop, SHOP_REDACT)
    topics.take_in(shop.app)
    end = ends_at(shop)
    advance(shop, hours=1)
    asked(shop, SHOP_REDACT)
    topics.take_in(shop.app)
    assert sorted(one.state for one in requests(shop)) == ["cancelled", "open"]
    assert ends_at(shop) == end
    with shop.app.db.read() as connection:
        kinds = connection.execute(select(tables.notices.c.kind)).scalars().all()
    assert kinds.count("shop_redact") == 1


def test_a_reconnect_calls_it_off_with_a_receipt(shop: World) -> None:
    uninstalled(shop)
    asked(shop, SHOP_REDACT)
    topics.take_in(shop.app)
    move(shop, Event.AUTHORIZED)
    with shop.app.db.write() as connection:
        stores.change(connection, shop.store_id, authorized_at=shop.app.clock.now())
    assert ends_at(shop) is None
    topics.take_in(shop.app)
    [request] = requests(shop)
    assert (request.state, (request.receipt or {})["sentence"]) == (
        "cancelled", "The store was reconnected, so nothing was erased.",
    )  # fmt: skip
    advance(shop, days=30)
    topics.take_in(shop.app)
    assert state(shop) is State.CONNECTING


def test_a_late_one_after_a_reinstall_is_called_off_at_once(shop: World) -> None:
    asked(shop, SHOP_REDACT)
    topics.take_in(shop.app)
    [request] = requests(shop)
    assert (request.state, ends_at(shop)) == ("cancelled", None)
    assert "installed again" in (request.receipt or {})["sentence"]
    assert state(shop) is State.CONNECTED


def test_one_that_nobody_announced_is_believed(shop: World) -> None:
    """The news of the uninstall was lost; the card still says Connected, but was authorised long before."""
    with shop.app.db.write() as connection:
        stores.change(connection, shop.store_id, authorized_at=shop.app.clock.now() - timedelta(days=3))
    asked(shop, SHOP_REDACT)
    topics.take_in(shop.app)
    assert ends_at(shop) is not None


def test_dead_credentials_are_no_reinstall(shop: World) -> None:
    move(shop, Event.AUTH_LOST, lost=Lost.CREDENTIALS)
    asked(shop, SHOP_REDACT)
    topics.take_in(shop.app)
    assert ends_at(shop) is not None


def test_the_end_of_another_apps_installation_is_not_meant(shop: World) -> None:
    uninstalled(shop)
    asked(shop, SHOP_REDACT, app_id="another")
    topics.take_in(shop.app)
    assert ends_at(shop) is None
    assert requests(shop) == []
