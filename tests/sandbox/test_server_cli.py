"""`mooring sandbox` as a process: what it prints, how it refuses, that it stops cleanly and remembers."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.certificates import self_signed

pytestmark = pytest.mark.slow
RUN = "import sys; from mooring_sandbox.cli import run; sys.exit(run(sys.argv[1:]))"
SMALL = ("--customers", "3", "--orders", "2", "--products", "2")


def start(data: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, "--data", str(data), *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@contextlib.contextmanager
def running(data: Path, *more: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    process = start(data, "--port", "0", "--json", *SMALL, *more)
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line, process.communicate(timeout=20)[1]
        yield json.loads(line), process
    finally:
        process.kill()
        process.communicate(timeout=20)


def refused(data: Path, *more: str) -> tuple[int, str]:
    process = start(data, *more)
    _, said = process.communicate(timeout=60)
    return process.returncode, said.strip()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_one_object_serves_and_stops_cleanly(tmp_path: Path, number: signal.Signals):
    with running(tmp_path, "--shop", "harbour", "--shop", "quayside") as (facts, process):
        assert [shop["domain"] for shop in facts["shops"]] == ["harbour.myshopify.com", "quayside.myshopify.com"]
        counted = httpx.get(f"{facts['control']}/shops/quayside", trust_env=False).json()["records"]
        assert (counted["Customer"], counted["Order"], counted["Product"]) == (3, 2, 2)
        process.send_signal(number)
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "")


def test_a_restart_is_the_same_store_with_the_same_credentials_and_the_same_clock(tmp_path: Path):
    with running(tmp_path) as (first, process):
        httpx.post(f"{first['control']}/clock", json={"advance": 864000}, trust_env=False)
        process.terminate()
        process.communicate(timeout=20)
    with running(tmp_path, "--redirect", "https://app.example.com/back") as (again, _):
        assert again["app"] == first["app"] | {"redirect_uris": ["https://app.example.com/back"]}
        now = httpx.get(f"{again['control']}/clock", trust_env=False).json()["now"]
        assert datetime.fromisoformat(now) - datetime.now(UTC) > timedelta(days=9)


def test_a_taken_port_gets_a_sentence(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused(tmp_path, "--port", str(port)) == (
            1,
            f"port {port} is taken: choose another with --port, or 0 for a free one",
        )


def test_a_directory_in_use_gets_a_sentence(tmp_path: Path):
    with running(tmp_path) as (_, process):
        code, said = refused(tmp_path, "--port", "0")
        assert (code, said) == (3, f"{tmp_path} is in use by another sandbox (process {process.pid})")


def test_other_bad_input_gets_a_sentence(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("x")
    assert refused(file, "--port", "0") == (1, f"{file} is a file, not a directory")
    code, said = refused(tmp_path / "a", "--port", "0", "--shop", "no good")
    assert code == 1 and "is no shop name" in said
    code, said = refused(tmp_path / "b", "--port", "0", "--public-url", "example.com")
    assert code == 1 and "must begin with http" in said
    code, said = refused(tmp_path / "c", "--port", "0", "--tls", str(tmp_path / "none.pem"), str(file))
    assert code == 1 and said.startswith("there is no certificate file")
    code, said = refused(tmp_path / "d", "--port", "0", "--tls", str(file), str(file))
    assert code == 1 and "no certificate with its key" in said
    assert refused(tmp_path / "e", "--port", "many")[0] == 2


def test_https_with_a_given_certificate_by_host(tmp_path: Path):
    certificate, key = self_signed(tmp_path, "harbour.myshopify.com")
    with running(tmp_path / "data", "--shop", "harbour", "--tls", str(certificate), str(key)) as (facts, _):
        assert facts["url"].startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(certificate))
        with httpx.Client(verify=trusting, trust_env=False) as http:
            answer = http.get(
                f"{facts['url']}/admin/shop.json",
                headers={"Host": "harbour.myshopify.com"},
                extensions={"sni_hostname": "harbour.myshopify.com"},
            )
        assert answer.status_code == 401 and "Invalid API key" in answer.json()["errors"]


@pytest.mark.parametrize("after", [0.4, 0.8, 1.2, 1.6])
def test_a_signal_is_obeyed_at_any_moment_of_the_start(tmp_path: Path, after: float):
    process = start(tmp_path, "--port", "0", "--json", *SMALL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=after)
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode in (0, -signal.SIGTERM)
