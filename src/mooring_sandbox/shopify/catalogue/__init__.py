"""A shop's data, made from a seed: customers, products, collections and orders of any number.

doc = shop_doc("harbour", seed=7, shop_id=1, as_of=iso(clock.now()))
state.add_shop(1, "harbour", doc)
fill(state, 1, seed=7, sizes=Sizes(customers=2000, orders=5000, products=500), clock=clock)
"""

from mooring_sandbox.shopify.catalogue.fill import Sizes, fill
from mooring_sandbox.shopify.catalogue.shop import shop_doc

__all__ = ["Sizes", "fill", "shop_doc"]
