"""Every statement on a store's records names the store, so that no store's rows are read or changed for another's."""

import ast
from collections.abc import Iterable, Iterator

import pytest
from sqlalchemy import Table

from mooring.db.tables import records
from tests.architecture.sources import Source, absolute, dotted, sources

TABLE_HOME = "mooring.db.tables"
STATEMENTS = frozenset({"select", "insert", "update", "delete", "exists"})
RECORDS = frozenset(name for name, one in vars(records).items() if isinstance(one, Table) and "store_id" in one.c)
# Functions that rightly look across stores, and why.
ACROSS_STORES: dict[tuple[str, str], str] = {}


def nameless_statements(source: Source) -> Iterable[str]:
    """Functions which build a statement on a table of records and never say `store_id`."""
    known = record_names(source)
    for function in functions(source):
        found = [call for call in ast.walk(function) if isinstance(call, ast.Call) and is_statement_on(call, known)]
        if found and not names_the_store(function) and (source.place, function.name) not in ACROSS_STORES:
            yield source.at(found[0], f"{function.name} works on a store's records without naming the store")


def functions(source: Source) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef))


def record_names(source: Source) -> frozenset[str]:
    """What the tables of records are called here."""
    names = {f"tables.{name}" for name in RECORDS} | {f"tables.records.{name}" for name in RECORDS}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and absolute(source, node).startswith(TABLE_HOME):
            names |= {alias.asname or alias.name for alias in node.names if alias.name in RECORDS}
    return frozenset(names)


def is_statement_on(call: ast.Call, known: frozenset[str]) -> bool:
    """`select(customers.c.name)`, `sa.update(customers)`, `customers.delete()`."""
    where, _, verb = dotted(call.func).rpartition(".")
    if verb not in STATEMENTS:
        return False
    return where in known or any(is_of(dotted(argument), known) for argument in call.args)


def is_of(name: str, known: frozenset[str]) -> bool:
    return name in known or any(name.startswith(f"{table}.c.") for table in known)


def names_the_store(function: ast.FunctionDef) -> bool:
    """As a column, a variable or an argument."""
    said = (getattr(node, part, None) for node in ast.walk(function) for part in ("attr", "id", "arg"))
    return "store_id" in said


def test_the_tables_of_records_are_known() -> None:
    assert {"customers", "orders", "order_lines", "products", "variants", "collections"} <= RECORDS


def test_every_statement_names_the_store() -> None:
    assert [finding for source in sources("mooring") for finding in nameless_statements(source)] == []


FUNCTION = """
import sqlalchemy as sa
from sqlalchemy import select, delete
from mooring.db.tables import customers as people
def find(connection):
    return connection.execute({body})
"""


@pytest.mark.parametrize(
    "body",
    [
        "select(people).where(people.c.hub_id == 1)",
        "select(people.c.email)",
        "sa.update(people).values(email=None)",
        "people.delete()",
        "delete(people).where(people.c.shopify_id == 5)",
    ],
)
def test_a_planted_statement_is_found(body: str) -> None:
    source = Source("src/mooring/db/customers.py", FUNCTION.format(body=body))
    assert len(list(nameless_statements(source))) == 1


@pytest.mark.parametrize(
    "body",
    [
        "select(people).where(people.c.store_id == store)",
        "sa.insert(people).values(store_id=1)",
        "select(stores).where(stores.c.id == 1)",
        "people.keys()",
    ],
)
def test_a_lawful_statement_passes(body: str) -> None:
    source = Source("src/mooring/db/customers.py", FUNCTION.format(body=body))
    assert list(nameless_statements(source)) == []
