"""What a delete would take away and what it would leave, with live counts, and the token that binds it to them.

The token is stateless: it carries what was shown (state, generation, counts, until when) and a keyed hash over that,
the store and the person. It confirms nothing any more once the store has moved, or a count by more than the larger of
ten and one per cent. Deliveries are counted and shown, but bind nobody: they hold ids alone, and come in at any moment.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import erase, lists, operations, stores
from mooring.db.lists import CustomerList
from mooring.db.stores import Store
from mooring.domain.lifecycle import GOING, State
from mooring.domain.rules import Role, Work
from mooring.domain.wording import counted
from mooring.errors import ConfirmationMissing
from mooring.usecases.context import App
from mooring.usecases.delete_preview_homes import Homes, homes
from mooring.usecases.delete_progress import refuse_going
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

LIFE = timedelta(minutes=15)
_PURPOSE = "delete"
_UNBOUND = frozenset(
    {"deliveries", "import_chunks", "holds", "sync_items", "sync_intents", "order_steps", "rebuild_rows", "clear_rows",
     "clear_tasks"}
)  # fmt: skip
_FEW, _SHARE = 10, 100
"""A count may move by ten, or by a hundredth of itself, and still be what was confirmed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of either list: a count, or a word where there is nothing to count. `note` says more."""

    name: str
    title: str
    count: int | None = None
    word: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """`records` is how many imported records go; `remote` whether calls to Shopify will be tried, `remote_note` what
    becomes of the access there. `instead` are gentler ways, in words; `busy` what runs and would be ended."""

    store: Store
    removed: tuple[Line, ...]
    kept: tuple[Line, ...]
    records: int
    remote: bool
    remote_note: str
    may_disconnect: bool
    may_reconnect: bool
    instead: tuple[str, ...]
    busy: tuple[str, ...]
    requests_open: int
    expires_at: datetime
    token: str

    @property
    def facts(self) -> dict[str, Any]:
        """For machines and for the command line."""
        return {
            "store": self.store.name,
            "shop_domain": self.store.shop_domain,
            "removed": [_facts(line) for line in self.removed],
            "kept": [_facts(line) for line in self.kept],
            "at_shopify": self.remote_note,
            "instead": list(self.instead),
            "ends": list(self.busy),
            "export": f"mooring stores export {self.store.shop_domain} FILE",
            "expires_at": self.expires_at.isoformat(),
        }


def _facts(line: Line) -> dict[str, Any]:
    return {"name": line.name, "title": line.title, "count": line.count, "word": line.word, "note": line.note}


class _Shown(msgspec.Struct, array_like=True):
    """What the person was shown, inside the token."""

    state: str
    generation: int
    claim: bool
    expires: int
    counts: dict[str, int]


# -- looking -------------------------------------------------------------------------------------------------------


def preview(app: App, who: Who, store_id: str) -> Preview:
    """Raises `Refused` for a store that cannot be deleted any more."""
    store_of(app, who, store_id, Role.ADMIN)
    with app.db.read() as connection:
        store = stores.load(connection, store_id)
        refuse_going(connection, store)
        return _preview(app, connection, who, store)


def _preview(app: App, connection: Connection, who: Who, store: Store) -> Preview:
    counts = erase.counts(connection, store.id)
    expires = app.clock.now().replace(microsecond=0) + LIFE
    shown = _Shown(store.state, store.generation, store.claim, int(expires.timestamp()), counts)
    mine = next((one for one in lists.of_project(connection, store.project_id) if one.store_id == store.id), None)
    others = [one.id for one in stores.of_project(connection, store.project_id) if _holds_data(one, store)]
    paused, remote = store.state is State.DISCONNECTED, store.claim
    return Preview(
        store=store,
        removed=_removed(counts, homes(connection, store), mine, remote),
        kept=_kept(
            mine,
            erase.others_on_list(connection, mine.id, store.id) if mine else 0,
            erase.known_elsewhere(connection, store.id, others),
            len(others),
        ),
        records=sum(counts[name] for name in ("customers", "orders", "products", "collections")),
        remote=remote,
        remote_note=_REVOKED if remote else _CLAIMLESS,
        may_disconnect=not paused,
        may_reconnect=store.state is State.RECONNECT_REQUIRED or paused or store.error is not None,
        instead=_instead(store),
        busy=tuple(str(one.kind) for one in operations.unfinished(connection, store.id)),
        requests_open=len(erase.open_erasures(connection, store.id)),
        expires_at=expires,
        token=_token(app, who, store, shown),
    )


_REVOKED = (
    "Webhooks and the app's access to the shop are removed, best effort: a shop that cannot be reached holds nothing "
    "up, and the receipt says what is left to do by hand."
)
_CLAIMLESS = "Another project speaks for this shop now, so nothing is called or changed there."


def _holds_data(one: Store, store: Store) -> bool:
    return one.id != store.id and one.state not in GOING


# -- words ---------------------------------------------------------------------------------------------------------


def _removed(counts: Mapping[str, int], at: Homes, mine: CustomerList | None, remote: bool) -> tuple[Line, ...]:
    members = f", and from the list {mine.name}" if mine else ""
    return (
        Line("customers", "Customers", counts["customers"],
             note=f"with {counted(counts['addresses'], 'addresses')}{members}"),
        Line("orders", "Orders", counts["orders"],
             note=f"with {counted(counts['order_lines'], 'lines')} and {counted(counts['refunds'], 'refunds')}"),
        Line("products", "Products", counts["products"], note=f"with {counted(counts['variants'], 'variants')}"),
        Line("collections", "Collections", counts["collections"],
             note=f"with {counted(counts['collection_products'], 'memberships')}"),
        Line("edits", "Changes made here", counts["hub_edits"] + counts["engagement"], note="edits and engagement"),
        Line("deliveries", "Webhook deliveries", counts["deliveries"]),
        Line("mappings", "Mappings to Odoo", counts["mappings"]),
        Line("metafields", "Our metafields in Shopify", at.metafields, note=at.at_shopify),
        Line("external_ids", "Our external ids in Odoo", at.external_ids, note=at.in_odoo),
        Line("grant", "Access to the shop", word="revoked" if remote else "not ours", note="token and webhooks"),
    )  # fmt: skip


def _kept(mine: CustomerList | None, staying: int, elsewhere: int, others: int) -> tuple[Line, ...]:
    stay = f"{counted(staying, 'people')} of other stores {'stays' if staying == 1 else 'stay'} on it"
    emptied = stay if staying else "empty, and free to be chosen again"
    of_others = f"of {counted(others, 'other stores')} of this project"
    return (
        Line("people_elsewhere", "People also known from another store", elsewhere,
             note=f"same e-mail or phone; their rows {of_others} stay" if others else "this is the only store here"),
        Line("list", "The list", word=mine.name if mine else "none", note=emptied if mine else None),
        Line("odoo", "Odoo's business records", word="all",
             note="contacts, products, orders, invoices, payments and credit notes, with their reference fields and "
             "the personal data in them; Odoo is not touched"),
        Line("audit", "The activity log", word="all", note="without personal data"),
        Line("receipts", "Receipts", word="all", note="numbers only"),
        Line("suppressions", "Suppressions", word="all", note="who must not be contacted stays known, as hashes"),
    )  # fmt: skip


def _instead(store: Store) -> tuple[str, ...]:
    disconnect = "Only want it to stop? Disconnect keeps everything and can be undone."
    reconnect = "Only want it to work again? Check health, then Reconnect: both keep everything."
    if store.state is State.DISCONNECTED:
        return ("It is paused already. Reconnecting brings in what was missed.",)
    unhealthy = store.state is State.RECONNECT_REQUIRED or store.error is not None
    return (reconnect, disconnect) if unhealthy else (disconnect,)


# -- the token -----------------------------------------------------------------------------------------------------


def _token(app: App, who: Who, store: Store, shown: _Shown) -> str:
    said = base64.urlsafe_b64encode(msgspec.json.encode(shown)).decode().rstrip("=")
    return f"{said}.{_seal(app, who, store.id, said)}"


def _seal(app: App, who: Who, store_id: str, said: str) -> str:
    return app.vault.keyed_hash(f"{store_id}\0{who.id}\0{said}", purpose=_PURPOSE)


def _opened(app: App, who: Who, store_id: str, token: str) -> _Shown | None:
    """What this person was shown of this store; None for a token that is none of ours, or theirs, or of this store."""
    said, _, seal = token.strip().partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(app, who, store_id, said).encode()):
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)), type=_Shown)
    except (binascii.Error, msgspec.DecodeError):
        return None


def confirmed(app: App, who: Who, store_id: str, token: str) -> dict[str, int]:
    """The counts that were confirmed. Raises `ConfirmationMissing` with what there is now."""
    shown = _opened(app, who, store_id, token)
    now = preview(app, who, store_id)
    current = _opened(app, who, store_id, now.token)
    assert current is not None
    if wrong := _wrong(app, shown, current):
        sentence = f"{wrong} Nothing was deleted. {_hint(now)}"
        raise ConfirmationMissing(sentence, preview=now.facts, token=now.token)
    assert shown is not None
    return shown.counts


def _wrong(app: App, shown: _Shown | None, now: _Shown) -> str | None:
    if shown is None:
        return "This is what would be deleted."
    if shown.expires <= app.clock.now().timestamp():
        return "What you were shown is more than 15 minutes old."
    if (shown.state, shown.generation, shown.claim) != (now.state, now.generation, now.claim):
        return "The store has changed since you were shown this."
    names = sorted(name for name in now.counts.keys() - _UNBOUND if moved(shown.counts.get(name, 0), now.counts[name]))
    return f"There is more or less of this now than you were shown: {', '.join(names)}." if names else None


def moved(before: int, after: int) -> bool:
    """By more than the larger of ten and one per cent, in whole numbers."""
    return abs(after - before) > _FEW and abs(after - before) * _SHARE > before


def _hint(now: Preview) -> str:
    if now.busy and str(Work.IMPORT) in now.busy:
        return "An import is running and the counts move with it: look again when it has ended, or disconnect first."
    return "Look at it again, then confirm."
