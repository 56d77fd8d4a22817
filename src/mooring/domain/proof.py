"""Was a bulk file complete? Decided by counting, never by trust.

Rule 1: complete means lines = announced objects, distinct lines = lines, and distinct roots = announced roots. One line
lost and another doubled keeps the number of lines; only distinctness finds it, also among children.
Rule 2: each line leaves one 64-bit key. Keys are the ids themselves (the lowest bit tells children from roots), so
two lines have the same key exactly if they are the same line; a membership, which has two ids, is mixed into one.
Rule 3: distinct keys are counted in parts of bounded size, so memory does not grow with the file.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from sys import byteorder

from mooring.domain.wording import counted

PART = 150_000
"""About how many keys are held at once while they are counted."""
_KEY = "q"
_ODD = 0x9E3779B97F4A7C15
_LIMIT = (1 << 63) - 1


def root_key(shopify_id: int) -> int:
    return shopify_id << 1


def child_key(shopify_id: int) -> int:
    return shopify_id << 1 | 1


def pair_key(parent: int, child: int) -> int:
    """One key for (parent, child): the parent's id is spread over all bits, then the child's is added."""
    spread = parent * _ODD & _LIMIT
    return ((spread ^ spread >> 31) + child * 2) & _LIMIT | 1


def pack(keys: Iterable[int]) -> bytes:
    """Little-endian, whatever machine reads them. Raises `OverflowError` for an id beyond 62 bits."""
    packed = array(_KEY, keys)
    if byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def unpack(blob: bytes) -> array[int]:
    keys = array(_KEY, blob)
    if byteorder == "big":
        keys.byteswap()
    return keys


def parts(lines: int) -> int:
    """Into how many parts the keys of so many lines are split. Odd, because ids like to share their last bits."""
    return max(1, -(-lines // PART)) | 1 if lines > PART else 1


@dataclass(frozen=True, slots=True)
class Distinct:
    """Different lines, and how many of them are roots."""

    lines: int = 0
    roots: int = 0

    def __add__(self, other: Distinct) -> Distinct:
        return Distinct(self.lines + other.lines, self.roots + other.roots)


def count_part(blobs: Iterable[bytes], part: int, of: int) -> Distinct:
    """Different keys in part number `part`."""
    seen: set[int] = set()
    for blob in blobs:
        keys = unpack(blob)
        seen.update(keys if of == 1 else [key for key in keys if key % of == part])
    return Distinct(len(seen), sum(1 for key in seen if not key & 1))


@dataclass(frozen=True, slots=True)
class Announced:
    """What Shopify says its file holds: `objectCount` and `rootObjectCount`."""

    lines: int
    roots: int


def difference(announced: Announced, lines: int, distinct: Distinct, *, cut: bool) -> str | None:
    """Why a file is not proved complete, in words; None if it is. `cut`: its last line has no end."""
    expected, missing = counted(announced.lines, "lines"), announced.lines - lines
    if cut:
        return f"The file ends in the middle of a line, after {lines:,} of {expected}."
    if missing > 0:
        return f"Shopify announced {expected}, {lines:,} arrived: {_are(missing)} missing."
    if missing < 0:
        return f"Shopify announced {expected}, {lines:,} arrived: {_are(-missing)} too many."
    if distinct.lines < lines:
        twice = counted(lines - distinct.lines, "lines")
        return f"All {counted(lines, 'announced lines')} arrived, but {twice} came twice, so as many are missing."
    if distinct.roots != announced.roots:
        records = counted(announced.roots, "records")
        return f"Shopify announced {records}, {distinct.roots:,} arrived in {counted(lines, 'lines')}."
    return None


def _are(count: int) -> str:
    return f"{count:,} {'is' if count == 1 else 'are'}"
