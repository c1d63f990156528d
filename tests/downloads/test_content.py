"""What first bytes are called; a format's mark in the wrong place is not that format."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.downloads.classify import HEAD
from bot.downloads.content import kind
from tests.downloads.formats import AIR, CHECKPOINT, MINDIR, ONNX, field


def zipped() -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr("archive/data.pkl", b"x")
    return found.getvalue()


def tarred() -> bytes:
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.ckpt"))
    return found.getvalue()


KINDS = [
    (CHECKPOINT, "ckpt"),
    (field(0x0A, field(0x0A, b"embedding") + field(0x1A, b"x" * 99)), "ckpt"),
    (MINDIR, "mindir"),
    (field(0x0A, b"3") + field(0x12, b"MindSpore"), "mindir"),
    (field(0x0A, b"0.1.0") + field(0x12, b"MindSpore Lite"), "mindir"),
    (ONNX, "onnx"),
    (b"\x08\x07\x3a\x05graph", "onnx"),
    (b"\x08\x03" + field(0x12, b"") + b"\x3a\x05graph", "onnx"),
    (AIR, "air"),
    (field(0x0A, b"ge_default") + b"\x10\x01\x3a\x05graph", "air"),
    (b"IMOD\x00\x01" + bytes(99), "om"),
    (b"\x1c\x00\x00\x00MSL2" + bytes(99), "ms"),
    (b"\xd8\x5e\x3a\x7f" + bytes(99), "encrypted"),
    (b"\xda\x5e\x3a\x7f" + bytes(99), "encrypted"),
    (zipped(), "zip"),
    (tarred(), "tar"),
    (gzip.compress(CHECKPOINT), "gzip"),
    *((pickle.dumps({"w": [1.0]}, protocol), "pickle") for protocol in range(2, 6)),
    ((20).to_bytes(8, "little") + b'{"w":{"dtype":"F32"}}' + bytes(99), "safetensors"),
    (b"\x89HDF\r\n\x1a\n" + bytes(99), "hdf5"),
    (b"GGUF\x03\x00", "gguf"),
    (b"\x93NUMPY\x01\x00", "npy"),
    (b"\x1c\x00\x00\x00TFL3" + bytes(99), "tflite"),
    (b"<!DOCTYPE html><p>", "html"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "lfs-pointer"),
    (b'{"error": "no such file"}', "json-error"),
    (b'\n{"code": 404, "message": "not found"}', "json-error"),
    (b'{"layers": 3}', "json"),
    (b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>", "xml"),
    (b"please wait\n", "text"),
    ("请稍候".encode(), "text"),
    (("请稍候" * 700).encode()[:HEAD], "text"),
    (b"", "empty"),
    (b"\x00\x01\x02", "unknown"),
    (b"\xff\xfe\xfd\xfc", "unknown"),
    (random.Random(7).randbytes(HEAD), "unknown"),
]


@pytest.mark.parametrize(("content", "word"), KINDS)
def test_first_bytes_have_a_name(content: bytes, word: str) -> None:
    assert kind(content[:HEAD], len(content)) == word


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (field(0x0A, b"0.1.0") + field(0x12, b"Somebody"), "unknown"),
        (b"\x0a\x05" + b"0.1" + field(0x12, b"MindSpore"), "unknown"),
        (b"\x08\x1f" + field(0x12, b"pytorch"), "unknown"),
        (b"\x08\x00" + field(0x12, b"pytorch"), "unknown"),
        (b"\x08\x07\x3a\xff\xff\xff\x7fgraph", "unknown"),
        (b"\x08\x07", "unknown"),
        (b"\x0a", "text"),
        (b"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", "unknown"),
        (b"\x0a\x00\x0a\x01\x41\x12", "unknown"),
        (field(0x0A, b"res\x00net") + b"\x10\x01\x3a\x05graph", "unknown"),
        (bytes(4) + b"MSLX" + bytes(99), "unknown"),
        ((10**9).to_bytes(8, "little") + b"{}", "unknown"),
        (b"version https://git-lfs.github.com/spec/v1\n" + b"a" * 2000, "text"),
    ],
)
def test_a_near_miss_is_not_the_format(content: bytes, word: str) -> None:
    assert kind(content[:HEAD], len(content)) == word


@given(st.one_of(st.binary(max_size=80), st.binary(max_size=40).map(lambda b: b"\x0a" + b)))
@settings(max_examples=300, deadline=None)
def test_any_bytes_have_a_name(content: bytes) -> None:
    assert kind(content, len(content))


@pytest.mark.parametrize("whole", [CHECKPOINT, MINDIR, ONNX, AIR])
def test_a_beginning_of_any_length_has_a_name(whole: bytes) -> None:
    for end in range(min(len(whole), 80)):
        assert kind(whole[:end], end)
