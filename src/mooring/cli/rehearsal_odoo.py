"""The demo's second half: its store is connected to the stand-in Odoo, its orders are set up, previewed, synced and
booked; then the mapping is verified and every total read back."""

from __future__ import annotations

from typing import Any

from mooring.cli import rehearsal_orders, watching
from mooring.cli.api import Api
from mooring.cli.rehearsal_desk import sitting
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Work
from mooring.errors import NotFound, Permanent, Refused

_ALWAYS = ("created", "linked", "unchanged", "failed")
_MEANWHILE = {"busy", "preview_over"}
_TRIES = 5
_OF_NO_CONCERN = {"agree", "doubled"}
"""Several records of a store may be one record of Odoo."""


def play(api: Api, store: dict[str, Any], odoo: dict[str, Any], most: int) -> tuple[dict[str, Any], bool]:
    """How many of each kind went which way, and how the orders stand; and whether all is there: nothing failed, every
    record is accounted for, every pair of the mapping holds on both sides, and every total is Shopify's. `most`: how
    many of the newest orders are booked."""
    _connect(api, store["project_id"], odoo)
    with sitting(odoo) as desk:
        rehearsal_orders.set_up(api, store, desk, most)
        synced = _sync(api, store)
        booked = rehearsal_orders.read_back(api, store, desk)
    counts = {kind: one for kind, one in (synced["receipt"] or synced["counts"]).items() if kind in set(SyncKind)}
    whole = synced["state"] == "done" and bool(counts) and all(_whole(api, store, *one) for one in counts.items())
    told = {
        "odoo": {kind: _told(one) for kind, one in counts.items()}, "orders": booked.orders,
        "invoices": booked.invoices, "totals_equal": booked.equal, "orders_in_review": booked.waiting,
        "orders_since": booked.since,
    }  # fmt: skip
    return told, whole and booked.equal and _holds(api, store)


def _connect(api: Api, project_id: str, odoo: dict[str, Any]) -> None:
    """A directory's second demo finds its Odoo on another port: the same database, so its mapping still holds."""
    path = f"/projects/{project_id}/odoo"
    known = _known(api, path)
    if known and known["state"] != "disconnected":
        if known["url"] == odoo["url"]:
            return
        api.post(f"{path}/disconnect", {"choice": "keep"})
    api.post(path, {name: odoo[name] for name in ("url", "database", "login", "key")})


def _known(api: Api, path: str) -> dict[str, Any] | None:
    try:
        return api.get(path)
    except NotFound:
        return None


def _sync(api: Api, store: dict[str, Any]) -> dict[str, Any]:
    """As a person does it for the first time: look at a preview, and accept it. A directory's second demo syncs by
    itself meanwhile."""
    path = f"/stores/{store['id']}/odoo"
    for _ in range(_TRIES):
        _wait(api, store)
        try:
            preview = watching.to_its_end(api, api.post(f"{path}/preview"))
            if preview["state"] != "done":
                return preview
            return watching.to_its_end(api, api.post(f"{path}/accept", {"preview": preview["id"]}))
        except Refused as refused:
            if refused.code not in _MEANWHILE:
                raise
    raise Permanent("The store is being synced to Odoo again and again.", code="busy")


def _wait(api: Api, store: dict[str, Any]) -> None:
    operations = api.get(f"/projects/{store['project_id']}/operations", store_id=store["id"])["items"]
    for one in operations:
        if one["kind"] == Work.SYNC_ODOO and not one["finished"]:
            watching.to_its_end(api, one)


def _whole(api: Api, store: dict[str, Any], kind: str, counts: dict[str, int]) -> bool:
    """`differs` counts records that are counted elsewhere too."""
    seen = sum(count for outcome, count in counts.items() if outcome != "differs")
    held = api.get(f"/projects/{store['project_id']}/odoo/items/{kind}", store=store["id"])["counts"]["all"]
    return counts["failed"] == 0 and seen == held


def _holds(api: Api, store: dict[str, Any]) -> bool:
    verified = watching.to_its_end(api, api.post(f"/stores/{store['id']}/mapping/verify"))
    found = (verified["receipt"] or {}).get("found", {})
    return verified["state"] == "done" and bool(found) and found.keys() <= _OF_NO_CONCERN


def _told(counts: dict[str, int]) -> dict[str, int]:
    """What happened, and what every reader asks for even where it did not."""
    return {outcome: counts.get(outcome, 0) for outcome in _ALWAYS} | {
        outcome: count for outcome, count in counts.items() if count
    }
