"""What is known of a project's Odoo since its last test, and what its user must be allowed to do there."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from mooring.errors import InvalidInput

APPS = {"sale": "Sales", "account": "Invoicing", "stock": "Inventory"}
"""The apps Mooring works with, by their names in Odoo."""

OLDEST, TESTED = 17, 19
"""Older series are refused; older than 19 speaks JSON-RPC and was never tried."""


class Company(msgspec.Struct, frozen=True):
    id: int
    name: str
    currency: str | None = None


class Right(msgspec.Struct, frozen=True):
    """`allowed`: None where it could not be asked, because its app is not installed. `without`: what will not work."""

    name: str
    label: str
    without: str
    allowed: bool | None


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """`uuid` and `neutralised`: None where this user may not read them, which is normal for anybody but an
    administrator. `companies`: all that this user works for. `kept_at`: when a person last said that this is the right
    database after all."""

    version: str = ""
    major: int = TESTED
    company: Company = Company(0, "")
    companies: tuple[Company, ...] = ()
    apps: dict[str, bool] = {}
    language: str | None = None
    rights: tuple[Right, ...] = ()
    uuid: str | None = None
    neutralised: bool | None = None
    kept_at: datetime | None = None

    @property
    def protocol(self) -> str:
        return protocol_of(self.major)

    @property
    def tested(self) -> bool:
        return self.major >= TESTED

    @property
    def missing(self) -> tuple[Right, ...]:
        return tuple(one for one in self.rights if one.allowed is False)

    @property
    def sees_invoices(self) -> bool:
        """Whether there are any that this user may look at."""
        return bool(self.apps.get("account")) and all(one.name != "invoicing" for one in self.missing)


def protocol_of(major: int) -> str:
    return "json2" if major >= TESTED else "jsonrpc"


# -- what people type ----------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"(https?)://([a-z0-9.\-_]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?", re.ASCII)
_DATABASE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", re.ASCII)
_PORTS = {"http": "80", "https": "443"}
_LONGEST = 200


def parse_address(typed: str) -> str:
    """Scheme, host and port; whatever was copied behind it belongs to a page. Raises `InvalidInput`."""
    text = typed.strip()
    if not text:
        raise InvalidInput("The address of Odoo is required.", field="url")
    scheme, _, rest = (text if "://" in text else f"https://{text}").partition("://")
    found = _ADDRESS.fullmatch(f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}".lower())
    if found is None or int(found[3] or 1) not in range(1, 65536) or len(text) > 2000:
        raise InvalidInput("This is no address of an Odoo. It looks like https://odoo.example.com.", field="url")
    scheme, host, port = found.groups()
    return f"{scheme}://{host}" + (f":{port}" if port and port != _PORTS[scheme] else "")


def parse_database(typed: str) -> str:
    text = typed.strip()
    if not text:
        raise InvalidInput("The name of the database is required.", field="database")
    if not _DATABASE.fullmatch(text) or len(text) > _LONGEST:
        raise InvalidInput(
            "A database's name is made of letters, digits, dots, dashes and underscores.", field="database"
        )
    return text


def parse_login(typed: str) -> str:
    text = typed.strip()
    if not text or len(text) > _LONGEST:
        raise InvalidInput("The login of the Odoo user is required.", field="login")
    return text


def parse_key(typed: str) -> str:
    """It travels in a header: one word of printable letters."""
    text = typed.strip()
    if not text:
        raise InvalidInput("The API key is required.", field="key")
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > _LONGEST:
        raise InvalidInput("This is no API key of Odoo. Copy it once more; it is one word.", field="key")
    return text
