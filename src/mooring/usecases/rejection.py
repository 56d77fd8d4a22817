"""`invalid_client`: is it the app's secret, or was the app uninstalled from this one shop? Shopify says the same.

Another store of the same app tells them apart. If Shopify renews that one's token, client id and secret are right, and
this shop alone has put the app out: its credentials are lost. If it refuses that one too, or there is no other to
ask, it is the app that is refused: no store moves, and both ways to mend it are offered.
"""

from __future__ import annotations

from mooring.db import credentials, stores
from mooring.db.stores import Store
from mooring.errors import AppRejected, AuthLost, MooringError
from mooring.usecases import tokens
from mooring.usecases.context import App

SENTENCE = (
    "Shopify refuses the app: client secret refused or app uninstalled. "
    "Check the client secret under Settings, Shopify apps; or, if the app was uninstalled in this shop, reconnect."
)
_ASKED = 3
"""Of how many others the token is renewed at most, should one after the other have troubles of its own."""
_UNINSTALLED = "Mooring was uninstalled at Shopify: it accepts the app elsewhere, but not for this shop."


def judged(app: App, store_id: str, rejected: AppRejected) -> MooringError:
    """What the rejection means for this store: `AuthLost`, or the app is refused altogether."""
    with app.db.read() as connection:
        store = stores.load(connection, store_id)
    if _accepted_since(app, store) or _another_is_accepted(app, store):
        return AuthLost(_UNINSTALLED, code="app_not_installed")
    return AppRejected(SENTENCE, code=rejected.code)


def _accepted_since(app: App, store: Store) -> bool:
    """Whether another store's pair was renewed after this one was refused: its own success would have cleared that."""
    with app.db.read() as connection:
        accepted = credentials.accepted_at(connection, store.app_id)
    return accepted is not None and store.app_rejected_at is not None and accepted > store.app_rejected_at


def _another_is_accepted(app: App, store: Store) -> bool:
    """Ask for one of the others; the first that gives an answer about the app decides."""
    with app.db.read() as connection:
        others = [one for one in stores.live(connection) if one.app_id == store.app_id and one.id != store.id]
    for other in sorted(others, key=lambda one: one.app_rejected_at is not None)[:_ASKED]:
        try:
            tokens.renew(app, other)
        except AppRejected:
            return False
        except MooringError as error:  # its own trouble says nothing about the app
            app.log.info("app_not_judged_by", store=other.id, reason=error.code)
        else:
            return True
    return False
