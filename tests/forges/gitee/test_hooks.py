"""Gitee's deliveries: what is let in, and what it asks for."""

import base64
import hashlib
import hmac
import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.forges.base import Refused
from bot.forges.gitee.hooks import GiteeHooks
from bot.model import Intent

SECRET, OLD, PASSWORD = "a new secret", "an old secret", "pass+word/%2F"
NOW = 1_700_000_000.5
STAMP = str(int(NOW * 1000))
PERSON = {"id": 31, "login": "contributor", "name": "A Contributor"}
REPOSITORY = {"namespace": "acme", "path": "hub", "name": "The Hub", "path_with_namespace": "acme/hub"}


def sign(secret=SECRET, stamp=STAMP):
    return base64.b64encode(hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), "sha256")).decode()


def body(**changes):
    made = {
        "action": "open",
        "action_desc": "open",
        "hook_name": "merge_request_hooks",
        "hook_id": 12,
        "timestamp": STAMP,
        "password": "",
        "sign": sign(),
        "sender": PERSON,
        "repository": REPOSITORY,
        "pull_request": {"id": 9001, "number": 5},
    }
    made.update(changes)
    return made


def note(**changes):
    said = {"id": 77, "body": "/recheck\r\n", "user": PERSON, "html_url": "https://g/n"}
    made = {"hook_name": "note_hooks", "action": "comment", "noteable_type": "PullRequest", "comment": said}
    return body(**{**made, "action_desc": None, **changes})


def raw(data):
    return json.dumps(data).encode()


def headers(**changes):
    made = {"X-Gitee-Token": sign(), "X-Gitee-Timestamp": STAMP, "X-Gitee-Event": "Merge Request Hook"}
    made.update({name.replace("_", "-"): value for name, value in changes.items()})
    return {name: value for name, value in made.items() if value is not None}


def hooks(**changes):
    return GiteeHooks(**{"secrets": (SECRET, OLD), **changes})


def parse(data, **changes):
    return hooks().parse(headers(**changes), raw(data))


SIGNED = [
    ("raw base64", {}),
    ("percent-encoded", {"X_Gitee_Token": quote(sign(), safe="")}),
    ("the secret before the rotation", {"X_Gitee_Token": sign(OLD)}),
    ("names in lower case", {"X_Gitee_Token": None, "x-gitee-token": sign()}),
]


@pytest.mark.parametrize(("case", "changes"), SIGNED, ids=[case for case, _ in SIGNED])
def test_a_signed_delivery_is_let_in(case, changes):
    hooks().verify(headers(**changes), raw(body()), NOW)


@pytest.mark.parametrize("offset", range(60))
def test_every_signature_is_let_in_whatever_its_characters(offset):
    """Among sixty signatures are ones with `+` and `/`, which a form decoder would spoil."""
    stamp = str(int(STAMP) + offset)
    given_headers = headers(X_Gitee_Token=sign(stamp=stamp), X_Gitee_Timestamp=stamp)
    hooks().verify(given_headers, raw(body(timestamp=int(stamp))), NOW)


def test_the_sixty_signatures_have_plus_and_slash():
    signatures = "".join(sign(stamp=str(int(STAMP) + offset)) for offset in range(60))
    assert "+" in signatures
    assert "/" in signatures


PLUS = next(str(int(STAMP) + n) for n in range(1, 200) if "+" in sign(stamp=str(int(STAMP) + n)))

REFUSED = [
    ("no token", {"X_Gitee_Token": None}),
    ("an empty token", {"X_Gitee_Token": ""}),
    ("another secret", {"X_Gitee_Token": sign("somebody else's")}),
    ("a token that is not ASCII", {"X_Gitee_Token": "签名\x00"}),
    ("a lone surrogate", {"X_Gitee_Token": "\ud800"}),
    ("a huge token", {"X_Gitee_Token": sign() * 10_000}),
    (
        "hexadecimal",
        {"X_Gitee_Token": hmac.digest(SECRET.encode(), f"{STAMP}\n{SECRET}".encode(), "sha256").hex()},
    ),
    ("a GitHub signature", {"X_Gitee_Token": None, "X_Hub_Signature_256": "sha256=" + "0" * 64}),
    ("the secret itself: password mode is off", {"X_Gitee_Token": SECRET}),
    ("the password: password mode is off", {"X_Gitee_Token": PASSWORD}),
    ("no timestamp", {"X_Gitee_Timestamp": None}),
    ("a timestamp in seconds", {"X_Gitee_Timestamp": STAMP[:10], "X_Gitee_Token": sign(stamp=STAMP[:10])}),
    ("a timestamp in other digits", {"X_Gitee_Timestamp": "١" * 13, "X_Gitee_Token": sign(stamp="١" * 13)}),
    ("another timestamp than was signed", {"X_Gitee_Timestamp": str(int(STAMP) + 1)}),
    ("another timestamp than the body's", {"X_Gitee_Timestamp": PLUS, "X_Gitee_Token": sign(stamp=PLUS)}),
    (
        "plus read as a blank",
        {"X_Gitee_Timestamp": PLUS, "X_Gitee_Token": sign(stamp=PLUS).replace("+", " ")},
    ),
]


@pytest.mark.parametrize(("case", "changes"), REFUSED, ids=[case for case, _ in REFUSED])
def test_any_other_delivery_is_refused(case, changes):
    with pytest.raises(Refused) as refused:
        hooks().verify(headers(**changes), raw(body(timestamp=str(int(STAMP)))), NOW)
    assert refused.value.status == 401
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("age", "let_in"), [(599, True), (-599, True), (601, False), (-601, False), (3600, False)]
)
def test_a_timestamp_is_good_for_ten_minutes_either_way(age, let_in):
    if let_in:
        hooks().verify(headers(), raw(body()), NOW + age)
    else:
        with pytest.raises(Refused, match="too far"):
            hooks().verify(headers(), raw(body()), NOW + age)


def test_the_window_can_be_chosen():
    with pytest.raises(Refused):
        hooks(window=5.0).verify(headers(), raw(body()), NOW + 6)


@pytest.mark.parametrize("told", ["", None])
def test_a_body_without_a_timestamp_is_no_contradiction(told):
    hooks().verify(headers(), raw(body(timestamp=told)), NOW)


def test_password_mode_works_where_the_password_is_set_and_beside_signatures():
    both = hooks(password=PASSWORD)
    both.verify(headers(X_Gitee_Token=PASSWORD), raw(body(password=PASSWORD)), NOW)
    both.verify(headers(), raw(body()), NOW)
    with pytest.raises(Refused):
        both.verify(headers(X_Gitee_Token=PASSWORD + "x"), raw(body()), NOW)
    with pytest.raises(Refused):
        both.verify(headers(X_Gitee_Token=""), raw(body()), NOW)


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_without_any_secret_nothing_is_let_in(secrets):
    empty = base64.b64encode(hmac.digest(b"", f"{STAMP}\n".encode(), hashlib.sha256)).decode()
    for token in ("", empty):
        with pytest.raises(Refused):
            GiteeHooks(secrets).verify(headers(X_Gitee_Token=token), raw(body()), NOW)


MERGE_REQUESTS = [
    ("open", "open", Intent.REVIEW, "open/open"),
    ("open", None, Intent.REVIEW, "open"),
    ("open", "test", Intent.IGNORED, "open/test"),
    ("open", "assign", Intent.IGNORED, "open/assign"),
    ("update", "source_branch_changed", Intent.REVIEW, "update/source_branch_changed"),
    ("update", "target_branch_changed", Intent.REVIEW, "update/target_branch_changed"),
    ("update", "update_label", Intent.IGNORED, "update/update_label"),
    ("update", "update_title", Intent.IGNORED, "update/update_title"),
    ("update", None, Intent.IGNORED, "update"),
    ("reopen", "open", Intent.REVIEW, "reopen"),
    ("close", "open", Intent.CLOSED, "close"),
    ("merge", "open", Intent.CLOSED, "merge"),
    ("approved", "update", Intent.IGNORED, "approved"),
    ("tested", "update", Intent.IGNORED, "tested"),
    ("something new", "open", Intent.IGNORED, "something new"),
]


@pytest.mark.parametrize(("action", "described", "intent", "shown"), MERGE_REQUESTS)
@pytest.mark.parametrize("event", ["Merge Request Hook", "merge_request_hooks", None])
def test_what_a_merge_request_hook_asks_for(action, described, intent, shown, event):
    delivery = parse(body(action=action, action_desc=described), X_Gitee_Event=event)
    assert (delivery.intent, delivery.action, delivery.sender) == (intent, shown, "contributor")
    assert bool(delivery.reason) == (intent is Intent.IGNORED)
    if intent is not Intent.IGNORED:
        assert (delivery.forge, delivery.repo, delivery.number) == ("gitee", "acme/hub", 5)


@pytest.mark.parametrize("event", ["Note Hook", "note_hooks", None])
def test_a_comment_on_a_pull_request(event):
    delivery = parse(note(), X_Gitee_Event=event)
    assert (delivery.intent, delivery.repo, delivery.number) == (Intent.COMMENT, "acme/hub", 5)
    assert delivery.comment is not None
    assert (delivery.comment.id, delivery.comment.body) == ("77", "/recheck\r\n")
    assert (delivery.comment.author.id, delivery.comment.author.login) == (31, "contributor")


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "edited"},
        {"action": "deleted"},
        {"noteable_type": "Issue", "pull_request": None},
        {"noteable_type": "Commit", "pull_request": None},
    ],
)
def test_other_notes_are_ignored_with_a_reason(changes):
    delivery = parse(note(**changes), X_Gitee_Event="Note Hook")
    assert (delivery.intent, delivery.comment) == (Intent.IGNORED, None)
    assert delivery.reason


def test_other_events_are_ignored_with_a_reason():
    delivery = parse(body(hook_name="push_hooks"), X_Gitee_Event="Push Hook")
    assert (delivery.intent, delivery.event) == (Intent.IGNORED, "push_hooks")
    assert delivery.reason


def test_a_ping_is_a_ping_whatever_it_is_about():
    assert parse(body(), X_Gitee_Ping="true").intent is Intent.PING
    assert parse({"hook_name": "push_hooks", "hook_id": 1}, X_Gitee_Ping="true").intent is Intent.PING
    assert parse(body(), X_Gitee_Ping="false").intent is Intent.REVIEW


def test_a_form_says_the_same_as_plain_json():
    form = urlencode({"payload": json.dumps(note())}).encode()
    hooks().verify(headers(), form, NOW)
    assert hooks().parse(headers(X_Gitee_Event="Note Hook"), form) == parse(note(), X_Gitee_Event="Note Hook")


def test_only_an_exact_replay_is_the_same_delivery():
    first = parse(body()).id
    others = [
        body(action_desc="test"),
        body(action_desc="assign"),
        body(timestamp=str(int(STAMP) + 1)),
        body(hook_id=13),
        body(action="update", action_desc="source_branch_changed"),
        body(pull_request={"id": 9002, "number": 6}),
        note(),
        note(comment={**note()["comment"], "id": 78}),
    ]
    found = [parse(data, X_Gitee_Timestamp=None, X_Gitee_Event=None).id for data in others]
    assert len({first, *found}) == len(others) + 1
    assert parse(body()).id == first
    assert parse(body(), X_Gitee_Event="merge_request_hooks").id == first


@pytest.mark.parametrize(
    "repository",
    [
        None,
        [],
        {},
        {"namespace": "..", "path": "hub"},
        {"namespace": "acme", "path": "hub/../../x"},
        {"namespace": 1, "path": "hub"},
        {"path_with_namespace": "acme"},
        {"full_name": "acme/hub?x"},
    ],
)
def test_a_repository_must_have_a_name(repository):
    with pytest.raises(Refused) as refused:
        parse(body(repository=repository))
    assert refused.value.status == 400


@pytest.mark.parametrize("number", [None, 0, -1, True, 1.5, "5", [5], 1 << 70])
def test_a_number_must_be_a_number(number):
    with pytest.raises(Refused) as refused:
        parse(body(pull_request={"id": 1, "number": number}))
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "changes", [{"body": None}, {"body": 5}, {"id": "77"}, {"user": None}, {"user": {"id": 0, "login": "x"}}]
)
def test_a_comment_must_be_whole(changes):
    with pytest.raises(Refused) as refused:
        parse(note(comment={**note()["comment"], **changes}), X_Gitee_Event="Note Hook")
    assert refused.value.status == 400


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def status(step):
    try:
        step()
    except Refused as refused:
        return refused.status
    return 202


def survives(given_headers, data):
    door = hooks(password=PASSWORD)
    assert status(lambda: door.verify(given_headers, data, NOW)) in (202, 400, 401)
    assert status(lambda: door.parse(given_headers, data)) in (202, 400)
    assert isinstance(door.redact(data), bytes)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([body(), note()]),
    st.lists(st.tuples(st.sampled_from([*note(), "number"]), ANYTHING), max_size=4),
    st.sampled_from(["Merge Request Hook", "Note Hook", "note_hooks", "", "X" * 300]),
)
def test_wrong_types_anywhere_are_refused_and_nothing_else(start, changes, event):
    data = json.dumps({**start, **dict(changes)}).encode()
    survives(headers(X_Gitee_Event=event), data)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([raw(body()), raw(note())]), st.data())
def test_damaged_bodies_are_refused_and_nothing_else(start, data):
    at = data.draw(st.integers(0, len(start)))
    end = data.draw(st.integers(at, min(len(start), at + 20)))
    survives(headers(), start[:at] + data.draw(st.binary(max_size=20)) + start[end:])


@settings(max_examples=80, deadline=None)
@given(
    st.binary(max_size=200),
    st.dictionaries(st.sampled_from([*headers(), "X-Gitee-Ping"]), st.text(max_size=60)),
)
def test_any_bytes_and_headers_are_refused_and_nothing_else(data, changes):
    survives({**headers(), **changes}, data)
