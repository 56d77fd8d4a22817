"""Somebody who works in the demo's Odoo, without Mooring: makes a tax there, and reads what stands in the books."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from mooring.errors import Permanent

_PAGE = 1_000


class Desk:
    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def make_tax(self, name: str, percent: str, *, included: bool) -> int:
        values = {
            "name": name, "amount": float(percent), "amount_type": "percent", "type_tax_use": "sale",
            "price_include_override": "tax_included" if included else "tax_excluded",
        }  # fmt: skip
        return self._call("account.tax", "create", vals_list=[values])[0]

    def make_pricelist(self, currency: str) -> int:
        """A currency that nobody has used yet has to be active first."""
        asked = {"domain": [["name", "=", currency]], "fields": ["id"], "context": {"active_test": False}}
        [found] = self._call("res.currency", "search_read", **asked)
        self._call("res.currency", "write", ids=[found["id"]], vals={"active": True})
        return self._call("product.pricelist", "create", vals_list=[{"name": currency, "currency_id": found["id"]}])[0]

    def orders(self) -> list[dict[str, Any]]:
        """Those that came from Shopify."""
        fields = ["client_order_ref", "state", "amount_total", "invoice_ids"]
        return list(self._every("sale.order", [["client_order_ref", "=like", "gid://shopify/Order/%"]], fields))

    def moves(self, ids: Collection[int]) -> list[dict[str, Any]]:
        """Invoices and credit notes: these, and what was credited of them. Odoo counts among those of an order only
        what credits its lines."""
        fields, listed = ["move_type", "state", "amount_total", "reversed_entry_id"], sorted(ids)
        either = ["|", ["id", "in", listed], ["reversed_entry_id", "in", listed]]
        return list(self._every("account.move", either, fields))

    def _every(self, model: str, domain: list[Any], fields: list[str]) -> Iterator[dict[str, Any]]:
        after = 0
        while page := self._call(
            model, "search_read", domain=[["id", ">", after], *domain], fields=fields, order="id", limit=_PAGE
        ):
            yield from page
            after = page[-1]["id"]

    def _call(self, model: str, method: str, **arguments: Any) -> Any:
        answer = self._client.post(f"/json/2/{model}/{method}", json=arguments)
        if not answer.is_success:
            raise Permanent(f"The stand-in Odoo answered HTTP {answer.status_code}.", code="odoo_desk")
        return answer.json()


@contextmanager
def sitting(odoo: dict[str, Any]) -> Iterator[Desk]:
    """`odoo`: as the sandbox tells its address and key."""
    headers = {"Authorization": f"bearer {odoo['key']}", "X-Odoo-Database": odoo["database"]}
    with httpx2.Client(base_url=odoo["url"], headers=headers, timeout=60, trust_env=False) as client:
        yield Desk(client)
