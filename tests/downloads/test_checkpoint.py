"""Tensors are listed however the bytes are divided, and nothing hostile costs more than a bounded walk."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.downloads.checkpoint import LONGEST_HEADER, LONGEST_NAME, MOST_LISTED, MOST_TEXT, MOST_WALKED, Walker
from rules.facts import Tensor
from tests.downloads.formats import CHECKPOINT, MINDIR, TENSORS, checkpoint, field, value


def walk(content: bytes, step: int = 1 << 18) -> Walker:
    walker, view = Walker(), memoryview(content)
    for at in range(0, len(content), step):
        walker.feed(view[at : at + step])
    return walker


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 1000, 10**6])
def test_lists_every_tensor_however_the_bytes_come(step: int) -> None:
    walker = walk(CHECKPOINT, step)
    assert (walker.whole, tuple(walker.tensors), walker.count) == (True, TENSORS, len(TENSORS))


def test_dimensions_may_be_packed() -> None:
    assert walk(value(TENSORS[0], b"x" * 100, packed=True)).tensors == [TENSORS[0]]


def test_a_map_tensor_is_listed_by_name() -> None:
    walker = walk(field(0x0A, field(0x0A, b"table") + field(0x1A, b"x" * 50)) + CHECKPOINT)
    assert walker.tensors[0] == Tensor("table", "MapTensor")
    assert walker.whole


def test_slices_of_one_tensor_are_one() -> None:
    walker = walk(value(TENSORS[0], b"x" * 70) * 3 + value(TENSORS[1], b"y"))
    assert (walker.tensors, walker.count) == ([TENSORS[0], TENSORS[1]], 2)


@pytest.mark.parametrize("end", [60, 1000, len(CHECKPOINT) - 1])
def test_a_file_that_breaks_off_is_cut(end: int) -> None:
    walker = walk(CHECKPOINT[:end])
    assert (walker.whole, walker.cut) == (False, True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x0a",
        MINDIR,
        b"PK\x03\x04" + bytes(500),
        CHECKPOINT + b"crc_num 1234",
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" + bytes(9000),
        field(0x0A, field(0x0A, b"n") + b"\x12\xff\x7f"),
        b"\x0a\x05" + field(0x0A, b"a name longer than its value") + b"\x1a\x01x",
        field(0x0A, field(0x0A, b"\xff\xfe") + field(0x12, b"")),
        field(0x0A, field(0x0A, b"n" * (LONGEST_HEADER + 1)) + field(0x1A, b"x")),
        value(Tensor("n", "Float32", tuple(range(20))), b"x"),
        value(Tensor("n", "Float32", tuple(range(20))), b"x", packed=True),
    ],
)
def test_anything_else_is_not_listed(content: bytes) -> None:
    for step in (1, 10**6):
        assert not walk(content, step).whole


def test_the_list_is_bounded_and_the_count_is_not_lost() -> None:
    many = [Tensor(f"p{n}", "Float32") for n in range(MOST_LISTED + 50)]
    walker = walk(checkpoint(many))
    assert (walker.whole, walker.count) == (True, len(many))
    assert walker.tensors == many[:MOST_LISTED]


def test_names_are_bounded_and_visible() -> None:
    walker = walk(checkpoint(Tensor("a\u202e\x00" * 500 + str(n), "Float32") for n in range(300)))
    assert walker.whole
    assert all(len(t.name) <= LONGEST_NAME and t.name.isprintable() for t in walker.tensors)
    assert sum(len(t.name) + len(t.type) for t in walker.tensors) <= MOST_TEXT


def test_too_many_tensors_are_not_listed() -> None:
    start = time.process_time()
    assert not walk(checkpoint(Tensor(f"p{n}", "Float32") for n in range(MOST_WALKED + 1))).whole
    assert time.process_time() - start < 2


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_damaged_bytes_never_raise(data: st.DataObject) -> None:
    content = bytearray(CHECKPOINT[:200])
    for _ in range(data.draw(st.integers(0, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    once, slowly = walk(bytes(content)), walk(bytes(content), data.draw(st.integers(1, 20)))
    assert (once.tensors, once.count, once.whole) == (slowly.tensors, slowly.count, slowly.whole)
