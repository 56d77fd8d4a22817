"""The tests' own databases: really of the kind they say, empty, and apart from each other."""

import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from tests.support import postgres


@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_gets_an_empty_database(database_url: str, database_kind: str, round_: int) -> None:
    statements = ("CREATE TABLE mark (id INTEGER)", "SELECT count(*) FROM mark")
    if database_kind == "sqlite":
        connection = sqlite3.connect(database_url.removeprefix("sqlite:///"))
    else:
        connection = psycopg.connect(database_url)
    try:
        connection.execute(statements[0])
        assert connection.execute(statements[1]).fetchone() == (0,)
    finally:
        connection.close()


@pytest.mark.postgres
def test_a_database_is_copied_from_a_template(postgres_cluster: postgres.Cluster) -> None:
    template = postgres_cluster.create()
    with psycopg.connect(postgres_cluster.url(template)) as connection:
        connection.execute("CREATE TABLE mark AS SELECT 'Zoë' AS name")
    copy = postgres_cluster.create(template)
    with psycopg.connect(postgres_cluster.url(copy)) as connection:
        assert connection.execute("SELECT upper(name) FROM mark").fetchone() == ("ZOË",)
    for name in (copy, template):
        postgres_cluster.drop(name)


KILLED_WHILE_SERVING = """
import os, signal, sys
from tests.support import postgres
with postgres.cluster(postgres.programs(), sys.argv[1]) as running:
    print(running.url("postgres"), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.postgres
@pytest.mark.crash
def test_the_cluster_dies_with_its_process(postgres_cluster: postgres.Cluster) -> None:
    """Killed tests must not leave servers behind."""
    root = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as base:
        Path(base).chmod(0o755)
        command = [sys.executable, "-c", KILLED_WHILE_SERVING, base]
        killed = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert refuses_in_the_end(killed.stdout.strip())


def refuses_in_the_end(address: str) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            psycopg.connect(address, connect_timeout=1).close()
        except psycopg.OperationalError as failure:
            if "refused" in str(failure):
                return True
        time.sleep(0.05)
    return False
