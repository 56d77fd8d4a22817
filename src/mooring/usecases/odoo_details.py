"""What a key opens: version, user, companies, apps, rights, and which database it is. Reads only; no connection needed.

Rights are asked for one by one, because a connector's user should have no more than it needs, and people should see
what will not work before it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mooring.domain.odoo_details import APPS, OLDEST, Company, Details, Right, protocol_of
from mooring.errors import NotTaken, Permanent
from mooring.ports import OdooAccess, OdooVersion
from mooring.usecases.context import App

UUID, NEUTRALISED = "database.uuid", "database.is_neutralized"
"""Parameters that only an administrator may read."""
_NOT_FOR_THIS_USER = frozenset({"odoo_access", "odoo_unknown"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One right: what Odoo is asked, and what is lost without it. `app`: only where this app is installed. `needed`:
    False where Mooring does without."""

    name: str
    model: str
    operations: tuple[str, ...]
    label: str
    without: str
    app: str | None = None


RIGHTS: tuple[Asked, ...] = (
    Asked("contacts_read", "res.partner", ("read",), "Read contacts",
          "Customers cannot be matched with the contacts that are there: nothing is synced."),
    Asked("contacts_create", "res.partner", ("create",), "Create contacts", "New customers do not reach Odoo."),
    Asked("contacts_write", "res.partner", ("write",), "Change contacts", "Changed customers do not reach Odoo."),
    Asked("external_ids_read", "ir.model.data", ("read",), "Read external ids (Access Rights)",
          "Mooring cannot tell which records are its own: nothing is synced, verified, cleared or rebuilt."),
    Asked("external_ids_write", "ir.model.data", ("create", "write"), "Plant external ids (Access Rights)",
          "Contacts, products and orders that are already there cannot be linked."),
    Asked("external_ids_unlink", "ir.model.data", ("unlink",), "Remove external ids (Access Rights)",
          "Clear sync data, Unlink and the delete of a store leave their external ids behind in Odoo."),
    Asked("products", "product.product", ("create", "write"), "Create and change products (Products / Create)",
          "Products and variants do not reach Odoo; those that are there can still be linked."),
    Asked("sales", "sale.order", ("create", "write"), "Create and change orders (Sales / Administrator)",
          "Orders do not reach Odoo.", "sale"),
    Asked("invoicing", "account.move", ("create", "write"), "Make invoices (Accounting / Invoicing)",
          "Orders stay orders: no invoices, payments and credit notes.", "account"),
)  # fmt: skip
DECISIVE = frozenset({"contacts_read", "external_ids_read"})
"""Without one of these nothing is synced at all."""
_ADDRESSES = Asked(
    "addresses", "res.partner", (), "Write addresses below contacts (Accounting / Invoicing)",
    "Odoo refuses contacts below a contact, so customers reach it without their other addresses.", "account",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """`access`: complete, with the user and the company."""

    access: OdooAccess
    details: Details


def version_at(app: App, url: str) -> OdooVersion:
    """Before any key. Raises `NotTaken` naming the address."""
    try:
        found = app.odoo.version(url)
    except Permanent as wrong:
        raise NotTaken(wrong.sentence, field="url", code=wrong.code) from wrong
    if found.major < OLDEST:
        sentence = f"This is Odoo {found.series}. Mooring works with {OLDEST} and later."
        raise NotTaken(sentence, field="url", code="odoo_too_old")
    return found


def read(app: App, access: OdooAccess, version: OdooVersion, company_id: int | None = None) -> Found:
    """Everything the details show. Raises what the key, the login or the company has against it."""
    asking = Asking(app, replace(access, protocol=protocol_of(version.major), company_id=None), version.major)
    user = asking.user()
    company = _chosen(user.companies, company_id or user.company_id)
    asking = replace(asking, access=replace(asking.access, user_id=user.id, company_id=company.id))
    apps = asking.apps()
    details = Details(
        version=version.server, major=version.major, company=company, companies=user.companies, apps=apps,
        language=user.language, rights=asking.rights(apps), uuid=asking.uuid(), neutralised=asking.neutralised(),
    )  # fmt: skip
    return Found(asking.access, details)


@dataclass(frozen=True, slots=True)
class Permitted:
    """What is installed, and what this user may do there."""

    apps: dict[str, bool]
    rights: tuple[Right, ...]


def permitted(app: App, access: OdooAccess, major: int) -> Permitted:
    """As it is now: rights and apps come and go while a connection stays."""
    asking = Asking(app, access, major)
    apps = asking.apps()
    return Permitted(apps, asking.rights(apps))


def _chosen(companies: tuple[Company, ...], wanted: int) -> Company:
    for one in companies:
        if one.id == wanted:
            return one
    raise NotTaken("This Odoo user does not work for that company.", field="company_id", code="odoo_company")


@dataclass(frozen=True, slots=True)
class User:
    id: int
    company_id: int
    companies: tuple[Company, ...]
    language: str | None


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody who may only read. `access` grows as more is known."""

    app: App
    access: OdooAccess
    major: int

    def user(self) -> User:
        id_ = self.app.odoo.sign_in(self.access)
        known = replace(self.access, user_id=id_)
        (row,) = self._read(known, "res.users", [id_], ["login", "company_id", "company_ids", "lang"])
        if str(row["login"]).casefold() != self.access.login.casefold():
            raise NotTaken("This key belongs to another Odoo user.", field="login", code="odoo_login")
        companies = self._companies(known, row["company_ids"])
        return User(id_, int(row["company_id"][0]), companies, row["lang"] or None)

    def _companies(self, access: OdooAccess, ids: list[int]) -> tuple[Company, ...]:
        rows = self._read(access, "res.company", sorted(ids), ["name", "currency_id"])
        return tuple(Company(int(row["id"]), row["name"], _named(row["currency_id"])) for row in rows)

    def _read(self, access: OdooAccess, model: str, ids: list[int], fields: list[str]) -> list[dict[str, Any]]:
        return self.app.odoo.call(access, model, "read", {"fields": fields}, ids=ids, writes=False)

    def apps(self) -> dict[str, bool]:
        domain = [["name", "in", list(APPS)], ["state", "=", "installed"]]
        rows = self.app.odoo.search_read(self.access, "ir.module.module", domain, ["name"])
        there = {row["name"] for row in rows}
        return {name: name in there for name in APPS}

    # -- which database ------------------------------------------------------------------------------------------------

    def uuid(self) -> str | None:
        return or_none(lambda: self._parameter(UUID)) or None

    def neutralised(self) -> bool | None:
        return flag(or_none(lambda: self._parameter(NEUTRALISED)))

    def _parameter(self, key: str) -> Any:
        return self.app.odoo.call(self.access, "ir.config_parameter", "get_param", {"key": key}, writes=False)

    # -- rights --------------------------------------------------------------------------------------------------------

    def rights(self, apps: dict[str, bool]) -> tuple[Right, ...]:
        found = [_right(one, self._allowed(one, apps)) for one in RIGHTS]
        return (*found, _right(_ADDRESSES, self._addresses(apps)))

    def _allowed(self, asked: Asked, apps: dict[str, bool]) -> bool | None:
        if asked.app and not apps.get(asked.app):
            return None
        try:
            return all(self._may(asked.model, operation) for operation in asked.operations)
        except Permanent as refused:
            if refused.code not in _NOT_FOR_THIS_USER:
                raise
            return False if refused.code == "odoo_access" else None

    def _may(self, model: str, operation: str) -> bool:
        """17 knows the question under its older name."""
        if self.major < 18:
            asked = {"operation": operation, "raise_exception": False}
            return bool(self.app.odoo.call(self.access, model, "check_access_rights", asked, writes=False))
        asked = {"operation": operation}
        return bool(self.app.odoo.call(self.access, model, "has_access", asked, ids=[], writes=False))

    def _addresses(self, apps: dict[str, bool]) -> bool | None:
        """Writing a contact below another one reads its credit limit, a field that accounting keeps to itself. Odoo
        leaves out of `fields_get` what a user may not see."""
        if not apps.get("account"):
            return None
        asked = {"allfields": ["credit_limit"], "attributes": ["type"]}
        return bool(self.app.odoo.call(self.access, "res.partner", "fields_get", asked, writes=False))


def _right(asked: Asked, allowed: bool | None) -> Right:
    return Right(asked.name, asked.label, asked.without, allowed)


def _named(reference: Any) -> str | None:
    """A many2one is `[id, name]`, or False."""
    return reference[1] if reference else None


def or_none(ask: Callable[[], Any]) -> Any:
    """None for what this user may not see, or what this Odoo does not have."""
    try:
        return ask()
    except Permanent as refused:
        if refused.code not in _NOT_FOR_THIS_USER:
            raise
        return None


def flag(told: Any) -> bool | None:
    """A parameter as a yes or no. An unset one means no; one that may not be read means that nobody knows."""
    return None if told is None else str(told).lower() in ("true", "1")
