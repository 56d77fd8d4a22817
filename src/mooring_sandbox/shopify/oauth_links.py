"""The signed way back to the app: query parameters, their HMAC, `host`."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from mooring_sandbox.clock import Clock


def callback(redirect_uri: str, secret: str, clock: Clock, *, code: str, domain: str, state: str | None) -> str:
    """What the app's own query held comes back and is signed too, as its libraries check all they receive."""
    parts = urlsplit(redirect_uri)
    handle = domain.partition(".")[0]
    parameters = dict(parse_qsl(parts.query, keep_blank_values=True)) | {
        "code": code,
        "host": unpadded(f"admin.shopify.com/store/{handle}"),
        "shop": domain,
        "timestamp": str(int(clock.now().timestamp())),
    }
    if state is not None:
        parameters["state"] = state
    parameters["hmac"] = sign(parameters, secret)
    return urlunsplit(parts._replace(query=urlencode(parameters)))


def sign(parameters: dict[str, str], secret: str) -> str:
    """Hex HMAC-SHA256 over all other parameters, sorted by name, encoded as a query."""
    message = urlencode(sorted((name, value) for name, value in parameters.items() if name != "hmac"))
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def unpadded(text: str) -> str:
    """With padding, Shopify's JavaScript and Python libraries encode the `=` differently and disagree on the HMAC."""
    return base64.b64encode(text.encode()).decode().rstrip("=")
