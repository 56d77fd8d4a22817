"""What a clear did, in numbers and sentences; and the notice that it has ended."""

from __future__ import annotations

from typing import Any

from mooring.db import clear_tasks
from mooring.db.tables import mappings
from mooring.domain.wording import counted
from mooring.usecases import notices
from mooring.usecases.clear_mapping_place import Job, Outcome, Side, Told

_BY_HAND = {
    Side.SHOPIFY: "At Shopify the metafields of the mapping are still there.",
    Side.ODOO: "In Odoo external ids are left (Settings, Technical, External Identifiers, module mooring).",
}


def close(job: Job) -> None:
    """A task for Odoo that found nothing to list is no task; then everybody is told."""
    place = job.place
    with job.checkpoint() as connection:
        if place.task and not clear_tasks.count_rows(connection, place.task):
            clear_tasks.settle(connection, place.task, "done", by="system", at=job.app.clock.now())
            said = place.told[Side.ODOO].sentence
            place.told[Side.ODOO] = Told(Outcome.NOTHING, sentence=f"{said} The mapping named no external ids there.")
            place.task = ""
        store = job.run.store
        notices.raise_notice(
            connection, at=job.app.clock.now(), project_id=store.project_id, kind=notices.NoticeKind.CLEAR_FINISHED,
            key=f"clear_finished.{job.run.id}", sentence=_sentence(job), store_id=store.id,
            address=f"/operations/{job.run.id}", urgent=_open(job) != [],
        )  # fmt: skip


def _sentence(job: Job) -> str:
    pairs = counted(job.place.forgotten.get(mappings.name, 0), "pairs")
    ended = f"Clear sync data of {job.run.store.name} ({', '.join(job.kinds)}) has ended: {pairs} forgotten."
    still = " Not finished: " + " ".join(_BY_HAND[side] for side in _open(job)) if _open(job) else ""
    return f"{ended} No customer, product or order was deleted.{still}"


def _open(job: Job) -> list[Side]:
    return [side for side, told in job.place.told.items() if told.outcome is Outcome.OPEN]


def still_open(job: Job) -> str | None:
    """An open task that was tried in vain ends as failed; a clear that left one has done what it could."""
    if job.task_id is None or not _open(job):
        return None
    return job.place.told[_open(job)[0]].sentence


def make(job: Job) -> dict[str, Any]:
    """Numbers, words of ours, no names of anybody's."""
    place, told = job.place, job.place.told
    receipt: dict[str, Any] = {
        "kinds": [str(kind) for kind in job.kinds],
        "forgotten": place.forgotten,
        "invoices": place.invoices,
        "shopify": _told(told.get(Side.SHOPIFY)) | {"definitions": len(place.shopify.found)},
        "odoo": _told(told.get(Side.ODOO)),
        "left_to_unlink": place.listed if place.task else 0,
        "calls": {
            "shopify": job.run.counts.get("requests", 0),
            "polls": job.run.counts.get("polls", 0),
            "bulk_reads": job.reading.started,
        },
        "open": [_BY_HAND[side] for side in _open(job)],
        "seconds": round(job.now() - place.began, 1),
        "previewed": job.run.arguments.get("previewed"),
        "sentence": _sentence(job),
    }
    if job.task_id is not None:
        receipt["task"] = job.task_id
        receipt["sentence"] = "The rest of Clear sync data was done." if not _open(job) else (still_open(job) or "")
    return receipt


def _told(told: Told | None) -> dict[str, Any]:
    """A side that an open task did not have to go to is not spoken of."""
    if told is None:
        return {"outcome": None, "count": 0, "sentence": None}
    return {"outcome": str(told.outcome), "count": told.count, "sentence": told.sentence}
