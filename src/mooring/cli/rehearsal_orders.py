"""The demo's orders: booked in the stand-in Odoo as a person sets it up, through the use cases, and read back there.

Settings are chosen as Mooring proposes them; what Odoo lacks for them (a tax, a pricelist) somebody makes there first.
The rule is widened to history with the token of its preview.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mooring.cli.api import Api
from mooring.cli.rehearsal_desk import Desk
from mooring.errors import ConfirmationMissing

Facts = dict[str, Any]
_OUTCOME = "invoice"


@dataclass(frozen=True)
class Booked:
    """`orders` in Odoo, `invoices` that are posted there; `equal`: every order comes to Shopify's total, and what is
    invoiced of it, less what is credited, to its total by now. `since`: from when on orders were taken; None for all.
    `waiting`: in Needs review."""

    orders: int
    invoices: int
    equal: bool
    waiting: int
    since: str | None


# -- as a person sets it up ----------------------------------------------------------------------------------------


def set_up(api: Api, store: Facts, desk: Desk, most: int) -> None:
    """Once for a directory: a second demo finds it done. `most`: how many of the newest orders are taken."""
    path = f"/stores/{store['id']}/odoo/orders"
    if api.get(f"{path}/settings")["saved"] or not _orders(api, store):
        return
    _make_pricelists(api, path, desk)
    for role in api.get(f"{path}/settings")["services"]:
        if role["chosen"] is None:
            api.post(f"{path}/services/{role['key']}")
    _choose(api, path)
    _confirm_taxes(api, path, desk)
    _widen(api, path, {"since": _since(api, store, most)})


def _make_pricelists(api: Api, path: str, desk: Desk) -> None:
    """Of currencies for which Odoo has none."""
    for need in api.get(f"{path}/settings")["pricelists"]:
        if need["proposed"] is None and not need["optional"]:
            desk.make_pricelist(need["key"])


def _choose(api: Api, path: str) -> None:
    """What is proposed; of a gateway for which nothing is, the first bank there is."""
    found = api.get(f"{path}/settings")
    pricelists = {one["key"]: one["proposed"] for one in found["pricelists"] if one["proposed"]}
    journals = {one["key"]: one["proposed"] or _bank(one["choices"]) for one in found["journals"]}
    api.patch(f"{path}/settings", {"outcome": _OUTCOME, "pricelists": pricelists, "journals": journals})


def _bank(choices: Iterable[Facts]) -> int | None:
    return next((one["id"] for one in choices if one["type"] == "bank"), None)


def _confirm_taxes(api: Api, path: str, desk: Desk) -> None:
    for tax in api.get(f"{path}/taxes")["items"]:
        if not tax["confirmed"]:
            theirs = tax["proposed"] or desk.make_tax(tax["label"], tax["percent"], included=tax["included"])
            api.post(f"{path}/taxes/confirm", {"key": tax["key"], "odoo_id": theirs})


def _widen(api: Api, path: str, rule: Facts) -> None:
    """Shown first what it would take, then said so."""
    try:
        api.put(f"{path}/rules", {"rule": rule})
    except ConfirmationMissing as shown:
        api.put(f"{path}/rules", {"rule": rule, "token": shown.token})


def _since(api: Api, store: Facts, most: int) -> str | None:
    moments = sorted(one["processed_at"] for one in _orders(api, store) if one["processed_at"])
    return moments[-most] if 0 < most < len(moments) else None


def _orders(api: Api, store: Facts) -> list[Facts]:
    return list(api.every(f"/projects/{store['project_id']}/orders", store_id=store["id"]))


# -- read back -----------------------------------------------------------------------------------------------------


def read_back(api: Api, store: Facts, desk: Desk) -> Booked:
    """Orders that wait for a person are not booked: they say so in Mooring."""
    waiting = {one["shopify_id"] for one in _items(api, store, "review")}
    said = {f"gid://shopify/Order/{one['shopify_id']}": one for one in _orders(api, store)
            if one["shopify_id"] not in waiting}  # fmt: skip
    there = [one for one in desk.orders() if one["client_order_ref"] in said]
    posted = [
        one for one in desk.moves({id_ for one in there for id_ in one["invoice_ids"]}) if one["state"] == "posted"
    ]
    sums = _sums(there, posted)
    equal = bool(there or not said) and all(_equals(one, said[one["client_order_ref"]], sums) for one in there)
    invoices = [one for one in posted if one["move_type"] == "out_invoice"]
    rule = api.get(f"/stores/{store['id']}/odoo/orders/rules")["rule"]
    return Booked(len(there), len(invoices), equal, len(waiting), rule["since"])


def _items(api: Api, store: Facts, tab: str) -> Iterable[Facts]:
    return api.every(f"/projects/{store['project_id']}/odoo/items/orders", store=store["id"], tab=tab)


def _sums(there: Iterable[Facts], posted: Iterable[Facts]) -> dict[int, Decimal]:
    """Invoices less credit notes, by order; those of which nothing was invoiced are left out."""
    order_of = {id_: one["id"] for one in there for id_ in one["invoice_ids"]}
    found: dict[int, Decimal] = {}
    for move in posted:
        credited: list[Any] = move["reversed_entry_id"] or [0]
        order = order_of.get(move["id"]) or order_of[credited[0]]
        amount = _amount(move["amount_total"]) * (-1 if move["move_type"] == "out_refund" else 1)
        found[order] = found.get(order, Decimal(0)) + amount
    return found


def _equals(there: Facts, said: Facts, sums: dict[int, Decimal]) -> bool:
    """To the cent; one of which nothing is invoiced was cancelled before."""
    owed = Decimal(said["current_total"]) if there["id"] in sums or there["state"] != "cancel" else Decimal(0)
    invoiced = sums.get(there["id"], Decimal(0))
    return _amount(there["amount_total"]) == _amount(said["total"]) and invoiced == _amount(owed)


def _amount(raw: Any) -> Decimal:
    """Odoo's amounts come as binary fractions; no currency has more than three decimals."""
    return Decimal(str(raw)).quantize(Decimal("0.001"))
