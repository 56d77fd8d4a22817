"""HTTPS with a given certificate: what is wrong with it is said before anything starts."""

from __future__ import annotations

import ssl
from pathlib import Path


def check(certificate: Path, key: Path) -> None:
    """Raises `ValueError` in a sentence unless the two files are a certificate and its unencrypted key."""
    for what, path in (("certificate", certificate), ("key", key)):
        if not path.is_file():
            raise ValueError(f"there is no {what} file {path}")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        reason = (error.reason or "not PEM").replace("_", " ").lower()
        raise ValueError(f"{certificate} and {key} are no certificate with its key: {reason}") from None


def _no_password() -> str:
    raise ValueError("the key is encrypted: give one without a password")
