"""The demo's webhooks: what is refused, and what each delivery asks for."""

from __future__ import annotations

import json

import pytest

from bot.errors import UserError
from bot.forges.base import Refused
from bot.forges.demo.deliveries import Request, comment_event, pull_event
from bot.forges.demo.hooks import DELIVERY, EVENT, SIGNATURE, DemoHooks
from bot.model import Comment, Delivery, Intent, PullRef, PullRequest, PullState, User

SECRET = "a secret made at start"
AUTHOR = User(11, "lin-xia")
PULL = PullRequest(
    ref=PullRef("demo", "mindspore-demo/hub", 2),
    title="Add",
    body="",
    author=AUTHOR,
    state=PullState.OPEN,
    draft=False,
    head_sha="a" * 40,
    head_repo="mindspore-demo/hub",
    base_sha="b" * 40,
    base_ref="master",
    changed_files=None,
    url="",
)
HOOKS = DemoHooks(SECRET)


def test_an_empty_secret_is_refused_by_name() -> None:
    with pytest.raises(UserError, match="secret"):
        DemoHooks("")


def test_a_signed_request_is_taken_with_headers_in_any_case() -> None:
    request = pull_event(SECRET, PULL, "opened")
    for headers in (request.headers, {name.lower(): value for name, value in request.headers.items()}):
        HOOKS.verify(headers, request.body, 0.0)
        assert HOOKS.parse(headers, request.body).intent is Intent.REVIEW
    assert HOOKS.redact(request.body) == request.body


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha256=ü", "\ud800"])
def test_a_wrong_signature_is_refused_without_a_hint(signature: str) -> None:
    request = pull_event(SECRET, PULL, "opened")
    with pytest.raises(Refused) as caught:
        HOOKS.verify({**request.headers, SIGNATURE: signature}, request.body, 0.0)
    assert caught.value.status == 401
    assert SECRET not in str(caught.value)


def test_another_body_or_another_secret_is_refused() -> None:
    request = pull_event(SECRET, PULL, "opened")
    for hooks, body in ((HOOKS, request.body + b" "), (DemoHooks("another"), request.body)):
        with pytest.raises(Refused):
            hooks.verify(request.headers, body, 0.0)


@pytest.mark.parametrize(
    ("action", "intent"),
    [
        ("opened", Intent.REVIEW),
        ("pushed", Intent.REVIEW),
        ("reopened", Intent.REVIEW),
        ("closed", Intent.CLOSED),
        ("merged", Intent.CLOSED),
        ("labelled", Intent.IGNORED),
    ],
)
def test_pull_request_events(action: str, intent: Intent) -> None:
    delivery = read(pull_event(SECRET, PULL, action))
    assert delivery.intent is intent
    assert bool(delivery.reason) is (intent is Intent.IGNORED)
    if intent is not Intent.IGNORED:
        assert (delivery.repo, delivery.number, delivery.sender) == ("mindspore-demo/hub", 2, "lin-xia")


def test_a_comment_says_who_and_what() -> None:
    comment = Comment("7", User(12, "anna-k", is_bot=True), "/recheck 重新")
    delivery = read(comment_event(SECRET, PULL, comment))
    assert (delivery.intent, delivery.comment, delivery.sender) == (Intent.COMMENT, comment, "anna-k")


def test_the_id_tells_a_repetition_from_a_new_event() -> None:
    opened, again = (pull_event(SECRET, PULL, "opened").headers[DELIVERY] for _ in range(2))
    assert opened == again
    assert pull_event(SECRET, PULL, "pushed").headers[DELIVERY] != opened


def test_a_ping_needs_no_content() -> None:
    assert HOOKS.parse({EVENT: "ping", DELIVERY: "1"}, b"{}").intent is Intent.PING


GOOD_BODY = {"action": "opened", "repository": "a/b", "number": 1, "sender": "x"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"not json",
        b"[]",
        b"[" * 200_000,
        b"1" * 5_000,
        b'{"action": "\\ud800"}',
        b'{"action": 1}',
        json.dumps(GOOD_BODY | {"number": "1"}).encode(),
        json.dumps(GOOD_BODY | {"number": True}).encode(),
        json.dumps(GOOD_BODY | {"number": 0}).encode(),
        json.dumps(GOOD_BODY | {"number": 1 << 60}).encode(),
        json.dumps(GOOD_BODY | {"sender": None}).encode(),
        json.dumps({key: value for key, value in GOOD_BODY.items() if key != "repository"}).encode(),
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_is_no_delivery_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        HOOKS.parse({EVENT: "pull_request", DELIVERY: "1"}, body)
    assert caught.value.status == 400


@pytest.mark.parametrize("comment", [None, [], {}, {"id": 1, "body": "x", "author": []}])
def test_a_comment_that_is_none_is_a_bad_request(comment: object) -> None:
    body = json.dumps(GOOD_BODY | {"action": "created", "comment": comment}).encode()
    with pytest.raises(Refused):
        HOOKS.parse({EVENT: "comment", DELIVERY: "1"}, body)


@pytest.mark.parametrize("delivery", ["", "a b", "x" * 81, "a\nb"])
def test_a_delivery_needs_an_id(delivery: str) -> None:
    with pytest.raises(Refused):
        HOOKS.parse({EVENT: "ping", DELIVERY: delivery}, b"{}")


def read(request: Request) -> Delivery:
    HOOKS.verify(request.headers, request.body, 0.0)
    return HOOKS.parse(request.headers, request.body)
