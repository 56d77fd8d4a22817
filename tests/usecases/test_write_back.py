"""Hub edits and how they reach Shopify: missing fields only, each with its own status, never twice. Both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mooring.db import edits as rows
from mooring.db import operations, stores, tables
from mooring.db.edits import Edit
from mooring.db.operations import Operation
from mooring.domain.consent import SUPPRESSED, Cause, Channel
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event
from mooring.domain.metafields import ENGAGEMENT
from mooring.domain.rules import Work
from mooring.errors import Conflict, InvalidInput, NotAllowed, Refused
from mooring.usecases import browse, browse_record, edits, edits_view, engagement, suppression, write_back
from mooring.usecases.browse import Asked
from mooring.usecases.browse_record import Record
from mooring.usecases.engagement import Told
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import SYSTEM, Role, Who
from tests.usecases.importing import PROJECT, SCOPES, World, world

WORKS = {Work.WRITE_BACK: write_back.advance}
ALL = {"profile_data": True, "email_subscription": True, "sms_subscription": True, "engagement": True}


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(
        database_url, data_dir, sizes={"customers": 8, "orders": 6}, scopes=(*SCOPES, "write_customers")
    ) as made:
        made.settings(**ALL)
        yield made


def gid(number: int) -> str:
    return f"gid://shopify/Customer/{number}"


def bare(shop: World, **more: Any) -> int:
    """A customer with an e-mail address and nothing else, imported; the hub id."""
    doc = {
        "id": gid(900001), "state": "DISABLED", "tags": [], "addressesV2": [], "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-01T00:00:00Z", "firstName": None, "lastName": "Stone", "numberOfOrders": "0",
        "defaultEmailAddress": {
            "emailAddress": "bare@example.com", "marketingState": "NOT_SUBSCRIBED", "validFormat": True,
            "marketingOptInLevel": "SINGLE_OPT_IN",
        },
    } | more  # fmt: skip
    shop.change("Customer", doc)
    shop.run_import(Kind.CUSTOMERS)
    return hub_id(shop, 900001)


def hub_id(shop: World, shopify_id: int) -> int:
    found = browse.page(shop.app, SYSTEM, PROJECT, Kind.CUSTOMERS, Asked(str(shopify_id))).items
    return found[0]["hub_id"]


def shopifys(shop: World, number: int = 900001) -> dict[str, Any]:
    return next(doc for doc in shop.documents("Customer") if doc["id"] == gid(number))


def page(shop: World, hub: int) -> Record:
    return browse_record.show(shop.app, SYSTEM, Kind.CUSTOMERS, hub)


def state_of(shop: World, hub: int, field: str) -> tuple[str, str | None]:
    changed = page(shop, hub).changed
    assert changed is not None
    return changed.views[field].edit.state, changed.views[field].edit.error


def send(shop: World) -> Operation | None:
    """What the clock would do; the operation, if there was anything to send."""
    write_back.due(shop.app)
    with shop.app.db.read() as connection:
        found = [one for one in operations.unfinished(connection, shop.store_id) if one.kind is Work.WRITE_BACK]
    return drive(shop.app, found[0].id, WORKS) if found else None


def calls(shop: World) -> int:
    return len(shop.sandbox.log.entries())


def error_of(shop: World) -> str | None:
    with shop.app.db.read() as connection:
        return stores.load(connection, shop.store_id).error


# -- changing here -------------------------------------------------------------------------------------------------


def test_a_change_shows_at_once_and_says_that_it_is_not_at_shopify(shop: World) -> None:
    hub = bare(shop)
    edits.change(shop.app, SYSTEM, hub, {"first_name": " Ann ", "address.city": "Kiel"})
    shown = page(shop, hub)
    assert shown.row["first_name"] == "Ann"
    assert shown.row["body"].get("firstName") is None
    assert shown.changed is not None
    assert shown.changed.address == {"city": "Kiel"}
    assert shown.changed.views["first_name"].sentence == "Changed here, not yet at Shopify."


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last_name": "Other"}, "has_value"),
        ({"email": "other@example.com"}, "has_value"),
        ({"sms_subscription": "subscribed"}, "no_address"),
        ({"note": "x"}, "invalid_input"),
        ({"phone": "12"}, "invalid_input"),
        ({"email_subscription": "maybe"}, "invalid_input"),
        ({"address.country_code": "Germany"}, "invalid_input"),
        ({"first_name": "Ann", "last_name": "Other"}, "has_value"),
    ],
)
def test_what_may_not_be_changed_is_refused_and_nothing_is_kept(
    shop: World, changes: dict[str, str], code: str
) -> None:
    hub = bare(shop)
    with pytest.raises(Refused) as refused:
        edits.change(shop.app, SYSTEM, hub, changes)
    assert refused.value.code == code
    assert shop.count(tables.hub_edits) == 0


def test_a_second_change_supersedes_the_first_and_a_blank_takes_it_back(shop: World) -> None:
    hub = bare(shop)
    for name in ("Ann", "Anna", "Anna"):
        edits.change(shop.app, SYSTEM, hub, {"first_name": name})
    assert [row[0] for row in shop.rows(tables.hub_edits, "state")] == ["pending", "superseded"]
    edits.change(shop.app, SYSTEM, hub, {"first_name": ""})
    assert {row[0] for row in shop.rows(tables.hub_edits, "state")} == {"superseded"}
    assert page(shop, hub).row["first_name"] is None
    edits.change(shop.app, SYSTEM, hub, {"last_name": "Stone"})
    assert shop.count(tables.hub_edits) == 2


def test_viewers_and_stores_on_their_way_out_change_nothing(shop: World) -> None:
    hub = bare(shop)
    with pytest.raises(NotAllowed):
        edits.change(shop.app, Who("p-1", "Vi", roles={PROJECT: Role.VIEWER}), hub, {"first_name": "Ann"})
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        stores.move(connection, store, Event.DELETE, at=shop.app.clock.now(), actor="test")
    with pytest.raises(Refused, match="being deleted"):
        edits.change(shop.app, SYSTEM, hub, {"first_name": "Ann"})


def test_a_customer_deleted_in_shopify_is_not_changed(shop: World) -> None:
    hub = bare(shop)
    with shop.app.db.write() as connection:
        connection.execute(tables.customers.update().where(tables.customers.c.store_id == shop.store_id).values(
            deleted_at=shop.app.clock.now()))  # fmt: skip
    with pytest.raises(Refused, match="deleted in Shopify"):
        edits.change(shop.app, SYSTEM, hub, {"first_name": "Ann"})


def test_the_trail_says_which_fields_and_not_what(shop: World) -> None:
    edits.change(shop.app, SYSTEM, bare(shop), {"first_name": "Zebulon"})
    with shop.app.db.read() as connection:
        trail = [tuple(row) for row in connection.execute(select(tables.audit.c.event, tables.audit.c.detail))]
    assert trail[-1][0] == "customer.edit"
    assert '"first_name"' in trail[-1][1]
    assert "Zebulon" not in repr(trail)


# -- profile -> Shopify --------------------------------------------------------------------------------------------


def test_missing_fields_are_filled_and_nothing_else(shop: World) -> None:
    hub = bare(shop)
    edits.change(
        shop.app, SYSTEM, hub,
        {"first_name": "Ann", "phone": "+49 30 123456", "address.city": "Kiel", "address.country_code": "de"},
    )  # fmt: skip
    done = send(shop)
    assert done is not None
    assert (done.state, done.receipt) == (
        "done", {"sent": 4, "kept": 0, "superseded": 0, "failed": 0, "requests": 3},
    )  # fmt: skip
    now = shopifys(shop)
    assert (now["firstName"], now["lastName"]) == ("Ann", "Stone")
    assert now["defaultPhoneNumber"]["phoneNumber"] == "+4930123456"
    assert [(one["city"], one["countryCodeV2"]) for one in now["addressesV2"]] == [("Kiel", "DE")]
    assert state_of(shop, hub, "first_name") == ("sent", None)
    shop.run_import(Kind.CUSTOMERS)
    assert page(shop, hub).row["first_name"] == "Ann"
    assert send(shop) is None


def test_a_value_that_appeared_meanwhile_stays(shop: World) -> None:
    hub = bare(shop)
    edits.change(shop.app, SYSTEM, hub, {"first_name": "Ann", "phone": "+4930123456"})
    shop.change("Customer", shopifys(shop) | {"firstName": "Bea"})
    send(shop)
    assert shopifys(shop)["firstName"] == "Bea"
    state, sentence = state_of(shop, hub, "first_name")
    assert (state, sentence) == ("kept", "Shopify has a value of its own by now, which stays. Yours is kept here only.")
    assert state_of(shop, hub, "phone") == ("sent", None)


def test_a_field_shopify_refuses_fails_alone(shop: World) -> None:
    hub = bare(shop)
    other = next(doc for doc in shop.documents("Customer") if (doc.get("defaultPhoneNumber") or {}).get("phoneNumber"))
    taken = other["defaultPhoneNumber"]["phoneNumber"]
    edits.change(shop.app, SYSTEM, hub, {"first_name": "Ann", "phone": taken})
    done = send(shop)
    assert done is not None
    assert done.state == "failed"
    assert state_of(shop, hub, "phone") == ("failed", "Shopify says: Phone has already been taken")
    assert state_of(shop, hub, "first_name") == ("sent", None)
    assert error_of(shop) == "1 change could not be written to Shopify. Look at them in the store's details, and retry."
    with pytest.raises(Conflict):
        edits.retry(shop.app, SYSTEM, shop.store_id, 10**6)
    shop.change("Customer", other | {"defaultPhoneNumber": None, "phone": None})
    assert edits.retry(shop.app, SYSTEM, shop.store_id) == 1
    done = send(shop)
    assert done is not None
    assert done.state == "done"
    assert (state_of(shop, hub, "phone"), error_of(shop)) == (("sent", None), None)


def test_an_answer_that_was_lost_is_found_out_by_looking(shop: World) -> None:
    hub = bare(shop)
    edits.change(shop.app, SYSTEM, hub, {"first_name": "Ann"})
    shop.fault("lost_answer", operation="WriteBackProfile")
    before = calls(shop)
    done = send(shop)
    assert done is not None
    assert (done.state, calls(shop) - before) == ("done", 3), "read, lost, and read again instead of sent again"
    assert state_of(shop, hub, "first_name") == ("sent", None)
    assert shopifys(shop)["firstName"] == "Ann"


def test_toggle_off_or_permission_missing_waits_and_says_so(shop: World) -> None:
    hub = bare(shop)
    shop.settings(profile_data=False)
    edits.change(shop.app, SYSTEM, hub, {"first_name": "Ann"})
    assert send(shop) is None
    assert state_of(shop, hub, "first_name")[0] == "waiting"
    views = edits_view.listed(shop.app, SYSTEM, shop.store_id)
    assert "“Profile data” is switched off" in views.items[0].sentence
    shop.settings(profile_data=True)
    with shop.app.db.write() as connection:
        stores.change(connection, shop.store_id, granted_scopes=" ".join(SCOPES))
    assert send(shop) is None
    sentence = edits_view.listed(shop.app, SYSTEM, shop.store_id, state="waiting").items[0].sentence
    assert "permission write_customers is missing" in sentence
    with shop.app.db.write() as connection:
        stores.change(connection, shop.store_id, granted_scopes=" ".join((*SCOPES, "write_customers")))
    assert send(shop) is not None
    assert state_of(shop, hub, "first_name") == ("sent", None)


def test_a_permission_that_was_taken_away_meanwhile_fails_in_words(shop: World) -> None:
    """Shopify answers nothing but null; what Mooring believes to be granted is out of date."""
    hub = bare(shop)
    app_id = shop.sandbox.apps.all()[0].id
    shop.sandbox.installations.revoke(shop.shop_id, app_id, ["write_customers"])
    edits.change(shop.app, SYSTEM, hub, {"first_name": "Ann"})
    edits.change(shop.app, SYSTEM, hub, {"email_subscription": "subscribed", "address.city": "Kiel"})
    done = send(shop)
    assert done is not None
    assert done.state == "failed"
    for field in ("first_name", "email_subscription", "address.city"):
        state, sentence = state_of(shop, hub, field)
        assert state == "failed"
        assert "Grant it by a reconnect" in (sentence or "")
    assert send(shop) is None


def test_one_that_broke_off_is_not_begun_again_and_again(shop: World) -> None:
    hub = bare(shop)
    edits.change(shop.app, SYSTEM, hub, {"first_name": "Ann"})
    shop.fault("status", operation="WriteBackRead", status=200, body={"errors": [{"message": "no"}]}, times=1)
    done = send(shop)
    assert done is not None
    assert (done.state, done.error) == ("failed", "Shopify rejects the query: no")
    assert send(shop) is None
    shop.app.clock.advance(timedelta(minutes=11))  # type: ignore[attr-defined]
    done = send(shop)
    assert done is not None
    assert done.state == "done"


def test_nothing_leaves_while_disconnected_and_it_goes_on_after(shop: World) -> None:
    hub = bare(shop)
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        stores.move(connection, store, Event.DISCONNECT, at=shop.app.clock.now(), actor="test")
    before = calls(shop)
    edits.change(shop.app, SYSTEM, hub, {"first_name": "Ann"})
    assert page(shop, hub).row["first_name"] == "Ann"
    assert send(shop) is None
    assert calls(shop) == before
    assert state_of(shop, hub, "first_name")[0] == "pending"


def test_our_own_writing_makes_no_echo(shop: World) -> None:
    hub = bare(shop)
    edits.change(shop.app, SYSTEM, hub, {"first_name": "Ann"})
    engagement.tell(shop.app, SYSTEM, hub, Told(total_messages=3))
    assert send(shop) is not None
    shop.run_import(Kind.CUSTOMERS)
    settled = shop.hub()
    before = calls(shop)
    assert send(shop) is None
    assert calls(shop) == before
    engagement.tell(shop.app, SYSTEM, hub, Told(total_messages=4))
    assert send(shop) is not None
    assert shop.run_import(Kind.CUSTOMERS).receipt["kinds"]["customers"]["written"] == 0  # type: ignore[index]
    assert shop.hub() == settled


# -- subscriptions -------------------------------------------------------------------------------------------------


def test_a_subscription_reaches_shopify_dated_when_it_was_decided(shop: World) -> None:
    hub = bare(shop)
    edits.change(shop.app, SYSTEM, hub, {"email_subscription": "subscribed"})
    assert page(shop, hub).row["email_state"] == "SUBSCRIBED"
    send(shop)
    held = shopifys(shop)["defaultEmailAddress"]
    assert (held["marketingState"], held["marketingOptInLevel"]) == ("SUBSCRIBED", "SINGLE_OPT_IN")
    assert state_of(shop, hub, "email_subscription") == ("sent", None)


def test_an_unsubscribe_here_suppresses_and_is_written_back(shop: World) -> None:
    hub = bare(shop)
    edits.change(shop.app, SYSTEM, hub, {"email_subscription": "unsubscribed"})
    assert page(shop, hub).row["email_state"] == SUPPRESSED
    send(shop)
    assert shopifys(shop)["defaultEmailAddress"]["marketingState"] == "UNSUBSCRIBED"
    with pytest.raises(Refused) as refused:
        edits.change(shop.app, SYSTEM, hub, {"email_subscription": "subscribed"})
    assert refused.value.code == "suppressed"


def test_a_suppressed_address_is_never_subscribed_at_shopify(shop: World) -> None:
    """Suppressed between the change and its sending."""
    hub = bare(shop)
    edits.change(shop.app, SYSTEM, hub, {"email_subscription": "subscribed"})
    with shop.app.db.write() as connection:
        suppression.suppress(shop.app, connection, PROJECT, Channel.EMAIL, "bare@example.com", Cause.REDACT, None)
    send(shop)
    assert shopifys(shop)["defaultEmailAddress"]["marketingState"] == "NOT_SUBSCRIBED"
    state, sentence = state_of(shop, hub, "email_subscription")
    assert state == "kept"
    assert "must not be contacted" in (sentence or "")


def test_a_later_decision_at_shopify_holds(shop: World) -> None:
    hub = bare(shop)
    edits.change(shop.app, SYSTEM, hub, {"email_subscription": "subscribed"})
    later = (shop.app.clock.now() + timedelta(minutes=1)).isoformat(timespec="seconds").replace("+00:00", "Z")
    held = shopifys(shop)["defaultEmailAddress"] | {"marketingState": "UNSUBSCRIBED", "marketingUpdatedAt": later}
    shop.change("Customer", shopifys(shop) | {"defaultEmailAddress": held})
    done = send(shop)
    assert shopifys(shop)["defaultEmailAddress"]["marketingState"] == "UNSUBSCRIBED"
    assert done is not None
    assert done.receipt is not None
    assert done.receipt["superseded"] == 1


# -- engagement ----------------------------------------------------------------------------------------------------


def metafields(shop: World) -> dict[tuple[str, str], str]:
    return {(one["ownerId"], one["key"]): one["value"] for one in shop.documents("Metafield")}


def test_engagement_and_the_rfm_group_become_metafields_with_definitions(shop: World) -> None:
    hub = bare(shop)
    at = shop.app.clock.now() - timedelta(days=2)
    known = engagement.tell(shop.app, SYSTEM, hub, Told(last_open_at=at, total_messages=7))
    assert (known["total_messages"], known["rfm"]) == (7, "Prospects")
    done = send(shop)
    assert done is not None
    assert done.state == "done"
    assert metafields(shop)[gid(900001), "total_messages"] == "7"
    assert metafields(shop)[gid(900001), "rfm"] == "Prospects"
    assert {one["key"] for one in shop.documents("MetafieldDefinition")} == set(ENGAGEMENT)
    assert {one["access"]["admin"] for one in shop.documents("MetafieldDefinition")} == {"MERCHANT_READ"}


def test_late_and_repeated_news_changes_nothing(shop: World) -> None:
    hub = bare(shop)
    now = shop.app.clock.now()
    engagement.tell(shop.app, SYSTEM, hub, Told(last_open_at=now, total_messages=7))
    before = shop.count(tables.hub_edits)
    known = engagement.tell(shop.app, SYSTEM, hub, Told(last_open_at=now - timedelta(days=3), total_messages=5))
    assert known["total_messages"] == 7
    assert shop.count(tables.hub_edits) == before
    with pytest.raises(InvalidInput, match="not in the future"):
        engagement.tell(shop.app, SYSTEM, hub, Told(last_open_at=now + timedelta(days=1)))


def test_one_bad_owner_does_not_stop_the_others(shop: World) -> None:
    """All or none at Shopify, so the one is found and taken out."""
    everybody = [row[0] for row in shop.rows(tables.customers, "hub_id")] or []
    bare(shop)
    everybody = [row[0] for row in shop.rows(tables.customers, "hub_id")]
    for one in everybody:
        engagement.tell(shop.app, SYSTEM, one, Told(total_messages=1))
    gone = shop.rows(tables.customers, "shopify_id")[0][0]
    shop.sandbox.state.remove(shop.shop_id, "Customer", gone)
    done = send(shop)
    assert done is not None
    assert done.state == "failed"
    assert done.receipt is not None
    assert (done.receipt["failed"], done.receipt["sent"]) == (2, 2 * len(everybody) - 2)
    assert {owner for owner, _ in metafields(shop)} == {
        gid(row[0]) for row in shop.rows(tables.customers, "shopify_id") if row[0] != gone
    }


def test_more_than_one_call_holds(shop: World) -> None:
    bare(shop)
    hubs = [row[0] for row in shop.rows(tables.customers, "hub_id")]
    now = shop.app.clock.now()
    for one in hubs:
        told = Told(last_open_at=now, last_click_at=now, last_sms_click_at=now, total_messages=2)
        engagement.tell(shop.app, SYSTEM, one, told)
    done = send(shop)
    assert done is not None
    assert done.receipt is not None
    assert (done.state, done.receipt["sent"]) == ("done", 5 * len(hubs))
    assert len(metafields(shop)) == 5 * len(hubs)


def test_edits_are_listed_with_counts(shop: World) -> None:
    hub = bare(shop)
    edits.change(shop.app, SYSTEM, hub, {"first_name": "Ann", "phone": "+4930123456"})
    listed = edits_view.listed(shop.app, SYSTEM, shop.store_id)
    assert (listed.counts, listed.next) == ({"pending": 2}, None)
    assert {view.title for view in listed.items} == {"First name", "Phone number"}
    with pytest.raises(InvalidInput, match="An edit is one of"):
        edits_view.listed(shop.app, SYSTEM, shop.store_id, state="lost")
    with shop.app.db.read() as connection:
        assert all(isinstance(one, Edit) for one in rows.due(connection, shop.store_id, limit=10))
