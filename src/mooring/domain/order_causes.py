"""Why an order waits for a person: the fixed list of causes of Needs review, each with what is wrong and its fix.

A `Review` is handed back in place of what could not be decided. Its sentence names amounts, taxes and gateways, never
a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mooring.domain.order_taxes import TaxKey


class Cause(StrEnum):
    TAX = "tax"
    TAX_CHANNEL = "tax_channel"
    TOTAL = "total"
    CURRENCY = "currency"
    SIZE = "size"
    PRODUCT_MISSING = "product_missing"
    AMBIGUOUS_PRODUCT = "ambiguous_product"
    CUSTOMER_MISSING = "customer_missing"
    GATEWAY = "gateway"
    PAYMENT = "payment"
    SERVICE_PRODUCT = "service_product"
    DELIVERED_POLICY = "delivered_policy"
    CHANGED_AFTER_CONFIRM = "changed_after_confirm"
    REFUND = "refund"
    REFUND_BEFORE_INVOICE = "refund_before_invoice"
    CANCELLED_INVOICED = "cancelled_invoiced"
    MISSING_IN_ODOO = "missing_in_odoo"
    CANCELLED_IN_ODOO = "cancelled_in_odoo"
    LOCKED = "locked"
    LOCK_DATE = "lock_date"
    ODOO = "odoo"


class Words(NamedTuple):
    title: str
    sentence: str
    fix: str


@dataclass(frozen=True, slots=True)
class Review:
    """One order that a person has to look at. `sentence` says what is wrong with this very one. `taxes`: those that
    nobody has answered."""

    cause: Cause
    sentence: str
    taxes: tuple[TaxKey, ...] = ()

    @property
    def fix(self) -> str:
        return WORDS[self.cause].fix


WORDS: dict[Cause, Words] = {
    Cause.TAX: Words(
        "Tax without an answer",
        "The order has a tax that nobody has confirmed a tax of Odoo for.",
        "Confirm the tax in the tax table of the Odoo settings, then sync the order again.",
    ),
    Cause.TAX_CHANNEL: Words(
        "Tax collected by the marketplace",
        "The sales channel collects and pays this tax, so it may not be yours to book.",
        "Say in the tax table which tax of Odoo stands for what the channel collects, then sync the order again.",
    ),
    Cause.TOTAL: Words(
        "Totals differ",
        "Odoo would add the order up to another total than Shopify did.",
        "Look at the taxes that differ: a tax table entry may name a tax with another rate, or the wrong one of two "
        "taxes, included and not included in the price. Otherwise book this order in Odoo by hand and link it.",
    ),
    Cause.CURRENCY: Words(
        "Currency without a pricelist",
        "The order's currency has no pricelist in the Odoo settings.",
        "Choose a pricelist for this currency in the Odoo settings, then sync the order again.",
    ),
    Cause.SIZE: Words(
        "Too many lines",
        "The order has more lines than Mooring can tell apart in Odoo.",
        "Book this order in Odoo by hand and link it.",
    ),
    Cause.PRODUCT_MISSING: Words(
        "Product not in Odoo",
        "A product of the order is not in Odoo, or is not there any more.",
        "Sync the product first, or choose to book such lines on the product for custom items, with the name they "
        "were sold under.",
    ),
    Cause.AMBIGUOUS_PRODUCT: Words(
        "Several products match",
        "Several products in Odoo may be the one that was sold.",
        "Choose the product on the page Products, then sync the order again.",
    ),
    Cause.CUSTOMER_MISSING: Words(
        "Customer not in Odoo",
        "The customer of the order is not in Odoo, or is not there any more.",
        "Decide on the customer on the page Customers, then sync the order again.",
    ),
    Cause.GATEWAY: Words(
        "Payment without a journal",
        "The order was paid through a gateway that has no journal.",
        "Choose a journal for this gateway in the Odoo settings, then sync the order again.",
    ),
    Cause.PAYMENT: Words(
        "Payment that does not fit",
        "Money moved in Shopify for which too little is open in Odoo.",
        "Enter it in Odoo by hand, with the number of Shopify's transaction as its memo; or, if it is there already, "
        "choose Ignore.",
    ),
    Cause.SERVICE_PRODUCT: Words(
        "No product for a kind of line",
        "The order has a line of a kind for which no product is chosen: shipping, a tip, a gift card, a fee.",
        "Choose the product in the Odoo settings, or have it created there, then sync the order again.",
    ),
    Cause.DELIVERED_POLICY: Words(
        "Invoiced on delivery",
        "Odoo invoices a product of this order by delivered quantities, and it is not delivered yet.",
        "Deliver the order in Odoo, or change the product's invoicing policy to ordered quantities, then sync the "
        "order again.",
    ),
    Cause.CHANGED_AFTER_CONFIRM: Words(
        "Changed after it was confirmed",
        "The order was changed in Shopify after it had been confirmed in Odoo.",
        "Compare lines and money. Ignore keeps Odoo as it is; Reset and sync has the order booked anew.",
    ),
    Cause.REFUND: Words(
        "Refund that does not add up",
        "The credit note cannot be made to equal what Shopify took out of the order.",
        "Make the credit note in Odoo by hand, then mark the refund as done.",
    ),
    Cause.REFUND_BEFORE_INVOICE: Words(
        "Refunded before it was invoiced",
        "The order was refunded in Shopify while Odoo has no posted invoice to credit.",
        "Invoice the order in Odoo, or change its lines there, then decide here.",
    ),
    Cause.CANCELLED_INVOICED: Words(
        "Cancelled with an invoice",
        "The order was cancelled in Shopify, and it is invoiced in Odoo.",
        "Have a credit note made for the posted invoice, or keep the invoice and ignore the cancellation.",
    ),
    Cause.MISSING_IN_ODOO: Words(
        "Missing in Odoo",
        "The order, or its invoice, was deleted in Odoo. Nothing is made again unasked.",
        "Have it created again, choose the record it is, or unlink the order.",
    ),
    Cause.CANCELLED_IN_ODOO: Words(
        "Cancelled in Odoo",
        "The order was cancelled in Odoo, and it is not cancelled in Shopify.",
        "Set it back to a quotation in Odoo, then sync the order again; or choose Ignore to leave it cancelled.",
    ),
    Cause.LOCKED: Words(
        "Locked in Odoo",
        "The order is locked in Odoo and cannot be written to.",
        "Unlock it in Odoo, then sync the order again.",
    ),
    Cause.LOCK_DATE: Words(
        "Books closed",
        "The date falls into a period that is closed in Odoo.",
        "Move the lock date in Odoo for as long as it takes, or book the order with a later invoice date.",
    ),
    Cause.ODOO: Words(
        "Refused by Odoo",
        "Odoo refused, in its own words.",
        "Do what Odoo's words ask for, then sync the order again.",
    ),
}


def review(cause: Cause, detail: str = "") -> Review:
    """`detail`: a sentence on this very order, behind the one that says what is wrong."""
    return Review(cause, f"{WORDS[cause].sentence} {detail}".rstrip())
