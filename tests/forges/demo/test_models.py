"""Made-up model files: the same every time, and shaped as checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest

from bot.forges.demo.models import FLOAT32, TENSOR, Model


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """A plain reading of protobuf: field number and value, until the message ends exactly."""
    position = 0

    def varint() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            assert key & 7 == 2
            length = varint()
            assert position + length <= len(message)
            yield key >> 3, message[position : position + length]
            position += length


@pytest.mark.parametrize("weights", [4, 100_000, TENSOR, 2 * TENSOR + 12])
def test_a_file_is_a_checkpoint_with_all_its_weights(weights: int) -> None:
    model = Model("some network", weights)
    body = b"".join(model.chunks())
    assert len(body) == model.size()
    assert sha256(body).hexdigest() == model.sha256()
    found = 0
    for number, value in fields(body):
        assert number == 1
        assert isinstance(value, bytes)
        (_, tag), (_, tensor) = fields(value)
        assert isinstance(tag, bytes)
        assert isinstance(tensor, bytes)
        assert tag.startswith(b"layer")
        (_, dims), (_, kind), (_, content) = fields(tensor)
        assert isinstance(content, bytes)
        assert kind == b"Float32"
        assert dims == len(content) // FLOAT32
        found += len(content)
    assert found == weights


def test_another_seed_gives_another_file_and_the_same_seed_the_same() -> None:
    assert Model("a", 100_000).sha256() == Model("a", 100_000).sha256()
    assert Model("a", 100_000).sha256() != Model("b", 100_000).sha256()
    assert b"".join(Model("a", 5_000).chunks()) == b"".join(Model("a", 5_000).chunks())
