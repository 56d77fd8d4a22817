"""How far orders are taken, as far as it reaches back: an outcome that goes further takes on orders that are in Odoo
already, so it is saved only by who has seen how many, how much money and which fiscal years that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from mooring.db import odoo, order_facts
from mooring.db.odoo import OdooConnection
from mooring.db.order_books import DRAFT, DRAFT_INVOICE, INVOICED, ORDER
from mooring.db.order_settings import OrderSettings
from mooring.db.stores import Store
from mooring.domain.order_settings import Books, Outcome
from mooring.domain.rules import Role
from mooring.errors import ConfirmationMissing
from mooring.usecases import confirming, odoo_gate, order_options
from mooring.usecases.context import App
from mooring.usecases.order_outcome_stays import staying
from mooring.usecases.order_rules_count import Taken, moved, year_of, years_of
from mooring.usecases.order_settings import current
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

_PURPOSE = "order outcome"
_SHORT_OF: dict[Outcome, tuple[str, ...]] = {
    Outcome.DRAFT_ORDER: (),
    Outcome.ORDER: (DRAFT,),
    Outcome.DRAFT_INVOICE: (DRAFT, ORDER),
    Outcome.INVOICE: (DRAFT, ORDER, DRAFT_INVOICE, INVOICED),
}
"""Stages from which there still is a way to go. What was cancelled in Odoo stays so. What Mooring has paid is credited
whatever the outcome is, so it is not taken on by one."""
_DONE = {
    Outcome.DRAFT_ORDER: "left as quotations",
    Outcome.ORDER: "confirmed",
    Outcome.DRAFT_INVOICE: "confirmed, with a draft invoice each",
    Outcome.INVOICE: "invoiced, with their payments and credit notes",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """`taken`: orders in Odoo that would be taken on, `years`: by fiscal year. `token`: to save it with; None where
    none is asked for."""

    outcome: Outcome
    instead_of: Outcome
    taken: Taken
    years: Mapping[str, Taken]
    token: str | None

    @property
    def widens(self) -> bool:
        return self.outcome.widens(self.instead_of)

    @property
    def sentence(self) -> str:
        if not self.widens or not self.taken.count:
            return "No order that is in Odoo is taken further by this."
        one = self.taken.count == 1
        of = years_of(", ".join(self.years))
        return f"{self.taken.text} of {of} {'is' if one else 'are'} in Odoo already and would be {_DONE[self.outcome]}."

    def told(self) -> dict[str, Any]:
        """As JSON; in the form in which the command line prints a preview."""
        years = [{"title": f"Fiscal year {label}", "count": one.count, "note": one.amounts}
                 for label, one in self.years.items()]  # fmt: skip
        return {
            "outcome": str(self.outcome), "instead_of": str(self.instead_of), "takes": self.taken.count,
            "money": self.taken.amounts, "years": years,
        }  # fmt: skip


class _Shown(msgspec.Struct, frozen=True):
    """What a token stands for."""

    outcome: Outcome
    instead_of: Outcome
    count: int


def preview(app: App, who: Who, store_id: str, outcome: Outcome) -> Preview:
    """Counted now, over what is known of orders in Odoo."""
    store = store_of(app, who, store_id, Role.ADMIN)
    with app.db.read() as connection:
        found = odoo.load(connection, store.project_id)
        before = current(connection, store, found)
    books = order_options.read(app, odoo_gate.ticket(app, store.project_id), found.company_id).books
    return counted(app, who, store, found, before, outcome, books)


def counted(
    app: App, who: Who, store: Store, there: OdooConnection, before: OrderSettings, outcome: Outcome, books: Books
) -> Preview:
    taken, years = Taken(), dict[str, Taken]()
    stages = _SHORT_OF[outcome] if outcome.widens(before.outcome) else ()
    stays = staying(app, store, there) if stages else set[int]()
    with app.db.read() as connection:
        for one in order_facts.in_odoo(connection, store.id, there.fingerprint, stages, without=stays):
            taken.add(one)
            years.setdefault(year_of(one, books), Taken()).add(one)
    shown = _Shown(outcome, before.outcome, taken.count)
    token = confirming.sealed(app, who, _PURPOSE, store.id, shown) if taken.count else None
    return Preview(outcome, before.outcome, taken, {label: years[label] for label in sorted(years)}, token)


def require_seen(app: App, who: Who, store: Store, now: Preview, token: str | None) -> None:
    """Raises `ConfirmationMissing` unless the token is of this preview, or of one that differs by a few orders."""
    if now.token is None:
        return
    shown = confirming.opened(app, who, _PURPOSE, store.id, token, _Shown) if token else None
    same = shown is not None and (shown.outcome, shown.instead_of) == (now.outcome, now.instead_of)
    if shown is None or not same or moved(shown.count, now.taken.count):
        raise ConfirmationMissing(f"{now.sentence} Confirm that they are.", preview=now.told(), token=now.token)
