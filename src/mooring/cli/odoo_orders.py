"""`mooring odoo orders …`: how the orders of a store are booked, and its taxes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.domain.order_settings import Outcome
from mooring.domain.wording import counted
from mooring.errors import InvalidInput

app = typer.Typer(help="How orders are booked in Odoo, and which of them.", no_args_is_help=True)

_NONE = "none"
_OUTCOMES = f"How far an order is taken: {', '.join(Outcome)}."
_GROUPS = ("pricelists", "journals", "services")
Pairs = list[str] | None


def _pairs(name: str, what: str) -> Any:
    told = f"{what} May be repeated; '{_NONE}' takes a choice back."
    return typer.Option(f"--{name}", help=told, show_default=False)


@app.command()
def settings(
    store: Store,
    outcome: Annotated[Outcome | None, typer.Option(help=_OUTCOMES, show_default=False)] = None,
    warehouse: Annotated[
        str | None,
        typer.Option("--warehouse", help="Id of the warehouse; 'none' leaves it to Odoo.", show_default=False),
    ] = None,
    pricelist: Annotated[Pairs, _pairs("pricelist", "Pricelist of a currency, as in USD=1.")] = None,
    journal: Annotated[Pairs, _pairs("journal", "Journal of a gateway, as in paypal=7.")] = None,
    service: Annotated[Pairs, _pairs("service", "Product of a kind of line, as in shipping=12.")] = None,
    proposed: Annotated[bool, typer.Option("--proposed", help="Choose whatever is proposed.")] = False,
    create_service: Annotated[
        Pairs,
        typer.Option(help="Create the product of a kind of line, as in shipping; 'all' those that are missing."),
    ] = None,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm", metavar="TOKEN", help="Confirms the preview this was printed with.", show_default=False
        ),
    ] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Show how a store's orders are booked, with what Odoo has to choose from; or choose. An outcome that takes on
    orders that are in Odoo already is saved with the token of its preview."""
    body = _wish(outcome, warehouse, {"pricelists": pricelist, "journals": journal, "services": service})
    with reach.mooring() as api:
        path = f"/stores/{choosing.store(api, store, project)['id']}/odoo/orders"
        for role in create_service or ():
            api.post(f"{path}/services" if role == "all" else f"{path}/services/{role}")
        found = api.get(f"{path}/settings")
        body = _with_proposed(found, body) if proposed else body
        found = api.patch(f"{path}/settings", body | {"token": confirm}) if body else found
    console.show(found, json=json, text=_settings(found))


@app.command()
def taxes(
    store: Store,
    tax: Annotated[str | None, typer.Option("--tax", help="A tax of the table, as it is listed.")] = None,
    odoo_tax: Annotated[
        str | None, typer.Option("--odoo-tax", help="Id of the tax of Odoo it is; 'none' books it without a tax.")
    ] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back what the tax is.")] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Show the tax table of a store; or confirm which tax of Odoo one of its taxes is."""
    _require_whole(tax, odoo_tax, withdraw=withdraw)
    with reach.mooring() as api:
        path = f"/stores/{choosing.store(api, store, project)['id']}/odoo/orders/taxes"
        if tax is not None:
            key = _key(api.get(path)["items"], tax)
            _answered(api, path, key, odoo_tax, withdraw=withdraw)
        found = api.get(path)
    console.show(found, json=json, text=_taxes(found))


@app.command()
def show(
    store: Store,
    order: Annotated[int, typer.Argument(metavar="ID", help="Shopify's id of the order.", show_default=False)],
    project: Project = None,
    json: Json = False,
) -> None:
    """Say how far an order has come in Odoo: its stage, invoices, credit notes and payments."""
    with reach.mooring() as api:
        found = api.get(f"/stores/{choosing.store(api, store, project)['id']}/odoo/orders/{order}/standing")
    console.show(found, json=json, text="\n".join(_standing(found)))


# -- what is typed -------------------------------------------------------------------------------------------------


def _wish(outcome: Outcome | None, warehouse: str | None, pairs: dict[str, Pairs]) -> dict[str, Any]:
    wish: dict[str, Any] = {"outcome": outcome} if outcome is not None else {}
    if warehouse is not None:
        wish["warehouse_id"] = _id(warehouse, "warehouse")
    return wish | {name: dict(_pair(one, name) for one in given) for name, given in pairs.items() if given}


def _with_proposed(found: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """What was typed goes first."""
    merged = {name: {one["key"]: one["proposed"] for one in found[name] if one["proposed"]} for name in _GROUPS}
    return body | {name: told | body.get(name, {}) for name, told in merged.items()}


def _pair(text: str, field: str) -> tuple[str, int | None]:
    key, equals, id_ = text.rpartition("=")
    if not equals or not key:
        raise InvalidInput(f"{text} is no pair. It looks like USD=1.", field=field)
    return key, _id(id_, field)


def _id(text: str, field: str) -> int | None:
    if text == _NONE:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 2**53):
        raise InvalidInput(f"{text} is no id of Odoo. It is a number, or '{_NONE}'.", field=field)
    return int(text)


def _require_whole(tax: str | None, odoo_tax: str | None, *, withdraw: bool) -> None:
    if (tax is None) != (odoo_tax is None and not withdraw) or (withdraw and odoo_tax is not None):
        raise InvalidInput("Name a tax with --tax, and with --odoo-tax what it is, or --withdraw.", field="tax")


def _key(items: list[dict[str, Any]], label: str) -> str:
    found = [one["key"] for one in items if label in (one["label"], one["key"])]
    if len(found) != 1:
        known = "; ".join(one["label"] for one in items) or "none"
        raise InvalidInput(f"The table has no tax of this name. These are there: {known}.", field="tax")
    return found[0]


def _answered(api: Any, path: str, key: str, odoo_tax: str | None, *, withdraw: bool) -> None:
    if withdraw:
        api.post(f"{path}/withdraw", {"key": key})
        return
    done = api.post(f"{path}/confirm", {"key": key, "odoo_id": _id(odoo_tax or "", "odoo_tax")})
    if done["warning"]:
        console.remark(done["warning"])


# -- what is said --------------------------------------------------------------------------------------------------


def _settings(found: dict[str, Any]) -> str:
    lines = [
        f"Company {found['company']}; outcome {found['outcome']}; warehouse {found['warehouse_id'] or 'as in Odoo'}."
    ]
    if not found["saved"]:
        lines.append("Nobody has chosen yet: no order is booked.")
    if found["another"]:
        lines.append("This was chosen for another Odoo: every id has to be chosen anew.")
    for name in _GROUPS:
        lines += [f"{name.capitalize()}:", *(f"  {_need(one)}" for one in found[name])]
    lines.append(f"Taxes to be confirmed: {found['open_taxes']}")
    left = [f"  {one['title']}: {one['sentence']}" for one in found["steps"] if not one["done"]]
    return "\n".join([*lines, *(["Left to do:", *left] if left else ["Nothing is left to do."])])


_ENTRIES = (("invoices", "invoice"), ("credits", "credit note"), ("payments", "payment"))


def _standing(found: dict[str, Any]) -> Iterator[str]:
    yield f"{found['title']}{', booked as ' + found['total'] if found['total'] else ''}"
    for name, word in _ENTRIES:
        yield from (f"  {word} {one['id']}: {one['link']}" for one in found[name])
    if found["ignored"]:
        yield f"  marked as done: {counted(len(found['ignored']), 'refunds')}"
    if found["step"]:
        yield f"  {found['step']}; Odoo has not answered yet"


def _need(one: dict[str, Any]) -> str:
    orders = f" ({counted(one['orders'], 'orders')})" if one["orders"] is not None else ""
    gone = ", gone in Odoo" if one["gone"] else ""
    chosen = f"{one['chosen']}{gone}" if one["chosen"] else "none needed" if one["optional"] else "not chosen"
    proposed = f", proposed {one['proposed']}" if one["proposed"] else ""
    return f"{one['key']}{orders}: {chosen}{proposed}; of {_choices(one['choices'])}"


def _choices(choices: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['id']} {one['name']}" for one in choices) or "none in Odoo"


def _taxes(found: dict[str, Any]) -> Any:
    names = {one["id"]: f"{one['id']} {one['name']}" for one in found["choices"]}
    rows = [
        (one["label"], one["orders"], _state(one), names.get(one["odoo_id"], ""), names.get(one["proposed"], ""))
        for one in found["items"]
    ]
    return console.table(("Tax", "Orders", "State", "In Odoo", "Proposed"), rows, empty="No order has a tax.")


def _state(one: dict[str, Any]) -> str:
    return "changed in Odoo" if one["stale"] else "confirmed" if one["confirmed"] else "to be confirmed"
