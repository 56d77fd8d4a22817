"""API versions: which are served, and what an unsupported one falls forward to."""

from __future__ import annotations

from typing import Any

SUPPORTED = ("2026-01", "2026-04", "2026-07", "2026-10")
CANDIDATE = "2027-01"
UNSTABLE = "unstable"


def served(asked: str) -> str:
    """The version that answers: unsupported ones fall forward silently to the oldest supported."""
    return asked if asked in (*SUPPORTED, CANDIDATE, UNSTABLE) else SUPPORTED[0]


def schema_version(version: str) -> str:
    """Which of the two schemas at hand a served version is executed on."""
    return "2026-07" if version <= "2026-07" else "2026-10"


def public_api_versions() -> list[dict[str, Any]]:
    supported = [_version(v, v, True) for v in SUPPORTED[:-1]]
    latest = _version(SUPPORTED[-1], f"{SUPPORTED[-1]} (Latest)", True)
    candidate = _version(CANDIDATE, f"{CANDIDATE} (Release candidate)", False)
    return [*supported, latest, candidate, _version(UNSTABLE, UNSTABLE, False)]


def _version(handle: str, name: str, supported: bool) -> dict[str, Any]:
    return {"handle": handle, "displayName": name, "supported": supported}
