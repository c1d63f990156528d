"""Blobs: every way of reading them is held against the Git id, and few requests serve many."""

from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
from collections.abc import Callable, Mapping
from hashlib import sha1
from typing import Any

import pytest

from bot.errors import ForgeError
from bot.forges.base import MAX_BLOB
from bot.forges.github.archive import MAX_PACKED, MAX_UNPACKED
from bot.forges.github.blobs import ARCHIVE_FROM
from bot.forges.github.client import GitHubForge
from bot.forges.github.wire import MAX_ANSWER

from .conftest import HEAD, REPO, Call, FakeGitHub, Reply

pytestmark = pytest.mark.network

PAGE = "name: 模型\n".encode()
CRLF = b"a\r\nb\r\n"
BINARY = b"\x00\x01"
LATIN = b"caf\xe9"
EMPTY = b""


def oid(data: bytes) -> str:
    return sha1(b"blob %d\0" % len(data) + data).hexdigest()


def graphql(contents: Mapping[str, bytes], call: Call) -> object:
    """GitHub's answer: no text for binary blobs, replacement characters for what is not UTF-8, no CR."""
    found: dict[str, Any] = {}
    for alias, wanted in re.findall(r'(b\d+): object\(oid: "(\w+)"\)', call.body["query"]):
        data = contents.get(wanted)
        binary = data is not None and b"\0" in data
        text = None if data is None or binary else data.replace(b"\r", b"").decode("utf-8", "replace")
        found[alias] = (
            None if data is None else {"isBinary": binary, "isTruncated": len(data) > 512_000, "text": text}
        )
    return {"data": {"repository": found}}


def serve(github: FakeGitHub, *contents: bytes) -> list[str]:
    known = {oid(data): data for data in contents}
    github.on("POST /graphql", lambda call: graphql(known, call))
    for name, data in known.items():
        github.on(f"GET git/blobs/{name}", Reply(200, data))
    return list(known)


def tarred(path: str, data: bytes) -> bytes:
    header = tarfile.TarInfo(path)
    header.size = len(data)
    return header.tobuf() + data


def tarball(contents: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for path, data in contents.items():
            member = tarfile.TarInfo(f"hub-pages-abc/{path}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        link = tarfile.TarInfo("hub-pages-abc/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return made.getvalue()


#: So many that an archive is asked for.
MANY = {f"filler/{number}": b"filler %d" % number for number in range(ARCHIVE_FROM)}


def serve_archive(github: FakeGitHub, data: bytes) -> None:
    github.on(f"GET tarball/{HEAD}", Reply(302, None, {"Location": f"{github.url}/codeload/{HEAD}"}))
    github.on(f"GET /codeload/{HEAD}", Reply(200, data, {"Content-Type": "application/x-gzip"}))


def test_texts_come_by_query_and_the_rest_singly(github: FakeGitHub, forge: GitHubForge) -> None:
    wanted = serve(github, PAGE, EMPTY, CRLF, BINARY, LATIN)
    assert forge.blobs(REPO, wanted, commit=HEAD) == {oid(d): d for d in (PAGE, EMPTY, CRLF, BINARY, LATIN)}
    singles = {name.rpartition("/")[2] for name in github.names("GET")}
    assert singles == {oid(CRLF), oid(BINARY), oid(LATIN)}
    assert len(github.names("POST")) == 1


def test_nothing_wanted_nothing_asked(github: FakeGitHub, forge: GitHubForge) -> None:
    assert forge.blobs(REPO, [], commit=HEAD) == {}
    assert github.calls == []


@pytest.mark.parametrize(("count", "requests"), [(100, 1), (101, 2), (200, 2)])
def test_a_hundred_a_query(github: FakeGitHub, forge: GitHubForge, count: int, requests: int) -> None:
    wanted = serve(github, *(b"page %d" % number for number in range(count)))
    assert len(forge.blobs(REPO, wanted, commit=HEAD)) == count
    assert github.names() == ["POST /graphql"] * requests


def test_many_come_in_one_archive_and_the_credential_stays_at_home(
    github: FakeGitHub, forge: GitHubForge
) -> None:
    pages = {f"{number}.md": b"page %d" % number for number in range(479)}
    serve_archive(github, tarball(pages))
    found = forge.blobs(REPO, [oid(data) for data in pages.values()], commit=HEAD)
    assert found == {oid(data): data for data in pages.values()}
    assert github.names() == [f"GET tarball/{HEAD}", f"GET /codeload/{HEAD}"]

    other = FakeGitHub()
    other.on(f"GET /codeload/{HEAD}", Reply(200, tarball(pages)))
    github.on(f"GET tarball/{HEAD}", Reply(302, None, {"Location": f"{other.url}/codeload/{HEAD}"}))
    with pytest.raises(ForgeError, match="not https"):
        forge.blobs(REPO, [oid(data) for data in pages.values()], commit=HEAD)
    assert other.calls == []
    other.close()


def test_what_the_archive_lacks_or_alters_is_asked_for(github: FakeGitHub, forge: GitHubForge) -> None:
    wanted = serve(github, PAGE, CRLF, BINARY, LATIN, *MANY.values())
    serve_archive(github, tarball({**MANY, "a": PAGE, "b": CRLF.replace(b"\r", b""), "c": LATIN}))
    found = forge.blobs(REPO, wanted, commit=HEAD)
    assert found == {oid(data): data for data in (PAGE, CRLF, BINARY, LATIN, *MANY.values())}
    assert github.names("POST") == ["POST /graphql"]
    singles = {name.rpartition("/")[2] for name in github.names("GET") if "git/blobs" in name}
    assert singles == {oid(CRLF), oid(BINARY)}


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "html": lambda: b"<html>",
    "cut": lambda: tarball({"a": PAGE})[:40],
    "no tar": lambda: gzip.compress(b"no tar at all" * 100),
    "nothing": lambda: gzip.compress(b""),
    "more than is read, packed": lambda: gzip.compress(tarred("noise", os.urandom(MAX_PACKED)), 0),
    "more than is read, unpacked": lambda: gzip.compress(tarred("bomb", bytes(MAX_UNPACKED)), 1),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_that_is_none_or_too_much_does_no_harm(
    github: FakeGitHub, forge: GitHubForge, kind: str
) -> None:
    wanted = serve(github, *MANY.values())
    serve_archive(github, ARCHIVES[kind]())
    assert forge.blobs(REPO, wanted, commit=HEAD) == {oid(page): page for page in MANY.values()}
    assert github.names("POST") == ["POST /graphql"] * 3


def test_many_binaries_come_from_the_archive(github: FakeGitHub, forge: GitHubForge) -> None:
    data = [b"\0%d" % number for number in range(50)]
    wanted = serve(github, *data)
    serve_archive(github, tarball({str(number): one for number, one in enumerate(data)}))
    assert len(forge.blobs(REPO, wanted, commit=HEAD)) == 50
    assert github.names() == ["POST /graphql", f"GET tarball/{HEAD}", f"GET /codeload/{HEAD}"]


@pytest.mark.parametrize("size", [MAX_BLOB, MAX_BLOB + 1, 3 * MAX_BLOB])
@pytest.mark.parametrize("archived", [True, False])
def test_a_large_blob_is_cut(github: FakeGitHub, forge: GitHubForge, size: int, archived: bool) -> None:
    large = b"x" * size
    wanted = serve(github, large, *(MANY.values() if archived else ()))
    serve_archive(github, tarball({"large": large, **MANY}))
    assert forge.blobs(REPO, wanted, commit=HEAD)[oid(large)] == large[: MAX_BLOB + 1]
    assert (f"GET tarball/{HEAD}" in github.names()) == archived


def test_a_query_that_answers_too_much_is_halved(github: FakeGitHub, forge: GitHubForge) -> None:
    wanted = serve(github, *(bytes([65 + number]) * 500_000 for number in range(24)))
    github.on(
        "POST /graphql",
        # Escapes make a text up to six times as long in JSON.
        Reply(200, b" " * MAX_ANSWER + b"{}"),
        lambda call: graphql(
            {oid(bytes([65 + n]) * 500_000): bytes([65 + n]) * 500_000 for n in range(24)}, call
        ),
    )
    assert len(forge.blobs(REPO, wanted, commit=HEAD)) == 24
    assert github.names() == ["POST /graphql"] * 3


@pytest.mark.parametrize(
    "answer",
    [Reply(200, b"other bytes"), Reply(404, {"message": "Not Found"}), Reply(200, b""), Reply(drop=True)],
)
def test_a_blob_that_is_not_what_its_id_says(github: FakeGitHub, forge: GitHubForge, answer: Reply) -> None:
    github.on("POST /graphql", lambda call: graphql({}, call))
    github.on(f"GET git/blobs/{oid(PAGE)}", answer)
    with pytest.raises(ForgeError):
        forge.blobs(REPO, [oid(PAGE)], commit=HEAD)


@pytest.mark.parametrize("text", ["other", "name: 模型", None, 5])
def test_a_query_cannot_slip_in_other_bytes(github: FakeGitHub, forge: GitHubForge, text: object) -> None:
    serve(github, PAGE)
    blob = {"isBinary": False, "isTruncated": False, "text": text}
    github.on("POST /graphql", {"data": {"repository": {"b0": blob}}})
    if isinstance(text, int):
        with pytest.raises(ForgeError):
            forge.blobs(REPO, [oid(PAGE)], commit=HEAD)
    else:
        assert forge.blobs(REPO, [oid(PAGE)], commit=HEAD) == {oid(PAGE): PAGE}


@pytest.mark.parametrize("wrong", ["", "a" * 39, 'a"){x}' + "a" * 34, "A" * 40])
def test_an_id_that_is_none_is_asked_of_nobody(github: FakeGitHub, forge: GitHubForge, wrong: str) -> None:
    with pytest.raises(ForgeError):
        forge.blobs(REPO, [wrong], commit=HEAD)
    assert github.calls == []


def test_redirects_end(github: FakeGitHub, forge: GitHubForge) -> None:
    github.on(
        f"GET tarball/{HEAD}", Reply(302, None, {"Location": f"{github.url}/repos/{REPO}/tarball/{HEAD}"})
    )
    with pytest.raises(ForgeError, match="redirects"):
        forge.blobs(REPO, [oid(data) for data in MANY.values()], commit=HEAD)
    assert len(github.calls) < 10
