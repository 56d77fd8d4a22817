"""A token that binds a confirmation to what was shown. It is stateless: it carries what was shown and a keyed hash over
that, the subject and the person."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any, TypeVar

import msgspec

from mooring.usecases.context import App
from mooring.usecases.who import Who

T = TypeVar("T")


def sealed(app: App, who: Who, purpose: str, subject: str, shown: Any) -> str:
    said = base64.urlsafe_b64encode(msgspec.json.encode(shown)).decode().rstrip("=")
    return f"{said}.{_seal(app, who, purpose, subject, said)}"


def opened(app: App, who: Who, purpose: str, subject: str, token: str, type_: type[T]) -> T | None:
    """What this person was shown of it; None for a token that is none of ours, or theirs, or of something else."""
    said, _, seal = token.strip().partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(app, who, purpose, subject, said).encode()):
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)), type=type_)
    except (binascii.Error, msgspec.DecodeError, msgspec.ValidationError):
        return None


def _seal(app: App, who: Who, purpose: str, subject: str, said: str) -> str:
    return app.vault.keyed_hash(f"{subject}\0{who.id}\0{said}", purpose=purpose)
