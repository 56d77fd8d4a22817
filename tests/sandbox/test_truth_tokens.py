"""The recovery of a migrated token: how long the same request gets the same pair, and what ends it."""

from __future__ import annotations

from typing import Any

from tests.sandbox.serving import Serving
from tests.sandbox.test_oauth_tokens import EXCHANGE, OFFLINE, alive, refresh


def migrate(serving: Serving, old: str) -> dict[str, Any]:
    body = {"grant_type": EXCHANGE, "subject_token": old, "expiring": "1"}
    return serving.token(**body, subject_token_type=OFFLINE, requested_token_type=OFFLINE).json()


def test_a_repeated_migration_prolongs_the_very_access_token(serving: Serving):
    old = serving.token(code=serving.consent()["code"]).json()["access_token"]
    pair = migrate(serving, old)
    serving.advance(days=3)
    assert not alive(serving, pair["access_token"])
    again = migrate(serving, old)
    assert (again["access_token"], again["refresh_token"]) == (pair["access_token"], pair["refresh_token"])
    assert again["expires_in"] == 3600 and alive(serving, pair["access_token"])
    assert again["refresh_token_expires_in"] == pair["refresh_token_expires_in"] - 3 * 86_400


def test_the_first_refresh_of_the_pair_ends_the_recovery(serving: Serving):
    old = serving.token(code=serving.consent()["code"]).json()["access_token"]
    pair = migrate(serving, old)
    assert refresh(serving, pair["refresh_token"]).status_code == 200
    assert migrate(serving, old)["error"] == "invalid_subject_token"
