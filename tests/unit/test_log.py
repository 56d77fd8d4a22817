"""What must never stand in a log, even if an exception carries it."""

from __future__ import annotations

import pytest

from mooring.log import redact

ROW = "Failing row contains (1, Ada Lovelace,\nada@example.com)."
SQL = "[SQL: INSERT INTO customers (email) VALUES (%(email)s)]"


@pytest.mark.parametrize("marker", ["DETAIL", "CONTEXT"])
@pytest.mark.parametrize("after", [SQL, "HINT:  none", "\nThe above exception was the direct cause", ""])
def test_the_row_a_database_complains_of_is_hidden(marker: str, after: str) -> None:
    text = f"psycopg.errors.NotNullViolation: null value\n{marker}:  {ROW}\n{after}"
    said = redact(None, "error", {"event": "failed", "exception": text})["exception"]
    assert "Ada" not in said
    assert "ada@example.com" not in said
    assert "null value" in said
    assert after.strip() in said


def test_both_of_them_are(event: str = 'DETAIL:  Ada\nCONTEXT:  COPY customers, line 1: "Ada"') -> None:
    assert "Ada" not in redact(None, "error", {"event": event})["event"]


@pytest.mark.parametrize("secret", ["shpat_0123456789abcdef", "Bearer abc.def", "?code=hush&x=1", "hmac=abcdef"])
def test_what_looks_like_a_secret_is_hidden_in_texts(secret: str) -> None:
    assert secret not in redact(None, "info", {"event": f"got {secret} there"})["event"]
