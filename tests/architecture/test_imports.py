"""Who may import whom: pure rules in the middle, use cases around them, adapters and shells outside."""

import sys
from collections.abc import Iterable

import pytest

from tests.architecture.sources import PACKAGES, Source, imports, sources

# The top of each part of src/mooring, and the other parts it may import. A new part has to be given its place here.
EVERYTHING = frozenset({"*"})
PURE = frozenset({"domain", "errors"})
VERBS = PURE | {"ports", "db", "usecases", "settings"}
SHELL = VERBS | {"app", "log"}
MAY_IMPORT: dict[str, frozenset[str]] = {
    "errors": frozenset(),
    "domain": PURE,
    "ports": PURE,
    "log": PURE,
    "settings": PURE,
    "http": PURE | {"ports"},
    "vault": PURE | {"ports"},
    "receipts": PURE | {"ports"},
    "mail": PURE | {"ports"},
    "outgoing": PURE | {"ports", "http"},
    "shopify": PURE | {"ports", "http"},  # http is the one HTTP client: adapters speak through it
    "odoo": PURE | {"ports", "http"},
    "db": PURE | {"ports"},
    "usecases": VERBS,
    "engine": SHELL,
    "no_engine": PURE,
    "web": SHELL,
    "cli": SHELL | {"web", "engine"},  # `mooring serve` starts both
    "app": EVERYTHING,
}

FRAMEWORKS = frozenset({"litestar", "starlette", "uvicorn", "jinja2", "typer", "rich", "click"})
CLIENTS = frozenset({"httpx", "httpx2", "aiohttp", "requests", "urllib3"})
DRIVERS = frozenset({"sqlalchemy", "alembic", "sqlite3", "psycopg", "psycopg_pool"})
# Packages from outside that a part may not use.
MAY_NOT_USE: dict[str, frozenset[str]] = {
    "usecases": FRAMEWORKS | CLIENTS | {"psycopg", "psycopg_pool", "sqlite3", "cryptography"},
    "ports": FRAMEWORKS | CLIENTS | DRIVERS,
    "db": FRAMEWORKS | CLIENTS,
    "shopify": FRAMEWORKS | DRIVERS,
    "odoo": FRAMEWORKS | DRIVERS,
    "vault": FRAMEWORKS | CLIENTS | DRIVERS,
    "mail": FRAMEWORKS | CLIENTS | DRIVERS,
    "outgoing": FRAMEWORKS | CLIENTS | DRIVERS,
    "receipts": FRAMEWORKS | CLIENTS | DRIVERS,
    "http": FRAMEWORKS | DRIVERS,
    "web": CLIENTS | DRIVERS,
    "cli": DRIVERS,
}
# The pure middle uses msgspec and the standard library, but none of the doors to the outside world.
PURE_LIBRARIES = frozenset({"msgspec", *sys.stdlib_module_names})
IMPURE = frozenset(
    [
        "asyncio",
        "concurrent",
        "http",
        "io",
        "multiprocessing",
        "os",
        "pathlib",
        "queue",
        "random",
        "secrets",
        "select",
        "selectors",
        "shutil",
        "signal",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "urllib",
        "uuid",
        "logging",
    ]
)
PURE_PARTS_OF_IMPURE = frozenset({"urllib.parse", "sys.byteorder"})

# The stand-in shares no code with Mooring, so that a mistake cannot sit on both sides. The one bridge: the commands
# `mooring sandbox` and `mooring demo` start it.
BRIDGE_FROM = "mooring.cli"
BRIDGE_TO = "mooring_sandbox.cli.run"


def inner_violations(source: Source) -> Iterable[str]:
    """Imports inside mooring that go against the arrows."""
    part = part_of(source.module)
    if part is None:
        return
    if part not in MAY_IMPORT:
        yield f"{source.place}:1: has no place in the house; give it one in MAY_IMPORT and docs/architecture.md"
        return
    allowed = MAY_IMPORT[part] | {part}
    for node, name in imports(source):
        other = part_of(name)
        if other is not None and other not in allowed and allowed.isdisjoint(EVERYTHING):
            yield source.at(node, f"{part} may not import {other} ({name})")


def part_of(module: str) -> str | None:
    """`db` for mooring.db.stores; None outside mooring, and for its own facts such as __version__."""
    top, _, rest = module.partition(".")
    part = rest.partition(".")[0]
    return part if top == "mooring" and part and not part.startswith("__") else None


def outer_violations(source: Source) -> Iterable[str]:
    """Libraries in a part that must not know them."""
    part = part_of(source.module) or ""
    for node, name in imports(source):
        library = name.partition(".")[0]
        if library in MAY_NOT_USE.get(part, ()) or (part == "domain" and not is_pure(name)):
            yield source.at(node, f"{part} may not use {name}")
        if library == "dbos" and source.place != "src/mooring/engine.py":
            yield source.at(node, "only engine.py imports dbos")


def is_pure(name: str) -> bool:
    library = name.partition(".")[0]
    if library in PACKAGES or any(name == part or name.startswith(f"{part}.") for part in PURE_PARTS_OF_IMPURE):
        return True
    return library in PURE_LIBRARIES and library not in IMPURE


def crossings(source: Source) -> Iterable[str]:
    """Imports between Mooring and its sandbox."""
    own = source.module.partition(".")[0]
    for node, name in imports(source):
        other = name.partition(".")[0]
        if other in PACKAGES and other != own and not is_bridge(source.module, name):
            yield source.at(node, f"{own} may not import {name}")


def is_bridge(module: str, name: str) -> bool:
    return name == BRIDGE_TO and (module == BRIDGE_FROM or module.startswith(f"{BRIDGE_FROM}."))


@pytest.mark.parametrize("rule", [inner_violations, outer_violations, crossings])
def test_every_import_follows_the_arrows(rule) -> None:
    assert [finding for package in PACKAGES for source in sources(package) for finding in rule(source)] == []


@pytest.mark.parametrize(
    ("rule", "place", "text"),
    [
        (inner_violations, "mooring/domain/plan.py", "from mooring.db import stores"),
        (inner_violations, "mooring/domain/plan.py", "from ..ports import Clock"),
        (inner_violations, "mooring/domain/__init__.py", "from .. import ports"),
        (inner_violations, "mooring/usecases/connect.py", "from mooring.shopify.oauth import exchange"),
        (inner_violations, "mooring/usecases/connect.py", "def late():\n    import mooring.web.app"),
        (inner_violations, "mooring/usecases/connect.py", "from mooring import vault"),
        (inner_violations, "mooring/shopify/client.py", "from mooring.db.stores import move"),
        (inner_violations, "mooring/db/stores.py", "from mooring.usecases import delete"),
        (inner_violations, "mooring/web/pages/stores.py", "from mooring.shopify import client"),
        (inner_violations, "mooring/web/app.py", "from mooring.cli import main"),
        (inner_violations, "mooring/errors.py", "from mooring.domain import kinds"),
        (inner_violations, "mooring/helpers.py", ""),
        (outer_violations, "mooring/domain/plan.py", "import time"),
        (outer_violations, "mooring/domain/plan.py", "from urllib.request import urlopen"),
        (outer_violations, "mooring/domain/plan.py", "import sqlalchemy"),
        (outer_violations, "mooring/usecases/connect.py", "from litestar import get"),
        (outer_violations, "mooring/usecases/connect.py", "import httpx2"),
        (outer_violations, "mooring/web/pages/stores.py", "from sqlalchemy import select"),
        (outer_violations, "mooring/shopify/client.py", "from dbos import DBOS"),
        (crossings, "mooring_sandbox/shopify/state.py", "from mooring.domain.kinds import Kind"),
        (crossings, "mooring/shopify/client.py", "import mooring_sandbox"),
        (crossings, "mooring/cli/demo.py", "from mooring_sandbox.shopify.server import create"),
        (crossings, "mooring/usecases/connect.py", "from mooring_sandbox.cli import run"),
    ],
)
def test_a_planted_import_is_found(rule, place: str, text: str) -> None:
    assert len(list(rule(Source(f"src/{place}", text)))) == 1


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("mooring/domain/signing.py", "import hmac\nfrom urllib.parse import parse_qsl\nimport msgspec"),
        ("mooring/domain/plan.py", "from .records import Customer\nfrom ..errors import Refused"),
        ("mooring/usecases/connect.py", "from mooring import __version__, ports\nfrom mooring.db import stores"),
        ("mooring/engine.py", "from dbos import DBOS"),
        ("mooring/app.py", "from mooring.shopify.client import Client\nimport mooring.engine"),
        ("mooring/cli/demo.py", "def demo():\n    from mooring_sandbox.cli import run"),
    ],
)
def test_a_lawful_import_passes(place: str, text: str) -> None:
    source = Source(f"src/{place}", text)
    assert [*inner_violations(source), *outer_violations(source), *crossings(source)] == []
