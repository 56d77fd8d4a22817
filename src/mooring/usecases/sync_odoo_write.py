"""What the push of either kind has in common: announcing what is about to be created, loading, planting external ids,
and updating records by their database ids.

An update goes by `.id`, which never creates: a record that somebody deletes in the same moment stays deleted. Odoo
looks database ids up as it searches, so it has to be told that archived records count; they stay archived.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from mooring.db import sync_intents
from mooring.domain.mapping import MODELS, MODULE, ExternalId, MappedKind
from mooring.domain.plan import Create, Link, Update
from mooring.domain.translate_odoo import FIELDS, Wanted, cell, column
from mooring.errors import Permanent
from mooring.ports import Loaded
from mooring.usecases import odoo_gate
from mooring.usecases.context import App
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_place import ROWS, Job
from mooring.usecases.sync_odoo_push import Rows, Sent, send
from mooring.usecases.sync_odoo_read import EVERYTHING
from mooring.usecases.sync_odoo_turn import Turn

_FRESH = timedelta(seconds=10)
"""How old an announcement may be when the call leaves: others count the time from it."""


_ADDRESSED = frozenset({".id", "parent_id/.id", "product_tmpl_id/.id", "partner_id/.id", "order_id/.id"})
"""Columns in which a record that is mapped stands by its database id."""


class Pen:
    """Writes to Odoo, within the turn."""

    def __init__(self, job: Job, turn: Turn) -> None:
        self.job, self.turn = job, turn
        self._announced: list[Member] = []
        self._at: datetime | None = None

    # -- creating -----------------------------------------------------------------------------------------------------

    def announce(self, members: Iterable[Member]) -> None:
        """What is written down here is about to be created; from now on it may come into being at any moment."""
        self._announced = list(members)
        self._write_down()

    def _write_down(self) -> None:
        job, self._at = self.job, self.job.now
        if not self._announced:
            return
        with job.run.checkpoint() as connection:
            job.fence(connection)
            sync_intents.put(
                connection, job.store.id, [one.key for one in self._announced], fingerprint=job.fingerprint,
                operation_id=job.run.id, epoch=job.epoch, at=self._at,
            )  # fmt: skip

    def create(
        self, model: str, columns: Sequence[str], members: Sequence[Member], rows: Sequence[Rows],
        owners: dict[int, int] | None = None,
    ) -> None:  # fmt: skip
        """Sets what became of each."""

        def load(some: Sequence[Sequence[str]]) -> Loaded:
            if self._at is None or self.job.now - self._at > _FRESH:
                self._write_down()
            return self._load(model, columns, some)

        settle(members, send(load, rows, owners))

    def load(self, model: str, columns: Sequence[str], records: Sequence[Rows]) -> Sent:
        """For what may be sent again without a thought: attributes, values, updates by database id."""
        return send(lambda rows: self._load(model, columns, rows), records)

    def _load(self, model: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Loaded:
        self.turn.require()
        context = None if _ADDRESSED.isdisjoint(columns) else EVERYTHING
        return odoo_gate.load(self.job.app, self.job.ticket, model, columns, rows, context=context)

    # -- changing -----------------------------------------------------------------------------------------------------

    def update(self, members: Iterable[Member]) -> None:
        """All that have the same fields to write go together."""
        groups: dict[tuple[str, tuple[str, ...]], list[Member]] = {}
        for one in members:
            if isinstance(one.plan, Update) and one.plan.write:
                groups.setdefault((MODELS[one.wanted.kind], tuple(one.plan.write)), []).append(one)
        for (model, names), alike in groups.items():
            forms = FIELDS[alike[0].wanted.kind]
            columns = [".id", *(column(name, forms.get(name)) for name in names)]
            for start in range(0, len(alike), ROWS):
                part = alike[start : start + ROWS]
                rows = [[[str(one.odoo_id), *self._cells(one, names)]] for one in part]
                settle(part, self.load(model, columns, rows))

    def _cells(self, one: Member, names: Sequence[str]) -> list[str]:
        assert isinstance(one.plan, Update)
        return [cell(one.plan.write[name]) for name in names]

    # -- planting -----------------------------------------------------------------------------------------------------

    def plant(self, members: Iterable[Member]) -> None:
        """Our external id on each record that was linked."""
        wanted = {
            self.job.name(*one.key): one
            for one in members
            if isinstance(one.plan, Link) and one.odoo_id is not None and not one.planted
        }
        if wanted:
            plant(self, {name: (one.wanted.kind, one.odoo_id or 0) for name, one in wanted.items()})
        for one in wanted.values():
            one.planted = True

    def take_off(self, names: Sequence[str]) -> None:
        """External ids that an unlink has left standing."""
        if names:
            self.turn.require()
            take_off(self.job.app, self.job.ticket, names)


def settle(members: Sequence[Member], sent: Sent) -> None:
    for at, id_ in sent.ids.items():
        members[at].odoo_id, members[at].planted = id_, members[at].planted or isinstance(members[at].plan, Create)
    for at, sentence in sent.failed.items():
        members[at].failed = sentence


def plant(pen: Pen, names: dict[ExternalId, tuple[MappedKind, int]]) -> None:
    """External ids on records that are there. Those that mean another record by now are led to this one."""
    rows = [_planting(name, kind, odoo_id) for name, (kind, odoo_id) in names.items()]
    try:
        _create(pen, rows)
    except Permanent as refused:
        if refused.code != "odoo_refused":
            raise
        _plant_again(pen, {str(row["name"]): row for row in rows})


def _planting(name: ExternalId, kind: MappedKind, odoo_id: int) -> dict[str, Any]:
    return {"module": MODULE, "name": name.name, "model": MODELS[kind], "res_id": odoo_id}


def _create(pen: Pen, rows: Sequence[dict[str, Any]]) -> None:
    pen.turn.require()
    if rows:
        odoo_gate.create(pen.job.app, pen.job.ticket, "ir.model.data", rows)


def _plant_again(pen: Pen, rows: dict[str, dict[str, Any]]) -> None:
    """Some of them are there: by a call whose answer was lost, or from before the record was another one."""
    job = pen.job
    domain = [["module", "=", MODULE], ["name", "in", list(rows)]]
    there = odoo_gate.search_read(job.app, job.ticket, "ir.model.data", domain, ["name", "model", "res_id"])
    for held in there:
        row = rows.pop(held["name"])
        if (held["model"], held["res_id"]) != (row["model"], row["res_id"]):
            pen.turn.require()
            moved = {"model": row["model"], "res_id": row["res_id"]}
            odoo_gate.write(job.app, job.ticket, "ir.model.data", [held["id"]], moved)
    _create(pen, list(rows.values()))


def take_off(app: App, ticket: Ticket, names: Sequence[str]) -> None:
    """Our external ids off whatever they stand on. The one that a variant brought along for its template goes too."""
    brought = [f"{name}_product_template" for name in names if ".variant." in name]
    domain = [["module", "=", MODULE], ["name", "in", [*names, *brought]]]
    if ids := [row["id"] for row in odoo_gate.search_read(app, ticket, "ir.model.data", domain, ["name"])]:
        odoo_gate.unlink(app, ticket, "ir.model.data", ids)


# -- rows ----------------------------------------------------------------------------------------------------------


def cells(wanted: Wanted, names: Iterable[str]) -> list[str]:
    """Everything that is said of a new record."""
    said = {**wanted.once, **wanted.values}
    return [cell(said[name]) if name in said else "" for name in names]


def new(families: Iterable[Family]) -> list[Member]:
    """All that are to be created."""
    return [one for family in families for one in family.members() if isinstance(one.plan, Create)]
