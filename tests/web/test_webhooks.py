"""What the endpoint answers, rung by rung."""

from __future__ import annotations

import hmac
import io
import json
from collections.abc import Callable, Mapping
from hashlib import sha256

import pytest
from flask.testing import FlaskClient
from gunicorn.http.errors import InvalidChunkSize  # type: ignore[import-untyped]  # gunicorn has no types
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.forges.base import Refused
from bot.model import Delivery, Intent
from bot.web.app import create_app
from bot.web.webhooks import MAX_BODY, MAX_CLAIM, MAX_DRAIN, HeaderMap
from bot.web.world import StoreUnavailable
from tests.loglines import logged
from tests.web.worlds import MemoryWorld

Deliver = Callable[..., tuple[int, str]]
Said = Callable[..., bytes]


def test_a_good_delivery_is_stored_before_it_is_accepted(
    world: MemoryWorld, deliver: Deliver, said: Said
) -> None:
    assert deliver(said()) == (202, "accepted\n")
    assert [kept.repo for kept, _, _ in world.kept] == ["mindspore/hub"]


def test_a_known_delivery_is_a_duplicate(world: MemoryWorld, deliver: Deliver, said: Said) -> None:
    assert deliver(said())[0] == 202
    assert deliver(said()) == (200, "duplicate: this delivery is known\n")
    assert len(world.kept) == 1


@pytest.mark.parametrize(
    ("intent", "rest", "answer"),
    [
        (Intent.PING, {}, "ping received\n"),
        (Intent.IGNORED, {"reason": "labels do not matter"}, "ignored: labels do not matter\n"),
        (Intent.IGNORED, {"reason": "evil\u202e\r\nX: y"}, "ignored: evil⟨U+202E⟩⟨U+000D⟩↵X: y\n"),
        (Intent.IGNORED, {}, "ignored: nothing to do for this event\n"),
        (Intent.REVIEW, {"repo": "somebody/else"}, "ignored: this repository is not served here\n"),
        (Intent.COMMENT, {"repo": ""}, "ignored: this repository is not served here\n"),
    ],
)
def test_nothing_to_do_is_200_with_the_reason(
    world: MemoryWorld, deliver: Deliver, said: Said, intent: Intent, rest: dict[str, str], answer: str
) -> None:
    assert deliver(said(intent, **rest)) == (200, answer)
    assert world.kept == []


@pytest.mark.parametrize("repo", ["mindspore/hub", "MINDSPORE/HUB", "MindSpore/hub"])
def test_repositories_are_compared_without_regard_to_case(deliver: Deliver, said: Said, repo: str) -> None:
    assert deliver(said(repo=repo))[0] == 202


BAD_SIGNATURES = ["", "0" * 64, "sha256=é", "\u00ff\u00fe", "x" * 4000]


@pytest.mark.parametrize("signature", BAD_SIGNATURES)
def test_a_bad_signature_has_one_constant_answer(
    world: MemoryWorld, deliver: Deliver, said: Said, signature: str
) -> None:
    assert deliver(said(), X_Test_Signature=signature) == (401, "the signature does not verify\n")
    assert world.kept == []


def test_nothing_is_parsed_before_the_signature(world: MemoryWorld, deliver: Deliver) -> None:
    answers = {deliver(body, X_Test_Signature="0" * 64) for body in (b"", b"[" * 100_000, b"\xff", b"null")}
    assert answers == {(401, "the signature does not verify\n")}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"1", b'"x"', b"{", b"\xff\xfe", b"[" * 200_000, b'{"intent": {}}', b'{"a": NaN}'],
)
def test_a_signed_body_that_is_no_delivery_is_400(world: MemoryWorld, deliver: Deliver, body: bytes) -> None:
    assert deliver(body)[0] == 400
    assert world.kept == []


def test_other_methods_and_forges(client: FlaskClient, deliver: Deliver, said: Said) -> None:
    answer = client.get("/webhooks/github")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.mimetype == "text/plain"
    assert deliver(said(), path="/webhooks/gitlab") == (404, "no such forge here\n")
    assert deliver(said(), path="/webhooks/github/")[0] in (202, 404)


@pytest.mark.parametrize(
    ("encoding", "status"),
    [("gzip", 415), ("br", 415), ("identity, gzip", 415), ("identity", 202), ("", 202)],
)
def test_content_encodings(deliver: Deliver, said: Said, encoding: str, status: int) -> None:
    assert deliver(said(), Content_Encoding=encoding)[0] == status


@pytest.mark.parametrize(
    ("size", "status"), [(MAX_BODY, 401), (MAX_BODY + 1, 413), (MAX_DRAIN + MAX_BODY, 413)]
)
@pytest.mark.parametrize("chunked", [False, True])
def test_large_bodies(client: FlaskClient, size: int, status: int, chunked: bool) -> None:
    stream = Zeros(size)
    length = {"wsgi.input_terminated": True} if chunked else {"CONTENT_LENGTH": str(size)}
    answer = client.post("/webhooks/github", environ_overrides={"wsgi.input": stream, **length})
    assert answer.status_code == status
    assert stream.given <= MAX_DRAIN


def test_a_body_that_ends_early_or_breaks_off_is_400(client: FlaskClient) -> None:
    for stream in (io.BytesIO(b"{}"), Breaking(ConnectionResetError()), Breaking(InvalidChunkSize(b"zz"))):
        sent = {"wsgi.input": stream, "CONTENT_LENGTH": "10"}
        assert client.post("/webhooks/github", environ_overrides=sent).status_code == 400


@pytest.mark.parametrize("trouble", [StoreUnavailable("disk full", retry_after=7), RuntimeError("a defect")])
def test_what_is_not_stored_is_not_accepted(
    world: MemoryWorld, client: FlaskClient, deliver: Deliver, said: Said, trouble: Exception
) -> None:
    world.trouble = trouble
    status, text = deliver(said())
    assert (status, text) == (503, "the store is unavailable, please deliver again\n")


def test_unavailable_says_when_to_try_again(world: MemoryWorld, client: FlaskClient, said: Said) -> None:
    world.trouble = StoreUnavailable(retry_after=7)
    world.hooks = {"github": Broken()}
    assert client.post("/webhooks/github", data=b"{}").headers["Retry-After"] == "7"


@pytest.mark.parametrize("where", ["verify", "parse", "redact"])
@pytest.mark.parametrize(
    "error", [RecursionError(), TypeError("secret"), UnicodeDecodeError("x", b"", 0, 0, "")]
)
def test_a_defect_in_a_driver_is_never_a_5xx(
    world: MemoryWorld, client: FlaskClient, caplog: pytest.LogCaptureFixture, where: str, error: Exception
) -> None:
    world.hooks = {"github": Broken(**{where: error})}
    answer = client.post("/webhooks/github", data=b"{}")
    assert answer.status_code == (401 if where == "verify" else 400)
    assert world.kept == []
    assert f"in {'verify' if where == 'verify' else 'parse'}" in caplog.text
    assert "secret" not in caplog.text


def test_what_is_stored_holds_no_secret(world: MemoryWorld, deliver: Deliver, said: Said) -> None:
    sent = {
        "X_GitHub_Event": "push",
        "X_Gitee_Token": "s3cret",
        "Authorization": "Basic s3cret",
        "Cookie": "s3cret",
    }
    deliver(said(reason="hook password"), **sent)
    _, headers, body = world.kept[0]
    assert headers["X-Github-Event"] == "push"
    assert "s3cret" not in str(dict(headers))
    assert not [name for name in headers if "signature" in name.lower()]
    assert b"hook password" not in body


def test_headers_are_found_in_any_case() -> None:
    headers = HeaderMap({"X-GitHub-Event": "push"})
    assert headers["x-github-event"] == headers["X-GITHUB-EVENT"] == "push"
    assert dict(headers) == {"X-GitHub-Event": "push"}
    assert headers.get("absent") is None


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.one_of(
        st.binary(max_size=300), st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps)
    ),
    headers=st.dictionaries(
        st.sampled_from(
            ["X-Test-Delivery", "Content-Type", "Content-Encoding", "Content-Length", "Host", "X-A"]
        ),
        st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60),
    ),
    sign=st.booleans(),
    path=st.sampled_from(
        ["/webhooks/github", "/webhooks/", "/webhooks/%00", "/webhooks/é", "//webhooks/github"]
    ),
)
def test_no_input_is_answered_with_5xx(
    client: FlaskClient, body: str | bytes, headers: dict[str, str], sign: bool, path: str
) -> None:
    raw = body.encode() if isinstance(body, str) else body
    signed = {"X-Test-Signature": signature(raw)} if sign else {}
    assert client.post(path, data=raw, headers={**signed, **headers}).status_code < 500


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(
        st.sampled_from(["intent", "repo", "number", "reason", "sender"]),
        st.text() | st.none() | st.integers(),
    )
)
def test_no_signed_delivery_is_answered_with_5xx(
    client: FlaskClient, deliver: Deliver, fields: dict[str, object]
) -> None:
    body = json.dumps({"intent": "ignored", **fields}).encode()
    assert deliver(body)[0] < 500


def test_the_default_words_need_no_other_part(world: MemoryWorld) -> None:
    assert create_app(world).test_client().get("/").status_code == 200


def signature(body: bytes) -> str:
    return hmac.new(b"a secret of the tests", body, sha256).hexdigest()


class Zeros(io.BytesIO):
    """So many bytes, made as they are read; counts those that were."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left, self.given = size, 0

    def read(self, size: int | None = -1) -> bytes:
        count = min(self.left, size or 0)
        self.left -= count
        self.given += count
        return bytes(count)


class Breaking(io.BytesIO):
    """A body that cannot be read to its end."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def read(self, size: int | None = -1) -> bytes:
        raise self.error


class Broken:
    """Hooks with a defect in one place."""

    def __init__(self, **errors: Exception) -> None:
        self.errors = errors

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        self._stumble("verify")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        self._stumble("parse")
        return Delivery("github", "d", "e", "a", Intent.REVIEW, "mindspore/hub", 1)

    def redact(self, body: bytes) -> bytes:
        self._stumble("redact")
        return body

    def _stumble(self, where: str) -> None:
        if error := self.errors.get(where):
            raise error


@pytest.mark.parametrize(("status", "answered"), [(400, 400), (422, 422), (302, 400), (500, 400)])
def test_a_driver_refuses_with_4xx_only(
    world: MemoryWorld, client: FlaskClient, status: int, answered: int
) -> None:
    world.hooks = {"github": Broken(parse=Refused(status, "not a delivery"))}
    assert client.post("/webhooks/github", data=b"{}").status_code == answered


@pytest.mark.parametrize(
    ("sent", "level", "message"),
    [
        ({}, "info", "delivery answered with 202: accepted"),
        (
            {"X_Test_Signature": "0" * 64},
            "warning",
            "delivery answered with 401: the signature does not verify",
        ),
        ({"path": "/webhooks/gitlab"}, "warning", "delivery answered with 404: no such forge here"),
    ],
)
def test_the_log_names_the_delivery(
    deliver: Deliver, said: Said, sent: dict[str, str], level: str, message: str
) -> None:
    with logged() as lines:
        deliver(said(), delivery="d-77\u200b", **sent)
    told = [(row["delivery"], row["level"], row["message"]) for row in lines()]
    assert told == [("d-77⟨U+200B⟩", level, message)]


def test_the_log_names_duplicates_and_what_is_ignored(deliver: Deliver, said: Said) -> None:
    with logged() as lines:
        deliver(said(), delivery="d-1")
        deliver(said(), delivery="d-1")
        deliver(said(Intent.PING), delivery="d-2")
    assert [(row["delivery"], row["message"].split(": ", 1)[1], row["pull"]) for row in lines()] == [
        ("d-1", "accepted", "github/mindspore/hub/1"),
        ("d-1", "duplicate: this delivery is known", "github/mindspore/hub/1"),
        ("d-2", "ping received", "github/mindspore/hub/1"),
    ]


def test_a_request_that_claims_no_id_or_a_long_one(client: FlaskClient) -> None:
    with logged() as lines:
        client.post("/webhooks/github", data=b"{}")
        client.post("/webhooks/github", data=b"{}", headers={"X-GitHub-Delivery": "x" * 5000})
    none, long = lines()
    assert "delivery" not in none
    assert long["delivery"] == "x" * MAX_CLAIM + "…"
