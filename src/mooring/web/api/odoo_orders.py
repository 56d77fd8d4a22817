"""Orders in Odoo: how those of a store are booked, its tax table, and the rule that says which are synced."""

from __future__ import annotations

import msgspec

from mooring.domain.order_booking import Role, plain
from mooring.domain.order_rules import OrderRule
from mooring.domain.order_taxes import OdooTax
from mooring.errors import NotFound
from mooring.usecases import (
    order_next,
    order_outcome,
    order_rules_edit,
    order_settings,
    order_settings_save,
    order_settings_service,
    order_settings_taxes,
    order_standing,
)
from mooring.usecases.context import App
from mooring.usecases.order_options import Choice, Service
from mooring.usecases.order_rules_count import Taken, Year, texts
from mooring.usecases.order_rules_edit import Preview, RuleView
from mooring.usecases.order_settings import Need, TaxNeed, View
from mooring.usecases.order_settings_save import Wish
from mooring.usecases.who import Who
from mooring.web.api.shapes_orders import (
    ChoiceOut,
    ConfirmedOut,
    ConfirmTaxIn,
    NeedOut,
    OdooTaxOut,
    OutcomeIn,
    OutcomePreviewOut,
    ReasonOut,
    RuleBodyOut,
    RuleIn,
    RuleOut,
    RulePreviewOut,
    SaveRuleIn,
    ServiceOut,
    ServicesOut,
    SettingsIn,
    SettingsOut,
    StandingOut,
    StepOut,
    TakenOut,
    TaxesOut,
    TaxOut,
    WithdrawTaxIn,
    YearOut,
)
from mooring.web.routing import FromPath, Given, JSONBody, get, patch, post, put

_PATH = "/stores/{store_id:str}/odoo/orders"


# -- settings ------------------------------------------------------------------------------------------------------


@get(f"{_PATH}/settings", role="viewer", summary="How a store's orders are booked in Odoo")
def shown(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> SettingsOut:
    """With what its orders need, what Odoo has for it, and what Mooring would choose."""
    return _settings(order_settings.show(app, who, store_id))


@patch(f"{_PATH}/settings", role="admin", summary="Choose how a store's orders are booked")
def saved(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[SettingsIn]) -> SettingsOut:
    """An outcome that takes on orders that are in Odoo already needs the token of its preview; without it the answer is
    that preview."""
    wish = Wish(data.outcome, data.warehouse_id, data.pricelists, data.journals, data.services)
    order_settings_save.save(app, who, store_id, wish, data.token)
    return _settings(order_settings.show(app, who, store_id))


@post(f"{_PATH}/settings/preview", role="admin", status_code=200, summary="What another outcome would take on")
def outcome_previewed(
    app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[OutcomeIn]
) -> OutcomePreviewOut:
    """Counted now over the orders that are in Odoo; changes nothing."""
    found = order_outcome.preview(app, who, store_id, data.outcome)
    years = {label: _taken(one) for label, one in found.years.items()}
    return OutcomePreviewOut(
        found.outcome, found.instead_of, _taken(found.taken), years, found.sentence, found.token
    )  # fmt: skip


@post(f"{_PATH}/services", role="admin", status_code=200, summary="Create the products of all kinds of lines")
def services_created(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> ServicesOut:
    """Of those that have none. One that is there already is chosen instead."""
    made = order_settings_service.create_missing(app, who, store_id)
    return ServicesOut([ServiceOut(one.id, one.name) for one in made])


@post(f"{_PATH}/services/{{role:str}}", role="admin", status_code=200, summary="Create the product of a kind of line")
def service_created(app: Given[App], who: Given[Who], store_id: FromPath[str], role: FromPath[Role]) -> ServiceOut:
    """One that is there already is chosen instead: however often this is asked for, there is one."""
    made = order_settings_service.create(app, who, store_id, role)
    return ServiceOut(made.id, made.name)


# -- taxes ---------------------------------------------------------------------------------------------------------


@get(f"{_PATH}/taxes", role="viewer", summary="The tax table of a store")
def taxes(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> TaxesOut:
    """Every tax of its orders, the commonest first. Nothing is booked with one that nobody has confirmed."""
    view = order_settings.show(app, who, store_id)
    return TaxesOut([_tax(one) for one in view.taxes], [_odoo_tax(one) for one in view.options.taxes])


@post(f"{_PATH}/taxes/confirm", role="admin", status_code=200, summary="Confirm which tax of Odoo a tax is")
def tax_confirmed(
    app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[ConfirmTaxIn]
) -> ConfirmedOut:
    done = order_settings_taxes.confirm(app, who, store_id, data.key, data.odoo_id)
    return ConfirmedOut(data.key, done.entry.odoo_id, done.warning)


@post(f"{_PATH}/taxes/withdraw", role="admin", status_code=204, summary="Take back what a tax is in Odoo")
def tax_withdrawn(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[WithdrawTaxIn]) -> None:
    """Orders with this tax wait in Needs review again."""
    order_settings_taxes.withdraw(app, who, store_id, data.key)


# -- the rule ------------------------------------------------------------------------------------------------------


@get(f"{_PATH}/rules", role="viewer", summary="Which orders of a store are synced")
def rule(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> RuleOut:
    return _rule_view(order_rules_edit.show(app, who, store_id))


@post(f"{_PATH}/rules/preview", role="admin", status_code=200, summary="What a rule would take, in numbers")
def rule_previewed(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[RuleIn]) -> RulePreviewOut:
    """Counted now over all orders of the hub; changes nothing."""
    return _preview(order_rules_edit.preview(app, who, store_id, _rule(data)))


@put(f"{_PATH}/rules", role="admin", summary="Save which orders of a store are synced")
def rule_saved(app: Given[App], who: Given[Who], store_id: FromPath[str], data: JSONBody[SaveRuleIn]) -> RuleOut:
    """A rule that takes more than the saved one needs the token of its preview; without it the answer is that
    preview."""
    order_rules_edit.save(app, who, store_id, _rule(data.rule), data.token)
    return _rule_view(order_rules_edit.show(app, who, store_id))


# -- one order -----------------------------------------------------------------------------------------------------


@get(f"{_PATH}/{{shopify_id:int}}/standing", role="viewer", summary="How far an order has come in Odoo")
def standing(app: Given[App], who: Given[Who], store_id: FromPath[str], shopify_id: FromPath[int]) -> StandingOut:
    found = order_standing.of_order(app, who, store_id, shopify_id)
    if found is None:
        raise NotFound("Nothing of this order is in Odoo.")
    return msgspec.convert(found, StandingOut, from_attributes=True)


# -- answers -------------------------------------------------------------------------------------------------------


def _settings(view: View) -> SettingsOut:
    chosen, books = view.settings, view.options.books
    return SettingsOut(
        saved=view.saved, another=view.another, company=view.company, currency=books.currency,
        outcome=chosen.outcome, warehouse_id=chosen.warehouse_id,
        warehouses=[_choice(one) for one in view.options.warehouses],
        pricelists=[_need(one) for one in view.currencies], journals=[_need(one) for one in view.gateways],
        services=[_need(one) for one in view.services], open_taxes=view.open_taxes, rounding=books.rounding,
        price_decimals=books.price_decimals, fiscal_year_ends=(books.last_month, books.last_day),
        changed_at=chosen.changed_at if view.saved else None, stages=view.stages,
        steps=[StepOut(one.key, one.title, one.done, one.sentence) for one in order_next.steps(view)],
    )  # fmt: skip


def _need(one: Need) -> NeedOut:
    choices = [_choice(choice) for choice in one.choices]
    return NeedOut(one.key, one.label, one.count, one.chosen, one.proposed, one.gone, one.optional, choices)


def _choice(one: Choice | Service) -> ChoiceOut:
    return ChoiceOut(one.id, one.name, one.of, one.kind) if isinstance(one, Choice) else ChoiceOut(one.id, one.name)


def _tax(one: TaxNeed) -> TaxOut:
    return TaxOut(
        key=one.text, label=one.key.label, percent=plain(one.key.percent), included=one.key.included,
        channel=one.key.channel, orders=one.count, confirmed=one.confirmed, stale=one.stale, odoo_id=one.odoo_id,
        proposed=one.proposed.id if one.proposed else None, several=[tax.id for tax in one.several],
    )  # fmt: skip


def _odoo_tax(one: OdooTax) -> OdooTaxOut:
    return OdooTaxOut(one.id, one.name, plain(one.amount), one.price_include)


def _rule(data: RuleIn) -> OrderRule:
    return msgspec.convert(data, OrderRule, from_attributes=True)


def _rule_view(view: RuleView) -> RuleOut:
    return RuleOut(view.saved, _rule_out(view.rule))


def _rule_out(rule: OrderRule) -> RuleBodyOut:
    return msgspec.convert(rule, RuleBodyOut, from_attributes=True)


def _preview(found: Preview) -> RulePreviewOut:
    return RulePreviewOut(
        rule=_rule_out(found.rule), taken=_taken(found.taken), more=_taken(found.more), less=_taken(found.less),
        years=[_year(one) for one in found.years], left_out=[ReasonOut(*one) for one in found.left_out],
        widens=found.widens, sentence=found.sentence, token=found.token,
    )  # fmt: skip


def _taken(one: Taken) -> TakenOut:
    return TakenOut(one.count, texts(one.money))


def _year(one: Year) -> YearOut:
    return YearOut(one.label, _taken(one.taken), _taken(one.more))


ROUTES = [
    shown, saved, outcome_previewed, service_created, services_created, taxes, tax_confirmed, tax_withdrawn, rule,
    rule_previewed, rule_saved, standing,
]  # fmt: skip
