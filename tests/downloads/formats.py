"""Writes the beginnings of model files, and whole small checkpoints, byte by byte."""

from __future__ import annotations

import random
from collections.abc import Iterable

from rules.facts import Tensor


def number(value: int) -> bytes:
    """A protobuf varint."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))


def field(key: int, content: bytes) -> bytes:
    return bytes((key,)) + number(len(content)) + content


def value(tensor: Tensor, content: bytes, *, packed: bool = False) -> bytes:
    """One entry of a checkpoint."""
    if packed:
        dims = field(0x0A, b"".join(map(number, tensor.dims)))
    else:
        dims = b"".join(b"\x08" + number(dim) for dim in tensor.dims)
    inner = dims + field(0x12, tensor.type.encode()) + field(0x1A, content)
    return field(0x0A, field(0x0A, tensor.name.encode()) + field(0x12, inner))


def checkpoint(tensors: Iterable[Tensor], *, seed: int = 1, width: int = 4) -> bytes:
    """A whole file: every tensor with random content of its dimensions times `width` bytes."""
    chance, parts = random.Random(seed), []
    for tensor in tensors:
        size = width
        for dim in tensor.dims:
            size *= dim
        parts.append(value(tensor, chance.randbytes(size)))
    return b"".join(parts)


TENSORS = (
    Tensor("conv1.weight", "Float32", (64, 3, 7, 7)),
    Tensor("bn1.gamma", "Float32", (64,)),
    Tensor("global_step", "Int32"),
    Tensor("fc.权重", "Float16", (1000, 5)),
)
CHECKPOINT = checkpoint(TENSORS)
MINDIR = field(0x0A, b"0.1.0") + field(0x12, b"MindSpore") + field(0x1A, b"2.4.0") + b"\x3a\x05graph"
ONNX = b"\x08\x08" + field(0x12, b"pytorch") + field(0x1A, b"2.1.0") + b"\x3a\x05graph"
AIR = field(0x0A, b"resnet50") + b"\x10\x01" + field(0x1A, b"1.0") + b"\x3a\x05graph"
