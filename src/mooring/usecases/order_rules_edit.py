"""Which orders of a store are synced to Odoo: what a rule would take, in numbers, before it is saved.

A rule that takes more than the saved one books history, so it is saved only by who has seen how many orders, how much
money and which fiscal years that is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from mooring.db import odoo, order_facts, order_settings, stores
from mooring.db.order_settings import OrderSettings
from mooring.db.stores import Store
from mooring.domain import order_rules
from mooring.domain.order_rules import OrderRule
from mooring.domain.order_settings import Books
from mooring.domain.rules import Role
from mooring.errors import ConfirmationMissing, Conflict
from mooring.usecases import confirming, odoo_gate, order_options
from mooring.usecases.context import App
from mooring.usecases.order_rules_count import Count, Taken, Year, moved, years_of
from mooring.usecases.order_rules_typed import checked
from mooring.usecases.order_settings import current
from mooring.usecases.order_settings_save import adopted, note, require_open
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

_PURPOSE = "order rule"


@dataclass(frozen=True, slots=True)
class Preview:
    """`more`: what the rule takes that the saved one leaves out; `less` the other way round. `token`: to save it with;
    None where none is asked for, since it takes nothing more. `left_out`: the commonest reasons, with how many."""

    rule: OrderRule
    taken: Taken
    more: Taken
    less: Taken
    years: tuple[Year, ...]
    left_out: tuple[tuple[str, int], ...]
    widens: bool
    token: str | None

    @property
    def sentence(self) -> str:
        if not self.more.count:
            later = "; later it may take some" if self.widens else ""
            return f"The rule takes {self.taken.text}, and none that the saved one leaves out{later}."
        years = ", ".join(one.label for one in self.years if one.more.count)
        return (
            f"The rule takes {self.more.text} more than the saved one, of {years_of(years)}; {self.taken.text} in all."
        )

    def told(self) -> dict[str, Any]:
        """As JSON; in the form in which the command line prints a preview."""
        years = [
            {"title": f"Fiscal year {one.label}", "count": one.more.count, "note": one.more.amounts}
            for one in self.years if one.more.count
        ]  # fmt: skip
        return {
            "takes": self.taken.count, "money": self.taken.amounts, "more": self.more.count,
            "more_money": self.more.amounts, "less": self.less.count, "years": years,
        }  # fmt: skip


class _Shown(msgspec.Struct, frozen=True):
    """What a token stands for."""

    rule: OrderRule
    instead_of: OrderRule
    more: int


# -- looking -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleView:
    """`saved`: whether somebody has; otherwise it is the default."""

    store: Store
    rule: OrderRule
    saved: bool


def show(app: App, who: Who, store_id: str) -> RuleView:
    store = store_of(app, who, store_id, Role.VIEWER)
    with app.db.read() as connection:
        found = odoo.load(connection, store.project_id)
        rule, saved = current(connection, store, found).rule, order_settings.find(connection, store_id) is not None
    return RuleView(store, rule, saved)


def preview(app: App, who: Who, store_id: str, rule: OrderRule) -> Preview:
    """Counted now, over all orders of the hub. Asks Odoo nothing once it has said where its fiscal year ends."""
    store = store_of(app, who, store_id, Role.ADMIN)
    rule = checked(rule)
    settings = _current(app, store)
    return _counted(app, who, store, settings.rule, rule, settings.books)


def _current(app: App, store: Store) -> OrderSettings:
    with app.db.read() as connection:
        found = odoo.load(connection, store.project_id)
        stored, settings = order_settings.find(connection, store.id), current(connection, store, found)
    if stored is not None and stored.fingerprint == found.fingerprint:
        return settings
    options = order_options.read(app, odoo_gate.ticket(app, store.project_id), found.company_id)
    return replace(settings, books=options.books)


def _counted(app: App, who: Who, store: Store, old: OrderRule, new: OrderRule, books: Books) -> Preview:
    looks = bool(old.attributes or new.attributes)
    with app.db.read() as connection:
        count = Count(old, new, books)
        count.all(order_facts.every(connection, store.id, attributes=looks))
    widens = order_rules.widened(old, new)
    token = confirming.sealed(app, who, _PURPOSE, store.id, _Shown(new, old, count.more.count)) if widens else None
    return Preview(
        new, count.taken, count.more, count.less, tuple(count.years[one] for one in sorted(count.years)),
        tuple(sorted(count.reasons.items(), key=lambda one: -one[1])[:10]), widens, token,
    )  # fmt: skip


# -- saving --------------------------------------------------------------------------------------------------------


def save(app: App, who: Who, store_id: str, rule: OrderRule, token: str | None = None) -> OrderSettings:
    """`token`: of the preview of this very rule; asked for where the rule takes more than the saved one. Raises
    `ConfirmationMissing` with a new preview without it, or when more than a few orders have joined since."""
    store = store_of(app, who, store_id, Role.ADMIN)
    require_open(store)
    rule, before = checked(rule), _current(app, store)
    ticket = odoo_gate.ticket(app, store.project_id)
    if order_rules.widened(before.rule, rule):
        _confirm(app, who, store, before, rule, token)
    with app.db.write() as connection:
        store = stores.fence(connection, store_id, store.generation)
        found = odoo.fence(connection, store.project_id, ticket.generation)
        now = adopted(connection, store, found)
        if now.rule != before.rule:
            raise Conflict("Somebody else changed the rule a moment ago. Look again.", code="rule_moved")
        after = replace(now, rule=rule, books=before.books, changed_at=app.clock.now(), changed_by=who.id)
        order_settings.put(connection, after)
        note(app, connection, who, store, "odoo.order_rule", before=_told(before.rule), after=_told(rule))
    return after


def _confirm(app: App, who: Who, store: Store, before: OrderSettings, rule: OrderRule, token: str | None) -> None:
    shown = confirming.opened(app, who, _PURPOSE, store.id, token, _Shown) if token else None
    now = _counted(app, who, store, before.rule, rule, before.books)
    if shown is None or (shown.rule, shown.instead_of) != (rule, before.rule) or moved(shown.more, now.more.count):
        what = "they are to be synced" if now.more.count else "it is to be so"
        sentence = f"{now.sentence} Confirm that {what}."
        raise ConfirmationMissing(sentence, preview=now.told(), token=now.token or "")


def _told(rule: OrderRule) -> dict[str, Any]:
    return msgspec.to_builtins(rule)
