"""Whether webhooks would come through: Mooring sends itself a signed one, by its own public address, and a forged one.

It cannot tell whether the world outside reaches that address, but most of what goes wrong on the way shows: a name that
leads elsewhere, a certificate, a proxy that asks for a password or changes the body.
"""

from __future__ import annotations

from dataclasses import dataclass

from mooring.db import credentials
from mooring.domain import topics
from mooring.domain.signing import webhook_signature
from mooring.errors import MooringError
from mooring.usecases import subscriptions
from mooring.usecases.context import App
from mooring.usecases.who import Who

_BODY = b'{"test": true}'


@dataclass(frozen=True, slots=True)
class Heard:
    """`address`: where Shopify is to deliver, None without a public one. `sentence` says what came back."""

    address: str | None
    heard: bool
    sentence: str


def try_address(app: App, who: Who, app_id: str) -> Heard:
    """Nothing is stored, and nobody but our own address is asked."""
    who.require_installation_admin()
    with app.db.read() as connection:
        secret = credentials.app(connection, app.vault, app_id).secret
    address = subscriptions.address(app, app_id)
    if address is None:
        return Heard(None, False, subscriptions.NO_ADDRESS)
    try:
        genuine, forged = _post(app, address, secret), _post(app, address, f"not {secret}")
    except MooringError as error:
        return Heard(address, False, f"A test delivery to {address} did not come through: {error.sentence}")
    return Heard(address, (genuine, forged) == (200, 401), _sentence(address, genuine, forged))


def _post(app: App, address: str, secret: str) -> int:
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topics.TEST,
        "X-Shopify-Hmac-Sha256": webhook_signature(_BODY, secret),
    }
    return app.outgoing.post(address, headers, _BODY)


def _sentence(address: str, genuine: int, forged: int) -> str:
    if (genuine, forged) == (200, 401):
        return f"A test delivery to {address} came through."
    if genuine == 401:
        return (
            f"{address} refused the signature of a test delivery. Either another Mooring answers there, or something "
            "on the way changes the body; a proxy has to pass it on byte for byte."
        )
    if genuine == 200:
        return f"{address} accepts whatever it is sent (a forged delivery got {forged}), so it is not Mooring."
    return (
        f"{address} answered a test delivery with {genuine} instead of 200. Let the proxy pass /hooks/ on to Mooring, "
        "without signing in and without a redirect."
    )
