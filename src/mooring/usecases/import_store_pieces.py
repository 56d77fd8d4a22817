"""Bytes as a network brings them -> pieces of whole lines, each of which becomes one committed chunk."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from mooring.domain.translate import BadLine

CHUNK_LINES = 4_000
CHUNK_BYTES = 4 << 20
LONGEST_LINE = 32 << 20


@dataclass(frozen=True, slots=True)
class Measure:
    """A piece has at most so many lines, and about so many bytes."""

    lines: int
    bytes: int
    longest_line: int = LONGEST_LINE


def usual() -> Measure:
    return Measure(CHUNK_LINES, CHUNK_BYTES)


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a file up to `end_byte`. `cut`: the file ended in the middle of a line, which is left out."""

    lines: list[bytes]
    end_byte: int
    last: bool = False
    cut: bool = False
    nul: bool = False
    """Whether U+0000 stands in one of its texts, or near by."""


def pieces(blocks: Iterator[bytes], first_byte: int, measure: Measure) -> Generator[Piece]:
    """Blocks as they come over the network, from `first_byte` on, as chunks of whole lines; the last one says so.

    Lines are cut at line feeds only: U+2028 and its like may stand inside a line.
    """
    rest, at, ended = b"", first_byte, False
    while not ended:
        data, ended = _gather(blocks, rest, measure.bytes)
        whole = data.rfind(b"\n") + 1
        rest = data[whole:]
        if len(rest) > measure.longest_line:
            raise BadLine(1, f"is longer than {measure.longest_line:,} bytes")
        lines = data[:whole].split(b"\n")[:-1]
        starts = range(0, max(len(lines), 1), measure.lines)
        nul = b"\\u0000" in data
        del data  # as large as its lines, and not needed while they are worked on
        for first in starts:
            part = lines[first : first + measure.lines]
            at += sum(map(len, part)) + len(part)
            last = ended and first == starts[-1]
            if part or last:
                written = [line for line in part if line and not line.isspace()]
                yield Piece(written, at, last, last and bool(rest.strip()), nul)


def _gather(blocks: Iterator[bytes], rest: bytes, about: int) -> tuple[bytes, bool]:
    """About so many bytes, and whether the file ended."""
    parts, size = [rest], len(rest)
    wanted = max(about, size + 1)
    for block in blocks:
        parts.append(block)
        size += len(block)
        if size >= wanted:
            return b"".join(parts), False
    return b"".join(parts), True
