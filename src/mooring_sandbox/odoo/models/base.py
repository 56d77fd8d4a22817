"""Countries, currencies, languages, companies."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.orm.fields import Boolean, Char, Float, Integer, Selection
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one, One2many


class Country(Model):
    _name = "res.country"
    _description = "Country"
    _order = "name, id"
    _rec_names_search = ("name", "code")

    name = Char("Country Name", required=True)
    code = Char("Country Code", required=True, index=True)
    currency_id = Many2one("res.currency", "Currency")
    phone_code = Integer("Country Calling Code")
    state_ids = One2many("res.country.state", "country_id", "States")


class State(Model):
    _name = "res.country.state"
    _description = "Country state"
    _order = "code, id"
    _rec_names_search = ("name", "code")

    country_id = Many2one("res.country", "Country", required=True)
    name = Char("State Name", required=True)
    code = Char("State Code", required=True)

    def _display_names(self) -> dict[int, Any]:
        rows = self._rows("name", "country_id")
        codes = {
            row["id"]: row["code"] for row in self._of("res.country", {r["country_id"] for r in rows})._rows("code")
        }
        return {row["id"]: f"{row['name']} ({codes[row['country_id']]})" for row in rows}


class Currency(Model):
    _name = "res.currency"
    _description = "Currency"
    _order = "active desc, name"
    _rec_names_search = ("name", "full_name")

    name = Char("Currency", required=True)
    full_name = Char("Name")
    symbol = Char("Symbol", required=True)
    rounding = Float("Rounding Factor", default=0.01)
    decimal_places = Integer("Decimal Places", default=2)
    position = Selection([("after", "After Amount"), ("before", "Before Amount")], "Symbol Position", default="before")
    active = Boolean("Active", default=True)
    rate = Float("Current Rate", compute="_compute_rate")
    rate_ids = One2many("res.currency.rate", "currency_id", "Rates")

    _uniques = (("res_currency_unique_name", ("name",), ""),)

    def _compute_rate(self) -> dict[int, float]:
        """How many of it one unit of the company's currency is worth; 1 where nobody entered a rate."""
        rows = self.env.cr.rows("SELECT currency_id, rate FROM res_currency_rate ORDER BY name")
        return dict.fromkeys(self.ids, 1.0) | {id_: rate for id_, rate in rows if id_ in self.ids}


class CurrencyRate(Model):
    _name = "res.currency.rate"
    _description = "Currency Rate"
    _order = "name desc, id"

    name = Char("Date", required=True, index=True)
    rate = Float("Technical Rate", default=1.0)
    currency_id = Many2one("res.currency", "Currency", required=True, ondelete="cascade")
    company_id = Many2one("res.company", "Company")


class Language(Model):
    _name = "res.lang"
    _description = "Languages"
    _order = "active desc, name"

    name = Char("Name", required=True)
    code = Char("Locale Code", required=True)
    iso_code = Char("ISO code")
    active = Boolean("Active", default=False)


class Company(Model):
    _name = "res.company"
    _description = "Companies"
    _order = "sequence, name"

    name = Char("Company Name", required=True)
    sequence = Integer("Sequence", default=10)
    active = Boolean("Active", default=True)
    partner_id = Many2one("res.partner", "Partner", required=True)
    currency_id = Many2one("res.currency", "Currency", required=True)
    country_id = Many2one("res.country", "Country", related="partner_id.country_id")
    email = Char("Email", related="partner_id.email")
    phone = Char("Phone", related="partner_id.phone")
    street = Char("Street", related="partner_id.street")
    city = Char("City", related="partner_id.city")
    zip = Char("Zip", related="partner_id.zip")
    vat = Char("Tax ID", related="partner_id.vat")
    parent_id = Many2one("res.company", "Parent Company")
    child_ids = One2many("res.company", "parent_id", "Branches")
    user_ids = Many2many("res.users", "Accepted Users", mirror="res.users.company_ids")
    chart_template = Selection([("generic_coa", "Generic Chart Template")], "Chart Template")
    account_sale_tax_id = Many2one("account.tax", "Default Sale Tax")
    account_purchase_tax_id = Many2one("account.tax", "Default Purchase Tax")
    account_fiscal_country_id = Many2one("res.country", "Fiscal Country")
    account_price_include = Selection(
        [("tax_included", "Tax Included"), ("tax_excluded", "Tax Excluded")],
        "Default Sales Price Include", default="tax_excluded",
    )  # fmt: skip
    tax_calculation_rounding_method = Selection(
        [("round_per_line", "Round per Line"), ("round_globally", "Round Globally")],
        "Tax Calculation Rounding Method", default="round_per_line",
    )  # fmt: skip
    quotation_validity_days = Integer("Default Quotation Validity", default=30)
    fiscalyear_last_day = Integer("Fiscalyear Last Day", default=31)
    fiscalyear_last_month = Selection([(str(n), str(n)) for n in range(1, 13)], "Fiscalyear Last Month", default="12")
    fiscalyear_lock_date = Char("Global Lock Date")

    def _before_create(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            if not row.get("partner_id"):
                row["partner_id"] = (
                    self._of("res.partner", ())._make([{"name": row.get("name"), "is_company": True}]).ids[0]
                )
            row.setdefault("currency_id", self.env.ref("base.USD"))
