"""Asking a Sandbox Odoo as a connector would: JSON-2 over real HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from mooring_sandbox.odoo import server

DATABASE = "shop"


@dataclass
class Asking:
    app: server.App
    url: str
    key: str
    http: httpx.Client

    def answer(self, model: str, method: str, /, *, by: str = "", database: str = "", **body: Any) -> httpx.Response:
        headers = {"Authorization": f"bearer {by or self.key}"} | ({"X-Odoo-Database": database} if database else {})
        return self.http.post(f"{self.url}/json/2/{model}/{method}", headers=headers, json=body)

    def call(self, model: str, method: str, /, *, by: str = "", database: str = "", **body: Any) -> Any:
        answer = self.answer(model, method, by=by, database=database, **body)
        assert answer.status_code == 200, answer.json()["message"] if answer.content else answer.status_code
        return answer.json()

    def load(self, model: str, fields: list[str], *rows: list[Any], **more: Any) -> dict[str, Any]:
        return self.call(model, "load", fields=fields, data=list(rows), context={"tz": "UTC"}, **more)

    def kept(self, model: str, fields: list[str], *rows: list[Any], **more: Any) -> list[int]:
        """The ids of a load that must go well."""
        said = self.load(model, fields, *rows, **more)
        assert said["messages"] == []
        return said["ids"]

    def control(self, verb: str, path: str, /, **body: Any) -> Any:
        answer = self.http.request(verb, f"{self.url}/_sandbox{path}", json=body or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def names(self, prefix: str, **more: Any) -> list[str]:
        """Names of contacts whose reference begins so."""
        rows = self.call(
            "res.partner", "search_read", domain=[["ref", "=like", f"{prefix}%"]], fields=["name"], order="id", **more
        )
        return [row["name"] for row in rows]
