"""A downloader may lie about a file and about nothing else: its words are held against what was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from bot.downloads.alive import Alive
from bot.downloads.documents import (
    alive_found,
    ask_for,
    ask_for_urls,
    asked_for,
    asked_urls,
    file_found,
    found,
    text_found,
)
from bot.downloads.texts import LARGEST, Text, TextState
from bot.downloads.verdict import LONGEST_WAIT, Subject
from rules.facts import RemoteFile, RemoteState, Tensor, Wanted
from rules.finding import Fault

URL, DIGEST, NOW = "https://files.example.com/a.ckpt", "a1" * 32, 1_000_000.0
SUBJECT = Subject(URL, (DIGEST,))
FILE = RemoteFile(
    URL,
    RemoteState.MEASURED,
    declared=DIGEST,
    sha256=DIGEST,
    size=3,
    final_url=URL,
    reads=1,
    seconds=0.5,
    measured_at=NOW - 5,
    etag='"v1"',
    first_bytes="ab" * 64,
    content="ckpt",
    tensors=(Tensor("w", "Float32", (2, 3)),),
    tensor_count=1,
)
LOST = replace(FILE, state=RemoteState.UNVERIFIED, sha256="", size=None, fault=Fault.HOST, reason="timeout")


def read(file: RemoteFile, known: RemoteFile | None = None, subject: Subject = SUBJECT) -> RemoteFile:
    return file_found(found(file), subject, known, NOW)


@pytest.mark.parametrize(
    "file",
    [
        FILE,
        replace(LOST, retry_at=NOW + 60),
        replace(LOST, fault=Fault.BOT),
        replace(LOST, state=RemoteState.CHANGING),
        replace(LOST, state=RemoteState.WRONG, fault=Fault.CONTRIBUTOR, reason="not-found", size=7),
        replace(FILE, mismatch="upper-case", tensors=(), tensor_count=0),
    ],
    ids=lambda file: file.state.value,
)
def test_an_honest_outcome_comes_through_unchanged(file: RemoteFile) -> None:
    assert read(file) == file


def test_what_is_asked_comes_through_unchanged() -> None:
    wanted = [Wanted(URL, DIGEST), Wanted(URL, ""), Wanted("https://\ud800\0/", "é")]
    known = {URL: FILE, "https://elsewhere.example.com/": FILE}
    assert asked_for(ask_for(wanted, known)) == (wanted, {URL: FILE})
    assert asked_urls(ask_for_urls(["https://\ud800\0/"])) == ["https://\ud800\0/"]


def changed(**fields: Any) -> str:
    return json.dumps(asdict(FILE) | fields)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        changed(state="perfect"),
        changed(state=["measured"]),
        changed(declared="b2" * 32),
        changed(sha256="A1" * 32),
        changed(sha256=""),
        changed(sha256=7),
        changed(size=None),
        changed(size=-1),
        changed(size=True),
        changed(size=""),
        changed(size=1 << 64),
        changed(reads="1"),
        changed(seconds=float("nan")),
        changed(seconds=float("inf")),
        changed(measured_at=None),
        changed(measured_at=-1),
        changed(retry_at=""),
        changed(retry_at="soon"),
        changed(confirmed_at=[]),
        changed(fault="contributor"),
        changed(fault="policy"),
        changed(state="wrong"),
        changed(state="wrong", fault="host"),
        changed(state="unverified", fault="contributor"),
        changed(reason="Please @everybody"),
        changed(content="x" * 41),
        changed(mismatch="*"),
        changed(first_bytes="zz"),
        changed(first_bytes="ab" * 65),
        changed(detail="x" * 301),
        changed(detail=None),
        changed(etag="x" * 257),
        changed(final_url="x" * 10_000),
        changed(final_url={}),
        changed(tensors=[{"name": "w", "type": "t", "dims": []}] * 401),
        changed(tensors=[{"name": "w" * 201, "type": "t", "dims": []}]),
        changed(tensors=[{"name": "w", "type": "t", "dims": ["2"]}]),
        changed(tensors=[{"name": "w", "type": "t", "dims": 2}]),
        changed(tensors=["w"]),
        changed(tensors=7),
        changed(confirmed_at=NOW),
    ],
)
def test_what_no_honest_downloader_says_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        file_found(document, SUBJECT, None, NOW)


def test_a_lie_about_time_does_not_outlast_the_moment() -> None:
    late = read(replace(LOST, measured_at=NOW + 1e9, retry_at=NOW + 1e9))
    assert (late.measured_at, late.retry_at) == (NOW, NOW + LONGEST_WAIT)


def test_whose_reading_it_was_is_not_for_the_downloader_to_say() -> None:
    assert read(replace(FILE, read_for="#7")).read_for == ""
    assert read(replace(FILE, url="https://elsewhere.example.com/")).url == URL


def test_a_confirmed_file_is_the_one_that_we_knew() -> None:
    known = replace(FILE, read_for="#7", size=8)
    said = read(replace(FILE, size=3, confirmed_at=NOW + 9, detail="other"), known)
    assert said == replace(known, confirmed_at=NOW)


def test_evidence_is_plain_text() -> None:
    assert read(replace(LOST, detail="a\nb\u202e")).detail == "a?b?"


def test_texts_and_whether_a_file_is_there() -> None:
    text = Text(URL, TextState.READ, "a = 'é'\n")
    assert text_found(found(text), URL) == text
    assert alive_found(found(None)) is None
    assert alive_found(found(Alive(None, '"v1"'))) == Alive(None, '"v1"')


@pytest.mark.parametrize(
    ("reader", "document"),
    [
        (lambda text: text_found(text, URL), '{"state": "read", "text": 1, "reason": ""}'),
        (lambda text: text_found(text, URL), '{"state": "believed", "text": "", "reason": ""}'),
        (
            lambda text: text_found(text, URL),
            json.dumps({"state": "read", "text": "x" * (LARGEST + 1), "reason": ""}),
        ),
        (lambda text: text_found(text, URL), "null"),
        (alive_found, '{"size": "3", "etag": ""}'),
        (alive_found, '{"size": -3, "etag": ""}'),
        (alive_found, '{"size": 3}'),
        (alive_found, "[]"),
        (alive_found, "{"),
    ],
)
def test_other_answers_are_refused_as_well(reader: Callable[[str], object], document: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        reader(document)
