"""What tests and people may turn: lifetimes, timings, weather. Kept with the store, so a restart changes nothing."""

from __future__ import annotations

from typing import Any

import msgspec

from mooring_sandbox.shopify.state import State

_ROW = "sandbox"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All times are seconds of the sandbox's clock, except `bulk_*` and `webhook_timeout_*`: real seconds.

    With `bulk_by_clock` those of bulk operations are the sandbox's too, and nothing happens between two requests: an
    operation that is due comes to its end when the shop is asked next. Slower machines then see the same story.
    """

    access_token_seconds: float = 3600
    refresh_token_seconds: float = 90 * 86400
    refresh_replay_seconds: float = 30 * 86400
    client_credentials_seconds: float = 86399
    online_token_seconds: float = 86399
    code_seconds: float = 300
    migration_replay_seconds: float = 7 * 86400

    throttle_maximum: float = 2000.0
    throttle_restore: float = 100.0
    max_body_bytes: int = 10_000_000
    customers_by_day: bool = False
    definition_delete_seconds: float = 0.0
    webhooks_on_this_machine: bool = False

    bulk_created_seconds: float = 0.2
    bulk_seconds: float = 1.0
    bulk_cancel_seconds: float = 1.0
    bulk_by_clock: bool = False
    bulk_limit: int = 5
    bulk_file_seconds: float = 7 * 86400

    uninstalled_webhook_seconds: float = 0.0
    shop_redact_seconds: float = 48 * 3600
    reinstall_stops_shop_redact: bool = False
    webhook_retries: int = 8
    webhook_retry_span_seconds: float = 4 * 3600
    webhook_timeout_connect: float = 1.0
    webhook_timeout_total: float = 5.0
    webhook_duplicates: float = 0.0
    webhook_loss: float = 0.0
    webhook_disorder: float = 0.0
    webhook_disorder_seconds: float = 5.0
    webhook_seed: int = 0
    webhooks_paused: bool = False


class SettingsStore:
    def __init__(self, state: State) -> None:
        self._state = state
        self.now = msgspec.convert(load(state, _ROW, {}), Settings)

    def change(self, changes: dict[str, Any]) -> Settings:
        """Raises `msgspec.ValidationError` that names the bad key or value, and then changes nothing."""
        changed = msgspec.convert(msgspec.to_builtins(self.now) | changes, Settings)
        defaults = msgspec.to_builtins(Settings())
        kept = {key: value for key, value in msgspec.to_builtins(changed).items() if value != defaults[key]}
        save(self._state, _ROW, kept)
        self.now = changed
        return changed

    def reset(self) -> None:
        save(self._state, _ROW, {})
        self.now = Settings()


def load(state: State, name: str, default: Any) -> Any:
    with state.lock:
        row = state.db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return msgspec.json.decode(row[0]) if row else default


def save(state: State, name: str, value: Any) -> None:
    with state.transaction() as db:
        db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, msgspec.json.encode(value).decode()))
