"""Clock, randomness and ids come from app.py, so that tests can move the clock and a seed can replay a run."""

import ast
from collections.abc import Iterable, Iterator

import pytest

from tests.architecture.sources import Source, dotted, imports, sources

SOURCES_OF_CHANCE = frozenset({"random", "secrets", "uuid"})
CLOCKS = frozenset(
    {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "time.time",
        "time.time_ns",
        "time.localtime",
        "time.gmtime",
    }
)
DICE = frozenset({"os.urandom"})
# Where the rule does not hold, and why.
ALLOWED = {
    "src/mooring/app.py": "the composition root picks the real clock and the real ids",
    "src/mooring/vault.py": "a nonce and a key must never be predictable, not even in a test",
}
SANDBOX_ALLOWED = {
    "src/mooring_sandbox/clock.py": "the one clock of the sandbox, which tests move",
}


def uses_of_chance(source: Source) -> Iterable[str]:
    if source.place in ALLOWED:
        return
    for node, name in imports(source):
        if name.partition(".")[0] in SOURCES_OF_CHANCE:
            yield source.at(node, f"{name}: randomness and ids come from app.py")
    for node, name in readings(source, CLOCKS | DICE):
        yield source.at(node, f"{name}: the clock and all chance come from app.py")


def readings_of_the_clock(source: Source) -> Iterable[str]:
    if source.place not in SANDBOX_ALLOWED:
        yield from (source.at(node, f"{name}: the sandbox has one clock") for node, name in readings(source, CLOCKS))


def readings(source: Source, calls: frozenset[str]) -> Iterator[tuple[ast.AST, str]]:
    """Where `datetime.datetime.now` and its like are used, under whatever name the import gave them."""
    names = {local: name for node, name in imports(source) for local in bound(node, name)}
    for node in ast.walk(source.tree):
        start, _, rest = dotted(node).partition(".")
        full = ".".join(filter(None, (names.get(start, ""), rest)))
        if start in names and ".".join(full.split(".")[-2:]) in calls:
            yield node, full


def bound(node: ast.AST, name: str) -> list[str]:
    """The names under which an import makes `name` known."""
    aliases = node.names if isinstance(node, ast.Import | ast.ImportFrom) else []
    return [alias.asname or alias.name for alias in aliases if name.endswith(alias.name)]


def test_mooring_takes_chance_from_its_root() -> None:
    assert [finding for source in sources("mooring") for finding in uses_of_chance(source)] == []


def test_the_sandbox_has_one_clock() -> None:
    assert [finding for source in sources("mooring_sandbox") for finding in readings_of_the_clock(source)] == []


@pytest.mark.parametrize(
    "text",
    [
        "import random",
        "from uuid import uuid4",
        "def late():\n    import secrets",
        "from datetime import datetime, UTC\nat = datetime.now(UTC)",
        "from datetime import datetime as moment\nclock = moment.now",
        "import datetime\nat = datetime.datetime.now()",
        "import datetime as dt\nday = dt.date.today()",
        "import time\nat = time.time()",
        "from time import time\nat = time()",
        "import os\nnonce = os.urandom(12)",
    ],
)
def test_a_planted_use_is_found(text: str) -> None:
    assert len(list(uses_of_chance(Source("src/mooring/usecases/connect.py", text)))) == 1
    assert list(uses_of_chance(Source("src/mooring/app.py", text))) == []


def test_a_second_clock_in_the_sandbox_is_found() -> None:
    text = "import time\nfrom os import urandom\nkey, at = urandom(3), time.time()"
    assert len(list(readings_of_the_clock(Source("src/mooring_sandbox/shopify/bulk.py", text)))) == 1
    assert list(readings_of_the_clock(Source("src/mooring_sandbox/clock.py", text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\nat = datetime.fromisoformat(text)",
        "import time\nstarted = time.monotonic()",
        "at = app.clock.now()",
        "time = record.time\nat = time.time()",
    ],
)
def test_a_lawful_use_passes(text: str) -> None:
    assert list(uses_of_chance(Source("src/mooring/usecases/connect.py", text))) == []
