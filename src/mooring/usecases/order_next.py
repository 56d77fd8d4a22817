"""What is left to do before orders of a store are booked, step by step, each with its place on the settings page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mooring.domain.order_settings import Outcome
from mooring.domain.wording import counted
from mooring.usecases.order_settings import Need, View

REVIEW = "wait in Needs review"


@dataclass(frozen=True, slots=True)
class Step:
    """`key`: a stable word, and the place on the page. `sentence`: what is lacking, or how it is."""

    key: str
    title: str
    done: bool
    sentence: str


def steps(view: View) -> tuple[Step, ...]:
    """In the order in which they are taken. Without the first no order is booked; without one of the others those that
    need it wait for a person."""
    found = [_saved(view), _pricelists(view)]
    if view.settings.outcome is Outcome.INVOICE:
        found.append(_lacking("journals", "A journal for each gateway", view.gateways, "paid through it"))
    return (*found, _lacking("services", "A product for each kind of line", view.services, "with such a line"),
            _taxes(view), _previewed(view))  # fmt: skip


def _saved(view: View) -> Step:
    is_done = view.saved and not view.another
    lacking = "They were made for another Odoo. Choose anew and save." if view.another else "Nobody has saved them yet."
    said = f"Orders are taken to: {view.settings.outcome.label.lower()}."
    return Step("booking", "Settings saved", is_done, said if is_done else lacking)


def _pricelists(view: View) -> Step:
    needed = [one for one in view.currencies if not one.optional]
    return _lacking("pricelists", "A pricelist for each foreign currency", needed, "in it")


def _lacking(key: str, title: str, needs: Iterable[Need], which: str) -> Step:
    without = [one.label for one in needs if one.chosen is None or one.gone]
    if not without:
        return Step(key, title, True, "Chosen for all that occur." if key != "services" else "Chosen for all.")
    return Step(key, title, False, f"Not chosen: {', '.join(without)}. Orders {which} {REVIEW}.")


def _taxes(view: View) -> Step:
    title = "Every tax confirmed"
    if not view.open_taxes:
        return Step("taxes", title, True, "Confirmed, as far as taxes occur.")
    return Step(
        "taxes", title, False, f"{counted(view.open_taxes, 'taxes')} to be confirmed. Orders with one {REVIEW}."
    )


def _previewed(view: View) -> Step:
    if view.accepted:
        return Step("preview", "Preview accepted", True, "Orders can be synced by themselves.")
    return Step("preview", "Preview accepted", False, "Automatic sync of orders is off until a preview is accepted.")
