"""Settings of orders: what is proposed, what is refused, and what a sync of orders then goes by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mooring.db import order_books, order_taxes, tables
from mooring.db import order_settings as rows
from mooring.domain.kinds import Kind
from mooring.domain.order_booking import Role
from mooring.domain.order_rules import AttributeRule, OrderRule, default, excluded, facts_of
from mooring.domain.order_settings import SERVICES, Outcome
from mooring.domain.order_taxes import TaxEntry, TaxKey
from mooring.domain.records import moment
from mooring.domain.records_orders import Order
from mooring.domain.rules import Role as Rights
from mooring.errors import ConfirmationMissing, InvalidInput, NotAllowed, NotFound, Unreachable
from mooring.usecases import (
    order_outcome,
    order_rules_edit,
    order_settings,
    order_settings_save,
    order_settings_service,
    order_settings_taxes,
    order_terms,
)
from mooring.usecases.order_options import Choice
from mooring.usecases.order_settings_save import Wish
from mooring.usecases.order_terms import NotReady, OrderTerms
from mooring.usecases.who import SYSTEM, Who
from tests.usecases.importing import PROJECT
from tests.usecases.odoo_world import OdooWorld, odoo_world

SIZES = {"customers": 20, "orders": 60, "products": 10}
SCOPES = ("read_all_orders", "read_customers", "read_orders", "read_products")


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes=SIZES, scopes=SCOPES, imported=(Kind.ORDERS,)) as made:
        yield made


def view(world: OdooWorld) -> order_settings.View:
    return order_settings.show(world.app, SYSTEM, world.store_id)


def save(world: OdooWorld, **wish: Any) -> rows.OrderSettings:
    return order_settings_save.save(world.app, SYSTEM, world.store_id, Wish(**wish))


def terms(world: OdooWorld) -> OrderTerms | NotReady:
    return order_terms.terms(world.app, world.connection, world.store, world.ticket())


def events(world: OdooWorld) -> list[str]:
    return [event for (event,) in world.rows(tables.audit, "event") if event.startswith("odoo.")]


def with_taxes(world: OdooWorld) -> None:
    """Taxes of Odoo for every tax that occurs, as somebody who keeps its books would make them."""
    for one in view(world).taxes:
        included = "tax_included" if one.key.included else "tax_excluded"
        world.odoo.does("account.tax", "create", vals_list=[{
            "name": one.key.label, "amount": float(one.key.percent), "amount_type": "percent", "type_tax_use": "sale",
            "price_include_override": included,
        }])  # fmt: skip


def a_pricelist(world: OdooWorld) -> Choice:
    """In another currency than the company's."""
    (euro,) = world.odoo.rows("res.currency", [["name", "=", "EUR"]], "name")
    world.odoo.does("res.currency", "write", ids=[euro["id"]], vals={"active": True})
    world.odoo.does("product.pricelist", "create", vals_list=[{"name": "Euro", "currency_id": euro["id"]}])
    return next(one for one in view(world).options.pricelists if one.of == "EUR")


# -- what is shown -------------------------------------------------------------------------------------------------


def test_what_occurs_is_listed_with_what_odoo_has_for_it(world: OdooWorld) -> None:
    with_taxes(world)
    found = view(world)
    assert not found.saved and found.company == "My Company"
    assert sum(one.count or 0 for one in found.currencies) == SIZES["orders"]
    assert {one.kind for one in found.options.journals} <= {"bank", "cash", "credit"}
    assert [one.key for one in found.services] == list(SERVICES)
    assert found.taxes and all(one.proposed or one.several for one in found.taxes)
    assert not any(one.confirmed for one in found.taxes)
    assert found.gateways


def test_a_viewer_may_look_and_not_save(world: OdooWorld) -> None:
    viewer = Who("v", "Viewer", roles={PROJECT: Rights.VIEWER})
    assert order_settings.show(world.app, viewer, world.store_id).store.id == world.store_id
    with pytest.raises(NotAllowed):
        order_settings_save.save(world.app, viewer, world.store_id, Wish(outcome=Outcome.ORDER))


# -- what is saved -------------------------------------------------------------------------------------------------


def test_what_is_chosen_is_kept_and_what_is_left_out_stays(world: OdooWorld) -> None:
    found = view(world)
    bank, warehouse = found.options.journals[0].id, found.options.warehouses[0].id
    gateway = found.gateways[0].key
    save(world, outcome=Outcome.INVOICE, warehouse_id=warehouse, journals={gateway: bank})
    save(world, outcome=Outcome.ORDER)
    settings = view(world).settings
    assert (settings.outcome, settings.warehouse_id, settings.journals) == (Outcome.ORDER, warehouse, {gateway: bank})
    save(world, warehouse_id=None, journals={gateway: None})
    assert view(world).settings.warehouse_id is None and not view(world).settings.journals
    assert events(world).count("odoo.orders_settings") == 3


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"warehouse_id": 999_999}, "warehouse_id"),
        ({"pricelists": {"USD": 999_999}}, "pricelists.USD"),
        ({"journals": {"manual": 999_999}}, "journals.manual"),
        ({"services": {Role.SHIPPING: 999_999}}, "services.shipping"),
        ({"services": {Role.PRODUCT: 1}}, "services.product"),
    ],
)
def test_only_what_odoo_has_is_kept(world: OdooWorld, wish: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        save(world, **wish)
    assert refused.value.field == field
    assert not view(world).saved


def test_a_product_that_is_invoiced_on_delivery_stands_for_nothing(world: OdooWorld) -> None:
    (made,) = world.odoo.does(
        "product.product", "create", vals_list=[{"name": "Post", "type": "service", "invoice_policy": "delivery"}]
    )
    with pytest.raises(InvalidInput, match="delivered quantities"):
        save(world, services={Role.SHIPPING: made})


# -- service products ----------------------------------------------------------------------------------------------


def test_a_service_product_is_made_once(world: OdooWorld) -> None:
    made = order_settings_service.create(world.app, SYSTEM, world.store_id, Role.SHIPPING)
    again = order_settings_service.create(world.app, SYSTEM, world.store_id, Role.SHIPPING)
    assert made == again
    (row,) = world.odoo.rows(
        "product.product", [["name", "=", "Shipping"]], "type", "invoice_policy", "taxes_id"
    )  # fmt: skip
    assert (row["type"], row["invoice_policy"], row["taxes_id"]) == ("service", "order", [])
    assert world.odoo.external_ids("service.")["service.shipping"] == ("product.product", made.id)
    assert view(world).settings.services == {Role.SHIPPING: made.id}


def test_one_that_is_there_is_taken(world: OdooWorld) -> None:
    (there,) = world.odoo.does(
        "product.product", "create", vals_list=[{"name": "tip", "type": "service", "invoice_policy": "order"}]
    )
    assert order_settings_service.create(world.app, SYSTEM, world.store_id, Role.TIP).id == there
    assert not world.odoo.external_ids("service.")


def test_a_lost_answer_makes_no_second_product(world: OdooWorld) -> None:
    world.odoo.fault("lost_answer", operation="product.product.load", times=1)
    for _ in range(2):
        try:
            order_settings_service.create(world.app, SYSTEM, world.store_id, Role.FEE)
        except Unreachable:
            continue
    assert len(world.odoo.rows("product.product", [["name", "=", "Fee"]], "name")) == 1
    assert Role.FEE in view(world).settings.services


# -- the tax table -------------------------------------------------------------------------------------------------


def test_a_tax_counts_once_a_person_has_confirmed_it(world: OdooWorld) -> None:
    with_taxes(world)
    tax = view(world).taxes[0]
    assert tax.proposed is not None
    done = order_settings_taxes.confirm(world.app, SYSTEM, world.store_id, tax.text, tax.proposed.id)
    assert done.warning is None
    first = next(one for one in view(world).taxes if one.key == tax.key)
    assert (first.confirmed, first.odoo_id, first.stale) == (True, tax.proposed.id, False)
    order_settings_taxes.withdraw(world.app, SYSTEM, world.store_id, tax.text)
    assert not next(one for one in view(world).taxes if one.key == tax.key).confirmed
    assert events(world)[-2:] == ["odoo.tax_confirmed", "odoo.tax_withdrawn"]


def test_a_tax_with_another_rate_is_confirmed_with_a_warning(world: OdooWorld) -> None:
    tax, other = view(world).taxes[0], view(world).options.taxes[0]
    assert (other.amount, other.price_include) != (tax.key.percent, tax.key.included)
    done = order_settings_taxes.confirm(world.app, SYSTEM, world.store_id, tax.text, other.id)
    assert done.warning is not None and "totals will differ" in done.warning


def test_a_tax_that_no_order_has_cannot_be_confirmed(world: OdooWorld) -> None:
    for text in ("", "{}", order_taxes.key_text(TaxKey(percent=99, included=True))):  # pyright: ignore[reportArgumentType]
        with pytest.raises(NotFound):
            order_settings_taxes.confirm(world.app, SYSTEM, world.store_id, text, None)


def test_a_rate_that_changed_in_odoo_is_asked_for_anew(world: OdooWorld) -> None:
    with_taxes(world)
    tax = view(world).taxes[0]
    assert tax.proposed is not None
    order_settings_taxes.confirm(world.app, SYSTEM, world.store_id, tax.text, tax.proposed.id)
    ready = terms(world)
    assert isinstance(ready, OrderTerms) and ready.terms.taxes[tax.key].confirmed
    world.odoo.does("account.tax", "write", ids=[tax.proposed.id], vals={"amount": 99.0})
    assert next(one for one in view(world).taxes if one.key == tax.key).stale
    later = terms(world)
    assert isinstance(later, OrderTerms) and tax.key not in later.terms.taxes


# -- what a sync goes by -------------------------------------------------------------------------------------------


def test_nothing_is_booked_before_somebody_has_chosen(world: OdooWorld) -> None:
    assert terms(world) == NotReady(order_terms.NOT_SET, "orders_not_set")


def test_terms_are_what_was_chosen_as_far_as_odoo_still_has_it(world: OdooWorld) -> None:
    money = a_pricelist(world)
    made = order_settings_service.create(world.app, SYSTEM, world.store_id, Role.TIP)
    save(world, outcome=Outcome.INVOICE, pricelists={money.of: money.id})
    ready = terms(world)
    assert isinstance(ready, OrderTerms)
    assert ready.pricelists == {"USD": 0, "EUR": money.id} and ready.terms.currencies == {"USD": 2, "EUR": 2}
    assert (ready.outcome, ready.services) == (Outcome.INVOICE, {Role.TIP: made.id})
    assert ready.rule == default(moment(world.connection.connected_at.isoformat(timespec="seconds")))
    world.odoo.does("product.product", "write", ids=[made.id], vals={"active": False})
    later = terms(world)
    assert isinstance(later, OrderTerms) and not later.services
    world.odoo.does("product.pricelist", "write", ids=[money.id], vals={"active": False})
    last = terms(world)
    assert isinstance(last, OrderTerms) and last.pricelists == {"USD": 0} and "EUR" not in last.terms.currencies


def test_another_odoo_is_asked_about_anew(world: OdooWorld) -> None:
    with_taxes(world)
    tax = view(world).taxes[0]
    order_settings_taxes.confirm(world.app, SYSTEM, world.store_id, tax.text, None)
    made = order_settings_service.create(world.app, SYSTEM, world.store_id, Role.TIP)
    save(world, outcome=Outcome.ORDER)
    with world.app.db.write() as connection:
        stored = rows.find(connection, world.store_id)
        assert stored is not None
        rows.put(connection, replace(stored, fingerprint="another/1"))
    assert terms(world) == NotReady(order_terms.ANOTHER, "orders_another_odoo")
    shown = view(world)
    assert shown.another and not shown.settings.services and not any(one.confirmed for one in shown.taxes)
    save(world, services={Role.TIP: made.id})
    ready = terms(world)
    assert isinstance(ready, OrderTerms) and ready.outcome is Outcome.ORDER and not ready.terms.taxes


# -- the rule ------------------------------------------------------------------------------------------------------


def preview(world: OdooWorld, rule: OrderRule) -> order_rules_edit.Preview:
    return order_rules_edit.preview(world.app, SYSTEM, world.store_id, rule)


def test_history_is_booked_by_nobody_who_has_not_seen_how_much_it_is(world: OdooWorld) -> None:
    everything = OrderRule(test_orders=True)
    before = preview(world, order_rules_edit.show(world.app, SYSTEM, world.store_id).rule)
    assert before.taken.count == 0 and not before.widens and before.token is None
    shown = preview(world, everything)
    totals = world.rows(tables.orders, "total", "currency")
    assert shown.taken.count == shown.more.count == len(totals)
    assert sum(shown.more.money.values()) == sum(total for total, _ in totals)
    assert sum(year.more.count for year in shown.years) == len(totals)
    with pytest.raises(ConfirmationMissing) as missing:
        order_rules_edit.save(world.app, SYSTEM, world.store_id, everything)
    assert missing.value.preview["more"] == len(totals) and missing.value.token == shown.token
    with pytest.raises(ConfirmationMissing):
        order_rules_edit.save(world.app, SYSTEM, world.store_id, everything, "made up")
    order_rules_edit.save(world.app, SYSTEM, world.store_id, everything, shown.token)
    assert order_rules_edit.show(world.app, SYSTEM, world.store_id) == order_rules_edit.RuleView(
        world.store, everything, True
    )


def test_a_token_is_good_for_the_rule_it_was_shown_with(world: OdooWorld) -> None:
    shown = preview(world, OrderRule(financial=("PAID",)))
    with pytest.raises(ConfirmationMissing):
        order_rules_edit.save(world.app, SYSTEM, world.store_id, OrderRule(), shown.token)


def test_a_narrower_rule_needs_nobody_to_confirm_it(world: OdooWorld) -> None:
    rule = replace_rule(order_rules_edit.show(world.app, SYSTEM, world.store_id).rule, prefix="#9")
    order_rules_edit.save(world.app, SYSTEM, world.store_id, rule)
    assert order_rules_edit.show(world.app, SYSTEM, world.store_id).rule == rule


def replace_rule(rule: OrderRule, **other: Any) -> OrderRule:
    return OrderRule(**{name: getattr(rule, name) for name in OrderRule.__struct_fields__} | other)


def test_fiscal_years_are_the_companys(world: OdooWorld) -> None:
    calendar = preview(world, OrderRule())
    assert all(len(year.label) == 4 for year in calendar.years)
    world.odoo.does("res.company", "write", ids=[1], vals={"fiscalyear_last_month": "3"})
    assert all("/" in year.label for year in preview(world, OrderRule()).years)


def test_the_count_is_what_the_whole_orders_would_give(world: OdooWorld) -> None:
    """Rules look at columns here and at whole orders in a sync: both have to say the same."""
    orders = [msgspec.json.decode(body, type=Order) for (body,) in world.rows(tables.orders, "body")]
    tags = sorted({tag for one in orders for tag in one.tags})
    noted = sorted({one.key for order in orders for one in order.custom_attributes})
    rules = [
        OrderRule(financial=("PAID",)), OrderRule(fulfilment=("FULFILLED",)), OrderRule(prefix="#10"),
        OrderRule(tags_any=tuple(tags[:1])), OrderRule(tags_none=tuple(tags[:1])), OrderRule(test_orders=True),
        OrderRule(attributes=tuple(AttributeRule(key) for key in noted[:1])), OrderRule(since="2026-06-01T00:00:00Z"),
    ]  # fmt: skip
    for rule in rules:
        assert preview(world, rule).taken.count == sum(excluded(rule, facts_of(one)) is None for one in orders), rule


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (OrderRule(financial=("paid",)), "financial"),
        (OrderRule(since="yesterday"), "since"),
        (OrderRule(since="2026-02-01", until="2026-01-01"), "until"),
        (OrderRule(attributes=(AttributeRule(" "),)), "attributes"),
        (OrderRule(prefix="x" * 201), "prefix"),
        (OrderRule(since="0001-01-01T00:00:00+14:00"), "since"),
    ],
)
def test_what_cannot_be_meant_is_refused(world: OdooWorld, rule: OrderRule, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        preview(world, rule)
    assert refused.value.field == field


def test_a_tax_that_an_order_waits_for_stands_in_the_table(world: OdooWorld) -> None:
    key = TaxKey(percent=view(world).taxes[0].key.percent + 50, included=False, title="made up")
    with world.app.db.write() as connection:
        order_taxes.note_seen(connection, world.store_id, [key], at=world.app.clock.now())
        order_taxes.note_seen(connection, world.store_id, [key], at=world.app.clock.now())
    row = next(one for one in view(world).taxes if one.key == key)
    assert (row.count, row.confirmed) == (0, False)
    assert order_settings_taxes.confirm(world.app, SYSTEM, world.store_id, row.text, None).entry == TaxEntry(
        key, confirmed=True
    )


# -- the outcome ---------------------------------------------------------------------------------------------------


def stand(world: OdooWorld, *stages: str) -> None:
    """The first orders of the hub, as far in Odoo as this."""
    ids = [one for (one,) in world.rows(tables.orders, "shopify_id")][: len(stages)]
    fingerprint = world.connection.fingerprint
    books = [order_books.Book(one, fingerprint, stage) for one, stage in zip(ids, stages, strict=True)]
    with world.app.db.write() as connection:
        order_books.put(connection, world.store_id, books, at=world.app.clock.now())
        for book in books:
            order_books.keep(connection, world.store_id, replace(book, settled=True), at=world.app.clock.now())


def test_an_outcome_that_takes_on_what_is_in_odoo_is_saved_by_who_has_seen_it(world: OdooWorld) -> None:
    stand(world, "draft", "draft", "order", "paid", "cancelled")
    shown = order_outcome.preview(world.app, SYSTEM, world.store_id, Outcome.INVOICE)
    assert shown.taken.count == 3 and sum(year.count for year in shown.years.values()) == 3
    assert shown.sentence.startswith("3 orders (") and "of the fiscal year" in shown.sentence
    with pytest.raises(ConfirmationMissing) as missing:
        save(world, outcome=Outcome.INVOICE)
    assert missing.value.preview["takes"] == 3 and missing.value.token == shown.token
    assert view(world).settings.outcome is Outcome.DRAFT_ORDER
    assert order_outcome.preview(world.app, SYSTEM, world.store_id, Outcome.ORDER).taken.count == 2
    save_seen(world, Outcome.INVOICE, shown.token)
    assert {settled for (settled,) in world.rows(tables.order_books, "settled")} == {False}


def save_seen(world: OdooWorld, outcome: Outcome, token: str | None) -> rows.OrderSettings:
    return order_settings_save.save(world.app, SYSTEM, world.store_id, Wish(outcome=outcome), token)


def test_a_token_is_good_for_the_outcome_it_was_shown_with(world: OdooWorld) -> None:
    stand(world, "draft", "order")
    order = order_outcome.preview(world.app, SYSTEM, world.store_id, Outcome.ORDER)
    for token in (None, "made up", order.token):
        with pytest.raises(ConfirmationMissing):
            save_seen(world, Outcome.INVOICE, token)
    assert save_seen(world, Outcome.ORDER, order.token).outcome is Outcome.ORDER
    with pytest.raises(ConfirmationMissing):
        save_seen(world, Outcome.INVOICE, order.token)


def test_nothing_is_asked_where_nothing_is_taken_on(world: OdooWorld) -> None:
    assert save_seen(world, Outcome.INVOICE, None).outcome is Outcome.INVOICE
    stand(world, "paid", "cancelled", "draft")
    assert save_seen(world, Outcome.INVOICE, None).outcome is Outcome.INVOICE
    assert save_seen(world, Outcome.ORDER, None).outcome is Outcome.ORDER
    assert {settled for (settled,) in world.rows(tables.order_books, "settled")} == {True}


def test_orders_of_another_odoo_are_not_taken_on(world: OdooWorld) -> None:
    stand(world, "draft")
    with world.app.db.write() as connection:
        connection.execute(tables.order_books.update().values(fingerprint="another/1"))
    assert order_outcome.preview(world.app, SYSTEM, world.store_id, Outcome.INVOICE).token is None
