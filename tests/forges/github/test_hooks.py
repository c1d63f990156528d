"""Webhooks: signatures before anything else, then what every event asks for."""

from __future__ import annotations

import hmac
import json
from hashlib import sha1, sha256
from typing import Any
from urllib.parse import quote_plus

import pytest

from bot.forges.base import Refused
from bot.forges.github.hooks import GitHubHooks
from bot.model import Comment, Group, Intent, User

SECRET = "It's a Secret to Everybody"
VECTOR = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
DELIVERY = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
HEAD = "a" * 40
HOOKS = GitHubHooks([SECRET])
REPOSITORY = {"full_name": "mindspore-ai/hub"}
SENDER = {"login": "alice", "id": 5, "type": "User"}


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def headers(event: str = "pull_request", **changed: str) -> dict[str, str]:
    made = {"X-GitHub-Delivery": DELIVERY, "X-GitHub-Event": event, "Content-Type": "application/json"}
    return {**made, **{name.replace("_", "-"): value for name, value in changed.items()}}


def pull_event(action: str, **more: Any) -> dict[str, Any]:
    pull = {"number": 7, "head": {"sha": HEAD, "repo": {"full_name": "alice/hub"}}}
    return {
        "action": action,
        "number": 7,
        "pull_request": pull,
        "repository": REPOSITORY,
        "sender": SENDER,
        **more,
    }


def comment_event(action: str = "created", **more: Any) -> dict[str, Any]:
    comment = {"id": 31, "body": "/recheck", "user": SENDER, "html_url": "https://github.com/x#31"}
    issue = {"number": 7, "pull_request": {"url": "https://api.github.com/x"}}
    made = {"action": action, "issue": issue, "comment": comment, "repository": REPOSITORY, "sender": SENDER}
    for key, value in more.items():
        made[key] = {**made[key], **value} if isinstance(value, dict) and key in made else value
    return made


def run_event(kind: str, action: str, **of: Any) -> dict[str, Any]:
    return {"action": action, kind: {"head_sha": HEAD, **of}, "repository": REPOSITORY, "sender": SENDER}


def group_event(action: str = "checks_requested", **more: Any) -> dict[str, Any]:
    group = {
        "head_sha": HEAD,
        "head_ref": f"refs/heads/gh-readonly-queue/r1.x/pr-7-{'b' * 40}",
        "base_sha": "c" * 40,
        "base_ref": "refs/heads/r1.x",
    }
    return {"action": action, "merge_group": {**group, **more}, "repository": REPOSITORY, "sender": SENDER}


# -- signatures ------------------------------------------------------------------------------------------


def test_githubs_own_vector_is_accepted() -> None:
    HOOKS.verify({"X-Hub-Signature-256": f"sha256={VECTOR}"}, b"Hello, World!", 0)
    HOOKS.verify({"x-hub-signature-256": f"sha256={VECTOR}"}, b"Hello, World!", 0)


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ({}, b"Hello, World!"),
        ({"X-Hub-Signature-256": ""}, b"Hello, World!"),
        ({"X-Hub-Signature-256": VECTOR}, b"Hello, World!"),
        ({"X-Hub-Signature-256": f"sha256={VECTOR}"}, b"Hello, World?"),
        ({"X-Hub-Signature-256": f"sha256={VECTOR}"}, b""),
        ({"X-Hub-Signature-256": f"sha256={VECTOR[:-1]}0"}, b"Hello, World!"),
        ({"X-Hub-Signature-256": f"sha256={VECTOR[:-1]}"}, b"Hello, World!"),
        ({"X-Hub-Signature-256": f"sha256={VECTOR.upper()}"}, b"Hello, World!"),
        ({"X-Hub-Signature-256": f" sha256={VECTOR}"}, b"Hello, World!"),
        ({"X-Hub-Signature-256": "sha256=ключ"}, b"Hello, World!"),
        ({"X-Hub-Signature-256": "sha256=\xff\x00\n"}, b"Hello, World!"),
        ({"X-Hub-Signature-256": "sha256=\ud800"}, b"Hello, World!"),
        ({"X-Gitee-Token": VECTOR, "X-Gitee-Timestamp": "1"}, b"Hello, World!"),
        ({"X-Hub-Signature": "sha1=" + hmac.new(SECRET.encode(), b"x", sha1).hexdigest()}, b"x"),
        ({"X-Hub-Signature-256": "sha1=" + hmac.new(SECRET.encode(), b"x", sha1).hexdigest()}, b"x"),
    ],
)
def test_whatever_is_wrong_with_a_signature_the_answer_is_the_same(
    given: dict[str, str], body: bytes
) -> None:
    with pytest.raises(Refused, match=r"^the signature does not match$") as refused:
        HOOKS.verify(given, body, 0)
    assert refused.value.status == 401


def test_two_secrets_are_good_while_one_replaces_the_other() -> None:
    rotating, after = GitHubHooks(["new", "old"]), GitHubHooks(["new"])
    for secret in ("new", "old"):
        rotating.verify({"X-Hub-Signature-256": signature(b"{}", secret)}, b"{}", 0)
    after.verify({"X-Hub-Signature-256": signature(b"{}", "new")}, b"{}", 0)
    with pytest.raises(Refused):
        after.verify({"X-Hub-Signature-256": signature(b"{}", "old")}, b"{}", 0)


@pytest.mark.parametrize("secrets", [[], [""], ["good", ""]])
def test_without_a_secret_there_is_no_receiver(secrets: list[str]) -> None:
    with pytest.raises(ValueError, match="secret is missing"):
        GitHubHooks(secrets)


# -- what a delivery asks for ----------------------------------------------------------------------------

BASE_CHANGED = {"changes": {"base": {"ref": {"from": "dev"}, "sha": {"from": HEAD}}}}
TITLE_CHANGED = {"changes": {"title": {"from": "Old"}}}
BOT = {"login": "hub[bot]", "id": 6, "type": "Bot"}

INTENTS: list[tuple[str, dict[str, Any], Intent, str]] = [
    ("pull_request", pull_event("opened"), Intent.REVIEW, ""),
    ("pull_request", pull_event("reopened"), Intent.REVIEW, ""),
    ("pull_request", pull_event("synchronize", before=HEAD, after=HEAD), Intent.REVIEW, ""),
    ("pull_request", pull_event("ready_for_review"), Intent.REVIEW, ""),
    ("pull_request", pull_event("edited", **BASE_CHANGED), Intent.REVIEW, ""),
    ("pull_request", pull_event("closed"), Intent.CLOSED, ""),
    ("pull_request", pull_event("edited", **TITLE_CHANGED), Intent.IGNORED, "title"),
    ("pull_request", pull_event("edited"), Intent.IGNORED, "title"),
    ("pull_request", pull_event("converted_to_draft"), Intent.IGNORED, "converted_to_draft"),
    ("pull_request", pull_event("labeled", label={"name": "x"}), Intent.IGNORED, "labeled"),
    ("pull_request", pull_event("unlabeled"), Intent.IGNORED, "unlabeled"),
    ("pull_request", pull_event("stacked"), Intent.IGNORED, "stacked"),
    ("issue_comment", comment_event(), Intent.COMMENT, ""),
    ("issue_comment", comment_event("edited"), Intent.IGNORED, "only new comments"),
    ("issue_comment", comment_event("deleted"), Intent.IGNORED, "only new comments"),
    ("issue_comment", comment_event("pinned"), Intent.IGNORED, "only new comments"),
    ("issue_comment", comment_event(issue={"pull_request": None}), Intent.IGNORED, "on an issue"),
    ("issue_comment", comment_event(comment={"user": BOT}), Intent.IGNORED, "by a bot"),
    (
        "issue_comment",
        comment_event(comment={"performed_via_github_app": {"id": 1}}),
        Intent.IGNORED,
        "by a bot",
    ),
    ("issue_comment", comment_event(comment={"user": None}), Intent.IGNORED, "author is gone"),
    ("check_run", run_event("check_run", "rerequested", external_id="7"), Intent.RERUN, ""),
    ("check_run", run_event("check_run", "requested_action", external_id="7"), Intent.RERUN, ""),
    ("check_run", run_event("check_run", "created", external_id="7"), Intent.IGNORED, "news of a check"),
    ("check_run", run_event("check_run", "completed"), Intent.IGNORED, "news of a check"),
    ("check_suite", run_event("check_suite", "rerequested", pull_requests=[{"number": 7}]), Intent.RERUN, ""),
    ("check_suite", run_event("check_suite", "requested"), Intent.IGNORED, "news of a check"),
    ("status", {"context": "hubbot/gate", "repository": REPOSITORY}, Intent.IGNORED, "news of a check"),
    ("ping", {"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {}}, Intent.PING, ""),
    ("push", {"ref": "refs/heads/master", "repository": REPOSITORY}, Intent.IGNORED, "push"),
    ("installation", {"action": "created"}, Intent.IGNORED, "installation"),
    ("never_heard_of", {"action": "happened"}, Intent.IGNORED, "never_heard_of"),
]


@pytest.mark.parametrize(("event", "payload", "intent", "reason"), INTENTS)
def test_intent(event: str, payload: dict[str, Any], intent: Intent, reason: str) -> None:
    body = json.dumps(payload).encode()
    delivery = HOOKS.parse(headers(event), body)
    assert (delivery.forge, delivery.id, delivery.event) == ("github", DELIVERY, event)
    assert delivery.intent is intent
    assert delivery.action == payload.get("action", "")
    assert reason in delivery.reason
    assert bool(delivery.reason) == (intent is Intent.IGNORED)
    if intent not in (Intent.PING, Intent.IGNORED):
        assert (delivery.repo, delivery.number, delivery.sender) == ("mindspore-ai/hub", 7, "alice")
    form = b"payload=" + quote_plus(body).encode()
    assert HOOKS.parse(headers(event, Content_Type="application/x-www-form-urlencoded"), form) == delivery


def test_what_was_said_is_carried() -> None:
    delivery = HOOKS.parse(headers("issue_comment"), json.dumps(comment_event()).encode())
    assert delivery.comment == Comment("31", User(5, "alice"), "/recheck", "https://github.com/x#31")


@pytest.mark.parametrize(
    ("of", "number"),
    [
        ({"external_id": "12"}, 12),
        ({"external_id": "12", "pull_requests": [{"number": 7}]}, 12),
        ({"external_id": "", "pull_requests": [{"number": 7}]}, 7),
        ({"external_id": "x7", "pull_requests": []}, 0),
        ({"external_id": "007"}, 0),
        ({"external_id": None, "pull_requests": None}, 0),
        ({"pull_requests": [{"number": 7}, {"number": 8}]}, 0),
    ],
)
def test_a_rerun_that_names_no_pull_request_carries_the_head(of: dict[str, Any], number: int) -> None:
    delivery = HOOKS.parse(
        headers("check_run"), json.dumps(run_event("check_run", "rerequested", **of)).encode()
    )
    assert (delivery.intent, delivery.number, delivery.head_sha) == (Intent.RERUN, number, HEAD)


def test_the_fork_may_be_gone() -> None:
    payload = pull_event("closed", pull_request={"number": 7, "head": {"sha": HEAD, "repo": None}})
    assert HOOKS.parse(headers(), json.dumps(payload).encode()).intent is Intent.CLOSED


def test_content_type_may_name_a_charset_and_headers_any_case() -> None:
    given = {name.lower(): value for name, value in headers().items()}
    given["content-type"] = "Application/JSON; charset=utf-8"
    assert HOOKS.parse(given, json.dumps(pull_event("opened")).encode()).intent is Intent.REVIEW


def test_redaction_hides_the_secret_in_every_spelling_and_nothing_else() -> None:
    hooks = GitHubHooks(['a "quoted" & long secret', "short"])
    body = (
        json.dumps({"a": 'a "quoted" & long secret'}).encode()
        + quote_plus('a "quoted" & long secret').encode()
    )
    assert hooks.redact(body) == b'{"a": "********"}********'
    assert hooks.redact(b"a short body") == b"a short body"


# -- reviews ---------------------------------------------------------------------------------------------


def review_event(action: str = "submitted", **more: Any) -> dict[str, Any]:
    said = {"id": 31, "body": "/recheck", "user": SENDER, "html_url": "https://github.com/x#r31", **more}
    return {
        "action": action,
        "review": said,
        "pull_request": {"number": 7},
        "repository": REPOSITORY,
        "sender": SENDER,
    }


def test_the_words_of_a_review_are_a_comment_with_an_id_of_its_own() -> None:
    found = HOOKS.parse(headers("pull_request_review"), json.dumps(review_event()).encode())
    assert (found.intent, found.number) == (Intent.COMMENT, 7)
    assert found.comment is not None
    assert (found.comment.id, found.comment.body) == ("review-31", "/recheck")


@pytest.mark.parametrize(
    "event",
    [
        review_event("dismissed"),
        review_event("edited"),
        review_event(body=None),
        review_event(body=" "),
        review_event(user=None),
        review_event(user={**SENDER, "type": "Bot"}),
    ],
)
def test_a_review_without_words_of_a_person_asks_for_nothing(event: dict[str, Any]) -> None:
    found = HOOKS.parse(headers("pull_request_review"), json.dumps(event).encode())
    assert found.intent is Intent.IGNORED


# -- merge queues ----------------------------------------------------------------------------------------


def test_a_merge_queue_names_its_pull_request_in_its_branch() -> None:
    found = HOOKS.parse(headers("merge_group"), json.dumps(group_event()).encode())
    branch = f"gh-readonly-queue/r1.x/pr-7-{'b' * 40}"
    assert (found.intent, found.number, found.head_sha) == (Intent.GROUP, 7, HEAD)
    assert found.group == Group(branch, HEAD, "r1.x", "c" * 40, 7)


def test_a_group_that_is_gone_asks_for_nothing() -> None:
    found = HOOKS.parse(headers("merge_group"), json.dumps(group_event("destroyed")).encode())
    assert found.intent is Intent.IGNORED


@pytest.mark.parametrize(
    "more",
    [
        {"head_ref": "refs/heads/master"},
        {"head_ref": f"refs/heads/gh-readonly-queue/../../pulls/pr-7-{'b' * 40}"},
        {"head_ref": f"refs/heads/gh-readonly-queue/r1.x/pr-0-{'b' * 40}"},
        {"base_ref": "refs/heads/master"},
        {"base_sha": "main"},
        {"head_sha": None},
    ],
)
def test_a_group_that_is_not_shaped_so_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        HOOKS.parse(headers("merge_group"), json.dumps(group_event(**more)).encode())
    assert refused.value.status == 400
