"""Secrets at rest open for their own row, under their own ring, and for nothing else."""

import base64
import os

import pytest

from mooring.errors import Misconfigured
from mooring.vault import AesVault, KeyRing

PLACE = {"table": "credentials", "row": "s1", "column": "access_token"}


def ring(*names: str) -> KeyRing:
    return KeyRing({name: os.urandom(32) for name in names})


def test_what_is_sealed_opens_and_shows_nothing_of_itself() -> None:
    vault = AesVault(ring("k1"))
    sealed = vault.seal("a secret", **PLACE)
    assert b"secret" not in sealed
    assert vault.open(sealed, **PLACE) == "a secret"
    assert vault.seal("a secret", **PLACE) != sealed, "a fresh nonce each time"


@pytest.mark.parametrize("moved", [{"table": "shopify_apps"}, {"row": "s2"}, {"column": "refresh_token"}])
def test_a_ciphertext_moved_elsewhere_does_not_open(moved: dict[str, str]) -> None:
    vault = AesVault(ring("k1"))
    with pytest.raises(Misconfigured) as refused:
        vault.open(vault.seal("a secret", **PLACE), **(PLACE | moved))
    assert refused.value.code == "wrong_key"


def test_no_byte_can_be_changed_and_none_left_out() -> None:
    vault = AesVault(ring("k1"))
    sealed = vault.seal("a secret", **PLACE)
    for position in range(len(sealed)):
        flipped = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        for broken in (flipped, sealed[:position]):
            with pytest.raises(Misconfigured):
                vault.open(broken, **PLACE)


def test_after_a_rotation_the_old_key_still_opens_and_the_new_one_seals() -> None:
    old = ring("k1")
    sealed = AesVault(old).seal("a secret", **PLACE)
    rotated = AesVault(KeyRing({"k2": os.urandom(32), **old.keys}))
    assert rotated.open(sealed, **PLACE) == "a secret"
    assert b"k2" in rotated.seal("a secret", **PLACE)[:4]


def test_a_wrong_ring_is_named_as_the_cause() -> None:
    sealed = AesVault(ring("k1")).seal("a secret", **PLACE)
    with pytest.raises(Misconfigured, match="key ring"):
        AesVault(ring("k1")).open(sealed, **PLACE)


@pytest.mark.parametrize("text", ["", "nonsense", "k1:", "k1:!!!!", f"k1:{base64.b64encode(b'short').decode()}"])
def test_a_bad_ring_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        KeyRing.parse(text)
    assert "!!!!" not in refused.value.sentence


def test_a_key_file_is_made_once_and_only_its_owner_reads_it(tmp_path) -> None:
    path = tmp_path / "keys"
    made = KeyRing.of_file(path)
    assert KeyRing.of_file(path).keys == made.keys
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_keyed_hash_depends_on_key_purpose_and_value() -> None:
    vault = AesVault(ring("k1"), b"installation")
    hashes = {
        vault.keyed_hash("a", purpose="email"),
        vault.keyed_hash("b", purpose="email"),
        vault.keyed_hash("a", purpose="phone"),
        AesVault(ring("k1"), b"another").keyed_hash("a", purpose="email"),
    }
    assert len(hashes) == 4
