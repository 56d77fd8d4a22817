"""What tests and people may turn. Kept in the sandbox's directory, so a restart changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`pace` multiplies the measured costs: 1 is the real server's, 0 none. `workers` calls advance at once.

    One worker is the threaded server: Python's lock lets one call work at a time.
    """

    pace: float = 1.0
    workers: int = 1


class SettingsStore:
    """`path` None keeps them for this run only."""

    def __init__(self, path: Path | None = None, start: Settings | None = None) -> None:
        self._path, self._start = path, start or Settings()
        self.now = self._start
        if path is not None and path.exists():
            self.now = msgspec.json.decode(path.read_bytes(), type=Settings)

    def change(self, changes: dict[str, Any]) -> Settings:
        """Raises `msgspec.ValidationError` that names the bad key or value, and then changes nothing."""
        self.now = msgspec.convert(msgspec.to_builtins(self.now) | changes, Settings)
        self._save()
        return self.now

    def reset(self) -> None:
        self.now = self._start
        self._save()

    def _save(self) -> None:
        if self._path is not None:
            self._path.write_bytes(msgspec.json.encode(self.now))
