"""What the activity log says: one sentence for every event of the audit trail. A test keeps the table whole.

A sentence is put together when it is read, from the event, the store's name and `detail`, which holds counts and names
of things. People are named by looking their ids up, so that the trail itself holds nothing personal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mooring.domain.lifecycle import Event
from mooring.domain.rules import TOGGLES, Work
from mooring.domain.wording import counted


@dataclass(frozen=True, slots=True)
class Facts:
    """`store` is the store's name, `person` the name of whom it was done to; `detail` is as the trail keeps it."""

    store: str
    person: str
    from_state: str | None
    detail: Mapping[str, Any]

    def get(self, name: str, otherwise: str = "") -> str:
        value = self.detail.get(name)
        return otherwise if value is None else str(value)

    def number(self, name: str) -> str:
        value = self.detail.get(name)
        return f"{value:,}" if isinstance(value, int) else "some"

    def counted(self, name: str, many: str) -> str:
        value = self.detail.get(name)
        return counted(value, many) if isinstance(value, int) else f"some {many}"

    def because(self, name: str = "reason") -> str:
        said = self.get(name)
        return f": {said}" if said else ""


Words = Callable[[Facts], str]


def _authorized(facts: Facts) -> str:
    return f"Connected {facts.store}" if facts.from_state is None else f"Reconnected {facts.store}"


def _settings(facts: Facts) -> str:
    """Which toggles changed, by their titles."""
    before: dict[str, Any] = facts.detail.get("before") or {}
    after: dict[str, Any] = facts.detail.get("after") or {}
    changed = [
        f"{toggle.title} {'on' if after[toggle.name] else 'off'}"
        for toggle in TOGGLES
        if toggle.name in after and before.get(toggle.name) != after[toggle.name]
    ]
    return f"Saved the sync settings of {facts.store}: {', '.join(changed) or 'as they were'}"


def _import(facts: Facts) -> str:
    kinds: list[str] = facts.detail.get("kinds") or []
    what = f" ({', '.join(kinds)})" if kinds else ""
    return f"Started an import of {facts.store}{what}"


def _delete(facts: Facts) -> str:
    why = {"shop_redact": ", as Shopify asked", "restored": " again, after a restore"}.get(facts.get("cause"), "")
    return f"Started the delete of {facts.store}{why}"


def _edited(facts: Facts) -> str:
    return f"Changed customer {facts.get('customer', '?')} of {facts.store}: {_listed(facts, 'fields')}"


def _engaged(facts: Facts) -> str:
    return f"Noted engagement of customer {facts.get('customer', '?')} of {facts.store}: {_listed(facts, 'fields')}"


def _listed(facts: Facts, name: str) -> str:
    found: list[str] = facts.detail.get(name) or []
    return ", ".join(one.replace("_", " ") for one in found) or "something"


def _deletion_held(facts: Facts) -> str:
    count = f"{facts.number('count')} of {facts.counted('total', facts.get('kind', 'records'))}"
    return f"Held the deletion of {count} of {facts.store} until a person decides"


def _decided(facts: Facts) -> str:
    count = f"{facts.counted('count', facts.get('kind', 'records'))} of {facts.store}"
    kept = facts.get("decision") in ("keep", "kept")
    return f"Decided that {count} {'are kept' if kept else 'are marked as deleted'}"


def _restored(facts: Facts) -> str:
    paused = f"{facts.number('disconnected')} disconnected again, " if facts.get("disconnected") else ""
    done = f"{facts.number('deleted')} deleted again, {paused}{facts.number('reconnect')} to be reconnected"
    return f"Accepted the restore from {facts.get('from', 'a backup')}: {done}"


def _clear(facts: Facts) -> str:
    kinds = _listed(facts, "kinds")
    if facts.get("task"):
        return f"Tried again to finish Clear sync data of {facts.store} ({kinds})"
    return f"Cleared the sync data of {facts.store} ({kinds})"


_ASKED: dict[Work, Words] = {
    Work.IMPORT: _import,
    Work.CATCH_UP: lambda f: f"Started a catch-up of {f.store}",
    Work.PULL: lambda f: f"Started a pull of {f.store}",
    Work.SWEEP: lambda f: f"Started a sweep of {f.store}",
    Work.RECOVER: lambda f: f"Recovered one record of {f.store}",
    Work.HEALTH_CHECK: lambda f: f"Asked for a health check of {f.store}",
    Work.CLEAN_UP: lambda f: f"Started the clean-up at Shopify for {f.store}",
    Work.SUBSCRIBE: lambda f: f"Started a look at the webhooks of {f.store}",
    Work.DELETE: _delete,
    Work.REDACT: lambda f: f"Started an erasure in {f.store} that somebody has a right to",
    Work.WRITE_BACK: lambda f: f"Started a write-back to {f.store}",
    Work.SYNC_ODOO: lambda f: f"Started a sync of {f.store} to Odoo",
    Work.VERIFY_MAPPING: lambda f: f"Started a check of the mapping of {f.store}",
    Work.CLEAR_MAPPING: _clear,
    Work.REBUILD_MAPPING: lambda f: f"Started a rebuild of the mapping of {f.store}",
}

_MOVED: dict[Event, Words] = {
    Event.AUTHORIZED: _authorized,
    Event.READY: lambda f: f"{f.store} is ready",
    Event.AUTH_LOST: lambda f: f"{f.store} needs a reconnect{f.because()}",
    Event.UNINSTALLED: lambda f: f"The app was uninstalled from {f.store}",
    Event.DISCONNECT: lambda f: f"Disconnected {f.store}",
    Event.DELETE: lambda f: f"Confirmed the delete of {f.store}",
    Event.ERASED: lambda f: f"{f.store} is removed",
}

SENTENCES: dict[str, Words] = {
    **{f"store.{event}": words for event, words in _MOVED.items()},
    **{f"operation.{work}": words for work, words in _ASKED.items()},
    "store.settings": _settings,
    "store.exported": lambda f: f"Exported {f.store}",
    "store.uninstall_ignored": lambda f: f"A late message said that the app was uninstalled from {f.store}; it was not",
    "operation.cancel": lambda f: f"Cancelled an operation of {f.store}",
    "operation.retry": lambda f: f"Tried an operation of {f.store} again",
    "operation.restarted": lambda f: f"Began a {_work(f)} of {f.store} afresh that stood still",
    "operation.given_up": lambda f: f"Gave up a {_work(f)} of {f.store} that stood still again and again",
    "mapping.imported": lambda f: f"Imported {f.counted('count', 'pairs')} of the mapping of {f.store} from a file",
    "mapping.resumed": lambda f: f"Let automatic sync of {f.store} go on ({_listed(f, 'kinds')})",
    "mapping.task_dismissed": lambda f: f"Dismissed what Clear sync data of {f.store} had left open",
    "inbox.replay": lambda f: f"Had {f.counted('count', 'dead letters')} of {f.store} worked off once more",
    "inbox.drop": lambda f: f"Let {f.counted('count', 'dead letters')} of {f.store} go",
    "deletion.held": _deletion_held,
    "deletion.decided": _decided,
    "customer.edit": _edited,
    "customer.engagement": _engaged,
    "customer.edits_retry": lambda f: f"Asked for {f.counted('count', 'failed changes')} of {f.store} to be sent again",
    "suppression.add": lambda f: f"Suppressed an address for {f.get('channel', 'a channel')}",
    "suppression.lift": lambda f: f"Lifted a suppression for {f.get('channel', 'a channel')}",
    "privacy.done": lambda f: f"Met a request about personal data ({f.get('topic')}) of {f.store}",
    "privacy.cancelled": lambda f: f"Called off a request about personal data ({f.get('topic')}) of {f.store}",
    "privacy.package": lambda f: f"Downloaded the data that a customer of {f.store} asked for",
    "project.created": lambda _: "Made this project",
    "person.added": lambda f: f"Let {f.person} in as {f.get('role')}",
    "person.role": lambda f: f"Changed the role of {f.person} to {f.get('role')}",
    "person.login_link": lambda f: f"Made a link that signs {f.person} in",
    "person.password_link": lambda f: f"Made a link with which {f.person} sets a new password",
    "person.password_set": lambda _: "Set a new password",
    "token.created": lambda _: "Made an API token",
    "token.revoked": lambda _: "Revoked an API token",
    "app.saved": lambda _: "Saved a Shopify app",
    "notices.address_chosen": lambda f: f"Chose {f.get('host', 'an address')} for notices",
    "notices.address_removed": lambda _: "Removed the address for notices",
    "odoo.connected": lambda f: f"Connected Odoo at {_odoo(f)}",
    "odoo.key_replaced": lambda f: f"Replaced the API key for the Odoo at {_odoo(f)}",
    "odoo.held": lambda f: f"Held the sync to Odoo at {_odoo(f)}: it looks like {_looks_like(f)}",
    "odoo.released": lambda f: f"Found the Odoo at {_odoo(f)} as it should be, and let the sync go on",
    "odoo.kept": lambda f: f"Kept the mapping for the Odoo at {_odoo(f)}, and let the sync go on",
    "odoo.preview_accepted": lambda f: f"Accepted the preview of a sync of {f.store} to Odoo ({_listed(f, 'kinds')})",
    "odoo.auto_sync": lambda f: f"Switched automatic sync of {f.get('kind')} of {f.store} {_on(f, 'auto')}",
    "odoo.master": lambda f: f"Switched Shopify is master for {f.get('kind')} of {f.store} {_on(f, 'master')}",
    "odoo.decided": lambda f: f"Decided on {f.counted('count', f.get('kind', 'records'))} of {f.store}: {_chosen(f)}",
    "odoo.orders_settings": lambda f: f"Saved how orders of {f.store} are booked in Odoo",
    "odoo.order_rule": lambda f: f"Changed which orders of {f.store} are synced to Odoo",
    "odoo.service_chosen": lambda f: f"Chose a product for {f.get('role', 'a kind')} lines of {f.store} in Odoo",
    "odoo.tax_confirmed": lambda f: f"Confirmed {f.get('tax')} in Odoo for the tax {f.get('label')} of {f.store}",
    "odoo.tax_withdrawn": lambda f: f"Took back what the tax {f.get('label')} of {f.store} is in Odoo",
    "odoo.unlinked": lambda f: f"Unlinked one of the {f.get('kind', 'records')} of {f.store} from Odoo",
    "odoo.disconnected": lambda f: f"Disconnected Odoo at {_odoo(f)}",
    "installation.backup": lambda _: "Made a backup",
    "installation.restored": _restored,
}


def _work(facts: Facts) -> str:
    return facts.get("work", "work").replace("_", " ")


def _odoo(facts: Facts) -> str:
    return f"{facts.get('host', 'its address')} (database {facts.get('database', '?')})"


def _on(facts: Facts, name: str) -> str:
    """A switch with three places: None is how it is unless somebody says otherwise."""
    placed = facts.detail.get(name)
    return "to how it usually is" if placed is None else "on" if placed else "off"


def _chosen(facts: Facts) -> str:
    known = {
        "link": "linked to a record of Odoo",
        "create": "to be created",
        "take": "take what Shopify says",
        "keep": "keep what Odoo says",
        "ignore": "left in Odoo as they are",
        "reset": "to be taken back in Odoo and booked anew",
        "credit": "to be credited",
    }
    return known.get(facts.get("choice"), "as shown there")


def _looks_like(facts: Facts) -> str:
    known = {"restored": "a database restored from an older copy", "copy": "a staging copy"}
    return known.get(facts.get("looks_like"), "a different database")


GROUPS: dict[str, tuple[str, ...]] = {
    "stores": ("store",),
    "operations": ("operation",),
    "reviews": ("deletion", "inbox"),
    "customers": ("customer", "suppression"),
    "privacy": ("privacy",),
    "odoo": ("odoo", "mapping"),
    "people": ("person", "project", "token"),
    "installation": ("app", "notices", "installation"),
}
"""Kinds of events to choose from, and the first words of theirs."""


def sentence(event: str, facts: Facts) -> str:
    """An event of a later version than this is said as it is written."""
    words = SENTENCES.get(event)
    return words(facts) if words else f"{event.replace('.', ' ').replace('_', ' ').capitalize()} {facts.store}".strip()
