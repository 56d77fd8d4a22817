"""One file moves stores (db/stores.py), by one table of moves (domain/lifecycle.py)."""

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from tests.architecture.sources import Source, absolute, dotted, sources

WRITER = "src/mooring/db/stores.py"
LIFECYCLE = "src/mooring/domain/lifecycle.py"
TABLE_HOME = "mooring.db.tables"
WRITES = ("insert", "update")
RAW_WRITE = re.compile(
    r"\binsert\s+(or\s+\w+\s+)?into\s+\"?stores\b|\bupdate\s+\"?stores\b\"?\s+set\b[^;]*\bstate\s*=", re.I | re.S
)


def state_writes(source: Source) -> Iterable[str]:
    """Statements outside the writer that set, or could set, the state of a store.

    An INSERT always does. An UPDATE is fine when its values are spelled out and `state` is not among them.
    """
    if source.place == WRITER or source.place.startswith("src/mooring/db/migrations/"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and RAW_WRITE.search(node.value):
            yield source.at(node, "only db/stores.py writes the state of a store (raw SQL)")
    for statement in statements_on_stores(source):
        if could_set_state(statement):
            yield source.at(statement[0], "only db/stores.py writes the state of a store")


def statements_on_stores(source: Source) -> Iterator[list[ast.Call]]:
    """Each `update(stores)….values(…)…` as its calls, innermost first."""
    names = table_names(source)
    parents = {child: node for node in ast.walk(source.tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and begins_a_write(node, names):
            yield chain_from(node, parents)


def table_names(source: Source) -> set[str]:
    """What the table of stores is called here; a *module* named stores is another thing."""
    names = {"tables.stores"}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and absolute(source, node).startswith(TABLE_HOME):
            names |= {alias.asname or alias.name for alias in node.names if alias.name == "stores"}
    return names


def begins_a_write(call: ast.Call, names: set[str]) -> bool:
    """`update(stores)`, `sa.update(stores)` or `stores.update()`."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in WRITES and dotted(call.func.value) in names:
        return True
    on_table = bool(call.args) and dotted(call.args[0]) in names
    return on_table and dotted(call.func).rpartition(".")[2] in WRITES


def chain_from(call: ast.Call, parents: dict[ast.AST, ast.AST]) -> list[ast.Call]:
    calls = [call]
    while isinstance(attribute := parents.get(calls[-1]), ast.Attribute):
        if not isinstance(outer := parents.get(attribute), ast.Call):
            break
        calls.append(outer)
    return calls


def could_set_state(calls: list[ast.Call]) -> bool:
    if dotted(calls[0].func).rpartition(".")[2] == "insert":
        return True
    values = [call for call in calls[1:] if isinstance(call.func, ast.Attribute) and call.func.attr == "values"]
    return not values or any("state" in keys(call) or None in keys(call) for call in values)


def keys(call: ast.Call) -> list[str | None]:
    """The columns that `.values(…)` names; None for what cannot be read here (a variable, a `**`)."""
    found = [keyword.arg for keyword in call.keywords]
    for argument in call.args:
        named = argument.keys if isinstance(argument, ast.Dict) else [None]
        found += [str(key.value) if isinstance(key, ast.Constant) else None for key in named]
    return found


def state_pairs(source: Source) -> Iterable[str]:
    """Expressions that know two states at once: a second table of moves in the making."""
    if source.place == LIFECYCLE:
        return
    for node in ast.walk(source.tree):
        states = {name for part in together(node) if (name := dotted(part)).startswith(("State.", "lifecycle.State."))}
        if len(states) > 1:
            named = ", ".join(sorted(states))
            yield source.at(node, f"only domain/lifecycle.py knows several states; name this set there ({named})")


def together(node: ast.AST) -> list[ast.AST]:
    """The parts that one expression puts side by side."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return [*node.elts]
    if isinstance(node, ast.Dict):
        return [part for part in (*node.keys, *node.values) if part is not None]
    if isinstance(node, ast.Call):
        return [*node.args, *(keyword.value for keyword in node.keywords)]
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return []


@pytest.mark.parametrize("rule", [state_writes, state_pairs])
def test_only_one_file_moves_stores(rule) -> None:
    assert [finding for source in sources("mooring") for finding in rule(source)] == []


IMPORT = "from sqlalchemy import update, insert\nfrom mooring.db.tables.stores import stores as cards\n"


@pytest.mark.parametrize(
    "text",
    [
        IMPORT + "update(cards).where(cards.c.id == 1).values(state='deleted')",
        IMPORT + "update(cards).values({'state': 'deleted'})",
        IMPORT + "update(cards).values(changes)",
        IMPORT + "update(cards).values(reason=None, **changes)",
        IMPORT + "db.execute(update(cards), {'state': 'deleted'})",
        IMPORT + "cards.update().values(state='deleted')",
        IMPORT + "db.execute(insert(cards).values(id=1))",
        "import sqlalchemy as sa\nfrom mooring.db import tables\nsa.insert(tables.stores)",
        "db.execute('UPDATE stores SET reason = 1, state = 2 WHERE id = 3')",
        "db.execute('INSERT INTO stores (id) VALUES (1)')",
    ],
)
def test_a_planted_write_is_found(text: str) -> None:
    assert len(list(state_writes(Source("src/mooring/usecases/connect.py", text)))) == 1


@pytest.mark.parametrize(
    "text",
    [
        IMPORT + "update(cards).values(reason='x', checked_at=1).where(cards.c.state == 'connected')",
        "from mooring.db import stores\nstores.update(db, changes)",
        IMPORT + "from mooring.db.tables.operations import operations\nupdate(operations).values(state='done')",
        "'please update stores when the state = 1 changes'",
    ],
)
def test_a_lawful_write_passes(text: str) -> None:
    assert list(state_writes(Source("src/mooring/db/operations.py", text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "MOVES = {(State.CONNECTING, State.CONNECTED)}",
        "MOVES = {State.CONNECTING: State.CONNECTED}",
        "move(store, State.CONNECTING, to=State.CONNECTED)",
        "x = lifecycle.State.CONNECTED if ready else lifecycle.State.CONNECTING",
    ],
)
def test_a_planted_pair_is_found(text: str) -> None:
    assert len(list(state_pairs(Source("src/mooring/usecases/connect.py", text)))) == 1
    assert list(state_pairs(Source(LIFECYCLE, text))) == []
