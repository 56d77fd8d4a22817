"""`mooring odoo orders rules`: which orders of a store are synced."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.domain.wording import counted

Several = list[str] | None


class Condition(StrEnum):
    """Of a rule, as its option is called."""

    FINANCIAL = "financial"
    FULFILMENT = "fulfilment"
    SOURCE = "source"
    TAG = "tag"
    WITHOUT_TAG = "without-tag"
    ATTRIBUTE = "attribute"
    PREFIX = "prefix"
    SINCE = "since"
    UNTIL = "until"


_EMPTY: dict[Condition, tuple[str, Any]] = {
    Condition.FINANCIAL: ("financial", []),
    Condition.FULFILMENT: ("fulfilment", []),
    Condition.SOURCE: ("sources", []),
    Condition.TAG: ("tags_any", []),
    Condition.WITHOUT_TAG: ("tags_none", []),
    Condition.ATTRIBUTE: ("attributes", []),
    Condition.PREFIX: ("prefix", ""),
    Condition.SINCE: ("since", None),
    Condition.UNTIL: ("until", None),
}
"""What takes everything."""
_ANY = f"Drop a condition: {', '.join(Condition)}. May be repeated."


def rules(
    store: Store,
    financial: Annotated[Several, typer.Option(help="Payment status, as in PAID. May be repeated.")] = None,
    fulfilment: Annotated[Several, typer.Option(help="Fulfilment status, as in FULFILLED. May be repeated.")] = None,
    source: Annotated[Several, typer.Option(help="Where it came from, as in web. May be repeated.")] = None,
    tag: Annotated[Several, typer.Option(help="Has one of these tags. May be repeated.")] = None,
    without_tag: Annotated[Several, typer.Option(help="Has none of these tags. May be repeated.")] = None,
    attribute: Annotated[Several, typer.Option(help="Has this note attribute: NAME, or NAME=VALUE.")] = None,
    prefix: Annotated[str | None, typer.Option(help="What its name begins with.", show_default=False)] = None,
    since: Annotated[str | None, typer.Option(help="Processed on this day or later.", show_default=False)] = None,
    until: Annotated[str | None, typer.Option(help="Processed before this day.", show_default=False)] = None,
    test_orders: Annotated[bool | None, typer.Option(help="Take test orders too.", show_default=False)] = None,
    anything: Annotated[list[Condition] | None, typer.Option("--any", help=_ANY, show_default=False)] = None,
    look: Annotated[bool, typer.Option("--preview", help="Only say what the rule would take.")] = False,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm", metavar="TOKEN", help="Confirms the preview this was printed with.", show_default=False
        ),
    ] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Show which orders of a store are synced; or change it. What is not named stays. A rule that takes more orders
    than before is saved with the token of its preview."""
    wish = {
        "financial": financial, "fulfilment": fulfilment, "sources": source, "tags_any": tag, "tags_none": without_tag,
        "attributes": [_attribute(one) for one in attribute] if attribute else None, "prefix": prefix, "since": since,
        "until": until, "test_orders": test_orders,
    }  # fmt: skip
    changes = {name: told for name, told in wish.items() if told is not None} | _dropped(anything or [])
    with reach.mooring() as api:
        path = f"/stores/{choosing.store(api, store, project)['id']}/odoo/orders/rules"
        found = api.get(path)
        rule = found["rule"] | changes
        if look:
            shown = api.post(f"{path}/preview", rule)
            return console.show(shown, json=json, text=_previewed(shown))
        if changes:
            found = api.put(path, {"rule": rule, "token": confirm})
    return console.show(found, json=json, text=_rule(found))


# -- what is typed -------------------------------------------------------------------------------------------------


def _attribute(text: str) -> dict[str, str | None]:
    key, equals, value = text.partition("=")
    return {"key": key, "value": value if equals else None}


def _dropped(names: list[Condition]) -> dict[str, Any]:
    return dict(_EMPTY[one] for one in names)


# -- what is said --------------------------------------------------------------------------------------------------


def _rule(found: dict[str, Any]) -> str:
    lines = [f"  {name}: {_said(told)}" for name, told in found["rule"].items() if told not in (None, "", [])]
    return "\n".join(["The saved rule:" if found["saved"] else "The default rule:", *lines])


def _said(told: Any) -> str:
    if not isinstance(told, list):
        return str(told)
    return ", ".join(_attribute_said(one) if isinstance(one, dict) else str(one) for one in told)


def _attribute_said(one: dict[str, Any]) -> str:
    return one["key"] if one["value"] is None else f"{one['key']}={one['value']}"


def _previewed(shown: dict[str, Any]) -> str:
    years = [f"  {one['label']}: {_taken(one['taken'])}, {one['more']['count']:,} more" for one in shown["years"]]
    return "\n".join([shown["sentence"], *years])


def _taken(taken: dict[str, Any]) -> str:
    money = ", ".join(f"{amount} {currency}" for currency, amount in taken["money"].items())
    return f"{counted(taken['count'], 'orders')} ({money})" if money else counted(taken["count"], "orders")
