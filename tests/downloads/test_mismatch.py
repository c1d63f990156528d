"""Why a declaration is not the digest: each word only where it is true."""

from __future__ import annotations

import gzip
import hashlib
import zlib

import pytest

from bot.downloads.mismatch import Suspects, spelling
from rules.facts import RemoteState
from tests.downloads.conftest import Measure
from tests.downloads.formats import CHECKPOINT, TENSORS
from tests.downloads.host import CONTENT, DIGEST, OTHER_DIGEST, file

PACKED = gzip.compress(CONTENT)


@pytest.mark.parametrize(
    ("declared", "word"),
    [
        (DIGEST, ""),
        ("", ""),
        (OTHER_DIGEST, ""),
        (DIGEST.upper(), "upper-case"),
        (f" {DIGEST}", "blanks"),
        (f"{DIGEST.upper()}\n", "blanks"),
        (DIGEST[:8], "prefix"),
        (DIGEST[:63].upper(), "prefix"),
        (OTHER_DIGEST[:8], ""),
    ],
)
def test_spelling(declared: str, word: str) -> None:
    assert spelling(declared, DIGEST) == word


def word(declared: str, content: bytes, step: int = 1000) -> str:
    suspects, view = Suspects(declared), memoryview(content)
    for at in range(0, len(content), step):
        suspects.update(view[at : at + step])
    return suspects.word()


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224", "sha384", "sha512"])
def test_another_algorithm(algorithm: str) -> None:
    digest = hashlib.new(algorithm, CONTENT).hexdigest()
    assert word(digest, CONTENT) == algorithm
    assert word(f" {digest.upper()}\n", CONTENT) == algorithm
    assert word(digest, CONTENT + b"x") == ""


@pytest.mark.parametrize("declared", ["", "x" * 32, DIGEST, OTHER_DIGEST, "a" * 33])
def test_what_is_nothing_known_has_no_word(declared: str) -> None:
    assert word(declared, CONTENT) == ""


def test_the_digest_of_what_a_gzip_holds() -> None:
    assert word(DIGEST, PACKED) == "unpacked"
    assert word(DIGEST, PACKED[:-9]) == ""
    assert word(OTHER_DIGEST, PACKED) == ""


def test_a_gzip_of_nothing_but_air_is_left_alone() -> None:
    bomb = gzip.compress(bytes(100 << 20), 9)
    assert word(hashlib.sha256(bytes(100 << 20)).hexdigest(), bomb) == ""


def test_a_damaged_gzip_is_left_alone() -> None:
    assert word(DIGEST, PACKED[:500] + zlib.compress(CONTENT)) == ""


@pytest.mark.network
@pytest.mark.parametrize(
    ("content", "declared", "reason", "reads"),
    [
        (CONTENT, hashlib.md5(CONTENT).hexdigest(), "md5", 2),
        (CONTENT, hashlib.sha512(CONTENT).hexdigest(), "sha512", 2),
        (CONTENT, DIGEST[:8], "prefix", 1),
        (CONTENT, DIGEST.upper(), "upper-case", 1),
        (CONTENT, OTHER_DIGEST, "", 2),
        (PACKED, DIGEST, "unpacked", 2),
        (CHECKPOINT[:-100], DIGEST, "truncated", 2),
        (CHECKPOINT, DIGEST, "", 2),
    ],
)
def test_the_word_is_in_the_result(
    content: bytes, declared: str, reason: str, reads: int, measure: Measure
) -> None:
    found = measure(file(content), declared)
    assert (found.state, found.mismatch, found.reads) == (RemoteState.MEASURED, reason, reads)


@pytest.mark.network
def test_the_result_says_what_the_file_is(measure: Measure) -> None:
    found = measure(file(CHECKPOINT, cut={1: 5_000, 2: 20_000}), hashlib.sha256(CHECKPOINT).hexdigest())
    assert (found.content, found.tensors, found.tensor_count) == ("ckpt", TENSORS, len(TENSORS))
    assert measure(file(PACKED), path="/b.ckpt").content == "gzip"
