"""Users with chosen groups: what each may do, and in which words it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.odoo.asking import DATABASE, Asking

CONNECTOR = [
    "base.group_erp_manager", "sales_team.group_sale_manager", "account.group_account_invoice",
    "product.group_product_manager", "stock.group_stock_user",
]  # fmt: skip
SELLER = ["base.group_user", "sales_team.group_sale_salesman"]


def user(odoo: Asking, groups: list[str], login: str = "someone@example.com") -> str:
    return odoo.control("POST", f"/databases/{DATABASE}/users", login=login, groups=groups)["key"]


@pytest.mark.parametrize(
    ("model", "operation", "connector", "seller"),
    [
        ("res.partner", "create", True, True), ("product.product", "create", True, False),
        ("ir.model.data", "unlink", True, False),
        ("sale.order", "create", True, True), ("sale.order", "unlink", True, False),
        ("account.move", "create", True, False),
        ("account.payment.register", "create", True, False), ("account.tax", "create", False, False),
        ("res.currency", "write", False, False), ("ir.config_parameter", "read", False, False),
        ("stock.quant", "read", True, True),
    ],
)  # fmt: skip
def test_what_two_kinds_of_users_may(odoo: Asking, model: str, operation: str, connector: bool, seller: bool):
    for groups, login, wanted in ((CONNECTOR, "c@example.com", connector), (SELLER, "s@example.com", seller)):
        key = user(odoo, groups, login)
        assert odoo.call(model, "has_access", operation=operation, ids=[], by=key) is wanted


def test_a_field_for_some_groups_only(odoo: Asking):
    key = user(odoo, ["base.group_user", "base.group_partner_manager"])
    (id_,) = odoo.kept("res.partner", ["id", "name"], ["mooring.a", "A"])
    answer = odoo.answer("res.partner", "read", ids=[id_], fields=["name", "credit_limit"], by=key)
    assert answer.status_code == 403 and '"credit_limit" on Contact (res.partner)' in answer.json()["message"]
    assert "credit_limit" not in odoo.call("res.partner", "fields_get", by=key)
    assert odoo.call("res.partner", "read", ids=[id_], fields=["credit_limit"]) == [{"id": id_, "credit_limit": 0.0}]


def test_a_seller_sees_his_own_orders(odoo: Asking):
    key = user(odoo, SELLER)
    (customer,) = odoo.kept("res.partner", ["id", "name"], ["mooring.a", "A"])
    (theirs,) = odoo.call("sale.order", "create", vals_list=[{"partner_id": customer}])
    (own,) = odoo.call("sale.order", "create", vals_list=[{"partner_id": customer}], by=key)
    assert odoo.call("sale.order", "search", domain=[], by=key) == [own]
    assert odoo.answer("sale.order", "read", ids=[theirs], fields=["name"], by=key).status_code == 403
    assert sorted(odoo.call("sale.order", "search", domain=[])) == [theirs, own]


def test_an_archived_users_key_opens_nothing(odoo: Asking):
    key = user(odoo, SELLER)
    (uid,) = odoo.call("res.users", "search", domain=[["login", "=", "someone@example.com"]])
    assert odoo.answer("res.users", "context_get", by=key).status_code == 200
    odoo.call("res.users", "write", ids=[uid], vals={"active": False})
    assert odoo.answer("res.users", "context_get", by=key).json()["message"] == "Invalid apikey"


def test_a_key_ends_when_its_time_is_over(odoo: Asking):
    databases = odoo.app.sandbox.databases

    def brief(env: Any) -> str:
        return env["res.users.apikeys"]._generate(2, "brief", days=1)

    key = databases.act(databases.get(DATABASE), brief)
    assert odoo.answer("res.users", "context_get", by=key).status_code == 200
    odoo.control("POST", "/clock", advance=90000)
    assert odoo.answer("res.users", "context_get", by=key).status_code == 401
