"""Contacts, with their addresses as children."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.odoo.errors import CheckViolation, UserError, ValidationError
from mooring_sandbox.odoo.models.partner_family import Family
from mooring_sandbox.odoo.orm.fields import Boolean, Char, Date, Float, Html, Integer, Selection
from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.relations import Many2many, Many2one, One2many
from mooring_sandbox.odoo.orm.remote import method
from mooring_sandbox.odoo.rights import INVOICING, READONLY

Values = dict[str, Any]
TYPES = [("contact", "Contact"), ("invoice", "Invoice"), ("delivery", "Delivery"), ("other", "Other")]
_NAMING = ("name", "parent_id", "type", "is_company", "company_name")


class Partner(Family):
    _name = "res.partner"
    _description = "Contact"
    _order = "complete_name ASC, id DESC"
    _copy_says_so = True
    _rec_names_search = ("complete_name", "email", "ref", "vat", "company_registry")

    name = Char("Name", index=True)
    complete_name = Char("Complete Name", index=True, readonly=True)
    parent_id = Many2one("res.partner", "Related Company", ondelete="restrict")
    child_ids = One2many("res.partner", "parent_id", "Contact")
    commercial_partner_id = Many2one("res.partner", "Commercial Entity", readonly=True)
    commercial_company_name = Char("Company Name Entity", compute="_compute_commercial_name")
    ref = Char("Reference", index=True)
    email = Char("Email", index=True)
    email_normalized = Char("Normalized Email", sql="fold(trim({a}.email))")
    email_formatted = Char("Formatted Email", compute="_compute_formatted")
    phone = Char("Phone")
    website = Char("Website Link")
    function = Char("Job Position")
    type = Selection(TYPES, "Address Type", default="contact")
    street = Char("Street")
    street2 = Char("Street2")
    zip = Char("Zip")
    city = Char("City")
    state_id = Many2one("res.country.state", "State", ondelete="restrict")
    country_id = Many2one("res.country", "Country", ondelete="restrict")
    country_code = Char("Country Code", related="country_id.code")
    contact_address = Char("Complete Address", compute="_compute_address")
    is_company = Boolean("Is a Company", default=False)
    company_type = Selection(
        [("person", "Person"), ("company", "Company")], "Company Type", inverse="_set_company_type",
        sql="CASE WHEN {a}.is_company THEN 'company' ELSE 'person' END",
    )  # fmt: skip
    company_name = Char("Company Name")
    company_id = Many2one("res.company", "Company", index=True)
    company_registry = Char("Company ID")
    vat = Char("Tax ID", index=True)
    lang = Char("Language", default="en_US")
    tz = Char("Timezone", default=lambda env: env.context.get("tz") or None)
    active = Boolean("Active", default=True)
    active_lang_count = Integer("Active Lang Count", compute="_compute_languages")
    category_id = Many2many("res.partner.category", "Tags")
    comment = Html("Notes")
    color = Integer("Color Index")
    barcode = Char("Barcode")
    employee = Boolean("Employee")
    user_id = Many2one("res.users", "Salesperson")
    user_ids = One2many("res.users", "partner_id", "Users")
    partner_latitude = Float("Geo Latitude")
    partner_longitude = Float("Geo Longitude")
    date = Date("Date")
    credit_limit = Float("Credit Limit", groups=(READONLY, INVOICING))
    customer_rank = Integer("Customer Rank", default=0, copy=False)
    supplier_rank = Integer("Supplier Rank", default=0, copy=False)
    property_product_pricelist = Many2one("product.pricelist", "Pricelist")
    property_payment_term_id = Many2one("account.payment.term", "Customer Payment Terms")
    property_account_position_id = Many2one("account.fiscal.position", "Fiscal Position")
    sale_order_count = Integer("Sale Order Count", sql="SELECT count(*) FROM sale_order o WHERE o.partner_id = {a}.id")

    # -- what may be asked --------------------------------------------------------------------------------------------

    @method
    def address_get(self, adr_pref: Any = None) -> dict[str, Any]:
        """The address of each kind: of the contact itself, else its nearest child, else of its company, else itself."""
        wanted = set(adr_pref or ()) | {"contact"}
        found: dict[str, Any] = {}
        for id_ in self.ids:
            self._look_around(id_, wanted, found)
        default = found.get("contact", self.ids[0] if self.ids else False)
        return {kind: found.get(kind) or default for kind in wanted}

    def _look_around(self, start: int, wanted: set[str], found: dict[str, Any]) -> None:
        seen: set[int] = set()
        current: int | None = start
        while current:
            queue = [current]
            while queue:
                id_ = queue.pop(0)
                seen.add(id_)
                row = self._of("res.partner", [id_])._row("type", "parent_id", "is_company")
                if row["type"] in wanted and row["type"] not in found:
                    found[row["type"]] = id_
                if len(found) == len(wanted):
                    return
                children = self._of("res.partner", [id_])._links("child_ids", active=True)[id_]
                queue += [c for c in children if c not in seen and not self._of("res.partner", [c])._get("is_company")]
            row = self._of("res.partner", [current])._row("is_company", "parent_id")
            current = None if row["is_company"] else row["parent_id"]

    # -- names --------------------------------------------------------------------------------------------------------

    def _display_names(self) -> dict[int, Any]:
        return {row["id"]: row["complete_name"] or "" for row in self._rows("complete_name")}

    def _named_rows(self) -> dict[int, str | None]:
        """Complete names: an address is told with the contact it belongs to."""
        rows = self._rows(*_NAMING)
        parents = {
            row["id"]: row["name"]
            for row in self._of("res.partner", {r["parent_id"] for r in rows if r["parent_id"]})._rows("name")
        }
        return {row["id"]: _complete(row, parents.get(row["parent_id"])) for row in rows}

    # -- what follows from what ---------------------------------------------------------------------------------------

    def _before_create(self, rows: list[Values]) -> None:
        for row in rows:
            self._check_parent_rights(row)
            if row.get("type") == "contact" and not row.get("name"):
                raise CheckViolation("Contacts require a name")
        for row in rows:
            if not row.get("parent_id"):
                row["complete_name"] = _complete(row, None)

    def _check_parent_rights(self, vals: Values) -> None:
        """While loading, a contact under another one has that one's accounting fields read."""
        if vals.get("parent_id") and self.env.context.get("_import_current_module"):
            self._check_field(self._fields["credit_limit"])

    def _after_create(self, rows: list[Values]) -> None:
        below = [id_ for id_, row in zip(self.ids, rows, strict=True) if row.get("parent_id")]
        alone = [id_ for id_ in self.ids if id_ not in set(below)]
        self.env.cr.many("UPDATE res_partner SET commercial_partner_id = id WHERE id = ?", [(id_,) for id_ in alone])
        if below:
            self._browse(below)._settle()
            self._browse(below)._take_from_above()

    def _before_write(self, vals: Values) -> None:
        self._check_parent_rights(vals)

    def _after_write(self, vals: Values) -> None:
        if {"name", "type"} & vals.keys() and self._ids_where(
            "id IN (SELECT value FROM json_each(?)) AND coalesce(type, 'contact') = 'contact' AND name IS NULL",
            [str(list(self.ids))],
        ):
            raise CheckViolation("Contacts require a name")
        if "parent_id" in vals:
            self._refuse_loops()
        if not vals.keys().isdisjoint(_NAMING):
            self._browse(self._family())._settle()
        if vals.keys() & {"parent_id", "type"}:
            self._take_from_above()
        self._give_below(vals)

    def _before_unlink(self) -> None:
        mine = "partner_id IN (SELECT value FROM json_each(?))"
        used = f"SELECT 1 FROM account_move WHERE state IN ('draft', 'posted') AND {mine}"
        if self.env.cr.one(used, [str(list(self.ids))]):
            raise UserError("The partner cannot be deleted because it is used in Accounting")

    def _refuse_loops(self) -> None:
        for id_ in self.ids:
            seen, current = set(), self._of("res.partner", [id_])._get("parent_id")
            while current and current not in seen:
                if current == id_:
                    raise ValidationError("You cannot create recursive Partner hierarchies.")
                seen.add(current)
                current = self._of("res.partner", [current])._get("parent_id")

    def _settle(self) -> None:
        """Complete names and commercial entities, from the top down."""
        names = self._named_rows()
        owners = {row["id"]: row for row in self._rows("parent_id", "is_company")}
        self._store(
            {id_: {"complete_name": names[id_], "commercial_partner_id": self._entity(owners[id_])} for id_ in names}
        )

    def _entity(self, row: Values) -> int:
        while row["parent_id"] and not row["is_company"]:
            row = self._of("res.partner", [row["parent_id"]])._row("parent_id", "is_company")
        return row["id"]

    def _set_company_type(self, value: Any) -> None:
        self._change({"is_company": value == "company"})


def _complete(row: Values, parent: str | None) -> str | None:
    name = row.get("name")
    if not (row.get("parent_id") or row.get("company_name")):
        return name
    if not name and row.get("type") in ("invoice", "delivery", "other"):
        name = dict(TYPES)[row["type"]]
    above = parent if row.get("parent_id") else row.get("company_name")
    return f"{above}, {name}" if above and not row.get("is_company") else name


class PartnerCategory(Model):
    _name = "res.partner.category"
    _description = "Partner Tags"
    _order = "name, id"

    name = Char("Name", required=True)
    parent_id = Many2one("res.partner.category", "Category", ondelete="cascade")
    child_ids = One2many("res.partner.category", "parent_id", "Child Tags")
    active = Boolean("Active", default=True)
    color = Integer("Color")
    partner_ids = Many2many("res.partner", "Partners", mirror="res.partner.category_id")
