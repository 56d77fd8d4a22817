"""A Sandbox Odoo in a process of its own, as slow as the measured one."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

_SERVE = """
import json, sys
from pathlib import Path
from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo import server
app = server.create(Clock(), data=Path(sys.argv[1]), database="first")
with server.run_in_thread(app) as url:
    print(json.dumps({"url": url}), flush=True)
    sys.stdin.read()
"""


@dataclass
class OdooProcess:
    url: str
    http: httpx.Client

    def database(self, name: str) -> str:
        """A new one; the key of its administrator."""
        self._control("POST", "/databases", name=name)
        return self._control("POST", f"/databases/{name}/keys")["key"]

    def partners(self, name: str) -> int:
        found = [one for one in self._control("GET", "/databases") if one["name"] == name]
        return found[0]["partners"]

    def replay(self, name: str, key: str, noted: Iterable[tuple[str, bytes]]) -> None:
        """The very same requests, one after the other, and nothing between them."""
        headers = {"Authorization": f"bearer {key}", "X-Odoo-Database": name, "Content-Type": "application/json"}
        for path, body in noted:
            answer = self.http.post(self.url + path, content=body, headers=headers)
            found = answer.json()
            if answer.status_code != 200 or (isinstance(found, dict) and found.get("ids") is False):
                raise SystemExit(f"the bare loop was refused at {path}: {answer.text[:300]}")

    def _control(self, verb: str, path: str, **body: Any) -> Any:
        answer = self.http.request(verb, f"{self.url}/_sandbox{path}", json=body or None)
        answer.raise_for_status()
        return answer.json()


@contextlib.contextmanager
def odoo(folder: Path) -> Iterator[OdooProcess]:
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        with httpx.Client(timeout=600, trust_env=False) as http:
            yield OdooProcess(facts["url"], http)
    finally:
        process.terminate()
        process.wait(30)
