"""Bodies that are signed and still are no delivery: always `Refused` with 400, never anything else."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.forges.base import Refused
from bot.forges.github.hooks import GitHubHooks
from bot.model import Delivery

HOOKS = GitHubHooks(["secret"])
HEAD = "a" * 40
WHO = {"login": "alice", "id": 5, "type": "User"}
COMMON: dict[str, Any] = {"repository": {"full_name": "o/r"}, "sender": WHO}
GOOD: dict[str, dict[str, Any]] = {
    "pull_request": {
        "action": "opened",
        "number": 7,
        "pull_request": {"number": 7, "head": {"sha": HEAD, "repo": None}},
        **COMMON,
    },
    "issue_comment": {
        "action": "created",
        "issue": {"number": 7, "pull_request": {}},
        "comment": {"id": 31, "body": "/recheck", "user": WHO, "html_url": "https://github.com/x"},
        **COMMON,
    },
    "check_run": {
        "action": "rerequested",
        "check_run": {"head_sha": HEAD, "pull_requests": [{"number": 7}]},
        **COMMON,
    },
}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def headers(event: str = "pull_request", kind: str = JSON, delivery: str = "0b8f4c2a-1111") -> dict[str, str]:
    return {"X-GitHub-Delivery": delivery, "X-GitHub-Event": event, "Content-Type": kind}


def body(event: str = "pull_request") -> bytes:
    return json.dumps(GOOD[event]).encode()


def parsed(given: dict[str, str], data: bytes) -> Delivery | int:
    """The delivery, or the status of its refusal; any other exception fails the test."""
    try:
        return HOOKS.parse(given, data)
    except Refused as refused:
        return refused.status


def test_the_good_ones_are_good() -> None:
    assert all(HOOKS.parse(headers(event), body(event)).number == 7 for event in GOOD)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"1",
        b"{",
        b"{}{}",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"action": "opened", "action": "closed"}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": ' + b"[" * 65 + b"]" * 65 + b"}",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"payload=%7B%7D",
    ],
)
def test_a_body_that_is_no_json_object(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        HOOKS.parse(headers("never_heard_of"), data)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"payload",
        b"payload=",
        b"payload=%FF",
        b"payload=[]",
        b"a=1",
        b"payload=%7B%7D&payload=%7B%7D",
        b"a=1&b=2&c=3&d=4&payload=%7B%7D",
        "payload={\u00e9}".encode(),
    ],
)
def test_a_form_that_is_no_delivery(data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        HOOKS.parse(headers("never_heard_of", FORM), data)
    assert refused.value.status == 400


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "application/json5", "\ud800"])
def test_another_content_type(kind: str) -> None:
    with pytest.raises(Refused, match="content type"):
        HOOKS.parse(headers(kind=kind), body())


@pytest.mark.parametrize(
    "delivery", ["", "short", "x" * 65, "x" * 10_000, "0b8f4c2a\n1111", '0b8f4c2a"1111', "０b8f4c2a"]
)
def test_the_delivery_id_has_a_shape(delivery: str) -> None:
    with pytest.raises(Refused, match="delivery id"):
        HOOKS.parse(headers(delivery=delivery), body())


@pytest.mark.parametrize("event", ["", "Pull_Request", "pull request", "x" * 65, "pull_request\n", "pülls"])
def test_the_event_has_a_shape(event: str) -> None:
    with pytest.raises(Refused, match="not an event"):
        HOOKS.parse(headers(event), body())


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every value below the top."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def put(event: str, path: tuple[Any, ...], value: object) -> bytes:
    made = copy.deepcopy(GOOD[event])
    place: Any = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(made).encode()


ALL_PLACES = [(event, path) for event, payload in GOOD.items() for path in places(payload)]


@pytest.mark.parametrize("wrong", [None, True, -1, 0, 1.5, "\x00", [], {}, [[]], {"x": 1}, 2**60])
@pytest.mark.parametrize(("event", "path"), ALL_PLACES)
def test_every_field_of_every_wrong_type(event: str, path: tuple[Any, ...], wrong: object) -> None:
    outcome = parsed(headers(event), put(event, path, wrong))
    assert outcome == 400 or (isinstance(outcome, Delivery) and outcome.number in (0, 7))


@pytest.mark.parametrize(
    ("event", "path", "wrong"),
    [
        ("pull_request", ("number",), 8),
        ("pull_request", ("pull_request",), None),
        ("pull_request", ("pull_request", "number"), True),
        ("pull_request", ("pull_request", "number"), 0),
        ("pull_request", ("pull_request", "number"), "7"),
        ("pull_request", ("pull_request", "head"), None),
        ("pull_request", ("pull_request", "head", "sha"), "a" * 39),
        ("pull_request", ("pull_request", "head", "sha"), "A" * 40),
        ("pull_request", ("repository",), None),
        ("pull_request", ("repository", "full_name"), "../../etc"),
        ("pull_request", ("repository", "full_name"), "o/r\n"),
        ("pull_request", ("repository", "full_name"), "../r"),
        ("pull_request", ("repository", "full_name"), "o/.."),
        ("pull_request", ("repository", "full_name"), "./."),
        ("pull_request", ("repository", "full_name"), "o/r/x"),
        ("pull_request", ("repository", "full_name"), "ö/r"),
        ("pull_request", ("action",), 1),
        ("pull_request", ("action",), "x" * 65),
        ("pull_request", ("sender",), []),
        ("issue_comment", ("comment", "id"), None),
        ("issue_comment", ("comment", "body"), 1),
        ("issue_comment", ("comment", "user", "id"), "5"),
        ("issue_comment", ("issue",), None),
        ("check_run", ("check_run", "head_sha"), None),
        ("check_run", ("check_run", "pull_requests"), [7]),
        ("check_run", ("check_run", "pull_requests"), {"number": 7}),
    ],
)
def test_what_a_decision_rests_on_must_be_there(event: str, path: tuple[Any, ...], wrong: object) -> None:
    with pytest.raises(Refused) as refused:
        HOOKS.parse(headers(event), put(event, path, wrong))
    assert refused.value.status == 400


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(ALL_PLACES), value=values)
def test_never_anything_but_a_delivery_or_a_refusal(
    place: tuple[str, tuple[Any, ...]], value: object
) -> None:
    event, path = place
    outcome = parsed(headers(event), put(event, path, value))
    assert outcome == 400 or isinstance(outcome, Delivery)


@settings(max_examples=300, deadline=None)
@given(
    event=st.sampled_from(sorted(GOOD)),
    cut=st.integers(0, 400),
    noise=st.binary(max_size=6),
    form=st.booleans(),
)
def test_bytes_changed_anywhere(event: str, cut: int, noise: bytes, form: bool) -> None:
    data = body(event)
    data = data[:cut] + noise + data[cut + len(noise) :]
    outcome = parsed(headers(event, FORM if form else JSON), data)
    assert outcome == 400 or isinstance(outcome, Delivery)


@settings(max_examples=200, deadline=None)
@given(names=st.dictionaries(st.text(max_size=12), st.text(max_size=40)), data=st.binary(max_size=200))
def test_any_headers_and_body_are_refused_unsigned(names: dict[str, str], data: bytes) -> None:
    with pytest.raises(Refused) as refused:
        HOOKS.verify({**names, "X-Hub-Signature-256": names.get("x", "")}, data, 0)
    assert refused.value.status == 401
