"""Comments: ours by author and marker only, one summary whatever happens, replies that edit themselves."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import ForgeError
from bot.forges.github.client import GitHubForge
from bot.model import Comment, InlineComment, PullRequest, Reaction, User

from .conftest import AUTHOR, HEAD, ME, Call, FakeGitHub, Reply

pytestmark = pytest.mark.network

MARKER = "<!-- hubbot:summary v1 -->"
MINE = User(9, "hubbot")
LIST, CREATE = "GET issues/7/comments", "POST issues/7/comments"
INLINE, REVIEW, SINGLE = "GET pulls/7/comments", "POST pulls/7/reviews", "POST pulls/7/comments"


def comment(number: int, body: str, who: dict[str, Any] | None = ME) -> dict[str, Any]:
    return {"id": number, "body": body, "user": who, "html_url": f"https://github.com/x#{number}"}


@pytest.fixture
def conversation(github: FakeGitHub) -> dict[int, dict[str, Any]]:
    """A conversation that keeps what is written into it."""
    kept: dict[int, dict[str, Any]] = {}

    def edit(call: Call) -> object:
        kept[int(call.path.rpartition("/")[2])]["body"] = call.body["body"]
        return kept[int(call.path.rpartition("/")[2])]

    def create(call: Call) -> object:
        number = 100 + len(kept)
        kept[number] = comment(number, call.body["body"])
        github.on(f"PATCH issues/comments/{number}", edit)
        return Reply(201, kept[number])

    github.on(LIST, lambda call: list(kept.values()) if call.query["page"] == "1" else [])
    github.on(CREATE, create)
    return kept


def test_a_summary_is_made_once_and_edited_ever_after(
    forge: GitHubForge, pull: PullRequest, conversation: dict[int, dict[str, Any]]
) -> None:
    first = forge.post_summary(pull, f"{MARKER}\none", None)
    assert first == Comment("100", MINE, f"{MARKER}\none", "https://github.com/x#100")
    assert forge.post_summary(pull, f"{MARKER}\ntwo", None).id == "100"
    assert forge.post_summary(pull, f"{MARKER}\nthree", first).body == f"{MARKER}\nthree"
    assert [one["body"] for one in conversation.values()] == [f"{MARKER}\nthree"]


@pytest.mark.parametrize("answer", [Reply(502, b"<html>"), Reply(drop=True), Reply(200, b"<html>")])
def test_an_answer_that_was_lost_makes_no_second_summary(
    github: FakeGitHub,
    forge: GitHubForge,
    pull: PullRequest,
    conversation: dict[int, dict[str, Any]],
    answer: Reply,
) -> None:
    def lost(call: Call) -> object:
        conversation[100] = comment(100, call.body["body"])
        return answer

    github.on(CREATE, lost)
    github.on("PATCH issues/comments/100", {"id": 100})
    with pytest.raises(ForgeError):
        forge.post_summary(pull, f"{MARKER}\none", None)
    assert forge.post_summary(pull, f"{MARKER}\none", None).id == "100"
    assert len(github.bodies("POST issues/7/comments")) == 1


def test_a_summary_that_was_deleted_is_made_anew(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, conversation: dict[int, dict[str, Any]]
) -> None:
    assert forge.post_summary(pull, MARKER, Comment("55", MINE, MARKER)).id == "100"
    assert github.names("PATCH") == ["PATCH issues/comments/55"]


def test_only_what_we_wrote_counts_as_ours(github: FakeGitHub, forge: GitHubForge, pull: PullRequest) -> None:
    github.on(
        LIST,
        [
            comment(1, MARKER, AUTHOR),
            comment(2, MARKER, {"id": 10, "login": "hubb0t", "type": "User"}),
            comment(3, MARKER, None),
            comment(4, f"quoting\n{MARKER}\nin the middle"),
            comment(5, f"`{MARKER}`"),
            comment(6, f"{MARKER}\nfirst"),
            comment(7, f"last\r\n{MARKER}"),
            comment(8, ""),
        ],
    )
    mark, other = "0123456789abcdef", "fedcba9876543210"
    github.on(
        INLINE,
        [
            inline(f"<!-- hubbot:finding {mark} {other} -->\nfix"),
            inline(f"quoting\n<!-- hubbot:finding {'1' * 16} -->\nit"),
            inline(f"<!-- hubbot:finding {'2' * 16} -->", who=AUTHOR),
            inline("<!-- hubbot:finding -->"),
            inline(f"<!-- hubbot:finding {'3' * 16}"),
        ],
    )
    github.on(f"GET commits/{HEAD}/statuses", [])
    posted = forge.posted(pull)
    assert [one.id for one in posted.summaries] == ["6", "7"]
    assert posted.fingerprints == {mark, other}


def test_a_reply_is_said_once_for_an_occasion(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, conversation: dict[int, dict[str, Any]]
) -> None:
    for body, key in [("wait", "c:31"), ("done", "c:31"), ("done", "c:31"), ("hello", "c:3")]:
        forge.reply(pull, body, key)
    bodies = [one["body"] for one in conversation.values()]
    assert bodies == ["<!-- hubbot:reply c:31 -->\ndone", "<!-- hubbot:reply c:3 -->\nhello"]
    assert len(github.names("PATCH")) == 1


@pytest.mark.parametrize("key", ["", "-->", "a b", "x\n", "x" * 201])
def test_a_key_cannot_break_out_of_its_marker(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, key: str
) -> None:
    with pytest.raises(ValueError, match="key of a reply"):
        forge.reply(pull, "hello", key)
    assert github.names("POST") == []


@pytest.mark.parametrize("status", [201, 200, 404])
def test_reactions_and_deletions_may_come_late(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, status: int
) -> None:
    github.on("POST issues/comments/31/reactions", Reply(status, {"id": 1, "content": "eyes"}))
    github.on("DELETE issues/comments/31", Reply(204 if status != 404 else 404))
    there = Comment("31", User(5, "alice"), "/recheck")
    forge.react(pull, there, Reaction.SEEN)
    forge.delete_comment(pull, there)
    assert github.bodies("POST issues/comments/31/reactions") == [{"content": "eyes"}]
    assert github.names("DELETE") == ["DELETE issues/comments/31"]


def test_other_failures_of_them_are_failures(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    github.on("POST issues/comments/31/reactions", Reply(500))
    github.on("DELETE issues/comments/31", Reply(403, {"message": "Resource not accessible by integration"}))
    there = Comment("31", User(5, "alice"), "/recheck")
    with pytest.raises(ForgeError):
        forge.react(pull, there, Reaction.SEEN)
    with pytest.raises(ForgeError):
        forge.delete_comment(pull, there)


# -- reviews ---------------------------------------------------------------------------------------------


def inline(body: str, *, path: str = "a.md", commit: str = HEAD, who: dict[str, Any] = ME) -> dict[str, Any]:
    return {"id": 1, "body": body, "path": path, "original_commit_id": commit, "user": who}


def note(number: int, path: str = "a.md") -> InlineComment:
    mark = f"{number:016x}"
    return InlineComment(path, number, f"<!-- hubbot:finding {mark} -->\nfix", (mark,))


def test_all_comments_go_in_one_review(github: FakeGitHub, forge: GitHubForge, pull: PullRequest) -> None:
    github.on(INLINE, [])
    github.on(REVIEW, {"id": 1})
    assert forge.post_review(pull, "Some notes", [note(1), note(2)]) == ()
    assert github.bodies("POST pulls/7/reviews") == [
        {
            "body": "Some notes",
            "event": "COMMENT",
            "commit_id": HEAD,
            "comments": [{"path": "a.md", "line": n, "side": "RIGHT", "body": note(n).body} for n in (1, 2)],
        }
    ]
    assert github.names() == ["GET /user", INLINE, REVIEW]


def test_nothing_to_say_is_not_said(github: FakeGitHub, forge: GitHubForge, pull: PullRequest) -> None:
    assert forge.post_review(pull, "", []) == ()
    assert github.names("POST") == []


@pytest.mark.parametrize(
    ("there", "said_again"),
    [
        (inline(note(1).body), False),
        (inline(note(1).body, commit="f" * 40), True),
        (inline(note(1).body, path="b.md"), True),
        (inline(note(1).body, who=AUTHOR), True),
        (inline(note(2).body), True),
    ],
)
def test_what_stands_on_this_head_is_not_said_again(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, there: dict[str, Any], said_again: bool
) -> None:
    github.on(INLINE, [there])
    github.on(REVIEW, {"id": 1})
    forge.post_review(pull, "", [note(1)])
    assert bool(github.bodies("POST pulls/7/reviews")) == said_again


def test_a_refused_review_goes_one_by_one(github: FakeGitHub, forge: GitHubForge, pull: PullRequest) -> None:
    def single(call: Call) -> object:
        refused = Reply(
            422, {"message": "Validation Failed", "errors": [{"message": "line must be part of the diff"}]}
        )
        return refused if call.body["line"] == 2 else Reply(201, {"id": call.body["line"]})

    github.on(INLINE, [])
    github.on(
        REVIEW, Reply(422, {"message": "Unprocessable Entity", "errors": ["line must be part of the diff"]})
    )
    github.on(SINGLE, single)
    notes = [note(number) for number in range(1, 41)]
    assert forge.post_review(pull, "Some notes", notes) == (*notes[30:], notes[1])
    assert len(github.bodies("POST pulls/7/comments")) == 30


@pytest.mark.parametrize("answer", [Reply(502), Reply(403, {"message": "no"}), Reply(429)])
def test_other_refusals_of_a_review_are_failures(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest, answer: Reply
) -> None:
    github.on(INLINE, [])
    github.on(REVIEW, answer)
    with pytest.raises(ForgeError):
        forge.post_review(pull, "Some notes", [note(1)])
    assert github.names("POST") == [REVIEW]


def test_a_failure_among_single_comments_is_a_failure(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    github.on(INLINE, [])
    github.on(REVIEW, Reply(422))
    github.on(SINGLE, Reply(201, {"id": 1}), Reply(503))
    with pytest.raises(ForgeError):
        forge.post_review(pull, "", [note(1), note(2), note(3)])


def test_the_words_of_a_review_are_read_by_its_number(
    github: FakeGitHub, forge: GitHubForge, pull: PullRequest
) -> None:
    github.on("GET pulls/7/reviews/31", {"id": 31, "body": "/recheck", "user": AUTHOR, "html_url": ""})
    found = forge.comment(pull, "review-31")
    assert found is not None
    assert (found.id, found.body, found.author.id) == ("review-31", "/recheck", 5)
    assert forge.comment(pull, "review-32") is None
    assert forge.comment(pull, "review-../1") is None
    forge.react(pull, found, Reaction.SEEN)
    assert github.names("POST") == []
