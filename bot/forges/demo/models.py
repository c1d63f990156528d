"""Model files made up as they are read: the same bytes for the same seed and size, shaped as checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256, shake_256

#: Bytes of weights in one tensor; a layer of a small network has about as many.
TENSOR = 1 << 20
#: Bytes of one weight.
FLOAT32 = 4

# Field numbers of MindSpore's checkpoint format:
# Checkpoint{1: Value{1: tag, 2: Tensor{1: dims, 2: type, 3: content}}}.
_VALUE, _TAG, _TENSOR = 1, 1, 2
_DIMS, _TYPE, _CONTENT = 1, 2, 3
_VARINT, _BYTES = 0, 2


@dataclass(frozen=True, slots=True)
class Model:
    """A made-up checkpoint with `weights` bytes of weights; another `seed` gives other weights."""

    seed: str
    weights: int

    def chunks(self) -> Iterator[bytes]:
        """The file's bytes, one tensor at a time."""
        for index, start in enumerate(range(0, self.weights, TENSOR)):
            yield _tensor(self.seed, index, min(TENSOR, self.weights - start))

    def sha256(self) -> str:
        return _measured(self)[0]

    def size(self) -> int:
        """The file's length in bytes: the weights and what frames them."""
        return _measured(self)[1]


@lru_cache(maxsize=1024)
def _measured(model: Model) -> tuple[str, int]:
    digest, size = sha256(), 0
    for chunk in model.chunks():
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def _tensor(seed: str, index: int, room: int) -> bytes:
    weights = shake_256(f"{seed}\0{index}".encode()).digest(room - room % FLOAT32)
    dims = _varint(_DIMS << 3 | _VARINT) + _varint(len(weights) // FLOAT32)
    tensor = dims + _field(_TYPE, b"Float32") + _field(_CONTENT, weights)
    return _field(_VALUE, _field(_TAG, f"layer{index}.weight".encode()) + _field(_TENSOR, tensor))


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
