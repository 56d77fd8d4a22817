"""What every test may ask for: a database of either kind, a data directory, a port, a browser.

`MOORING_TEST_DATABASES` narrows the kinds of database (`sqlite`, `postgres`, or both with a comma).  A program that is
not installed skips the tests which need it, with the reason printed; with `CI=true` it fails them.
"""

import gc
import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

from mooring.db import migrate
from mooring.db.database import Database
from tests.support import postgres

DATABASES = ("sqlite", "postgres")
OURS = "MOORING_TEST_"
ROOT = Path(__file__).parent
MOST_SECONDS = 240
HEAVY = ("sim", "crash", "browser", "engine", "cli", "security")
"""Folders whose tests take long, the longest first."""
LONGEST = ("test_order_faults.py", "test_stories_one.py", "test_stories_two.py", "test_sync_faults.py")
"""Files that take minutes: none of them may be the last one that everybody waits for."""

gc.set_threshold(20_000, 20, 20)  # by default it looks after 700 new objects, and a schema has a million

# No timed assertion, hypothesis's deadline included. A failure prints what repeats it.
hypothesis.settings.register_profile("mooring", deadline=None, print_blob=True)
hypothesis.settings.load_profile("mooring")


def pytest_configure() -> None:
    """What is set for a Mooring on this machine is not for the tests."""
    for name in [name for name in os.environ if name.startswith("MOORING_") and not name.startswith(OURS)]:
        del os.environ[name]


def pytest_collection_finish() -> None:
    """What has been imported stays: the garbage collector need not look through it in every test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_test_hangs() -> Iterator[None]:
    """Whatever it waits for, a test fails after a while, so that the others have their turn."""

    def too_long(*_: object) -> None:
        raise TimeoutError(f"this test was not done after {MOST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(MOST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, then the files with most tests: a file stays in one process, and a long one that
    comes last would keep all the others waiting."""
    sizes = Counter(item.path for item in items)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (_weight(item.path), item.path not in slow, -sizes[item.path], str(item.path)))


def _weight(path: Path) -> int:
    if path.name in LONGEST:
        return -1
    folder = path.relative_to(ROOT).parts[0]
    return HEAVY.index(folder) if folder in HEAVY else len(HEAVY)


def wanted_databases() -> list[str]:
    wanted = os.environ.get(f"{OURS}DATABASES", ",".join(DATABASES)).split(",")
    unknown = sorted(set(wanted) - set(DATABASES))
    if unknown:
        raise pytest.UsageError(f"MOORING_TEST_DATABASES names {', '.join(unknown)}; it knows {', '.join(DATABASES)}")
    return wanted


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever asks for a database, directly or through other fixtures, runs once on each kind."""
    if "database_kind" in metafunc.fixturenames:
        marks = {"postgres": [pytest.mark.postgres]}
        kinds = [pytest.param(kind, marks=marks.get(kind, [])) for kind in wanted_databases()]
        metafunc.parametrize("database_kind", kinds, indirect=True, scope="session")


def lacking(program: str, package: str) -> None:
    """Skip the test, or fail it where everything has to be installed."""
    reason = f"{program} is not installed: apt-get install {package}"
    if os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[postgres.Cluster]:
    """The server all PostgreSQL tests of this process share; started by the first that asks."""
    folder = postgres.programs()
    if folder is None:
        lacking("PostgreSQL", "postgresql")
    else:
        with postgres.cluster(folder) as running:
            yield running


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgres`."""
    return request.param


@pytest.fixture
def empty_database_url(database_kind: str, data_dir: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database of the test's own, on SQLite and on PostgreSQL in turn."""
    with database(database_kind, data_dir, request, None) as url:
        yield url


@pytest.fixture
def database_url(
    database_kind: str, data_dir: Path, migrated: str, request: pytest.FixtureRequest
) -> Iterator[str]:  # fmt: skip
    """The same with the tables in it, which takes a copy instead of all migrations."""
    with database(database_kind, data_dir, request, migrated) as url:
        yield url


@contextmanager
def database(kind: str, data_dir: Path, request: pytest.FixtureRequest, template: str | None) -> Iterator[str]:
    if kind == "sqlite":
        file = data_dir / "mooring.db"
        if template is not None:
            shutil.copy(template, file)
        yield f"sqlite:///{file}"
        return
    cluster: postgres.Cluster = request.getfixturevalue("postgres_cluster")
    name = cluster.create(template or "template1")
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture(scope="session")
def migrated(
    database_kind: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> str:  # fmt: skip
    """A database to copy: the file, or its name in the cluster."""
    if database_kind == "sqlite":
        file = str(tmp_path_factory.mktemp("migrated") / "mooring.db")
        migrate_once(f"sqlite:///{file}")
        return file
    cluster: postgres.Cluster = request.getfixturevalue("postgres_cluster")
    name = cluster.create()
    migrate_once(cluster.url(name))
    return name


def migrate_once(url: str) -> None:
    db = Database(url)
    migrate.upgrade(db)
    db.close()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty directory that only its owner can read, as Mooring wants its own."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def free_port() -> int:
    """A loopback port that was free a moment ago."""
    return postgres.free_port()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium (as root it needs --no-sandbox)."""
    path = shutil.which("chromium")
    if path is None:
        lacking("Chromium", "chromium")
    return str(path)
