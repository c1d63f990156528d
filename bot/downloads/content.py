"""Says what a file is by its first bytes: model formats, and what is served by mistake; nothing is loaded."""

from __future__ import annotations

import re

from bot.downloads.classify import is_html, is_pointer
from bot.downloads.wire import Ended, varint

#: How often a key of JSON that announces an error stands in its beginning.
_JSON_ERROR = re.compile(
    rb'"(?:error|errors|error_code|errcode|error_msg|message|msg|detail)"\s*:', re.IGNORECASE
)
_MINDIR = re.compile(rb"\x0a([\x01-\x20])([0-9]{1,4}(?:\.[0-9]{1,4}){0,3})\x12([\x09-\x7f])MindSpore")
_TEXT = re.compile(rb"[\x20-\x7e]{1,255}")

#: (where, bytes, word): marks that nothing else begins with.
_MARKS = (
    (0, b"IMOD", "om"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"\x1f\x8b", "gzip"),
    (257, b"ustar", "tar"),
    (0, b"\x89HDF\r\n\x1a\n", "hdf5"),
    (0, b"GGUF", "gguf"),
    (0, b"\x93NUMPY", "npy"),
    (4, b"TFL3", "tflite"),
    (4, b"MSL2", "ms"),
    (4, b"MSL1", "ms"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"%PDF-", "pdf"),
)
#: MindSpore's own encryption begins each block with one of these little-endian numbers.
_ENCRYPTED = tuple(bytes((first, 0x5E, 0x3A, 0x7F)) for first in (0xD8, 0xD9, 0xDA))
#: A pickle of protocol 2 to 5, as PyTorch and scikit-learn write them.
_PICKLE = re.compile(rb"\x80[\x02-\x05][\x8a\x95}\]()cX\x8c]", re.DOTALL)

#: ONNX's own versions are below this; the field is a plain number.
_LAST_IR_VERSION = 30
#: ONNX `ModelProto`: texts (producer, its version, domain, doc), its own version, messages (graph, opset).
_ONNX_TEXTS, _ONNX_NUMBER, _ONNX_MESSAGES = b"\x12\x1a\x22\x32", 0x28, b"\x3a\x42\x72"


def kind(head: bytes, size: int) -> str:
    """A stable word for what a file of `size` bytes is, from its first 4 KiB; `unknown` for anything else.

    Model formats: `ckpt`, `mindir`, `onnx`, `air` (only plausible: the format has no mark), `om`, `ms`,
    `encrypted`, `safetensors`, `hdf5`, `gguf`, `npy`, `tflite`. Archives: `zip` (also PyTorch's), `pickle`,
    `tar`, `gzip`, `bzip2`, `xz`, `7z`, `rar`, `zstd`. Mistakes: `html`, `lfs-pointer`, `json`, `json-error`,
    `xml`, `pdf`, `text`, `empty`.
    """
    if not size:
        return "empty"
    if is_pointer(head, size):
        return "lfs-pointer"
    if is_html(head):
        return "html"
    if head.startswith(_ENCRYPTED):
        return "encrypted"
    for at, mark, word in _MARKS:
        if head[at : at + len(mark)] == mark:
            return word
    return _safetensors(head, size) or _protobuf(head, size) or _pickle(head) or _text(head) or "unknown"


def _pickle(head: bytes) -> str:
    return "pickle" if _PICKLE.match(head) else ""


def _safetensors(head: bytes, size: int) -> str:
    """A length of eight bytes, then that much JSON."""
    length = int.from_bytes(head[:8], "little")
    return "safetensors" if head[8:9] == b"{" and 2 <= length <= size - 8 else ""


def _protobuf(head: bytes, size: int) -> str:
    try:
        if _is_mindir(head):
            return "mindir"
        if _is_checkpoint(head, size):
            return "ckpt"
        if _is_onnx(head, size):
            return "onnx"
        return "air" if _is_air(head, size) else ""
    except Ended:
        return ""


def _is_mindir(head: bytes) -> bool:
    match = _MINDIR.match(head)
    return match is not None and match[1][0] == len(match[2])


def _is_checkpoint(head: bytes, size: int) -> bool:
    """`Checkpoint{value=1{tag=1, tensor=2 | maptensor=3}}`, each with its length."""
    if head[:1] != b"\x0a":
        return False
    length, at = varint(head, 1)
    if head[at : at + 1] != b"\x0a" or not length:
        return False
    named, tag = varint(head, at + 1)
    if not 0 < named < length:
        return False
    after = tag + named
    return (
        after < len(head) and head[after] in b"\x12\x1a" and varint(head, after + 1)[0] < length <= 2 * size
    )


def _is_onnx(head: bytes, size: int) -> bool:
    if len(head) < len(b"\x08\x01\x12\x00") or head[0] != 0x08 or not 1 <= head[1] <= _LAST_IR_VERSION:
        return False
    key = head[2]
    if key == _ONNX_NUMBER:
        after = varint(head, 3)[1]
        return head[after : after + 1] in (b"\x32", b"\x3a")
    length, at = varint(head, 3)
    if key in _ONNX_TEXTS:
        return not length or _is_text(head[at : at + length])
    return key in _ONNX_MESSAGES and 0 < length <= size


def _is_air(head: bytes, size: int) -> bool:
    """`ModelDef{name=1, version=2, custom_version=3, …, graph=7}`: the one shape that its writer produces."""
    if head[:1] != b"\x0a":
        return False
    length, at = varint(head, 1)
    after = at + length
    if not _is_text(head[at:after]) or head[after : after + 1] != b"\x10":
        return False
    _, after = varint(head, after + 1)
    if head[after : after + 1] == b"\x1a":
        length, at = varint(head, after + 1)
        after = at + length
    return head[after : after + 1] in (b"\x3a", b"\x5a") and varint(head, after + 1)[0] <= size


def _text(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if any(byte < 9 or 13 < byte < 32 for byte in head):
        return ""
    if start[:1] in (b"{", b"["):
        return "json-error" if _JSON_ERROR.search(start[:1_024]) else "json"
    if start.startswith((b"<?xml", b"<Error>")):
        return "xml"
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # a character may be cut at the end of the head
            return ""
    return "text"


def _is_text(part: bytes) -> bool:
    return _TEXT.fullmatch(part) is not None
