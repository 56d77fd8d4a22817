"""Which Odoo this stands in for."""

from __future__ import annotations

from typing import Any

INFO = [19, 0, 0, "final", 0, ""]
VERSION: dict[str, Any] = {"version_info": INFO, "version": "19.0"}
SERVER_VERSION: dict[str, Any] = {
    "server_version": "19.0", "server_version_info": INFO, "server_serie": "19.0", "protocol_version": 1,
}  # fmt: skip
