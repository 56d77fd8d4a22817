"""The tax table of a store: which tax of Odoo stands for a tax of its orders. A person confirms each, one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mooring.db import odoo, order_facts, order_settings, order_taxes, stores
from mooring.domain.order_taxes import OdooTax, TaxEntry, TaxKey, entry
from mooring.errors import InvalidInput, NotFound
from mooring.usecases.context import App
from mooring.usecases.order_settings import tax_keys
from mooring.usecases.order_settings_save import Asked, adopted, ask, note
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class Confirmed:
    """`warning`: why the totals of orders with this tax will not agree."""

    entry: TaxEntry
    warning: str | None


def confirm(app: App, who: Who, store_id: str, key_text: str, odoo_id: int | None) -> Confirmed:
    """`key_text`: as the table shows it. `odoo_id` None books such lines without a tax. Raises `NotFound` for a tax
    that no order of the store has."""
    asked = ask(app, who, store_id)
    key = _key(app, store_id, key_text)
    tax = _tax(asked, odoo_id)
    answered = entry(key, tax, confirmed=True)
    _keep(app, who, asked, answered, "odoo.tax_confirmed", tax.name if tax else "no tax")
    return Confirmed(answered, warning(key, tax))


def withdraw(app: App, who: Who, store_id: str, key_text: str) -> None:
    """Not confirmed any more: orders with this tax wait for a person again."""
    asked = ask(app, who, store_id)
    _keep(app, who, asked, TaxEntry(_key(app, store_id, key_text)), "odoo.tax_withdrawn", "")


def warning(key: TaxKey, tax: OdooTax | None) -> str | None:
    """Odoo works a total out by its own tax, so only one that is the same gives Shopify's."""
    if tax is None:
        told = "Shopify took money for this tax" if key.percent or key.unrated else ""
        return f"{told}: orders with it will differ in total by as much, and wait in Needs review." if told else None
    if tax.amount != key.percent:
        return f"{tax.name} is {tax.amount:f} %, Shopify's is {key.percent:f} %: totals will differ."
    if tax.price_include != key.included:
        one, other = ("included in", "added to") if tax.price_include else ("added to", "included in")
        return f"{tax.name} is {one} the price in Odoo and {other} it in Shopify: totals will differ."
    return None


def _key(app: App, store_id: str, text: str) -> TaxKey:
    """One that the table has, or that occurs: what is typed freely would never be met by an order."""
    key = order_taxes.key_of_text(text)
    with app.db.read() as connection:
        known = key is not None and key in order_taxes.of_store(connection, store_id)
        if key is not None and (known or any(key in tax_keys(one) for one in order_facts.seen(connection, store_id))):
            return key
    raise NotFound("No order of this store has such a tax. Look at the table again.", code="no_such_tax")


def _tax(asked: Asked, odoo_id: int | None) -> OdooTax | None:
    if odoo_id is None:
        return None
    tax = asked.options.tax(odoo_id)
    if tax is None:
        raise InvalidInput("Odoo has no such tax of sales, worked out as a percentage.", field="odoo_id")
    if tax.include_base_amount:
        raise InvalidInput(
            f"{tax.name} raises the base of the taxes behind it, which no tax of Shopify does. Choose another one.",
            field="odoo_id",
        )
    return tax


def _keep(app: App, who: Who, asked: Asked, answered: TaxEntry, event: str, tax: str) -> None:
    """The settings' row comes with it: it says for which Odoo this holds."""
    with app.db.write() as connection:
        store = stores.fence(connection, asked.store.id, asked.store.generation)
        found = odoo.fence(connection, store.project_id, asked.ticket.generation)
        now = app.clock.now()
        settings = adopted(connection, store, found)
        order_settings.put(
            connection, replace(settings, books=asked.options.books, changed_at=now, changed_by=who.id)
        )  # fmt: skip
        order_taxes.put(connection, store.id, answered, at=now, by=who.id)
        note(app, connection, who, store, event, label=answered.key.label, tax=tax, odoo_id=answered.odoo_id)
