"""Who must not be contacted is not shown as if they might be, whatever an import says, until they consent anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mooring.db import stores, suppressions, tables
from mooring.domain.consent import SUPPRESSED, Cause, Channel
from mooring.domain.kinds import Kind
from mooring.errors import InvalidInput, NotAllowed
from mooring.usecases import browse, browse_record, suppression
from mooring.usecases.browse import Asked
from mooring.usecases.who import SYSTEM, Who
from tests.usecases.importing import PROJECT, World, world

ADDRESS = "Ann.Smith@Example.COM"


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes={"customers": 12}, imported=(Kind.CUSTOMERS,)) as made:
        yield made


def known(shop: World) -> dict[str, Any]:
    """A customer with an e-mail address to which nothing has happened."""
    return next(doc for doc in shop.documents("Customer") if (doc.get("defaultEmailAddress") or {}).get("emailAddress"))


def address_of(doc: dict[str, Any]) -> str:
    return doc["defaultEmailAddress"]["emailAddress"]


def consents(shop: World, doc: dict[str, Any], state: str, at: datetime) -> None:
    """The merchant's records say so since `at`; the record changed now."""
    moment = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    held = doc["defaultEmailAddress"] | {
        "marketingState": state, "marketingUpdatedAt": moment, "marketingOptInLevel": "SINGLE_OPT_IN",
    }  # fmt: skip
    shop.clock.advance(timedelta(seconds=5))
    now = shop.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    shop.change("Customer", doc | {"defaultEmailAddress": held, "updatedAt": now})
    doc["defaultEmailAddress"] = held
    shop.run_import(Kind.CUSTOMERS)


def state_of(shop: World, doc: dict[str, Any]) -> str | None:
    row = tables.customers.c
    with shop.app.db.read() as connection:
        query = select(row.email_state).where(
            row.store_id == shop.store_id, row.shopify_id == int(doc["id"].rpartition("/")[2])
        )
        return connection.execute(query).scalar_one()


def held(shop: World, doc: dict[str, Any]) -> bool:
    with shop.app.db.read() as connection:
        return suppression.is_suppressed(shop.app, connection, PROJECT, Channel.EMAIL, address_of(doc))


def test_an_unsubscribe_seen_by_an_import_is_kept_until_a_later_consent(shop: World) -> None:
    doc, start = known(shop), shop.clock.now()
    consents(shop, doc, "SUBSCRIBED", start)
    assert (held(shop, doc), state_of(shop, doc)) == (False, "SUBSCRIBED")
    consents(shop, doc, "UNSUBSCRIBED", start + timedelta(hours=1))
    assert (held(shop, doc), state_of(shop, doc)) == (True, SUPPRESSED)
    consents(shop, doc, "SUBSCRIBED", start + timedelta(minutes=30))
    assert (held(shop, doc), state_of(shop, doc)) == (True, SUPPRESSED)
    consents(shop, doc, "SUBSCRIBED", start + timedelta(hours=2))
    assert (held(shop, doc), state_of(shop, doc)) == (False, "SUBSCRIBED")


def test_the_first_import_suppresses_nobody(shop: World) -> None:
    with shop.app.db.read() as connection:
        assert suppressions.count(connection, PROJECT) == 0
    assert "UNSUBSCRIBED" in {row[0] for row in shop.rows(tables.customers, "email_state")}


def test_the_record_keeps_what_shopify_says(shop: World) -> None:
    doc = known(shop)
    consents(shop, doc, "SUBSCRIBED", shop.clock.now())
    with shop.app.db.write() as connection:
        suppression.suppress(shop.app, connection, PROJECT, Channel.EMAIL, address_of(doc), Cause.REDACT, None)
    assert state_of(shop, doc) == SUPPRESSED
    row = shown(shop, doc)
    assert row["body"]["defaultEmailAddress"]["marketingState"] == "SUBSCRIBED"
    with shop.app.db.write() as connection:
        assert suppression.lift(shop.app, connection, PROJECT, Channel.EMAIL, address_of(doc).upper())
    assert state_of(shop, doc) == "SUBSCRIBED"


def shown(shop: World, doc: dict[str, Any]) -> dict[str, Any]:
    found = browse.page(shop.app, SYSTEM, PROJECT, Kind.CUSTOMERS, Asked(doc["id"])).items
    return browse_record.show(shop.app, SYSTEM, Kind.CUSTOMERS, found[0]["hub_id"]).row


def test_a_suppression_is_shown_before_the_row_knows(shop: World) -> None:
    """As for a disconnected store, or an address of which a request gave only the hash."""
    doc = known(shop)
    address_hash = suppression.hash_of(shop.app, Channel.EMAIL, address_of(doc).lower())
    with shop.app.db.write() as connection:
        suppression.suppress_hash(shop.app, connection, PROJECT, Channel.EMAIL, address_hash, Cause.REDACT, None)
    assert state_of(shop, doc) != SUPPRESSED
    assert shown(shop, doc)["email_state"] == SUPPRESSED
    listed = browse.page(shop.app, SYSTEM, PROJECT, Kind.CUSTOMERS, Asked(doc["id"])).items
    assert [row["email_state"] for row in listed] == [SUPPRESSED]


def test_no_address_is_stored(shop: World) -> None:
    with shop.app.db.write() as connection:
        assert suppression.suppress(shop.app, connection, PROJECT, Channel.EMAIL, ADDRESS, Cause.ADMIN, None)
        assert not suppression.suppress(shop.app, connection, PROJECT, Channel.SMS, "  ", Cause.ADMIN, None)
        assert suppression.is_suppressed(shop.app, connection, PROJECT, Channel.EMAIL, ADDRESS.lower())
        assert not suppression.is_suppressed(shop.app, connection, "another", Channel.EMAIL, ADDRESS)
        stored = connection.execute(select(tables.suppressions)).all()
    assert len(stored) == 1
    assert "example" not in repr(stored).lower()


def test_an_earlier_one_never_replaces_a_later_one(shop: World) -> None:
    late, early = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    with shop.app.db.write() as connection:
        for at, cause in ((late, Cause.REDACT), (early, Cause.UNSUBSCRIBE)):
            suppression.suppress(shop.app, connection, PROJECT, Channel.EMAIL, ADDRESS, cause, None, at=at)
        found = suppression.of_addresses(shop.app, connection, PROJECT, Channel.EMAIL, [ADDRESS])
    assert [(one.at, one.cause) for one in found.values()] == [(late, "redact")]


def test_a_disconnected_store_is_not_written_to_by_an_unsubscribe(shop: World) -> None:
    doc = known(shop)
    before = state_of(shop, doc)
    with shop.app.db.write() as connection:
        stores.move(connection, stores.load(connection, shop.store_id), stores.Event.DISCONNECT,
                    at=shop.app.clock.now(), actor="test")  # fmt: skip
        suppression.suppress(shop.app, connection, PROJECT, Channel.EMAIL, address_of(doc), Cause.UNSUBSCRIBE, None)
    assert state_of(shop, doc) == before
    assert shown(shop, doc)["email_state"] == SUPPRESSED


def test_only_an_admin_lifts_and_the_trail_holds_no_address(shop: World) -> None:
    editor = Who("p-1", "Ed", roles={PROJECT: suppression.Role.EDITOR})
    with pytest.raises(NotAllowed):
        suppression.lift_by_admin(shop.app, editor, PROJECT, Channel.EMAIL, ADDRESS)
    with pytest.raises(InvalidInput, match="Give an e-mail address"):
        suppression.suppress_by_admin(shop.app, SYSTEM, PROJECT, Channel.EMAIL, "nobody")
    suppression.suppress_by_admin(shop.app, SYSTEM, PROJECT, Channel.EMAIL, ADDRESS)
    assert suppression.lift_by_admin(shop.app, SYSTEM, PROJECT, Channel.EMAIL, ADDRESS)
    assert not suppression.lift_by_admin(shop.app, SYSTEM, PROJECT, Channel.EMAIL, ADDRESS)
    with shop.app.db.read() as connection:
        trail = connection.execute(select(tables.audit.c.event, tables.audit.c.detail)).all()
    assert [event for event, _ in trail][-2:] == ["suppression.add", "suppression.lift"]
    assert "example" not in repr(trail).lower()
