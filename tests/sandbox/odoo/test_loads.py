"""What the recordings do not show of load(), domains and values, and Odoo's source makes certain."""

from __future__ import annotations

import pytest

from tests.sandbox.odoo.asking import Asking


def test_the_message_of_the_whole_batch_comes_first_where_only_a_later_row_is_bad(odoo: Asking):
    """Odoo blames the first row of the batch, then each bad row."""
    odoo.kept("product.product", ["id", "name", "barcode"], ["mooring.a", "Taken", "111"])
    said = odoo.load(
        "product.product", ["id", "name", "barcode"], ["mooring.b", "Good", "222"], ["mooring.c", "Bad", "111"]
    )
    assert said["ids"] is False
    assert [message["record"] for message in said["messages"]] == [0, 1]
    assert len({message["message"] for message in said["messages"]}) == 1


def test_a_batch_goes_on_after_a_few_errors_of_many(odoo: Asking):
    """Ten errors end it only where they are more than one in ten rows."""
    rows = [[f"mooring.n{n}", f"N{n}" * bool(n % 15 or not n)] for n in range(200)]
    said = odoo.load("product.template", ["id", "name"], *rows)
    assert [message["record"] for message in said["messages"]] == list(range(15, 200, 15))


def test_lines_that_are_all_empty_clear_the_lines(odoo: Asking):
    fields = ["id", "name", "child_ids/id", "child_ids/name"]
    odoo.kept("res.partner.category", ["id", "name"], ["mooring.t", "Tag"])
    (id_,) = odoo.kept(
        "res.partner.category",
        ["id", "name", "child_ids/id", "child_ids/name"],
        ["mooring.top", "Top", "mooring.sub", "Sub"],
    )
    assert odoo.call("res.partner.category", "search_count", domain=[["parent_id", "=", id_]]) == 1
    odoo.kept("res.partner.category", fields, ["mooring.top", "Top", "", ""])
    assert odoo.call("res.partner.category", "search_count", domain=[["parent_id", "=", id_]]) == 0


def test_a_false_looking_reference_is_none(odoo: Asking):
    (id_,) = odoo.kept("res.partner", ["id", "name", "country_id/id"], ["mooring.a", "A", "false"])
    assert odoo.call("res.partner", "read", ids=[id_], fields=["country_id"]) == [{"id": id_, "country_id": False}]


def test_dates_of_the_users_own_zone(odoo: Asking):
    (uid,) = odoo.call("res.users", "search", domain=[["login", "=", "admin"]])
    odoo.call("res.users", "write", ids=[uid], vals={"tz": "Europe/Zurich"})
    odoo.kept("res.partner", ["id", "name"], ["mooring.c", "C"])
    rows = [["mooring.o", "mooring.c", "2026-07-01 10:00:00"]]
    said = odoo.call("sale.order", "load", fields=["id", "partner_id/id", "date_order"], data=rows)
    (row,) = odoo.call("sale.order", "read", ids=said["ids"], fields=["date_order"])
    assert row["date_order"] == "2026-07-01 08:00:00"


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ([["name", "ilike", "ADA"]], ["Ada"]),
        ([["name", "=ilike", "a%"]], ["Ada"]),
        ([["name", "not ilike", "AD"]], ["Bob", "Cleo"]),
        ([["email", "!=", "ada@example.com"]], ["Bob", "Cleo"]),
        ([["email", "not in", ["ada@example.com"]]], ["Bob", "Cleo"]),
        ([["email", "in", ["ada@example.com", False]]], ["Ada", "Cleo"]),
        ([["country_id.code", "=", "US"]], ["Ada"]),
        ([["country_id", "=", "United States"]], ["Ada"]),
        ([["country_id.code", "!=", "US"]], ["Bob", "Cleo"]),
        ([["country_id", "any", [["code", "in", ["US", "FR"]]]]], ["Ada", "Bob"]),
        ([["child_ids", "=", False]], ["Bob", "Cleo"]),
        ([["child_ids.name", "=", "Ada's dock"]], ["Ada"]),
        (["|", ["name", "=", "Ada"], "&", ["name", "=", "Bob"], ["country_id.code", "=", "FR"]], ["Ada", "Bob"]),
        (["!", "|", ["name", "=", "Ada"], ["name", "=", "Bob"]], ["Cleo"]),
        ([["is_company", "=", False]], ["Ada", "Bob", "Cleo"]),
        ([["is_company", "!=", True]], ["Ada", "Bob", "Cleo"]),
        ([["name", "=?", False]], ["Ada", "Bob", "Cleo"]),
        ([[1, "=", 1]], ["Ada", "Bob", "Cleo"]),
        ([[0, "=", 1]], []),
    ],
)
def test_domains(odoo: Asking, domain: list, found: list[str]):
    fields = ["id", "name", "ref", "email", "country_id/id"]
    odoo.kept(
        "res.partner", fields, ["mooring.a", "Ada", "d-1", "ada@example.com", "base.us"],
        ["mooring.b", "Bob", "d-2", "bob@example.com", "base.fr"], ["mooring.c", "Cleo", "d-3", "", ""],
    )  # fmt: skip
    odoo.kept(
        "res.partner", ["id", "name", "type", "parent_id/id"], ["mooring.k", "Ada's dock", "delivery", "mooring.a"]
    )
    wanted = ["&", ["ref", "=like", "d-%"], *domain]
    rows = odoo.call("res.partner", "search_read", domain=wanted, fields=["name"], order="ref")
    assert [row["name"] for row in rows] == found


def test_everything_under_a_contact(odoo: Asking):
    ids = odoo.kept(
        "res.partner",
        ["id", "name", "parent_id/id"],
        ["mooring.a", "A", ""],
        ["mooring.b", "B", "mooring.a"],
        ["mooring.c", "C", "mooring.b"],
    )
    assert sorted(odoo.call("res.partner", "search", domain=[["id", "child_of", ids[0]]])) == ids
    assert sorted(odoo.call("res.partner", "search", domain=[["id", "parent_of", ids[2]]])) == ids


def test_groups_with_sums(odoo: Asking):
    odoo.kept("res.partner", ["id", "name"], ["mooring.c", "C"])
    odoo.kept("product.product", ["id", "name", "taxes_id/id"], ["mooring.p", "P", ""])
    fields = ["id", "partner_id/id", "date_order", "order_line/id", "order_line/product_id/id", "order_line/price_unit"]
    odoo.kept(
        "sale.order", fields, ["mooring.1", "mooring.c", "2026-01-05", "mooring.1l", "mooring.p", "10"],
        ["mooring.2", "mooring.c", "2026-01-09", "mooring.2l", "mooring.p", "5"],
        ["mooring.3", "mooring.c", "2026-02-01", "mooring.3l", "mooring.p", "1"],
    )  # fmt: skip
    said = odoo.call(
        "sale.order",
        "formatted_read_group",
        domain=[],
        groupby=["date_order:month"],
        aggregates=["amount_total:sum", "__count"],
    )
    assert [(row["amount_total:sum"], row["__count"]) for row in said] == [(15.0, 2), (1.0, 1)]
    assert said[0]["date_order:month"] == ["2026-01-01", "January 2026"]
    assert odoo.call("sale.order", "search_count", domain=said[0]["__extra_domain"]) == 2
    (row,) = odoo.call("sale.order", "read_group", domain=[], fields=["amount_total"], groupby=["partner_id"])
    assert (row["amount_total"], row["partner_id_count"], row["partner_id"][1]) == (16.0, 3, "C")


def test_a_contact_with_orders_that_loses_its_customer_stays(odoo: Asking):
    (id_,) = odoo.kept("res.partner", ["id", "name"], ["mooring.c", "C"])
    odoo.call("sale.order", "create", vals_list=[{"partner_id": id_}])
    assert odoo.answer("res.partner", "unlink", ids=[id_]).status_code == 422
    assert odoo.call("ir.model.data", "search_count", domain=[["name", "=", "c"], ["module", "=", "mooring"]]) == 1


def test_a_person_under_a_contact_takes_its_address_and_an_address_does_not(odoo: Asking):
    fields = ["id", "name", "type", "parent_id/id", "street", "vat"]
    ids = odoo.kept(
        "res.partner", fields, ["mooring.a", "Firm", "contact", "", "1 Main St", "V1"],
        ["mooring.b", "Person", "contact", "mooring.a", "2 Own St", ""],
        ["mooring.c", "Dock", "delivery", "mooring.a", "3 Dock St", ""],
    )  # fmt: skip
    odoo.kept("res.partner", ["id", "street", "vat"], ["mooring.a", "4 New St", "V2"])
    rows = odoo.call("res.partner", "read", ids=ids, fields=["street", "vat"])
    assert [(row["street"], row["vat"]) for row in rows] == [
        ("4 New St", "V2"),
        ("4 New St", "V2"),
        ("3 Dock St", "V2"),
    ]


def test_another_customer_brings_his_addresses(odoo: Asking):
    fields = ["id", "name", "type", "parent_id/id"]
    first, second, dock = odoo.kept(
        "res.partner", fields, ["mooring.a", "A", "contact", ""], ["mooring.b", "B", "contact", ""],
        ["mooring.d", "Dock", "delivery", "mooring.b"]
    )  # fmt: skip
    (order,) = odoo.call("sale.order", "create", vals_list=[{"partner_id": first}])
    odoo.kept("sale.order", ["id", "partner_id/id"], ["mooring.o", "mooring.a"])
    odoo.call("sale.order", "write", ids=[order], vals={"partner_id": second})
    (row,) = odoo.call("sale.order", "read", ids=[order], fields=["partner_invoice_id", "partner_shipping_id"], load="")
    assert (row["partner_invoice_id"], row["partner_shipping_id"]) == (second, dock)


def test_a_tag_that_is_not_there_is_refused(odoo: Asking):
    answer = odoo.answer("res.partner", "create", vals_list=[{"name": "A", "category_id": [[6, 0, [999]]]}])
    assert (answer.status_code, answer.json()["name"]) == (404, "odoo.exceptions.MissingError")


def test_a_copy_says_so(odoo: Asking):
    ids = odoo.kept("res.partner", ["id", "name", "ref"], ["mooring.a", "A", "r"])
    (copied,) = odoo.call("res.partner", "copy", ids=ids)
    assert odoo.call("res.partner", "read", ids=[copied], fields=["name"]) == [{"id": copied, "name": "A (copy)"}]
    assert odoo.call("res.partner", "get_external_id", ids=[copied]) == {str(copied): ""}
