"""A customer who was erased at their own request is erased again when an older database comes back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, update

from mooring.db import stores, tables
from mooring.db.privacy import REDACT
from mooring.domain.consent import Channel
from mooring.domain.lifecycle import Event
from mooring.domain.rules import Work
from mooring.usecases import held, ledger, privacy_redact, restore, suppression
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import CLI
from tests.usecases.importing import PROJECT, World
from tests.usecases.test_privacy import CANARY, asked, move, planted, requests, run, shop, victim

__all__ = ["shop", "victim"]


def erased(shop: World, victim: int) -> list[dict[str, Any]]:
    """Asked for and carried out, as ever. What the receipts file says of it."""
    named = shop.rows(tables.orders, "shopify_id", "customer_id")
    other = next(order for order, customer in named if customer not in (None, victim))
    asked(shop, REDACT, victim, orders=(other,))
    run(shop)
    assert planted(shop) == {}
    return lines(shop)


def lines(shop: World) -> list[dict[str, Any]]:
    return [line for line in shop.app.ledger.entries() if line["event"] == ledger.CUSTOMER_ERASED]


def older_database(shop: World) -> None:
    """As one that was copied before anybody asked: no request, no suppression, and the customer is in it."""
    with shop.app.db.write() as connection:
        for table in (tables.privacy_requests, tables.suppressions):
            connection.execute(delete(table))
    assert shop.run_import().state == "done"
    assert {"customers", "orders"} <= planted(shop).keys()


def accept(shop: World) -> restore.Accepted:
    assert restore.compare(shop.app) is True
    return restore.accept(shop.app, CLI, restore.preview(shop.app, CLI).token)


def test_the_receipts_file_has_a_line_that_names_nobody(shop: World, victim: int) -> None:
    [line] = erased(shop, victim)
    said = repr(line)
    assert CANARY not in said
    assert str(victim) not in said
    assert line["customer"] == shop.app.vault.keyed_hash(str(victim), purpose="receipts.customer")
    [request] = requests(shop)
    assert (line["store"], line["request"]) == (shop.store_id, request.id)
    assert line["orders"] == [ledger.hashed(shop.app, "order", one) for one in request.order_ids]
    assert ledger.mend(shop.app) == 0
    assert restore.compare(shop.app) is False


def test_a_line_that_the_disk_refused_is_told_at_the_next_start(shop: World, victim: int) -> None:
    [line] = erased(shop, victim)
    (shop.app.settings.data_dir / "receipts.jsonl").unlink()
    ledger.mend(shop.app)
    [again] = lines(shop)
    assert again == line | {"at": again["at"], "email": None}, "their addresses are forgotten by then"


def test_who_was_erased_since_is_shown_by_number_and_erased_again(shop: World, victim: int) -> None:
    erased(shop, victim)
    older_database(shop)
    assert restore.compare(shop.app) is True
    shown = restore.preview(shop.app, CLI)
    assert shown.facts["erases"] == ["harbour-teas.myshopify.com: 1 customer"]
    done = accept(shop)
    assert (done.erased, len(done.operations), held.held(shop.app)) == (1, 1, None)
    assert shop.run_import().state == "done", "from this moment on nobody brings them back"
    operation = drive(shop.app, done.operations[0], {Work.REDACT: privacy_redact.advance})
    assert (operation.state, operation.error) == ("done", None)
    assert planted(shop) == {}
    assert [(one.state, one.customer_id) for one in requests(shop)] == [("done", victim)]
    with shop.app.db.read() as connection:
        assert suppression.is_suppressed(shop.app, connection, PROJECT, Channel.EMAIL, f"{CANARY}@example.com")
    assert shop.run_import().state == "done"
    assert planted(shop) == {}
    assert ledger.mend(shop.app) == 0
    assert restore.compare(shop.app) is False


def test_one_who_is_not_in_the_copy_is_suppressed_all_the_same(shop: World, victim: int) -> None:
    erased(shop, victim)
    older_database(shop)
    with shop.app.db.write() as connection:
        for table in (tables.orders, tables.customers):
            connection.execute(delete(table).where(table.c.store_id == shop.store_id))
    done = accept(shop)
    operation = drive(shop.app, done.operations[0], {Work.REDACT: privacy_redact.advance})
    assert operation.state == "done"
    with shop.app.db.read() as connection:
        assert suppression.is_suppressed(shop.app, connection, PROJECT, Channel.EMAIL, f"{CANARY}@example.com")


def test_with_a_store_that_is_going_there_is_nobody_to_erase(shop: World, victim: int) -> None:
    erased(shop, victim)
    older_database(shop)
    move(shop, Event.DELETE)
    assert restore.compare(shop.app) is False


def test_a_request_that_the_copy_has_not_met_yet_is_no_news(shop: World, victim: int) -> None:
    erased(shop, victim)
    row = tables.privacy_requests.c
    with shop.app.db.write() as connection:
        connection.execute(update(tables.privacy_requests).where(row.topic == REDACT).values(state="open"))
        assert stores.load(connection, shop.store_id).deleted_at is None
    assert restore.compare(shop.app) is False
