"""Finding what a person named: a project, a store, by id, name or shop domain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from mooring.cli.api import Api
from mooring.errors import InvalidInput, NotFound

Project = Annotated[
    str | None,
    typer.Option("--project", help="Name or id of the project; needed when there are several.", show_default=False),
]
Store = Annotated[str, typer.Argument(help="Shop domain, name or id of the store.", show_default=False)]

Item = dict[str, Any]


def projects(api: Api) -> list[Item]:
    return list(api.every("/projects"))


def project(api: Api, named: str | None) -> Item:
    """The one that was named, or the only one."""
    known = projects(api)
    if not known:
        raise NotFound("There is no project yet. Start Mooring and open its set-up link first.", code="no_project")
    if named is None and len(known) > 1:
        raise InvalidInput(f"There are several projects: {_names(known)}. Choose one with --project.", field="project")
    return known[0] if named is None else _one(known, named, ("id", "name"), "project")


def stores(api: Api, named_project: str | None) -> list[Item]:
    """Of one project, or of all of them."""
    wanted = projects(api) if named_project is None else [project(api, named_project)]
    return [store for one in wanted for store in api.every(f"/projects/{one['id']}/stores")]


def store(api: Api, named: str, named_project: str | None) -> Item:
    return _one(stores(api, named_project), named, ("id", "shop_domain", "name"), "store")


def _one(known: Sequence[Item], named: str, fields: Sequence[str], what: str) -> Item:
    wanted = named.strip().lower()
    found = [item for item in known if wanted in _called(item, fields)]
    if not found:
        raise NotFound(f"There is no {what} called {named}. There {_listing(known)}.", code=f"no_{what}")
    if len(found) > 1:
        ids = ", ".join(str(item["id"]) for item in found)
        raise InvalidInput(f"More than one {what} is called {named}. Use an id: {ids}.", field=what)
    return found[0]


def _called(item: Item, fields: Iterable[str]) -> set[str]:
    names = {str(item[field]).lower() for field in fields if item.get(field)}
    return names | {name.removesuffix(".myshopify.com") for name in names}


def _listing(known: Sequence[Item]) -> str:
    return f"are {_names(known)}" if len(known) > 1 else f"is {_names(known)}" if known else "is none"


def _names(known: Sequence[Item]) -> str:
    return ", ".join(str(item.get("shop_domain") or item.get("name")) for item in known)
