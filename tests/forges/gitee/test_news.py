"""New comments of a repository, asked for without any webhook."""

import pytest

from bot.errors import ForgeError
from bot.forges.gitee.client import GiteeForge
from bot.forges.gitee.news import MAX_PULLS
from bot.forges.pace import Pace

pytestmark = pytest.mark.network

REPO = "acme/hub"
PATH = f"/repos/{REPO}/pulls/comments"
SOMEBODY = {"id": 8, "login": "somebody"}


@pytest.fixture
def forge(fake):
    made = GiteeForge(fake.url, "token", now=lambda: 1000.0, sleep=lambda _: None, pace=Pace(burst=10_000))
    yield made
    made.close()


def say(fake, body, number=5, **more):
    address = f"https://g/api/v5/repos/{REPO}/pulls/{number}"
    told = {"pull_request_url": address, "created_at": "2026-11-25T10:00:00+08:00"}
    return fake.say(body, SOMEBODY, **{**told, **more})


def bodies(found):
    return [(ref.number, comment.body) for ref, comment in found]


def test_what_was_said_before_the_first_look_is_not_news(fake, forge):
    say(fake, "/recheck")
    found, cursor = forge.comments_after(REPO, "")
    assert found == ()
    assert forge.comments_after(REPO, cursor) == ((), cursor)
    say(fake, "/status", number=6)
    found, after = forge.comments_after(REPO, cursor)
    assert bodies(found) == [(6, "/status")]
    assert (found[0][1].id, found[0][1].author.id) == ("101", 8)
    assert forge.comments_after(REPO, after) == ((), after)


def test_the_first_comment_of_all_is_news(fake, forge):
    found, cursor = forge.comments_after(REPO, "")
    assert (found, cursor) == ((), "0")
    say(fake, "/help")
    assert bodies(forge.comments_after(REPO, cursor)[0]) == [(5, "/help")]


def test_gitee_is_asked_for_what_is_newer_in_its_own_time(fake, forge):
    say(fake, "one")
    _, cursor = forge.comments_after(REPO, "")
    forge.comments_after(REPO, cursor)
    assert fake.asked[-1].query["since"] == "2026-11-25T10:00:00+08:00"


def test_where_gitee_lists_all_it_is_read_from_the_end(fake, forge):
    fake.per_page = 3
    for number in range(30):
        say(fake, f"old {number}")
    _, cursor = forge.comments_after(REPO, "")
    assert len(fake.asked) == 2
    for number in range(5):
        say(fake, f"new {number}")
    fake.asked.clear()
    found, _ = forge.comments_after(REPO, cursor)
    assert [comment.body for _, comment in found] == [f"new {number}" for number in range(5)]
    assert [asked.query["page"] for asked in fake.asked] == ["1", "12", "11", "10"]


def test_the_requests_of_one_look_are_bounded(fake, forge):
    fake.per_page = 1
    for number in range(60):
        say(fake, f"{number}")
    found, _ = forge.comments_after(REPO, "101")
    assert len(fake.asked) == 11
    assert [comment.body for _, comment in found][-1] == "59"


def test_what_names_no_pull_request_is_passed_over(fake, forge):
    say(fake, "/recheck", pull_request_url="https://g/somewhere/else")
    say(fake, "/status", created_at=None)
    found, cursor = forge.comments_after(REPO, "0")
    assert bodies(found) == [(5, "/status")]
    assert cursor == "101"


def test_where_a_repository_lists_none_its_open_pull_requests_are_asked(fake, forge, reply, pull_json):
    fake.on(f"GET {PATH}", reply(404, {"message": "404 Not Found"}))
    fake.on(f"GET /repos/{REPO}/pulls", [pull_json])
    say(fake, "old")
    _, cursor = forge.comments_after(REPO, "")
    say(fake, "/status")
    fake.asked.clear()
    found, _ = forge.comments_after(REPO, cursor)
    assert bodies(found) == [(5, "/status")]
    assert len(fake.asked) == 3


def test_the_pull_requests_that_are_asked_are_bounded(fake, forge, reply, pull_json):
    fake.on(f"GET {PATH}", reply(404, {}))
    fake.on(f"GET /repos/{REPO}/pulls", [{**pull_json, "number": number} for number in range(100, 200)])
    for number in range(100, 200):
        fake.on(f"GET /repos/{REPO}/pulls/{number}/comments", [])
    assert forge.comments_after(REPO, "7") == ((), "7")
    assert len(fake.asked) == 2 + MAX_PULLS


def test_any_other_refusal_is_told(fake, forge, reply):
    fake.on(f"GET {PATH}", reply(403, {}))
    with pytest.raises(ForgeError):
        forge.comments_after(REPO, "7")
