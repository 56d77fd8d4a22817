"""Secrets at rest: AES-256-GCM, bound to table, row and column, under a ring of named keys.

Sealed bytes: version (1) | length of key id (1) | key id | nonce (12) | ciphertext and tag. The associated data is
`table:row:column:version`, so a ciphertext moved to another row or column does not open. The newest key seals; every
key of the ring opens.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mooring.errors import Misconfigured

_VERSION = 1
_WRONG = (
    "A stored secret does not open with this key ring. Use the key file (or MOORING_KEYS) this database was made with."
)


class KeyRing:
    """Named 256-bit keys, newest first."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        if not keys:
            raise Misconfigured("The key ring is empty. MOORING_KEYS needs at least one 'id:base64' pair.")
        self.keys = keys
        self.newest = next(iter(keys))

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """`id:base64` pairs, separated by commas or lines. Raises `Misconfigured`; never repeats a key."""
        keys: dict[str, bytes] = {}
        for number, pair in enumerate(text.replace("\n", ",").split(","), 1):
            if pair.strip():
                name, _, encoded = pair.strip().partition(":")
                keys[name] = _decode(name, encoded, number)
        return cls(keys)

    @classmethod
    def of_file(cls, path: Path) -> KeyRing:
        """The ring in this file; made with a fresh key when there is none (mode 0600)."""
        if not path.exists():
            _create(path)
        try:
            return cls.parse(path.read_text())
        except (OSError, UnicodeDecodeError):
            raise Misconfigured(f"The key file {path.name} cannot be read. Restore it from your backup.") from None


def _decode(name: str, encoded: str, number: int) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        key = b""
    if not name or len(name) > 255 or len(key) != 32:
        raise Misconfigured(f"Entry {number} of the key ring is no 'id:base64' pair with a key of 32 bytes.")
    return key


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    line = f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


class AesVault:
    """The vault in use. `hash_key` is the installation's key for keyed hashes; it never rotates."""

    def __init__(self, ring: KeyRing, hash_key: bytes = b"") -> None:
        self._ring = ring
        self._ciphers = {name: AESGCM(key) for name, key in ring.keys.items()}
        self._hash_key = hash_key

    def seal(self, plain: str, *, table: str, row: str, column: str) -> bytes:
        name, nonce = self._ring.newest.encode(), os.urandom(12)
        head = bytes((_VERSION, len(name))) + name
        return head + nonce + self._ciphers[self._ring.newest].encrypt(nonce, plain.encode(), _aad(table, row, column))

    def open(self, sealed: bytes, *, table: str, row: str, column: str) -> str:
        try:
            return self._open(bytes(sealed), _aad(table, row, column))
        except (InvalidTag, KeyError, IndexError, ValueError):
            raise Misconfigured(_WRONG, code="wrong_key") from None

    def _open(self, sealed: bytes, aad: bytes) -> str:
        if sealed[0] != _VERSION:
            raise ValueError
        end = 2 + sealed[1]
        cipher = self._ciphers[sealed[2:end].decode()]
        return cipher.decrypt(sealed[end : end + 12], sealed[end + 12 :], aad).decode()

    def keyed_hash(self, value: str, *, purpose: str) -> str:
        return hmac.digest(self._hash_key, f"{purpose}\0{value}".encode(), "sha256").hex()

    def with_hash_key(self, key: bytes) -> AesVault:
        return AesVault(self._ring, key)


def _aad(table: str, row: str, column: str) -> bytes:
    return f"{table}:{row}:{column}:{_VERSION}".encode()
