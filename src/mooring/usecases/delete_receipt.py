"""The receipt of a delete: previewed and actual numbers, and what is left to do by hand. No personal data."""

from __future__ import annotations

from typing import Any

from mooring.db import credentials
from mooring.usecases.delete_place import Job, Outcome, Task, Told

_ARCHIVES = {
    "sqlite": "Mooring's own files hold nothing of it any more. Backups and copies of the data directory are yours to "
    "delete or to let run out.",
    "postgresql": "The database shows nothing of it any more and its tables were vacuumed. Archives of its write-ahead "
    "log, replicas and backups are yours to delete or to let run out.",
}
_WHAT = {
    Task.METAFIELDS: "Our metafields in Shopify",
    Task.BULK_OPERATIONS: "Exports running at Shopify",
    Task.SUBSCRIPTIONS: "Webhook subscriptions",
    Task.GRANT: "The app's access",
}


def make(job: Job) -> dict[str, Any]:
    place = job.place
    return {
        "previewed": job.run.arguments.get("previewed"),
        "removed": place.erased,
        "rows": place.rows,
        "cause": job.run.arguments.get("cause", "person"),
        "seconds": round(job.now() - place.began, 1),
        "shopify": [_line(task, place.told[task]) for task in Task if task in place.told],
        "external_ids": place.unlinked,
        "by_hand": [*by_hand(job), *place.by_hand],
        "notes": [*place.notes, _ARCHIVES[job.app.db.dialect]],
    }


def _line(task: Task, told: Told) -> dict[str, Any]:
    return {"what": task, "title": _WHAT[task], "outcome": told.outcome, "count": told.count, "sentence": told.sentence}


def by_hand(job: Job) -> list[str]:
    """What a person has to finish at Shopify. Uninstalling the app ends all of it at once."""
    told = job.place.told.get(Task.GRANT)
    if told is None or not told.look:
        return []
    store, app = job.run.store, _app(job)
    way = f"Shopify admin of {store.shop_domain} > Settings > Apps and sales channels > {app} > Uninstall"
    if told.outcome is Outcome.NOT_DONE:
        return [f"Uninstall the app yourself: {way}. That ends its access and its webhooks."]
    return [f"Should the app still be listed there, uninstall it: {way}."]


def _app(job: Job) -> str:
    """As Shopify knows it: what it is called in Mooring's settings is Mooring's own label."""
    with job.app.db.read() as connection:
        known = next((one for one in credentials.apps(connection) if one["id"] == job.run.store.app_id), None)
    return f"the app with the client id {known['client_id']}" if known else "the app that Mooring used"
