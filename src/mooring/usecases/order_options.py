"""What the connected Odoo has to choose from for orders, and how its company does sums. Reads only.

Everything is asked for in the connection's company: warehouses, pricelists, journals and taxes are a company's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mooring.domain.mapping import MODULE
from mooring.domain.order_booking import Role
from mooring.domain.order_money import Rounding
from mooring.domain.order_settings import SERVICES, Books, service_name
from mooring.domain.order_taxes import OdooTax, TaxEntry
from mooring.domain.records import folded
from mooring.ports import Domain, Row
from mooring.usecases import odoo_gate
from mooring.usecases.context import App
from mooring.usecases.odoo_details import or_none
from mooring.usecases.odoo_gate import Ticket

PAYING = ("bank", "cash", "credit")
"""Journals that Odoo registers payments in."""
_MOST = 500
"""How many service products are offered at most, by name; what was chosen is always among them."""
_TAX_FIELDS = (
    "name", "amount", "amount_type", "type_tax_use", "price_include", "company_id", "active", "include_base_amount",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """`of`: what tells it apart besides its name: a pricelist's or a journal's currency (empty: the company's)."""

    id: int
    name: str
    of: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """`by_delivery`: Odoo invoices it once it is delivered, which nobody does with shipping or a tip."""

    id: int
    name: str
    by_delivery: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """`services`: by id. `ours`: those that Mooring made, by role."""

    books: Books
    warehouses: tuple[Choice, ...]
    pricelists: tuple[Choice, ...]
    journals: tuple[Choice, ...]
    taxes: tuple[OdooTax, ...]
    services: dict[int, Service]
    ours: dict[Role, int]

    def pricelist(self, id_: int, currency: str) -> Choice | None:
        return next((one for one in self.pricelists if one.id == id_ and one.of == currency), None)

    def has_warehouse(self, id_: int | None) -> bool:
        return any(one.id == id_ for one in self.warehouses)

    def tax(self, id_: int) -> OdooTax | None:
        return next((one for one in self.taxes if one.id == id_), None)

    def agrees(self, entry: TaxEntry) -> bool:
        """Whether Odoo's tax still is what it was when the entry was confirmed."""
        if entry.odoo_id is None:
            return True
        tax = self.tax(entry.odoo_id)
        return tax is not None and (tax.amount, tax.price_include) == (entry.percent, entry.included)


def read(app: App, ticket: Ticket, company_id: int, chosen: Collection[int] = ()) -> Options:
    """`chosen`: service products that have to be looked up whatever there are."""
    asking = _Asking(app, ticket, company_id)
    ours = asking.ours()
    return Options(
        books=asking.books(), warehouses=asking.warehouses(), pricelists=asking.pricelists(),
        journals=asking.journals(), taxes=asking.taxes(), services=asking.services({*chosen, *ours.values()}),
        ours=ours,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asking:
    app: App
    ticket: Ticket
    company_id: int

    def rows(self, model: str, domain: Domain, fields: Sequence[str], **how: Any) -> list[Row]:
        return odoo_gate.search_read(self.app, self.ticket, model, domain, fields, **how)

    def of_company(self, model: str, fields: Sequence[str], *more: Sequence[Any], shared: bool = False) -> list[Row]:
        """`shared`: those of no company too."""
        mine = ["|", ["company_id", "=", self.company_id], ["company_id", "=", False]]
        domain = [*(mine if shared else mine[1:2]), *more]
        return self.rows(model, domain, fields)

    def warehouses(self) -> tuple[Choice, ...]:
        """None where Inventory is not installed."""
        rows: list[Row] | None = or_none(lambda: self.of_company("stock.warehouse", ["name"]))
        return tuple(Choice(row["id"], row["name"]) for row in rows or ())

    def pricelists(self) -> tuple[Choice, ...]:
        rows = self.of_company("product.pricelist", ["name", "currency_id"], shared=True)
        return tuple(Choice(row["id"], row["name"], row["currency_id"][1]) for row in rows)

    def journals(self) -> tuple[Choice, ...]:
        fields, paying = ["name", "type", "currency_id"], ["type", "in", list(PAYING)]
        rows: list[Row] | None = or_none(lambda: self.of_company("account.journal", fields, paying))
        return tuple(
            Choice(row["id"], row["name"], row["currency_id"][1] if row["currency_id"] else "", row["type"])
            for row in rows or ()
        )

    def taxes(self) -> tuple[OdooTax, ...]:
        """Of sales, and worked out as a percentage: what Shopify has nothing else of."""
        kind = (["type_tax_use", "=", "sale"], ["amount_type", "=", "percent"])
        rows: list[Row] | None = or_none(lambda: self.of_company("account.tax", _TAX_FIELDS, *kind))
        return tuple(_tax(row) for row in rows or ())

    # -- service products ----------------------------------------------------------------------------------------------

    def ours(self) -> dict[Role, int]:
        names = {service_name(role): role for role in SERVICES}
        domain = [["module", "=", MODULE], ["name", "in", list(names)], ["model", "=", "product.product"]]
        return {names[row["name"]]: row["res_id"] for row in self.rows("ir.model.data", domain, ["name", "res_id"])}

    def services(self, ids: Iterable[int]) -> dict[int, Service]:
        fields = ["display_name", "invoice_policy"]
        found = self.rows("product.product", [["type", "=", "service"]], fields, limit=_MOST, order="name")
        known = {row["id"] for row in found}
        if missing := sorted(set(ids) - known):
            found += self.rows("product.product", [["id", "in", missing]], fields)
        return {
            row["id"]: Service(row["id"], row["display_name"], row.get("invoice_policy") == "delivery") for row in found
        }

    # -- sums ----------------------------------------------------------------------------------------------------------

    def books(self) -> Books:
        fields = ["currency_id", "tax_calculation_rounding_method", "fiscalyear_last_month", "fiscalyear_last_day"]
        (company,) = self.rows("res.company", [["id", "=", self.company_id]], fields)
        decimals = self.decimals()
        return Books(
            currency=company["currency_id"][1],
            price_decimals=decimals.get("Product Price", 2),
            discount_decimals=decimals.get("Discount", 2),
            rounding=Rounding(company["tax_calculation_rounding_method"] or Rounding.PER_LINE),
            last_month=int(company["fiscalyear_last_month"] or 12),
            last_day=int(company["fiscalyear_last_day"] or 31),
            currencies=self.currencies(),
        )

    def decimals(self) -> dict[str, int]:
        """Odoo's decimal precisions; two is what an Odoo has that says nothing of them."""
        domain = [["name", "in", ["Product Price", "Discount"]]]
        rows = or_none(lambda: self.rows("decimal.precision", domain, ["name", "digits"]))
        return {row["name"]: row["digits"] for row in rows or ()}

    def currencies(self) -> dict[str, int]:
        rows = self.rows("res.currency", [["active", "=", True]], ["name", "decimal_places"])
        return {row["name"]: row["decimal_places"] for row in sorted(rows, key=lambda row: row["name"])}


def _tax(row: Row) -> OdooTax:
    """Odoo's numbers are floats: as they are written, and no further."""
    return OdooTax(
        row["id"], row["name"], Decimal(str(row["amount"])).normalize() + 0, row["amount_type"], row["type_tax_use"],
        bool(row["price_include"]), row["company_id"][0], bool(row["active"]), bool(row["include_base_amount"]),
    )  # fmt: skip


def same_name(services: Iterable[Service], name: str) -> list[Service]:
    return [one for one in services if folded(one.name) == folded(name)]
