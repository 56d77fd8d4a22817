"""The engine of tools that drive operations themselves; it imports nothing, so that they start quickly."""

from __future__ import annotations


class NoEngine:
    """Nothing happens by itself."""

    def start(self, operation_id: str) -> None:
        """Nothing: the caller drives."""

    def launch(self) -> None:
        """Nothing to launch."""

    def stop(self) -> None:
        """Nothing to stop."""
