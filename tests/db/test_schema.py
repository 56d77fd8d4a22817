"""The schema: migrated is what the code declares, on both databases; a newer one is refused; types are exact."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, text, update

from mooring.db import migrate
from mooring.db.database import Database
from mooring.db.tables import metadata, order_lines, projects, shopify_apps, stores
from mooring.errors import Misconfigured


@pytest.fixture
def db(empty_database_url: str):
    db = Database(empty_database_url)
    migrate.upgrade(db)
    yield db
    db.close()


def test_migrations_make_exactly_the_declared_tables(db: Database) -> None:
    with db.read() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    assert [difference for difference in found if difference[0] != "remove_table"] == []
    migrate.require_current(db)
    assert migrate.upgrade(db) == (migrate.head(), migrate.head())


def test_a_schema_newer_than_the_code_is_refused_and_left_alone(db: Database) -> None:
    with db.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for start in (migrate.upgrade, migrate.require_current):
        with pytest.raises(Misconfigured) as refused:
            start(db)
        assert refused.value.code == "schema_newer"


def test_an_empty_database_is_named_as_needing_a_migration(empty_database_url: str) -> None:
    db = Database(empty_database_url)
    with pytest.raises(Misconfigured, match="mooring migrate"):
        migrate.require_current(db)
    db.close()


AT = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)


def a_store(db: Database) -> str:
    with db.write() as connection:
        connection.execute(insert(projects).values(id="p", name="P", created_at=AT))
        secret = {"client_secret": b"", "optional_scopes": "", "from_settings": False}
        connection.execute(insert(shopify_apps).values(id="a", name="A", client_id="c", created_at=AT, **secret))
        facts = {"shop_id": 5, "shop_domain": "abcd.myshopify.com", "name": "N", "claim": True}
        common = {"project_id": "p", "app_id": "a", "state": "connected", "generation": 1}
        connection.execute(insert(stores).values(id="s", state_since=AT, created_at=AT, **common, **facts))
    return "s"


def a_line(price: Decimal) -> dict[str, object]:
    return {
        "store_id": "s", "shopify_id": 1, "order_id": 1, "title": "T", "quantity": 1, "current_quantity": 1,
        "unit_price": price, "currency": "EUR", "fetched_at": AT, "content_hash": b"h", "body": "{}",
    }  # fmt: skip


@pytest.mark.parametrize("amount", ["0.10", "19.999", "123456789012345678.05", "-0.01", "0.0000001"])
def test_money_comes_back_to_the_last_digit(db: Database, amount: str) -> None:
    a_store(db)
    with db.write() as connection:
        connection.execute(insert(order_lines).values(**a_line(Decimal(amount))))
        stored = connection.execute(select(order_lines.c.unit_price)).scalar_one()
    assert isinstance(stored, Decimal)
    assert stored == Decimal(amount)


def test_moments_come_back_aware_and_in_the_precision_of_their_clock(db: Database) -> None:
    a_store(db)
    with db.write() as connection:
        connection.execute(insert(order_lines).values(**a_line(Decimal(1))))
        fetched = connection.execute(select(order_lines.c.fetched_at)).scalar_one()
        created = connection.execute(select(stores.c.created_at)).scalar_one()
    assert created == AT
    assert fetched.tzinfo is not None
    assert fetched.replace(microsecond=0) == AT.replace(microsecond=0)


def test_a_hub_id_is_never_used_twice(db: Database) -> None:
    a_store(db)
    seen: list[int] = []
    for _ in range(3):
        with db.write() as connection:
            connection.execute(insert(order_lines).values(**a_line(Decimal(1))))
            seen.append(connection.execute(select(order_lines.c.hub_id)).scalar_one())
            connection.execute(order_lines.delete().where(order_lines.c.store_id == "s"))
    assert len(set(seen)) == 3
    assert seen == sorted(seen)


def test_a_shop_has_one_claim_and_one_card_per_project(db: Database) -> None:
    a_store(db)
    facts = {"shop_id": 5, "shop_domain": "abcd.myshopify.com", "name": "N", "generation": 1, "app_id": "a"}
    common = {"project_id": "p", "state_since": AT, "created_at": AT}
    from sqlalchemy.exc import IntegrityError

    for again in ({"state": "connected", "claim": False}, {"state": "deleted", "claim": True}):
        with pytest.raises(IntegrityError), db.write() as connection:
            connection.execute(insert(stores).values(id="t", **facts, **common, **again))
    with db.write() as connection:
        connection.execute(insert(stores).values(id="t", state="deleted", claim=False, **facts, **common))


def test_a_failed_transaction_leaves_nothing(db: Database) -> None:
    a_store(db)
    with pytest.raises(RuntimeError), db.write() as connection:
        connection.execute(update(stores).values(name="changed"))
        raise RuntimeError
    with db.read() as connection:
        assert connection.execute(select(stores.c.name)).scalar_one() == "N"
    assert not db.in_transaction


def test_sqlite_overwrites_what_it_deletes(tmp_path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'hub.db'}")
    for transaction in (db.read, db.write):
        with transaction() as connection:
            pragmas = {
                p: connection.exec_driver_sql(f"PRAGMA {p}").scalar()
                for p in ("secure_delete", "journal_mode", "synchronous", "foreign_keys")
            }
        assert pragmas == {"secure_delete": 1, "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    db.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "hub.db", "sqlite://"])
def test_an_unusable_address_is_refused_by_the_name_of_its_setting(url: str) -> None:
    with pytest.raises(Misconfigured, match="MOORING_DATABASE_URL"):
        Database(url)
