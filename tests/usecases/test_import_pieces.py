"""Bytes as a network brings them -> whole lines; and the thread that reads ahead."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Generator, Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mooring.domain.translate import BadLine
from mooring.usecases import import_store_pieces
from mooring.usecases.import_store_ahead import Ahead
from mooring.usecases.import_store_pieces import Measure, Piece

LINES = st.lists(st.binary(min_size=1, max_size=40).map(lambda b: b.replace(b"\n", b" ").replace(b"\0", b"x")))


def blocks_of(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    return (data[a:b] for a, b in pairwise(edges) if a < b)


def pieces(blocks: Iterator[bytes], first_byte: int) -> list[Piece]:
    return list(import_store_pieces.pieces(blocks, first_byte, Measure(lines=3, bytes=50, longest_line=1_000)))


def together(found: list[Piece]) -> list[bytes]:
    return [line for piece in found for line in piece.lines]


@settings(max_examples=200)
@given(LINES, st.lists(st.integers(min_value=0), max_size=12))
def test_lines_survive_any_cutting(lines: list[bytes], cuts: list[int]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    found = pieces(blocks_of(data, cuts), 0)
    assert together(found) == [line for line in lines if not line.isspace()]
    assert [piece.last for piece in found] == [False] * (len(found) - 1) + [True]
    assert (found[-1].end_byte, found[-1].cut) == (len(data), False)
    assert all(len(piece.lines) <= 3 for piece in found)


@settings(max_examples=100)
@given(LINES, st.lists(st.integers(min_value=0), max_size=6), st.data())
def test_reading_goes_on_at_the_end_of_any_piece(lines: list[bytes], cuts: list[int], data: st.DataObject) -> None:
    text = b"".join(line + b"\n" for line in lines)
    whole = pieces(blocks_of(text, cuts), 0)
    stop = data.draw(st.integers(min_value=0, max_value=len(whole) - 1))
    at = whole[stop].end_byte
    rest = pieces(blocks_of(text[at:], cuts), at)
    assert together(whole[: stop + 1]) + together(rest) == together(whole)
    assert rest[-1].end_byte == len(text)


def test_a_last_line_without_its_end_is_left_out_and_said() -> None:
    found = pieces(iter([b'{"a":1}\n{"b":2}']), 0)
    assert (together(found), found[-1].cut, found[-1].end_byte) == ([b'{"a":1}'], True, 8)


def test_an_empty_file_is_one_empty_last_piece() -> None:
    assert pieces(iter([]), 7) == [Piece([], 7, last=True)]


def test_only_line_feeds_end_a_line() -> None:
    line = '{"name":"a\u2028b\u0085c\x0bd"}'.encode()
    assert together(pieces(iter([line + b"\n\n  \n" + line + b"\r\n"]), 0)) == [line, line + b"\r"]


def test_a_text_with_nul_is_marked() -> None:
    assert [piece.nul for piece in pieces(iter([b'{"a":"\\u0000"}\n']), 0)] == [True]


def test_a_line_without_end_is_not_swallowed_for_ever() -> None:
    with pytest.raises(BadLine, match="is longer than 1,000 bytes"):
        pieces(iter([b"x" * 600] * 5), 0)


# -- reading ahead -------------------------------------------------------------------------------------------------


def test_items_come_in_order_and_end() -> None:
    ahead = Ahead(lambda: (number for number in range(50)))
    assert list(ahead) == list(range(50))
    with pytest.raises(StopIteration):
        next(ahead)


def test_an_error_comes_where_it_happened() -> None:
    def make() -> Generator[int]:
        yield 1
        raise ValueError("broken")

    ahead = Ahead(make)
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="broken"):
        next(ahead)


def test_whoever_forgets_it_closes_what_it_reads() -> None:
    closed = threading.Event()

    def make() -> Generator[int]:
        try:
            yield from range(1_000_000)
        finally:
            closed.set()

    ahead = Ahead(make)
    assert next(ahead) == 0
    del ahead
    gc.collect()
    assert closed.wait(10)


def test_it_stays_only_a_little_ahead() -> None:
    made: list[int] = []

    def make() -> Generator[int]:
        for number in range(100):
            made.append(number)
            yield number

    ahead = Ahead(make)
    next(ahead)
    time.sleep(0.05)
    assert len(made) <= 4
