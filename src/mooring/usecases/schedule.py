"""What the clock asks for: every job looks for itself whether something is due, and does or issues it.

`tick` runs every few seconds, in every process. A job must be quick when nothing is due, safe to run in two processes
at once, and is tried again at the next tick when it fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mooring.usecases import (
    clear_mapping_tasks,
    connect,
    health,
    held,
    inbox,
    notice_posts,
    notices,
    odoo_disconnect,
    operations,
    privacy,
    pull,
    subscriptions,
    sweep,
    sync_odoo_scheduled,
    write_back,
)
from mooring.usecases.context import App

Job = Callable[[App], Any]

JOBS: tuple[Job, ...] = (
    connect.resume,
    subscriptions.ask_due,
    notices.settle_reconnected,
    privacy.take_in,
    write_back.due,
    health.scheduled,
    pull.scheduled,
    sweep.scheduled,
    sync_odoo_scheduled.scheduled,
    sync_odoo_scheduled.booked,
    sync_odoo_scheduled.owed,
    odoo_disconnect.finish_leaving,
    operations.forget_routine,
    inbox.forget,
    clear_mapping_tasks.scheduled,
)


def tick(app: App) -> None:
    """Rests while a restored Mooring is held."""
    if held.held(app) is None:
        for job in JOBS:
            attempt(app, job)


def post(app: App) -> None:
    """Send notices on; in a thread of its own, because mail servers may take their time."""
    if held.held(app) is None:
        attempt(app, notice_posts.post_due)


def attempt(app: App, job: Job) -> None:
    """One that fails does not keep the others from their turn."""
    try:
        job(app)
    except Exception as error:
        app.log.warning("job_failed", job=getattr(job, "__qualname__", "job"), exc_info=error)
