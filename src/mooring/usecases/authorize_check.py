"""Before a code is exchanged: may this project authorise this domain now, and did the right shop answer?"""

from __future__ import annotations

from sqlalchemy import Connection

from mooring.db import credentials, people, stores, stores_domains
from mooring.db.pending import Pending
from mooring.db.stores import Store
from mooring.domain.lifecycle import GOING, State
from mooring.domain.rules import Settings
from mooring.errors import InvalidInput, NotFound, Refused
from mooring.usecases import delete, held
from mooring.usecases.who import Who


def check_free(connection: Connection, who: Who, project_id: str, domain: str, *, store_id: str | None) -> Settings:
    """May this project authorise this domain now? Returns the sync settings whose scopes are to be asked for."""
    held.refuse_in(connection)
    if store_id is not None:
        return _check_reconnect(connection, project_id, domain, store_id)
    for other in stores.known_by_domain(connection, domain):
        _refuse_taken(connection, who, project_id, other)
    return Settings()


def check_answer(connection: Connection, trip: Pending, shop: str) -> None:
    """The domain the shop answered under, before its code is exchanged. A reconnect of a store that was renamed at
    Shopify comes back under the new domain; which shop it is tells the shop id afterwards. But the code of a shop that
    another card speaks for is not exchanged: that would kill its pair."""
    if shop == trip.shop_domain:
        return
    if trip.store_id is None:
        raise Refused(f"Shopify answered for {shop}. If that is the store, connect it by this domain.", code=_MISMATCH)
    if any(other.claim and other.id != trip.store_id for other in stores.known_by_domain(connection, shop)):
        raise Refused(f"Shopify answered for {shop}, which is another store. Nothing was changed.", code=_MISMATCH)


_MISMATCH = "callback_mismatch"


def _check_reconnect(connection: Connection, project_id: str, domain: str, store_id: str) -> Settings:
    store = stores.load(connection, store_id)
    if store.project_id != project_id:
        raise NotFound("There is no such store.")
    if store.state in GOING:
        raise Refused(f"{delete.going_sentence(connection, store)} It cannot be reconnected.", code="being_deleted")
    if domain not in stores_domains.of_store(connection, store_id):
        raise InvalidInput("This card belongs to another store domain.", field="shop_domain")
    holder = stores.claim_holder(connection, store.shop_id)
    if holder is not None and holder.id != store.id and holder.state is not State.DISCONNECTED:
        raise Refused(
            "Another project speaks for this shop now. Disconnect or delete it there first.", code="claimed_elsewhere"
        )
    return store.settings


def _refuse_taken(connection: Connection, who: Who, project_id: str, other: Store) -> None:
    if other.project_id == project_id:
        if other.state is State.DELETING:
            sentence = f"{delete.going_sentence(connection, other)} When that is done, connect it anew."
            raise Refused(sentence, code="deleting")
        raise Refused("This store is already in this project. Use Reconnect on its card.", code="already_connected")
    if other.claim and other.state is not State.DISCONNECTED:
        raise Refused(_elsewhere(connection, who, other), code="connected_elsewhere")


def _elsewhere(connection: Connection, who: Who, other: Store) -> str:
    """Word for word; the project is named only to somebody who may see it."""
    plain = "Already connected to another project"
    if who.role(other.project_id) is None:
        return plain
    return f"{plain}: {people.project_name(connection, other.project_id)}"


def default_app(connection: Connection) -> str:
    known = credentials.apps(connection)
    if not known:
        raise Refused("There is no Shopify app yet. Add one under Settings, Shopify apps.", code="no_app")
    return known[0]["id"]


def person(trip: Pending) -> Who:
    """The one who began the round trip, for words only: they learn no more than a stranger would."""
    return Who(trip.person_id, "")
