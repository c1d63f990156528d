"""A file verified before is taken for the same only where its host says so in every way that it can."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from bot.downloads.confirm import is_confirmable
from bot.downloads.port import Downloads
from rules.facts import RemoteFile, RemoteState, Wanted
from tests.downloads.host import (
    CONTENT,
    DIGEST,
    NAME,
    OTHER,
    OTHER_DIGEST,
    TAG,
    Answer,
    AssetHost,
    Exchange,
    file,
    in_turn,
    raw,
    status,
)

pytestmark = pytest.mark.network

URL = f"https://{NAME}/a.ckpt"
THEN = 1_000.0
KNOWN = RemoteFile(
    URL,
    RemoteState.MEASURED,
    DIGEST,
    DIGEST,
    len(CONTENT),
    URL,
    reads=1,
    measured_at=THEN,
    etag=TAG,
    first_bytes=CONTENT[:64].hex(),
    content="ckpt",
)
TINY = b"tiny file"


def ranged(content: bytes = CONTENT, tag: str = TAG, **changes: object) -> Answer:
    """A host with ranges, of which `changes` change headers of the partial answer."""

    def answer(exchange: Exchange) -> None:
        asked = exchange.headers.get("range")
        if asked is None or exchange.headers.get("if-range") != tag:
            file(content, ETag=tag)(exchange)
            return
        end = min(int(asked.partition("-")[2]) + 1, len(content))
        named: dict[str, object] = {"ETag": tag, "Content-Range": f"bytes 0-{end - 1}/{len(content)}"}
        exchange.head(
            206, {"Content-Length": end} | named | {k.replace("_", "-"): v for k, v in changes.items()}
        )
        exchange.send(content[:end])

    return answer


def ask(downloads: Downloads, known: RemoteFile = KNOWN, declared: str = DIGEST) -> RemoteFile:
    (found,) = downloads.measure([Wanted(URL, declared)], lambda: False, {URL: known})
    return found


@pytest.mark.parametrize("answer", [ranged(), file()], ids=["with ranges", "without"])
def test_a_file_that_is_still_the_same_is_not_read_again(
    answer: Answer, host: AssetHost, downloads: Downloads
) -> None:
    host.routes["/a.ckpt"] = answer
    found = ask(downloads)
    assert found == replace(KNOWN, confirmed_at=found.confirmed_at)
    assert found.confirmed_at
    assert host.count("/a.ckpt") == 1


def test_a_spelling_is_not_taken_from_another_page(host: AssetHost, downloads: Downloads) -> None:
    host.routes["/a.ckpt"] = ranged()
    found = ask(downloads, declared=DIGEST.upper())
    assert (found.declared, found.mismatch) == (DIGEST.upper(), "upper-case")


@pytest.mark.parametrize(
    "answer",
    [
        ranged(OTHER, tag='"v2"'),
        ranged(CONTENT + b"x", tag='"v2"'),
        ranged(OTHER),
        ranged(CONTENT, tag=f"W/{TAG}"),
        ranged(CONTENT, Content_Range=f"bytes 0-63/{len(CONTENT) + 1}"),
        ranged(CONTENT, Content_Range="bytes 0-63/*"),
        ranged(CONTENT, ETag='"v2"'),
        ranged(CONTENT, Content_Encoding="gzip"),
        file(CONTENT, ETag=None),
        file(OTHER[:1000]),
        in_turn(status(404), file()),
        in_turn(status(503), file()),
        in_turn(raw(b""), raw(b""), file()),
        in_turn(status(302, Location="/b.ckpt"), file()),
        in_turn(status(302), file()),
    ],
)
def test_in_any_doubt_the_file_is_read_whole(answer: Answer, host: AssetHost, downloads: Downloads) -> None:
    host.routes |= {"/a.ckpt": answer, "/b.ckpt": ranged()}
    found = ask(downloads)
    assert found.confirmed_at is None
    assert found.measured_at > THEN
    assert host.count("/a.ckpt") > 1


def test_another_declaration_is_never_answered_from_memory(host: AssetHost, downloads: Downloads) -> None:
    host.routes["/a.ckpt"] = ranged()
    found = ask(downloads, declared=OTHER_DIGEST)
    assert (found.confirmed_at, found.reads, found.sha256) == (None, 2, DIGEST)


def test_the_end_of_redirects_must_be_the_same(host: AssetHost, downloads: Downloads) -> None:
    host.routes |= {"/a.ckpt": status(302, Location="/b.ckpt?signed=1"), "/b.ckpt?signed=1": ranged()}
    assert ask(downloads, replace(KNOWN, final_url=f"https://{NAME}/b.ckpt")).confirmed_at
    assert ask(downloads, replace(KNOWN, final_url=f"https://{NAME}/c.ckpt")).confirmed_at is None


def test_a_file_smaller_than_its_evidence(host: AssetHost, downloads: Downloads) -> None:
    digest = hashlib.sha256(TINY).hexdigest()
    host.routes["/a.ckpt"] = ranged(TINY)
    known = replace(KNOWN, declared=digest, sha256=digest, size=len(TINY), first_bytes=TINY.hex())
    assert ask(downloads, known, digest).confirmed_at


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"etag": ""}, False),
        ({"etag": f"W/{TAG}"}, False),
        ({"etag": '"a" "b"'}, False),
        ({"sha256": OTHER_DIGEST}, False),
        ({"declared": ""}, False),
        ({"declared": DIGEST[:8]}, False),
        ({"declared": f" {DIGEST.upper()}"}, True),
        ({"size": None}, False),
        ({"size": 0}, False),
        ({"final_url": ""}, False),
        ({"first_bytes": ""}, False),
        ({"state": RemoteState.UNVERIFIED}, False),
        ({"state": RemoteState.WRONG}, False),
        ({"state": RemoteState.CHANGING}, False),
    ],
)
def test_what_is_worth_remembering(changes: dict[str, object], good: bool) -> None:
    assert is_confirmable(replace(KNOWN, **changes)) is good  # type: ignore[arg-type] # fields of it
