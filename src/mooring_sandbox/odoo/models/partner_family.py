"""What contacts take from the one above them, and what is worked out about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mooring_sandbox.odoo.orm.model import Model
from mooring_sandbox.odoo.orm.storage import as_list

Values = dict[str, Any]
ADDRESS = ("street", "street2", "zip", "city", "state_id", "country_id")
# What a commercial entity and all that belongs to it have in common.
COMMERCIAL = (
    "vat", "company_registry", "credit_limit", "property_account_position_id", "property_payment_term_id",
    "property_product_pricelist",
)  # fmt: skip


class Family(Model):
    def _take_from_above(self) -> None:
        """New under a contact: its commercial facts, and for a person of its own (type contact) its address too."""
        rows = self._rows("parent_id", "type", "is_company", "commercial_partner_id")
        for row in rows:
            if not row["parent_id"]:
                continue
            if not row["is_company"]:
                facts = self._of("res.partner", [row["commercial_partner_id"]])._row(*COMMERCIAL)
                self._store({row["id"]: {name: facts[name] for name in COMMERCIAL}})
            above = self._of("res.partner", [row["parent_id"]])._row(*ADDRESS)
            if row["type"] == "contact" and any(above[name] for name in ADDRESS):
                self._store({row["id"]: {name: above[name] for name in ADDRESS}})

    def _give_below(self, names: Iterable[str]) -> None:
        """What was changed and is shared goes down: the address to those of type contact, the rest to all."""
        changed = set(names)
        address, common = [n for n in ADDRESS if n in changed], [n for n in COMMERCIAL if n in changed]
        if not (address or common):
            return
        for row in self._rows(*ADDRESS, *COMMERCIAL):
            children = self._children(row["id"], "AND type = 'contact'") if address else []
            self._store({id_: {name: row[name] for name in ADDRESS} for id_ in children})
            self._of("res.partner", children)._give_below(ADDRESS)
            firm = self._children(row["id"], "AND NOT is_company") if common else []
            self._store({id_: {name: row[name] for name in COMMERCIAL} for id_ in firm})
            self._of("res.partner", firm)._give_below(COMMERCIAL)

    def _children(self, id_: int, more: str) -> list[int]:
        return self._ids_where(f"parent_id = ? AND active {more}", [id_])

    def _family(self) -> list[int]:
        """The records and all below them."""
        rows = self.env.cr.rows(
            "WITH RECURSIVE tree(id) AS (SELECT value FROM json_each(?) UNION "
            "SELECT p.id FROM res_partner p JOIN tree ON p.parent_id = tree.id) SELECT id FROM tree",
            [as_list(self.ids)],
        )
        return [row[0] for row in rows]

    # -- computed -----------------------------------------------------------------------------------------------------

    def _compute_commercial_name(self) -> dict[int, Any]:
        rows = self._rows("commercial_partner_id", "company_name")
        firms = self._of("res.partner", {row["commercial_partner_id"] for row in rows})._rows("name", "is_company")
        names = {row["id"]: row["name"] for row in firms if row["is_company"]}
        return {row["id"]: names.get(row["commercial_partner_id"]) or row["company_name"] for row in rows}

    def _compute_formatted(self) -> dict[int, Any]:
        return {r["id"]: f'"{r["name"]}" <{r["email"]}>' if r["email"] else None for r in self._rows("name", "email")}

    def _compute_address(self) -> dict[int, Any]:
        parts = ("street", "street2", "city", "zip")
        return {row["id"]: "\n".join(row[part] for part in parts if row[part]) for row in self._rows(*parts)}

    def _compute_languages(self) -> dict[int, int]:
        return dict.fromkeys(self.ids, len(self._of("res.lang", ())._ids_where("active")))
