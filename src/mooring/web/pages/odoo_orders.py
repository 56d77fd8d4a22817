"""How a store's orders are booked in Odoo, its tax table, and the rule that says which orders are synced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from litestar import Response

from mooring.domain.order_booking import Role as LineRole
from mooring.domain.order_rules import AttributeRule, OrderRule
from mooring.domain.order_settings import Outcome
from mooring.domain.rules import Role
from mooring.errors import ConfirmationMissing, InvalidInput, MooringError
from mooring.usecases import (
    order_next,
    order_rules_edit,
    order_settings,
    order_settings_save,
    order_settings_service,
    order_settings_taxes,
)
from mooring.usecases.context import App
from mooring.usecases.order_rules_typed import FINANCIAL, FULFILMENT
from mooring.usecases.order_settings import Need, View
from mooring.usecases.order_settings_save import Wish
from mooring.usecases.order_standing import STAGES
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who
from mooring.web.pages.entry import Form
from mooring.web.render import go, page, part
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit

_PATH = "/stores/{store_id:str}/odoo/orders"
_NONE = "none"
_SAID = {
    "saved": "Saved",
    "made": "The product was chosen",
    "all_made": "A product was chosen for every kind of line",
    "confirmed": "Confirmed",
    "withdrawn": "Taken back",
    "rule": "The rule was saved",
}


@get(_PATH, role="viewer")
def shown(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], said: FromQuery[str] = ""
) -> Response[str]:
    return _page(app, who, visit, store_id, toast=_SAID.get(said))


def _page(
    app: App, who: Who, visit: Visit, store_id: str, *, status: int = 200, wish: Wish | None = None, **facts: Any
) -> Response[str]:  # fmt: skip
    """Without an Odoo that answers there is nothing to choose from: the page says why. `wish`: as it was typed, and not
    saved."""
    store = store_of(app, who, store_id, Role.VIEWER)
    known: dict[str, Any] = {"toast": None, "wrong": None, "field": None, "warning": None, "view": None, "typed": None}
    known |= {"counted": None, "outcomes": list(Outcome), "financial": FINANCIAL, "fulfilment": FULFILMENT}
    known |= {"outcome_token": None, "outcome_shown": None, "stages": STAGES}
    try:
        view = order_settings.show(app, who, store_id)
        known |= {"steps": order_next.steps(view), "typed": _Typed.of(view.settings.rule)}
        known |= {"view": _over(view, wish) if wish else view}
    except MooringError as unwell:
        known |= {"wrong": unwell.sentence}
    return page(
        app, visit, "odoo_orders.html", project_id=store.project_id, status=status, nav="integrations", store=store,
        **known | facts,
    )  # fmt: skip


def _refused(app: App, who: Who, visit: Visit, store_id: str, refused: MooringError, **facts: Any) -> Response[str]:
    field = getattr(refused, "field", None)
    return _page(app, who, visit, store_id, status=422, wrong=refused.sentence, field=field, **facts)


# -- settings ------------------------------------------------------------------------------------------------------


@post(_PATH, role="admin")
def saved(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form) -> Response[str]:
    """With `create` what was chosen is kept, and the product of that kind of line, or of all, is made. Whoever has not
    seen what another outcome takes on sees it first; what was typed stays."""
    role, wish = data.get("create"), None
    try:
        wish = _wish(data)
        order_settings_save.save(app, who, store_id, wish, data.get("token") or None)
        if role in list(LineRole):
            order_settings_service.create(app, who, store_id, LineRole(role))
        elif role == "all":
            order_settings_service.create_missing(app, who, store_id)
    except ConfirmationMissing as missing:
        shown = {"warning": missing.sentence, "outcome_token": missing.token, "outcome_shown": missing.preview}
        return _page(app, who, visit, store_id, status=422, wish=wish, **shown)
    except MooringError as refused:
        return _refused(app, who, visit, store_id, refused, wish=wish)
    return go(f"/stores/{store_id}/odoo/orders?said={_word(role)}")


def _word(role: str | None) -> str:
    return "all_made" if role == "all" else "made" if role else "saved"


def _over(view: View, wish: Wish) -> View:
    """What was typed, in place of what is saved."""
    settings = replace(view.settings, outcome=wish.outcome, warehouse_id=wish.warehouse_id)
    return replace(
        view, settings=settings, currencies=_typed_over(view.currencies, wish.pricelists),
        gateways=_typed_over(view.gateways, wish.journals), services=_typed_over(view.services, wish.services),
    )  # fmt: skip


def _typed_over(needs: tuple[Need, ...], typed: Any) -> tuple[Need, ...]:
    return tuple(
        replace(one, chosen=typed[one.key], gone=False, proposed=None) if one.key in typed else one for one in needs
    )


def _wish(data: dict[str, str]) -> Wish:
    outcome = data.get("outcome")
    return Wish(
        outcome=Outcome(outcome) if outcome in list(Outcome) else Outcome.DRAFT_ORDER,
        warehouse_id=_id(data.get("warehouse", _NONE), "warehouse_id"),
        pricelists=_chosen(data, "pricelists"),
        journals=_chosen(data, "journals"),
        services={LineRole(role): id_ for role, id_ in _chosen(data, "services").items() if role in list(LineRole)},
    )


def _chosen(data: dict[str, str], group: str) -> dict[str, int | None]:
    """Fields are called `pricelists.USD`."""
    named = {name.removeprefix(f"{group}."): told for name, told in data.items() if name.startswith(f"{group}.")}
    return {key: _id(told, f"{group}.{key}") for key, told in named.items()}


def _id(text: str, field: str) -> int | None:
    if text in ("", _NONE):
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise InvalidInput("This is no id of Odoo.", field=field)
    return int(text)


# -- taxes ---------------------------------------------------------------------------------------------------------


@post(f"{_PATH}/taxes", role="admin")
def tax_answered(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form
) -> Response[str]:
    """One at a time. Where the totals will not agree the page says so after it is confirmed."""
    key, withdraw = data.get("key", ""), data.get("act") == "withdraw"
    try:
        if withdraw:
            order_settings_taxes.withdraw(app, who, store_id, key)
            return go(f"/stores/{store_id}/odoo/orders?said=withdrawn#taxes")
        done = order_settings_taxes.confirm(app, who, store_id, key, _tax_id(data))
    except MooringError as refused:
        return _refused(app, who, visit, store_id, refused)
    if done.warning:
        return _page(app, who, visit, store_id, warning=done.warning)
    return go(f"/stores/{store_id}/odoo/orders?said=confirmed#taxes")


def _tax_id(data: dict[str, str]) -> int | None:
    """Nothing chosen is no answer: no tax is one of its own."""
    if not data.get("odoo_id"):
        raise InvalidInput("Choose the tax of Odoo, or that there is none.", field="odoo_id")
    return _id(data["odoo_id"], "odoo_id")


# -- the rule ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Typed:
    """A rule as the form shows it: words between commas, note attributes one to a line."""

    financial: tuple[str, ...]
    fulfilment: tuple[str, ...]
    sources: str
    tags_any: str
    tags_none: str
    attributes: str
    prefix: str
    since: str
    until: str
    test_orders: bool

    @classmethod
    def of(cls, rule: OrderRule) -> _Typed:
        attributes = [one.key if one.value is None else f"{one.key}={one.value}" for one in rule.attributes]
        return cls(
            rule.financial, rule.fulfilment, ", ".join(rule.sources), ", ".join(rule.tags_any),
            ", ".join(rule.tags_none), "\n".join(attributes), rule.prefix, rule.since or "", rule.until or "",
            rule.test_orders,
        )  # fmt: skip


@post(f"{_PATH}/rule/preview", role="admin", status_code=200)
def rule_counted(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form
) -> Response[str]:
    """The live count, while somebody changes the rule."""
    project_id, facts = store_of(app, who, store_id, Role.ADMIN).project_id, dict[str, Any]()
    try:
        facts = {"counted": order_rules_edit.preview(app, who, store_id, _rule(data)), "rule_wrong": None}
    except MooringError as refused:
        facts = {"counted": None, "rule_wrong": refused.sentence}
    return part(app, visit, "odoo_orders_count.html", project_id=project_id, **facts)


@post(f"{_PATH}/rule", role="admin")
def rule_saved(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form
) -> Response[str]:
    """Whoever has not seen the count of this very rule sees it first."""
    rule = _rule(data)
    try:
        order_rules_edit.save(app, who, store_id, rule, data.get("token") or None)
    except ConfirmationMissing as missing:
        counted = order_rules_edit.preview(app, who, store_id, rule)
        return _page(
            app, who, visit, store_id, status=422, warning=missing.sentence, typed=_Typed.of(rule), counted=counted
        )  # fmt: skip
    except MooringError as refused:
        return _refused(app, who, visit, store_id, refused)
    return go(f"/stores/{store_id}/odoo/orders?said=rule")


def _rule(data: dict[str, str]) -> OrderRule:
    """Check boxes are called `financial.PAID`; one that is off sends nothing."""
    return OrderRule(
        financial=tuple(one for one in FINANCIAL if f"financial.{one}" in data),
        fulfilment=tuple(one for one in FULFILMENT if f"fulfilment.{one}" in data),
        sources=_words(data.get("sources", "")),
        tags_any=_words(data.get("tags_any", "")),
        tags_none=_words(data.get("tags_none", "")),
        attributes=tuple(_attribute(line) for line in data.get("attributes", "").splitlines() if line.strip()),
        prefix=data.get("prefix", ""),
        since=data.get("since") or None,
        until=data.get("until") or None,
        test_orders="test_orders" in data,
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word.strip())


def _attribute(line: str) -> AttributeRule:
    key, equals, value = line.partition("=")
    return AttributeRule(key, value if equals else None)


ROUTES = [shown, saved, tax_answered, rule_counted, rule_saved]
