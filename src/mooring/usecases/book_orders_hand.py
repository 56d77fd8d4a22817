"""The hand that does steps in Odoo: one of an order at a time, each written down before it leaves.

Nothing on the other side makes such a step happen only once. So what is written down stands until the answer was heard;
where it never is, nothing more is done to that order until the call cannot happen any more, and then Odoo is read.
Writing it down is fenced: a worker that lost its operation, or a sync from before a Clear, does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mooring.db import order_steps
from mooring.db.order_steps import Sent
from mooring.domain.order_standing import Step
from mooring.usecases import odoo_gate
from mooring.usecases.sync_odoo_place import Job

_FRESH = timedelta(seconds=10)
"""How old a note may be when a call leaves: others count the time from it."""


class Hand:
    def __init__(self, job: Job) -> None:
        self.job = job
        self._answered: set[int] = set()
        self._sent: Sent | None = None

    def take_up(self, order_id: int, step: Step) -> None:
        """What was answered meanwhile is struck out in the same transaction."""
        run = self.job.run
        self._sent = Sent(order_id, str(step.act), run.id, run.operation.epoch, self.job.now, step.subject)
        with run.checkpoint() as connection:
            self.job.fence(connection)
            self.strike_out(connection)
            order_steps.put(connection, self.job.store.id, self._sent)

    def answered(self) -> None:
        """What became of the step at hand is known."""
        if self._sent is not None:
            self._answered.add(self._sent.shopify_id)
        self._sent = None

    def know(self, order_id: int) -> None:
        """A step of long ago: it has happened by now, or never will."""
        self._answered.add(order_id)

    def strike_out(self, connection: Connection) -> None:
        if self._answered:
            order_steps.settle(connection, self.job.store.id, sorted(self._answered))
            self._answered.clear()

    @property
    def sent_at(self) -> datetime | None:
        return self._sent.sent_at if self._sent else None

    # -- calls --------------------------------------------------------------------------------------------------------

    def call(
        self, model: str, method: str, arguments: Mapping[str, Any], ids: Sequence[int] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        self._renew()
        return odoo_gate.call(self.job.app, self.job.ticket, model, method, arguments, ids=ids, context=context)

    def write(self, model: str, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        self._renew()
        odoo_gate.write(self.job.app, self.job.ticket, model, ids, dict(values))

    def wizard(self, model: str, method: str, values: Mapping[str, Any], context: Mapping[str, Any]) -> Any:
        """A wizard by itself changes nothing; what its button does, does."""
        self._renew()
        made = odoo_gate.call(
            self.job.app, self.job.ticket, model, "create", {"vals_list": [dict(values)]}, context=context
        )
        return self.call(model, method, {}, [*made], context)

    def _renew(self) -> None:
        sent = self._sent
        if sent is None or self.job.now - sent.sent_at <= _FRESH:
            return
        self._sent = Sent(sent.shopify_id, sent.step, sent.operation_id, sent.epoch, self.job.now, sent.subject)
        with self.job.run.checkpoint() as connection:
            self.job.fence(connection)
            order_steps.put(connection, self.job.store.id, self._sent)
