"""What a merchant does in the admin, as plain calls, and a merchant who does it by himself.

    perform(state, shop_id, clock, "refund_order", {"id": 5400000000041, "lines": {"13700000000000": 1}})
    Merchant(state, shop_id, seed=7, clock=clock).live(200)

Every act keeps the shop consistent, sets `updatedAt` by the clock and tells the webhook topics Shopify would.
"""

from mooring_sandbox.shopify.merchant.acting import perform
from mooring_sandbox.shopify.merchant.desk import ACTS, Desk
from mooring_sandbox.shopify.merchant.live import Done, Merchant

__all__ = ["ACTS", "Desk", "Done", "Merchant", "perform"]
