"""Static validation in the server's words and order: one walk over operations and fragments.

The official server is not graphql-core: it words, places and cascades its errors differently (a field it does not
know hides what is inside, an argument it does not accept leaves its variable unused). graphql-core's own rules run
behind as a net, so that nothing invalid is executed.
"""

from mooring_sandbox.shopify.graph.validation.check import validate

__all__ = ["validate"]
