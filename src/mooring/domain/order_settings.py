"""What is chosen for a store about its orders in Odoo, and what its Odoo says of how it does sums."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from mooring.domain.order_booking import Role
from mooring.domain.order_money import Rounding, usual_decimals


class Outcome(StrEnum):
    """How far an order is taken in Odoo; each further than the one before it."""

    DRAFT_ORDER = "draft_order"
    ORDER = "order"
    DRAFT_INVOICE = "draft_invoice"
    INVOICE = "invoice"

    @property
    def label(self) -> str:
        return _LABELS[self]

    def widens(self, before: Outcome) -> bool:
        """Whether orders are taken further than before."""
        known = list(Outcome)
        return known.index(self) > known.index(before)


_LABELS = {
    Outcome.DRAFT_ORDER: "Draft sale order",
    Outcome.ORDER: "Sale order",
    Outcome.DRAFT_INVOICE: "Draft invoice",
    Outcome.INVOICE: "Invoice and payment",
}


class Books(Struct, frozen=True, omit_defaults=True):
    """What Odoo said when it was last asked. `currencies`: decimals of each active currency. `last_month`, `last_day`:
    where the company's fiscal year ends."""

    currency: str = ""
    price_decimals: int = 2
    discount_decimals: int = 2
    rounding: Rounding = Rounding.PER_LINE
    last_month: int = 12
    last_day: int = 31
    currencies: dict[str, int] = {}

    def decimals(self, currency: str) -> int:
        return self.currencies.get(currency, usual_decimals(currency))


SERVICES: dict[Role, str] = {
    Role.SHIPPING: "Shipping",
    Role.CUSTOM: "Custom item",
    Role.DISCOUNT: "Discount",
    Role.GIFT_CARD_SOLD: "Gift card",
    Role.TIP: "Tip",
    Role.FEE: "Fee",
    Role.DUTY: "Duty",
    Role.ROUNDING: "Rounding",
    Role.ADJUSTMENT: "Refund adjustment",
}
"""The roles that stand on a service product, with the name that Mooring gives one."""


def service_name(role: Role) -> str:
    """Within the module `mooring`: of the product that Mooring makes for a role. All stores of a database share it."""
    return f"service.{role}"
