"""The inbox: once per webhook, worked off in order, postponed, settled, pruned, decided by a person."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from mooring.db import inbox, inbox_listing, migrate
from mooring.db.database import Database
from mooring.db.inbox import Arrival, Delivery
from mooring.db.tables import projects, shopify_apps, stores

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
HARBOUR, LIGHTHOUSE = "harbour.myshopify.com", "lighthouse.myshopify.com"


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    db = Database(database_url)
    migrate.upgrade(db)
    with db.write() as connection:
        connection.execute(insert(projects).values(id="p", name="First", created_at=NOW))
        connection.execute(
            insert(shopify_apps).values(id="a", name="App", client_id="c", client_secret=b"s", created_at=NOW)
        )
        connection.execute(
            insert(stores).values(
                id="s", project_id="p", app_id="a", state="connected", generation=1, state_since=NOW,
                shop_id=5, shop_domain=HARBOUR, name="Harbour", created_at=NOW,
            )
        )  # fmt: skip
    yield db
    db.close()


def arrival(webhook: str, domain: str = HARBOUR, **more: object) -> Arrival:
    facts = {"topic": "customers/update", "triggered_at": None, "received_at": NOW, "kind": "customers"}
    return Arrival(**{"app_id": "a", "shop_domain": domain, "webhook_id": webhook, **facts, "record_id": 7,
                      "other_id": None, **more})  # type: ignore[arg-type]  # fmt: skip


def add(db: Database, *rows: Arrival) -> int:
    with db.write() as connection:
        return inbox.add_many(connection, rows)


def waiting(db: Database, domain: str = HARBOUR, at: datetime = NOW, limit: int = 10) -> list[Delivery]:
    with db.read() as connection:
        return inbox.next_batch(connection, domain, limit=limit, at=at)


def test_a_webhook_comes_in_once_however_often_it_is_sent(db: Database) -> None:
    assert add(db) == 0
    assert add(db, arrival("1"), arrival("2"), arrival("1"), arrival("1", LIGHTHOUSE)) == 3
    assert add(db, arrival("2", record_id=8), arrival("3", other_id=9)) == 1
    assert [(d.webhook_id, d.record_id, d.other_id) for d in waiting(db)] == [
        ("1", 7, None),
        ("2", 7, None),
        ("3", 7, 9),
    ]
    first = waiting(db)[0]
    assert (first.state, first.attempts, first.received_at, first.store_id) == ("new", 0, NOW, None)


def test_what_arrives_dead_does_not_wait(db: Database) -> None:
    add(db, arrival("1", kind=None, record_id=None, state="dead", reason="The body is no JSON."))
    assert waiting(db) == []
    with db.read() as connection:
        assert inbox_listing.counts(connection, "s", [HARBOUR]) == {"dead": 1}
        assert inbox_listing.listed(connection, "s", [HARBOUR], state="dead")[0].reason == "The body is no JSON."


def test_shops_wait_while_something_ripe_is_there(db: Database) -> None:
    add(db, arrival("1"), arrival("2", LIGHTHOUSE), arrival("3", LIGHTHOUSE))
    later = NOW + timedelta(minutes=1)
    with db.write() as connection:
        assert inbox.shops_waiting(connection, at=NOW) == [HARBOUR, LIGHTHOUSE]
        ids = [d.id for d in inbox.next_batch(connection, LIGHTHOUSE, limit=10, at=NOW)]
        inbox.postpone(connection, ids, not_before=later, reason="Shopify did not answer.")
        assert inbox.shops_waiting(connection, at=NOW) == [HARBOUR]
        assert inbox.shops_waiting(connection, at=later) == [HARBOUR, LIGHTHOUSE]
    assert [(d.attempts, d.reason) for d in waiting(db, LIGHTHOUSE, later)] == [(1, "Shopify did not answer.")] * 2
    assert len(waiting(db, LIGHTHOUSE, later, limit=1)) == 1


def test_settled_is_settled_once(db: Database) -> None:
    add(db, arrival("1"), arrival("2"))
    ids = [d.id for d in waiting(db)]
    with db.write() as connection:
        assert inbox.settle(connection, ids, "done", at=NOW, store_id="s") == 2
        assert inbox.settle(connection, ids, "dropped", at=NOW) == 0
        assert inbox_listing.counts(connection, "s") == {"done": 2}
        assert inbox_listing.counts_by_state(connection) == {"done": 2}
    assert waiting(db) == []


def test_pruning_takes_what_is_done_and_old_and_nothing_else(db: Database) -> None:
    add(db, *(arrival(str(number)) for number in range(5)))
    done, dropped, dead, new, *_ = (d.id for d in waiting(db))
    old, young = NOW - timedelta(days=8), NOW - timedelta(days=6)
    with db.write() as connection:
        inbox.settle(connection, [done], "done", at=old)
        inbox.settle(connection, [dropped], "dropped", at=old)
        inbox.settle(connection, [dead], "dead", at=old, reason="Broken.")
        inbox.settle(connection, [new], "done", at=young)
        assert inbox.prune(connection, before=NOW - timedelta(days=7), limit=1) == 1
        assert inbox.prune(connection, before=NOW - timedelta(days=7)) == 1
        assert inbox.prune(connection, before=NOW - timedelta(days=7)) == 0
        assert not inbox.prunable(connection, before=NOW - timedelta(days=7))
        assert inbox.prunable(connection, before=NOW)
        assert inbox_listing.counts(connection, "s", [HARBOUR]) == {"dead": 1, "done": 1, "new": 1}


def test_a_person_decides_on_dead_letters_of_one_store_only(db: Database) -> None:
    add(db, arrival("1"), arrival("2"), arrival("3", LIGHTHOUSE))
    with db.write() as connection:
        ids = [d.id for domain in (HARBOUR, LIGHTHOUSE) for d in inbox.next_batch(connection, domain, limit=9, at=NOW)]
        inbox.settle(connection, ids, "dead", at=NOW, reason="Broken.")
        assert inbox_listing.replay(connection, "s", [HARBOUR], ids[1:]) == 1
        assert inbox_listing.let_go(connection, "s", [HARBOUR], None, at=NOW, reason="Let go.") == 1
        assert inbox_listing.counts(connection, "s", [HARBOUR]) == {"dropped": 1, "new": 1}
        assert inbox_listing.counts_by_state(connection) == {"dead": 1, "dropped": 1, "new": 1}
    assert [(d.webhook_id, d.reason, d.settled_at) for d in waiting(db)] == [("2", None, None)]


def test_the_queue_is_read_through_its_index(db: Database) -> None:
    """On SQLite the condition of a partial index has to stand in the statement word for word."""
    if db.dialect != "sqlite":
        pytest.skip("PostgreSQL chooses by size")
    with db.read() as connection:
        plans = [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all())
            for statement in (
                "SELECT min(shop_domain) FROM deliveries WHERE state = 'new' AND shop_domain > 'a'",
                "SELECT id FROM deliveries WHERE state IN ('done', 'dropped') AND settled_at < 'x' LIMIT 5",
            )
        ]
    assert "ix_deliveries_waiting" in plans[0]
    assert "ix_deliveries_settled" in plans[1]
