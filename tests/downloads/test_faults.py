"""Every way that a host can misbehave ends in the right digest or in a named reason, never in blame."""

from __future__ import annotations

import gzip
import hashlib
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bot.downloads.verdict import LONGEST_WAIT
from rules.facts import RemoteState
from rules.finding import Fault
from tests.downloads.conftest import Measure
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

MEASURED, WRONG, UNVERIFIED = RemoteState.MEASURED, RemoteState.WRONG, RemoteState.UNVERIFIED
CHANGED, A_YEAR_ON = "Mon, 01 Jan 2024 00:00:00 GMT", "Wed, 01 Jan 2025 00:00:00 GMT"
A_SECOND_ON = "Mon, 01 Jan 2024 00:00:01 GMT"
HTML = b"\n<!DOCTYPE html><html><title>Sign in</title></html>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 3\n" % DIGEST.encode()


def chunks(body: bytes, end: bytes = b"0\r\n\r\n", size: int = 70_000) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + end


def length(value: object, body: bytes = CONTENT, extra: str = "") -> Answer:
    return raw(f"HTTP/1.1 200 OK\r\nContent-Length: {value}\r\n{extra}\r\n".encode() + body)


def no_ranges(**cut: int) -> Answer:
    """Answers every request from the start."""
    cuts = {int(name[1:]): size for name, size in cut.items()}

    def answer(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": len(CONTENT), "ETag": TAG})
        exchange.send(CONTENT[: cuts.get(exchange.number)])
        exchange.keep = exchange.number not in cuts

    return answer


def part(content: bytes, tag: str | None = TAG, shift: int = 0, whole: int = len(CONTENT)) -> Answer:
    """Answers a Range whatever `If-Range` says: with the rest of `content`, or of somewhere near."""

    def answer(exchange: Exchange) -> None:
        start = (exchange.rest() or 0) + shift
        body = content[start:]
        named = {"Content-Length": len(body), "Content-Range": f"bytes {start}-{whole - 1}/{whole}"}
        exchange.head(206, named if tag is None else {**named, "ETag": tag})
        exchange.send(body)

    return answer


def packed_on_request(exchange: Exchange) -> None:
    """Packs the file for whoever says that they can unpack it."""
    packs = "gzip" in exchange.headers.get("accept-encoding", "gzip")
    body = gzip.compress(CONTENT) if packs else CONTENT
    exchange.head(200, {"Content-Length": len(body), **({"Content-Encoding": "gzip"} if packs else {})})
    exchange.send(body)


def slowly(head: bytes, drop: bytes) -> Answer:
    """Begins, then drips for ever."""

    def answer(exchange: Exchange) -> None:
        exchange.send(head)
        while exchange.until_stopped():
            exchange.send(drop)

    return answer


def silent(exchange: Exchange) -> None:
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + CONTENT[:1000])
    exchange.host.stopping.wait()


def reset_midway(exchange: Exchange) -> None:
    exchange.head(200, {"Content-Length": len(CONTENT), "ETag": TAG})
    exchange.send(CONTENT[:1000])
    exchange.drop(reset=True)


CUT = file(cut={1: 100_000})
BEGIN = b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n"

#: Each ends with the digest of `CONTENT`, which is what the page declares.
RECOVERED: dict[str, Answer] = {
    "plain": file(),
    "gzip for whoever asks": packed_on_request,
    "chunked": raw(chunks(CONTENT)),
    "chunk extensions and trailers": raw(chunks(CONTENT, b"0;x=1\r\nDigest: x\r\n\r\n")),
    "cut, resumed": CUT,
    "cut twice, resumed": file(cut={1: 100_000, 2: 50_000}),
    "cut, resumed by an old Last-Modified": file(
        cut={1: 100_000}, ETag=None, Last_Modified=CHANGED, Date=A_YEAR_ON
    ),
    "cut, a young Last-Modified": file(cut={1: 100_000}, ETag=None, Last_Modified=CHANGED, Date=A_SECOND_ON),
    "cut, no ranges": no_ranges(n1=100_000, n2=200_000),
    "cut, 200 to the rest": in_turn(CUT, no_ranges()),
    "cut, no validator": file(cut={1: 100_000}, ETag=None),
    "cut, weak validator": file(cut={1: 100_000}, ETag='W/"v1"'),
    "cut before the first byte": file(cut={1: 0}),
    "chunked and cut": in_turn(raw(chunks(CONTENT[:140_000], b"")), raw(chunks(CONTENT))),
    "last chunk cut off": in_turn(raw(chunks(CONTENT, b"")), raw(chunks(CONTENT))),
    "reset in mid-body": in_turn(reset_midway, file()),
    "stalled once": in_turn(silent, file()),
    "dropped before the header": in_turn(raw(b""), file()),
    "half a header": in_turn(raw(b"HTTP/1.1 200 OK\r\nContent-"), file()),
    "not HTTP": in_turn(raw(b"SSH-2.0-x\r\n"), file()),
    "503 twice": in_turn(status(503), status(502), file()),
    "429 with Retry-After": in_turn(status(429, Retry_After=0), file()),
    "503 in mid-download": in_turn(CUT, status(503), file()),
    "another range than asked": in_turn(CUT, part(CONTENT, shift=7), file()),
    "another whole length": in_turn(CUT, part(CONTENT, whole=400_000), file()),
    "206 without validator": in_turn(CUT, part(CONTENT, tag=None), file()),
    "changed between the parts, seen by ETag": in_turn(
        file(OTHER, cut={1: 100_000}, ETag='"v0"'), part(CONTENT, tag=TAG), file()
    ),
    "changed between the parts, seen by If-Range": in_turn(
        file(OTHER, cut={1: 100_000}, ETag='"v0"'), file()
    ),
    "416 to the rest": in_turn(CUT, status(416), file()),
    "404 once": in_turn(status(404), file()),
    "html once": in_turn(status(200, HTML), file()),
    "redirected": in_turn(status(302, Location="/a.ckpt?x=1"), file()),
}

UNVERIFIABLE: dict[str, tuple[Answer, str]] = {
    "cut every time": (no_ranges(**{f"n{n}": 100_000 for n in range(1, 50)}), "short-body"),
    "length too long": (length(400_000), "short-body"),
    "length too short": (length(200_000), "bad-length"),
    "length too short by a byte": (length(len(CONTENT) - 1), "bad-length"),
    "length negative": (length(-1), "bad-length"),
    "length signed": (length(f"+{len(CONTENT)}"), "bad-length"),
    "length of 21 digits": (length(10**20), "bad-length"),
    "two lengths": (length(300_000, extra="Content-Length: 100\r\n"), "bad-length"),
    "a list of lengths": (length("300000, 300000"), "bad-length"),
    "length and chunks": (length(300_000, extra="Transfer-Encoding: chunked\r\n"), "bad-response"),
    "no length": (raw(b"HTTP/1.1 200 OK\r\n\r\n" + CONTENT), "no-length"),
    "no length, HTTP/1.0": (raw(b"HTTP/1.0 200 OK\r\n\r\n" + CONTENT), "no-length"),
    "gzip unasked": (length(9, gzip.compress(CONTENT), "Content-Encoding: gzip\r\n"), "content-encoding"),
    "206 unasked": (part(CONTENT), "bad-response"),
    "stalled": (silent, "stalled"),
    "dripped body": (slowly(BEGIN, b"x"), "stalled"),
    "dripped chunk header": (
        slowly(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1", b"0"),
        "stalled",
    ),
    "dripped header": (slowly(b"HTTP/1.1 200 OK\r\nX: ", b"x"), "timeout"),
    "endless 100 Continue": (slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout"),
    "endless trailers": (slowly(chunks(CONTENT, b"0\r\n"), b"x: y\r\n"), "stalled"),
    "endless body": (
        slowly(chunks(CONTENT * 6, b""), chunks(CONTENT, b"").partition(b"\r\n\r\n")[2]),
        "endless-body",
    ),
    "bad chunk": (raw(chunks(CONTENT, b"-5\r\n")), "bad-response"),
    "500 lines of header": (raw(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 500 + b"\r\n"), "bad-response"),
    "a header of 200 kB": (raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n"), "bad-response"),
    "reset always": (raw(b""), "connect"),
    "503 always": (status(503), "status-503"),
    "429 always": (status(429), "rate-limited"),
    "429 for an hour": (status(429, Retry_After=3600), "rate-limited"),
    "a bare 403": (status(403), "status-403"),
    "400": (status(400), "status-400"),
    "204": (raw(b"HTTP/1.1 204 No\r\n\r\n"), "status-204"),
    "redirect to nowhere": (status(302), "bad-response"),
}

BLAMED: dict[str, tuple[Answer, str]] = {
    "404": (status(404), "not-found"),
    "410": (status(410), "gone"),
    "401": (status(401), "login-wall"),
    "a private object": (status(403, b"<Error><Code>AccessDenied</Code></Error>"), "login-wall"),
    "html": (status(200, HTML, Content_Type="text/html"), "html-page"),
    "html as octets": (status(200, HTML, Content_Type="application/octet-stream"), "html-page"),
    "html of UTF-16": (status(200, b"\xff\xfe" + "<html>".encode("utf-16-le")), "html-page"),
    "text said to be html": (status(200, b"Please sign in", Content_Type="text/html"), "html-page"),
    "LFS pointer": (status(200, POINTER), "lfs-pointer"),
    "empty": (status(200, b""), "empty-file"),
    "too large": (length(2_000_001), "too-large"),
    "redirected for ever": (status(302, Location="/a.ckpt"), "too-many-redirects"),
    "redirected to loopback": (status(302, Location="https://127.0.0.1/"), "address-refused"),
    "redirected without scheme": (status(302, Location="//[::1]/"), "address-refused"),
    "redirected to metadata": (status(302, Location="https://169.254.169.254/latest"), "address-refused"),
    "redirected to a local name": (status(302, Location="https://localhost/"), "address-refused"),
    "redirected to http": (status(302, Location=f"http://{NAME}/a.ckpt"), "url-refused"),
    "redirected to a file": (status(302, Location="file:///etc/passwd"), "url-refused"),
    "redirected to gopher": (status(302, Location="gopher://files.example.com/x"), "url-refused"),
    "redirected to another port": (status(302, Location=f"https://{NAME}:6379/"), "url-refused"),
}


@pytest.mark.parametrize("name", RECOVERED)
def test_ends_with_the_right_digest(name: str, measure: Measure) -> None:
    file = measure(RECOVERED[name])
    assert (file.state, file.sha256, file.reason) == (MEASURED, DIGEST, "")
    assert file.size == len(CONTENT)
    assert file.first_bytes == CONTENT[:64].hex()


@pytest.mark.parametrize("name", RECOVERED)
def test_never_mistakes_a_recovered_file_for_another(name: str, measure: Measure) -> None:
    """With another digest declared, what was recovered is read once more, and is still the right one."""
    file = measure(RECOVERED[name], OTHER_DIGEST)
    assert (file.state, file.sha256) == (MEASURED, DIGEST)
    assert file.reads >= 2


@pytest.mark.parametrize("name", UNVERIFIABLE)
def test_blames_nobody(name: str, measure: Measure) -> None:
    answer, reason = UNVERIFIABLE[name]
    file = measure(answer, OTHER_DIGEST)
    assert (file.state, file.reason, file.fault) == (UNVERIFIED, reason, Fault.HOST)
    assert not file.sha256
    assert file.detail


@pytest.mark.parametrize("name", BLAMED)
def test_says_what_the_contributor_can_mend(name: str, measure: Measure, host: AssetHost) -> None:
    answer, reason = BLAMED[name]
    file = measure(answer)
    assert (file.state, file.reason, file.fault) == (WRONG, reason, Fault.CONTRIBUTOR)
    assert host.count("/a.ckpt") >= (1 if "refused" in reason else 2), "seen once is not enough to blame"


@pytest.mark.parametrize(
    ("code", "asked", "seconds"),
    [
        (429, "3600", 3600.0),
        (503, "120", 120.0),
        (429, format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True), 7200.0),
        (503, "999999999", LONGEST_WAIT),
        (503, "Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
    ],
    ids=["an hour", "two minutes", "a date in two hours", "much too long", "a date much too late"],
)
def test_when_a_host_asks_to_be_tried_again_is_in_the_result(
    code: int, asked: str, seconds: float, measure: Measure, host: AssetHost
) -> None:
    found = measure(status(code, Retry_After=asked))
    assert (found.state, found.fault) == (UNVERIFIED, Fault.HOST)
    assert found.retry_at == pytest.approx(found.measured_at + seconds, abs=600)
    assert host.count("/a.ckpt") == 1, "who asks for patience is not asked again at once"


@pytest.mark.parametrize(
    "answer",
    [status(503), status(503, Retry_After="soon"), status(404, Retry_After=60), file()],
    ids=["not said", "nonsense", "an answer that stands", "all well"],
)
def test_without_a_word_of_the_host_no_time_is_named(answer: Answer, measure: Measure) -> None:
    assert measure(answer).retry_at is None


def test_a_mismatch_needs_two_reads_that_agree(measure: Measure, host: AssetHost) -> None:
    file_ = measure(file(OTHER))
    assert (file_.state, file_.sha256, file_.reads) == (MEASURED, OTHER_DIGEST, 2)
    assert host.connections == 2, "the second read is on a connection of its own"


def test_two_reads_that_differ_are_a_changing_file(measure: Measure) -> None:
    third = hashlib.sha256(CONTENT[1:]).hexdigest()
    found = measure(in_turn(file(OTHER), file(CONTENT[1:])))
    assert (found.state, found.fault, found.sha256) == (RemoteState.CHANGING, Fault.HOST, "")
    assert OTHER_DIGEST in found.detail
    assert third in found.detail


def test_a_page_and_then_a_wrong_file_blame_nobody_yet(measure: Measure) -> None:
    found = measure(in_turn(status(200, HTML), file(OTHER), status(404)))
    assert (found.state, found.reason) == (UNVERIFIED, "unstable")


@pytest.mark.parametrize(
    ("declared", "reads"),
    [
        (DIGEST, 1),
        (DIGEST.upper(), 1),
        (f"  {DIGEST}\n", 1),
        (DIGEST[:8], 1),
        (DIGEST[:9].upper(), 1),
        ("", 1),
        (OTHER_DIGEST[:8], 2),
        ("not a digest", 2),
    ],
)
def test_measures_whatever_is_declared(declared: str, reads: int, measure: Measure) -> None:
    found = measure(file(), declared)
    assert (found.state, found.sha256, found.reads, found.declared) == (MEASURED, DIGEST, reads, declared)


def test_a_resumed_request_names_its_version(measure: Measure, host: AssetHost) -> None:
    measure(CUT)
    second = host.seen[1].headers
    assert (second["range"], second["if-range"]) == ("bytes=100000-", TAG)


@pytest.mark.parametrize("name", ["cut, a young Last-Modified", "cut, weak validator", "cut, no validator"])
def test_without_a_strong_validator_all_is_read_again(name: str, measure: Measure, host: AssetHost) -> None:
    assert measure(RECOVERED[name]).sha256 == DIGEST
    assert ["range" in exchange.headers for exchange in host.seen] == [False, False]


def test_bytes_that_come_late_are_noticed_before_anybody_is_blamed(measure: Measure) -> None:
    def late(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": 200_000})
        exchange.send(CONTENT[:200_000])
        exchange.host.stopping.wait(0.1)
        exchange.send(CONTENT[200_000:])

    found = measure(late)
    assert (found.state, found.reason) == (UNVERIFIED, "bad-length")


def test_the_confirming_read_asks_for_the_end_of_the_stream(measure: Measure, host: AssetHost) -> None:
    measure(file(OTHER))
    assert [exchange.headers.get("connection") for exchange in host.seen] == [None, "close"]


def test_sends_nothing_that_it_need_not(
    measure: Measure, host: AssetHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    found = measure(in_turn(status(302, Location="/b.ckpt", Set_Cookie="a=b")), path="/a.ckpt")
    assert found.reason == "not-found"
    for exchange in host.seen:
        assert set(exchange.headers) <= {"host", "user-agent", "accept", "accept-encoding", "connection"}
        assert exchange.headers["host"] == NAME
        assert exchange.headers["accept-encoding"] == "identity"


def test_a_signature_in_a_redirect_is_not_shown(measure: Measure, host: AssetHost) -> None:
    host.routes["/b.ckpt?X-Signature=secret"] = file()
    found = measure(status(302, Location="/b.ckpt?X-Signature=secret"))
    assert found.final_url == f"https://{NAME}/b.ckpt"
    assert "secret" not in repr(found)


def test_evidence_is_plain_text(measure: Measure) -> None:
    found = measure(status(200, HTML, Content_Type="text/html\x1b[31m\xe9"))
    assert found.reason == "html-page"
    assert found.detail.isascii()
    assert found.detail.isprintable()


def test_keeps_connections(measure: Measure, host: AssetHost) -> None:
    for number in range(1, 4):
        host.routes[f"/{number}"] = status(302, Location=f"/{number + 1}")
    host.routes["/4"] = file()
    assert measure(host.routes["/1"], path="/1").state is MEASURED
    assert host.connections == 1


def test_leaves_no_watchdog_behind(measure: Measure) -> None:
    measure(file())
    deadline = threading.Event()
    for _ in range(20):
        if not any(t.name == "download-watchdog" for t in threading.enumerate()):
            return
        deadline.wait(0.05)
    raise AssertionError("the watchdog still runs with nothing to watch")
