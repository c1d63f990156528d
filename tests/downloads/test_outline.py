"""A model that is one protobuf message is seen to break off, however its bytes are divided."""

from __future__ import annotations

import hashlib
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.downloads.content import kind
from bot.downloads.outline import MESSAGES, MOST_FIELDS, Outline
from rules.facts import RemoteState
from tests.downloads.conftest import Measure
from tests.downloads.formats import field
from tests.downloads.host import OTHER_DIGEST, file

GRAPH = random.Random(5).randbytes(50_000)
ONNX = (
    b"\x08\x08"
    + field(0x12, b"pytorch")
    + field(0x1A, b"2.1.0")
    + field(0x3A, GRAPH)
    + field(0x42, b"\x10\x11")
)
MINDIR = field(0x0A, b"0.1.0") + field(0x12, b"MindSpore") + field(0x1A, b"2.4.0") + field(0x32, GRAPH)
MODELS = {"onnx": ONNX, "mindir": MINDIR}


def walked(content: bytes, step: int = 1 << 18) -> Outline:
    outline, view = Outline(), memoryview(content)
    for at in range(0, len(content), step):
        outline.feed(view[at : at + step])
    return outline


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("step", [1, 3, 64, 10**6])
def test_a_whole_file_is_not_cut(name: str, step: int) -> None:
    assert kind(MODELS[name][:4096], len(MODELS[name])) == name
    assert name in MESSAGES
    assert not walked(MODELS[name], step).cut


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("step", [1, 1000, 10**6])
@pytest.mark.parametrize("end", [100, 20_000, 49_000])
def test_a_file_that_breaks_off_is_cut(name: str, step: int, end: int) -> None:
    assert walked(MODELS[name][:end], step).cut


@pytest.mark.parametrize("content", [b"", bytes(100), b"\x0f\x01", b"\xff" * 100, GRAPH, b"\x0b" + GRAPH])
def test_what_is_no_message_is_never_cut(content: bytes) -> None:
    for step in (1, 10**6):
        assert not walked(content, step).cut


def test_numbers_of_fixed_width_are_fields_too() -> None:
    content = b"\x09" + bytes(8) + b"\x15" + bytes(4) + b"\x08\x01"
    assert not walked(content).cut
    assert walked(content[:5]).cut


def test_a_flood_of_fields_ends_the_walk() -> None:
    start = time.process_time()
    assert not walked(b"\x08\x01" * (MOST_FIELDS * 20) + b"\x12\x7f").cut
    assert time.process_time() - start < 2


@given(st.binary(max_size=200), st.integers(1, 20))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_walked_alike(content: bytes, step: int) -> None:
    once, slowly = walked(content), walked(content, step)
    assert (once.cut, once.count) == (slowly.cut, slowly.count)


@pytest.mark.network
@pytest.mark.parametrize("name", MODELS)
def test_the_word_is_in_the_result(name: str, measure: Measure) -> None:
    for content, word in ((MODELS[name], ""), (MODELS[name][:-1000], "truncated")):
        found = measure(file(content), OTHER_DIGEST, path=f"/{len(content)}")
        assert (found.state, found.content, found.mismatch) == (RemoteState.MEASURED, name, word)
        assert found.sha256 == hashlib.sha256(content).hexdigest()
