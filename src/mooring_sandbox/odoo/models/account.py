"""The settings of accounting: accounts, journals, taxes, terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mooring_sandbox.odoo.errors import ValidationError
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Float, Html, Integer, Selection
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one
from mooring_sandbox.odoo.taxes import Rate

Values = dict[str, Any]


class Account(Model):
    _name = "account.account"
    _description = "Account"
    _order = "code"
    _rec_names_search = ("name", "code")

    name = Char("Account Name", required=True)
    code = Char("Code", index=True)
    account_type = Selection(
        [("asset_receivable", "Receivable"), ("asset_cash", "Bank and Cash"), ("asset_current", "Current Assets"),
         ("liability_payable", "Payable"), ("liability_current", "Current Liabilities"), ("equity", "Equity"),
         ("income", "Income"), ("income_other", "Other Income"), ("expense", "Expenses"),
         ("expense_direct_cost", "Cost of Revenue")],
        "Type", required=True,
    )  # fmt: skip
    reconcile = Boolean("Allow Reconciliation")
    active = Boolean("Active", default=True)
    company_ids = Many2many("res.company", "Companies")

    def _display_names(self) -> dict[int, Any]:
        return {
            row["id"]: f"{row['code']} {row['name']}" if row["code"] else row["name"]
            for row in self._rows("code", "name")
        }


class Journal(Model):
    _name = "account.journal"
    _description = "Journal"
    _order = "sequence, type, code"
    _rec_names_search = ("name", "code")

    name = Char("Journal Name", required=True)
    code = Char("Sequence Prefix", required=True)
    type = Selection(
        [("sale", "Sales"), ("purchase", "Purchase"), ("cash", "Cash"), ("bank", "Bank"), ("credit", "Credit Card"),
         ("general", "Miscellaneous")],
        "Type", required=True,
    )  # fmt: skip
    sequence = Integer("Sequence", default=10)
    active = Boolean("Active", default=True)
    currency_id = Many2one("res.currency", "Currency")
    company_id = Many2one("res.company", "Company", required=True, default=lambda env: env.company)
    default_account_id = Many2one("account.account", "Default Account", ondelete="restrict")
    refund_sequence = Boolean("Dedicated Credit Note Sequence", default=True)

    _uniques = (("account_journal_code_company_uniq", ("company_id", "code"), ""),)

    def _display_names(self) -> dict[int, Any]:
        rows = self._rows("name", "currency_id", "company_id")
        home = dict(self.env.cr.rows("SELECT id, currency_id FROM res_company"))
        names = self._of("res.currency", {row["currency_id"] for row in rows if row["currency_id"]})._display_names()
        return {row["id"]: _with_currency(row, home, names) for row in rows}


def _with_currency(row: Values, home: dict[int, int], names: dict[int, str]) -> str:
    foreign = row["currency_id"] and row["currency_id"] != home.get(row["company_id"])
    return f"{row['name']} ({names[row['currency_id']]})" if foreign else row["name"]


class TaxGroup(Model):
    _name = "account.tax.group"
    _description = "Tax Group"
    _order = "sequence asc, id"

    name = Char("Name", required=True)
    sequence = Integer("Sequence", default=10)
    company_id = Many2one("res.company", "Company", required=True, default=lambda env: env.company)
    country_id = Many2one("res.country", "Country")


class Tax(Model):
    _name = "account.tax"
    _description = "Tax"
    _order = "sequence, id"
    _rec_names_search = ("name", "description", "invoice_label")

    name = Char("Tax Name", required=True)
    type_tax_use = Selection(
        [("sale", "Sales"), ("purchase", "Purchases"), ("none", "None")], "Tax Type", required=True, default="sale"
    )
    tax_scope = Selection([("service", "Services"), ("consu", "Goods")], "Tax Scope")
    amount_type = Selection(
        [("group", "Group of Taxes"), ("fixed", "Fixed"), ("percent", "Percentage"),
        ("division", "Percentage Tax Included")],
        "Tax Computation", required=True, default="percent",
    )  # fmt: skip
    amount = Float("Amount", required=True, default=0.0)
    active = Boolean("Active", default=True)
    company_id = Many2one("res.company", "Company", required=True, default=lambda env: env.company)
    country_id = Many2one("res.country", "Country", default=lambda env: _fiscal_country(env))
    sequence = Integer("Sequence", default=1)
    description = Html("Description")
    invoice_label = Char("Label on Invoices")
    tax_group_id = Many2one("account.tax.group", "Tax Group")
    price_include_override = Selection(
        [("tax_included", "Tax Included"), ("tax_excluded", "Tax Excluded")], "Included in Price"
    )
    price_include = Boolean(
        "Included in Price", sql="coalesce({a}.price_include_override, (SELECT c.account_price_include FROM "
        "res_company c "
        "WHERE c.id = {a}.company_id), 'tax_excluded') = 'tax_included'",
    )  # fmt: skip
    include_base_amount = Boolean("Affect Base of Subsequent Taxes")
    is_base_affected = Boolean("Base Affected by Previous Taxes", default=True)
    children_tax_ids = Many2many("account.tax", "Children Taxes")
    tax_exigibility = Selection(
        [("on_invoice", "Based on Invoice"), ("on_payment", "Based on Payment")],
        "Tax Exigibility",
        default="on_invoice",
    )

    def _before_create(self, rows: list[Values]) -> None:
        groups = self.env["account.tax.group"]._ids_where("1")
        for row in rows:
            if not row.get("tax_group_id") and groups:
                row["tax_group_id"] = groups[0]

    def _rates(self, ids: Iterable[int]) -> list[Rate]:
        """The taxes as a line is worked out with them, in their order; groups are taken apart."""
        found: list[Rate] = []
        for row in self._of("account.tax", ids)._rows("amount_type", "amount", "price_include", "include_base_amount"):
            if row["amount_type"] == "group":
                found += self._rates(self._of("account.tax", [row["id"]])._lines("children_tax_ids"))
            else:
                found.append(
                    Rate(
                        row["id"],
                        row["amount_type"],
                        row["amount"],
                        bool(row["price_include"]),
                        bool(row["include_base_amount"]),
                    )
                )
        return found

    def _check_names(self) -> None:
        """One name for each company, use, scope and country."""
        clashes = self.env.cr.rows(
            "SELECT DISTINCT t.name, c.name FROM account_tax t JOIN res_company c ON c.id = t.company_id "
            "JOIN account_tax o ON o.id <> t.id AND o.name = t.name AND o.company_id = t.company_id "
            "AND o.type_tax_use = t.type_tax_use AND o.country_id IS t.country_id AND o.tax_scope IS t.tax_scope "
            "WHERE t.type_tax_use <> 'none' AND t.id IN (SELECT value FROM json_each(?)) ORDER BY t.name",
            [str(list(self.ids))],
        )
        if clashes:
            listed = "\n".join(f"- {name} in {company}" for name, company in clashes)
            raise ValidationError(f"Tax names must be unique!\n{listed}")

    _checks = ((_check_names, ("name", "company_id", "type_tax_use", "tax_scope", "country_id")),)


def _fiscal_country(env: Any) -> int | None:
    row = env.cr.one("SELECT account_fiscal_country_id FROM res_company WHERE id = ?", (env.company,))
    return row[0] if row else None


class PaymentTerm(Model):
    _name = "account.payment.term"
    _description = "Payment Terms"
    _order = "sequence, id"

    name = Char("Payment Terms", required=True)
    sequence = Integer("Sequence", default=10)
    days = Integer("Days", default=0)
    active = Boolean("Active", default=True)
    company_id = Many2one("res.company", "Company")


class FiscalPosition(Model):
    _name = "account.fiscal.position"
    _description = "Fiscal Position"
    _order = "sequence"

    name = Char("Fiscal Position", required=True)
    sequence = Integer("Sequence", default=10)
    active = Boolean("Active", default=True)
    auto_apply = Boolean("Detect Automatically")
    country_id = Many2one("res.country", "Country")
    company_id = Many2one("res.company", "Company", required=True, default=lambda env: env.company)


class PaymentMethodLine(Model):
    _name = "account.payment.method.line"
    _description = "Payment Methods"
    _order = "sequence, id"

    name = Char("Name", default="Manual Payment")
    sequence = Integer("Sequence", default=10)
    journal_id = Many2one("account.journal", "Journal", ondelete="cascade")
    payment_type = Selection([("inbound", "Inbound"), ("outbound", "Outbound")], "Payment Type", default="inbound")
