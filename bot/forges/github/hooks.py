"""Verifies GitHub's webhooks and says what each asks for: pure, and nothing is read before its signature."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote_plus

from bot.forges.base import Refused
from bot.forges.delivery import refuse
from bot.forges.github.payload import decode, part, positive, sha, text
from bot.forges.github.shape import REPO
from bot.model import Comment, Delivery, Group, Intent, User

NAME = "github"
#: A secret shorter than this could be part of any word, so that hiding it would garble the record.
SHORTEST_HIDDEN = 8

#: Before the number of a review, so that it is not taken for that of a comment.
REVIEW = "review-"

_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")

#: Where merge queues build; `..` would climb out of the path that the name becomes part of.
_QUEUED = re.compile(
    r"refs/heads/(gh-readonly-queue/(?!.*\.\.)([\w./-]{1,200})/pr-([1-9][0-9]{0,9})-[0-9a-f]{40})"
)

_REVIEWED = frozenset({"opened", "reopened", "synchronize", "ready_for_review"})
_OURS = frozenset({"status", "check_run", "check_suite"})


class GitHubHooks:
    """Deliveries signed with any of `secrets`: two are live while one replaces the other."""

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets or not all(secrets):
            raise ValueError("GitHub's webhook secret is missing: unsigned deliveries are never accepted")
        self._secrets = tuple(secret.encode("utf-8") for secret in secrets)

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:  # noqa: ARG002 - GitHub signs no time
        """HMAC-SHA256 over the raw bytes (GitHub, "Validating webhook deliveries"); SHA-1 does not count.

        Every secret is tried whether or not one has matched, and one answer serves every failure, so that
        neither time nor words tell which part was wrong.
        """
        given = _header(headers, "x-hub-signature-256").encode("utf-8", "surrogatepass")
        matches = [
            hmac.compare_digest(b"sha256=" + hmac.new(secret, body, sha256).hexdigest().encode(), given)
            for secret in self._secrets
        ]
        if not any(matches):
            raise Refused(401, "the signature does not match")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """What a verified request asks for; only ids, names and what was said are taken from it."""
        delivery, event = _header(headers, "x-github-delivery"), _header(headers, "x-github-event")
        if not _ID.fullmatch(delivery):
            refuse("X-GitHub-Delivery is not a delivery id")
        if not _WORD.fullmatch(event):
            refuse("X-GitHub-Event is not an event")
        payload = decode(_header(headers, "content-type"), body)
        return _read(delivery, event, payload)

    def redact(self, body: bytes) -> bytes:
        """GitHub masks the secret itself (`********`); should it ever repeat it, it is masked here."""
        for secret in self._secrets:
            if len(secret) < SHORTEST_HIDDEN:
                continue
            plain = secret.decode("utf-8")
            for form in (plain, json.dumps(plain)[1:-1], quote_plus(plain)):
                body = body.replace(form.encode("utf-8"), b"********")
        return body


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _read(delivery: str, event: str, payload: Mapping[str, Any]) -> Delivery:
    action = text(payload, "action", default="", most=64)
    seen = _Seen(delivery, event, action, _sender(payload))
    if event == "ping":
        return seen.asks(Intent.PING, repo=_repo(payload) if payload.get("repository") else "")
    if event == "pull_request":
        return _pull_request(seen, payload)
    if event == "issue_comment":
        return _issue_comment(seen, payload)
    if event == "pull_request_review":
        return _review(seen, payload)
    if event == "check_run" and action in ("rerequested", "requested_action"):
        return _rerun(seen, payload, part(payload, "check_run"))
    if event == "check_suite" and action == "rerequested":
        return _rerun(seen, payload, part(payload, "check_suite"))
    if event == "merge_group":
        return _merge_group(seen, payload)
    if event in _OURS:
        return seen.ignored(f"{event} is news of a check, most likely our own, and asks for nothing")
    return seen.ignored(f"the event {event} is not one that asks for a review")


class _Seen:
    """What is known of a delivery before its event is looked into."""

    def __init__(self, delivery: str, event: str, action: str, sender: str) -> None:
        self.delivery, self.event, self.action, self.sender = delivery, event, action, sender

    def asks(
        self,
        intent: Intent,
        *,
        repo: str,
        number: int = 0,
        head_sha: str = "",
        comment: Comment | None = None,
        reason: str = "",
        group: Group | None = None,
    ) -> Delivery:
        return Delivery(
            forge=NAME,
            id=self.delivery,
            event=self.event,
            action=self.action,
            intent=intent,
            repo=repo,
            number=number,
            sender=self.sender,
            comment=comment,
            reason=reason,
            head_sha=head_sha,
            group=group,
        )

    def ignored(self, reason: str, *, repo: str = "", number: int = 0) -> Delivery:
        return self.asks(Intent.IGNORED, repo=repo, number=number, reason=reason)


def _pull_request(seen: _Seen, payload: Mapping[str, Any]) -> Delivery:
    repo, pull = _repo(payload), part(payload, "pull_request")
    number = positive(pull, "number")
    if payload.get("number", number) != number:
        refuse("the delivery names two pull requests")
    head = sha(part(pull, "head"), "sha")
    if seen.action == "closed":
        return seen.asks(Intent.CLOSED, repo=repo, number=number, head_sha=head)
    if seen.action in _REVIEWED or (seen.action == "edited" and _base_changed(payload)):
        return seen.asks(Intent.REVIEW, repo=repo, number=number, head_sha=head)
    if seen.action == "edited":
        return seen.ignored("only the title or the description was edited", repo=repo, number=number)
    return seen.ignored(f"{seen.action or 'nothing'} changes nothing under review", repo=repo, number=number)


def _base_changed(payload: Mapping[str, Any]) -> bool:
    changes = payload.get("changes")
    return isinstance(changes, dict) and isinstance(changes.get("base"), dict)


def _issue_comment(seen: _Seen, payload: Mapping[str, Any]) -> Delivery:
    repo, issue, said = _repo(payload), part(payload, "issue"), part(payload, "comment")
    number = positive(issue, "number")
    if not isinstance(issue.get("pull_request"), dict):
        return seen.ignored("the comment is on an issue, not on a pull request", repo=repo, number=number)
    if seen.action != "created":
        return seen.ignored("only new comments count, not edited or deleted ones", repo=repo, number=number)
    if said.get("user") is None:
        return seen.ignored("the comment's author is gone", repo=repo, number=number)
    author = _user(part(said, "user"))
    if author.is_bot or said.get("performed_via_github_app") is not None:
        return seen.ignored("the comment was written by a bot", repo=repo, number=number)
    comment = Comment(
        id=str(positive(said, "id")),
        author=author,
        body=text(said, "body", default=""),
        url=text(said, "html_url", default=""),
    )
    return seen.asks(Intent.COMMENT, repo=repo, number=number, comment=comment)


def _review(seen: _Seen, payload: Mapping[str, Any]) -> Delivery:
    """What a person writes above a review may hold commands, as a comment may."""
    repo, said = _repo(payload), part(payload, "review")
    number = positive(part(payload, "pull_request"), "number")
    body = text(said, "body", default="")
    if seen.action != "submitted" or not body.strip():
        return seen.ignored("only the words of a new review count", repo=repo, number=number)
    if said.get("user") is None:
        return seen.ignored("the review's author is gone", repo=repo, number=number)
    author = _user(part(said, "user"))
    if author.is_bot:
        return seen.ignored("the review was written by a bot", repo=repo, number=number)
    comment = Comment(
        id=f"{REVIEW}{positive(said, 'id')}",
        author=author,
        body=body,
        url=text(said, "html_url", default=""),
    )
    return seen.asks(Intent.COMMENT, repo=repo, number=number, comment=comment)


def _rerun(seen: _Seen, payload: Mapping[str, Any], check: Mapping[str, Any]) -> Delivery:
    """A "Re-run" button. We put the number into `external_id`, as GitHub lists no pull request of a fork."""
    repo, head = _repo(payload), sha(check, "head_sha")
    external = text(check, "external_id", default="", most=1000)
    if _NUMBER.fullmatch(external):
        return seen.asks(Intent.RERUN, repo=repo, number=int(external), head_sha=head)
    listed = check.get("pull_requests") or []
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        refuse("`pull_requests` is not a list of objects")
    numbers = {positive(item, "number") for item in listed}
    return seen.asks(Intent.RERUN, repo=repo, number=numbers.pop() if len(numbers) == 1 else 0, head_sha=head)


def _merge_group(seen: _Seen, payload: Mapping[str, Any]) -> Delivery:
    """A merge queue's question; the pull request's number is only in the name of the branch that it built."""
    repo, told = _repo(payload), part(payload, "merge_group")
    if seen.action != "checks_requested":
        return seen.ignored("a merge queue asks for nothing any more", repo=repo)
    head, base = text(told, "head_ref", most=400), text(told, "base_ref", most=400)
    named = _QUEUED.fullmatch(head)
    if named is None or base != f"refs/heads/{named[2]}":
        refuse("`head_ref` is not that of a merge queue onto `base_ref`")
    number = int(named[3])
    group = Group(named[1], sha(told, "head_sha"), named[2], sha(told, "base_sha"), number)
    return seen.asks(Intent.GROUP, repo=repo, number=number, head_sha=group.head_sha, group=group)


def _repo(payload: Mapping[str, Any]) -> str:
    name = text(part(payload, "repository"), "full_name", most=201)
    if not REPO.fullmatch(name):
        refuse("`full_name` is not a repository")
    return name


def _sender(payload: Mapping[str, Any]) -> str:
    return text(part(payload, "sender"), "login", most=100) if payload.get("sender") is not None else ""


def _user(of: Mapping[str, Any]) -> User:
    login = text(of, "login", most=100)
    kind = text(of, "type", default="", most=100)
    return User(positive(of, "id"), login, is_bot=kind == "Bot" or login.endswith("[bot]"))
