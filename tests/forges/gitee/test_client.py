"""`GiteeForge` against a small Gitee of the tests' own."""

import base64
import zlib

import pytest

from bot.errors import CouldNotVerify, ForgeError
from bot.forges.base import MAX_BLOB
from bot.forges.gitee.client import GiteeForge
from bot.forges.gitee.patches import git_id
from bot.forges.pace import Pace
from bot.model import (
    ASSETS,
    FORMAT,
    GATE,
    Annotation,
    Check,
    CheckState,
    Comment,
    InlineComment,
    Permission,
    PullRef,
    Reaction,
    User,
)

pytestmark = pytest.mark.network

HEAD, BASE, MERGE_BASE = "1" * 40, "2" * 40, "3" * 40
REPO, FORK = "acme/hub", "contributor/hub"
R, F = f"/repos/{REPO}", f"/repos/{FORK}"
SUMMARY = "<!-- hubbot:summary 1 -->\n"
NEW, OLD = b"# new\nline\n", b"# old\n"
STRANGER = {"id": 8, "login": "hub-b0t"}


@pytest.fixture
def forge(fake):
    made = GiteeForge(fake.url, "token", now=lambda: 1000.0, sleep=lambda _: None, pace=Pace(burst=10_000))
    yield made
    made.close()


@pytest.fixture
def pull(fake, forge, pull_json):
    fake.on(f"GET {R}/pulls/5", pull_json)
    made = forge.pull_request(PullRef("gitee", REPO, 5))
    fake.asked.clear()
    return made


def tree(**files):
    entries = [
        {"path": p, "mode": "100644", "type": "blob", "sha": git_id(data)} for p, data in files.items()
    ]
    return {"truncated": False, "tree": entries}


def listed(name, diff="", **flags):
    patch = {"new_file": False, "renamed_file": False, "deleted_file": False, "too_large": False}
    return {"filename": name, "status": None, "patch": {"diff": diff, "old_path": name, **patch, **flags}}


def blob(data):
    return {"encoding": "base64", "content": base64.encodebytes(data).decode(), "size": len(data)}


@pytest.fixture
def change(fake):
    """A pull request that adds `new`, edits `edited` and removes `gone`."""
    fake.on(f"GET {R}/compare/{BASE}...{HEAD}", {"merge_base_commit": {"sha": MERGE_BASE}})
    fake.on(f"GET {R}/git/trees/{MERGE_BASE}", tree(gone=OLD, edited=OLD, same=OLD))
    fake.on(f"GET {R}/git/trees/{HEAD}", tree(new=NEW, edited=b"# new\n", same=OLD))
    fake.on(
        f"GET {R}/pulls/5/files",
        [
            listed("new", "@@ -0,0 +1,2 @@\n+# new\n+line\n", new_file=True),
            listed("edited", "@@ -1 +1 @@\n-# old\n+# new\n"),
            listed("gone", "@@ -1 +0,0 @@\n-# old\n", deleted_file=True),
        ],
    )


def gone(fake, reply, *requests):
    for request in requests:
        fake.on(request, reply(404, {"message": "404 Commit Not Found"}))


# -- reading -----------------------------------------------------------------


def test_it_knows_itself_and_asks_only_once(fake, forge):
    assert (forge.me(), forge.me()) == (User(7, "hub-bot"), User(7, "hub-bot"))
    assert len(fake.asked) == 1


def test_an_absent_repository_or_pull_request_is_permanent(fake, forge):
    with pytest.raises(ForgeError) as error:
        forge.pull_request(PullRef("gitee", REPO, 6))
    assert error.value.permanent
    fake.on(f"GET {R}", {})
    with pytest.raises(ForgeError) as error:
        forge.pull_request(PullRef("gitee", REPO, 6))
    assert error.value.permanent


def test_the_answer_must_be_about_what_was_asked(fake, forge, pull_json):
    fake.on(f"GET {R}/pulls/6", pull_json)
    with pytest.raises(ForgeError):
        forge.pull_request(PullRef("gitee", REPO, 6))


def test_open_pull_requests(fake, forge, pull_json):
    fake.on(f"GET {R}/pulls", [pull_json, {**pull_json, "id": 9002, "number": 6}])
    assert [found.ref.number for found in forge.open_pulls(REPO)] == [5, 6]
    assert fake.asked[-1].query["state"] == "open"


def test_open_pull_requests_of_an_absent_repository(forge):
    with pytest.raises(ForgeError) as error:
        list(forge.open_pulls("no/such"))
    assert error.value.permanent


def test_a_list_too_long_to_be_read_could_not_be_verified(fake, forge, pull, change, reply):
    fake.on(f"GET {R}/pulls/5/files", reply(raw=b"[" + b" " * (33 << 20)))
    with pytest.raises(CouldNotVerify):
        forge.changes(pull)


def test_changes_and_blobs(fake, forge, pull, change):
    found = forge.changes(pull)
    assert [(f.path, f.kind.value) for f in found.files] == [
        ("edited", "modified"),
        ("gone", "removed"),
        ("new", "added"),
    ]
    assert (found.merge_base, set(found.base_tree)) == (MERGE_BASE, {"gone", "edited", "same"})
    assert len(fake.asked) == 4
    fake.on(f"GET {R}/git/blobs/{git_id(OLD)}", blob(OLD))
    assert forge.blobs(REPO, [git_id(NEW), git_id(OLD)], commit=HEAD) == {git_id(NEW): NEW, git_id(OLD): OLD}
    assert [a.path for a in fake.asked[4:]] == [f"{R}/git/blobs/{git_id(OLD)}"]


def test_a_patch_that_is_not_the_file_is_not_believed(fake, forge, pull, change):
    fake.on(f"GET {R}/git/trees/{HEAD}", tree(new=b"quite another\n", edited=b"# new\n", same=OLD))
    forge.changes(pull)
    with pytest.raises(ForgeError):
        forge.blobs(REPO, [git_id(b"quite another\n")], commit=HEAD)
    assert fake.asked[-1].path == f"{R}/git/blobs/{git_id(b'quite another' + bytes([10]))}"


def test_what_only_the_fork_has_is_read_there(fake, forge, pull, change, reply):
    gone(fake, reply, f"GET {R}/git/trees/{HEAD}", f"GET {R}/compare/{BASE}...{HEAD}")
    fake.on(f"GET {F}/git/trees/{HEAD}", tree(new=NEW, edited=b"# new\n", same=OLD))
    fake.on(f"GET {F}/compare/{BASE}...{HEAD}", {"merge_base_commit": {"sha": MERGE_BASE}})
    fake.on(f"GET {F}/git/blobs/{git_id(OLD)}", blob(OLD))
    assert len(forge.changes(pull).files) == 3
    assert forge.blobs(REPO, [git_id(OLD)], commit=HEAD) == {git_id(OLD): OLD}
    assert set(forge.tree(REPO, HEAD)) == {"new", "edited", "same"}


def test_a_merge_base_that_only_the_fork_has(fake, forge, pull, change, reply):
    gone(fake, reply, f"GET {R}/git/trees/{MERGE_BASE}")
    fake.on(f"GET {F}/git/trees/{MERGE_BASE}", tree(gone=OLD, edited=OLD, same=OLD))
    assert len(forge.changes(pull).files) == 3


def test_a_head_that_nobody_has_is_tried_again_later(fake, forge, pull, change, reply):
    gone(fake, reply, f"GET {R}/git/trees/{HEAD}")
    with pytest.raises(ForgeError) as error:
        forge.changes(pull)
    assert not error.value.permanent


def test_a_list_that_disagrees_could_not_be_verified(fake, forge, pull, change):
    fake.on(f"GET {R}/pulls/5/files", [listed("new", new_file=True)])
    fake.on(f"GET {R}/compare/master...{HEAD}", {"merge_base_commit": {"sha": MERGE_BASE}})
    with pytest.raises(CouldNotVerify):
        forge.changes(pull)


def test_the_branch_is_the_base_where_the_named_commit_does_not_fit(fake, forge, pull, change):
    """As after the target branch was merged into the pull request."""
    fake.on(f"GET {R}/compare/{BASE}...{HEAD}", {"merge_base_commit": {"sha": "4" * 40}})
    fake.on(f"GET {R}/git/trees/{'4' * 40}", tree(gone=OLD, edited=OLD))
    fake.on(f"GET {R}/compare/master...{HEAD}", {"merge_base_commit": {"sha": MERGE_BASE}})
    assert forge.changes(pull).merge_base == MERGE_BASE


@pytest.mark.parametrize(
    "answer", [None, {}, {"merge_base_commit": None}, {"merge_base_commit": {"sha": "x"}}]
)
def test_a_comparison_of_wrong_types_is_nonsense(fake, forge, pull, change, answer):
    fake.on(f"GET {R}/compare/{BASE}...{HEAD}", answer)
    with pytest.raises(ForgeError):
        forge.changes(pull)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"encoding": "none", "content": ""},
        {"encoding": "base64", "content": "x"},
        {"encoding": "base64", "content": base64.b64encode(b"another").decode()},
    ],
)
def test_a_blob_that_is_not_what_its_id_says_is_nonsense(fake, forge, answer):
    fake.on(f"GET {R}/git/blobs/{git_id(OLD)}", answer)
    with pytest.raises(ForgeError):
        forge.blobs(REPO, [git_id(OLD)], commit=HEAD)


@pytest.mark.parametrize("size", [MAX_BLOB, MAX_BLOB + 1, 2 * MAX_BLOB])
def test_a_large_blob_is_cut_just_above_the_limit(fake, forge, size):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    fake.on(f"GET {R}/git/blobs/{git_id(data)}", blob(data))
    assert forge.blobs(REPO, [git_id(data)], commit=HEAD)[git_id(data)] == data[: MAX_BLOB + 1]


def test_only_so_much_is_kept_from_patches(fake, forge, pull, change):
    """Seventeen files of nearly a mebibyte are more than is kept: the first is asked for, the last is not."""
    contents = {f"f{n:02}": b"%02d" % n * (MAX_BLOB // 2 - 1) + b"\n" for n in range(17)}
    fake.on(f"GET {R}/git/trees/{MERGE_BASE}", tree())
    fake.on(f"GET {R}/git/trees/{HEAD}", tree(**contents))
    diffs = {name: f"@@ -0,0 +1 @@\n+{data.decode()}" for name, data in contents.items()}
    fake.on(f"GET {R}/pulls/5/files", [listed(name, diff, new_file=True) for name, diff in diffs.items()])
    forge.changes(pull)
    fake.asked.clear()
    last = git_id(contents["f16"])
    assert forge.blobs(REPO, [last], commit=HEAD) == {last: contents["f16"]}
    assert fake.asked == []
    with pytest.raises(ForgeError):
        forge.blobs(REPO, [git_id(contents["f00"])], commit=HEAD)
    assert len(fake.asked) == 1


GIT = f"POST /{REPO}.git/git-upload-pack"
SHALLOW = b"0034shallow " + HEAD.encode() + b"0000" + b"0008NAK\n"


def packed(contents):
    """A pack of small blobs."""
    entries = b"".join(bytes([3 << 4 | len(data)]) + zlib.compress(data) for data in contents)
    return b"PACK\0\0\0\2" + len(contents).to_bytes(4, "big") + entries + bytes(20)


@pytest.fixture
def many(fake):
    """Sixty blobs that Gitee gives one by one."""
    contents = {git_id(b"%d" % n): b"%d" % n for n in range(60)}
    for oid, data in contents.items():
        fake.on(f"GET {R}/git/blobs/{oid}", blob(data))
    return contents


def test_many_blobs_come_in_one_fetch(fake, forge, reply, many):
    fake.on(GIT, reply(200, raw=SHALLOW + packed([b"no page", *many.values()])))
    assert forge.blobs(REPO, many, commit=HEAD) == many
    (asked,) = fake.asked
    assert asked.body.startswith(b"003fwant " + HEAD.encode() + b" agent=hubbot\n")
    assert asked.body.endswith(b"000ddeepen 1\n00000009done\n")
    login = base64.b64decode(asked.headers["Authorization"].removeprefix("Basic "))
    assert login == b"oauth2:token"


def test_few_blobs_come_one_by_one(fake, forge, many):
    few = dict(list(many.items())[:49])
    assert forge.blobs(REPO, few, commit=HEAD) == few
    assert {asked.method for asked in fake.asked} == {"GET"}


NO_PACKS = {
    "a commit that nothing points at": (200, b"0034ERR upload-pack: not our ref " + b"1" * 16),
    "refused": (403, b"{}"),
    "no such repository": (404, b"{}"),
    "out of order": (502, b"<html>"),
    "a page of HTML": (200, b"<!doctype html>"),
    "nothing": (200, b""),
    "lines without an end": (200, b"0000" * 1000),
    "a pack that is cut": (200, SHALLOW + packed([b"0"])[:-25]),
}


@pytest.mark.parametrize(("status", "body"), NO_PACKS.values(), ids=NO_PACKS)
def test_where_git_gives_none_they_come_one_by_one(fake, forge, reply, many, status, body):
    fake.on(GIT, reply(status, raw=body))
    assert forge.blobs(REPO, many, commit=HEAD) == many


def test_what_a_fetch_lacks_is_asked_for(fake, forge, reply, many):
    fake.on(GIT, reply(200, raw=SHALLOW + packed(list(many.values())[:55])))
    assert forge.blobs(REPO, many, commit=HEAD) == many
    assert len(fake.asked) == 1 + 5


def test_a_limit_on_fetches_is_a_limit(fake, forge, reply, many):
    fake.on(GIT, reply(429, {}, {"Retry-After": "30"}))
    with pytest.raises(ForgeError) as error:
        forge.blobs(REPO, many, commit=HEAD)
    assert error.value.retry_at == 1030.0
    assert len(fake.asked) == 1


def test_an_api_without_its_site_beside_it_is_read_one_by_one(fake, many):
    made = GiteeForge(fake.url.replace("/api/v5", ""), "token", sleep=lambda _: None)
    assert made.blobs(REPO, many, commit=HEAD) == many
    made.close()
    assert {asked.method for asked in fake.asked} == {"GET"}


def test_permission(fake, forge):
    fake.role = "write"
    assert forge.permission(REPO, User(7, "hub-bot")) is Permission.WRITE
    assert forge.permission(REPO, User(8, "hub-bot")) is Permission.NONE
    assert forge.permission("no/such", User(7, "hub-bot")) is Permission.NONE
    assert forge.permission(REPO, User(0, "ghost")) is Permission.NONE


# -- comments ----------------------------------------------------------------


def test_what_is_posted_is_what_the_bot_said(fake, forge, pull):
    fake.say(SUMMARY + "one")
    fake.say(SUMMARY + "a forgery", user=STRANGER)
    fake.say("`<!-- hubbot:summary` in a text")
    fake.say("<!-- hubbot:finding aa bb -->\nx\n\n**L3**\r\n\r\n<!-- hubbot:finding cc -->\n\nx", path="p")
    fake.say("<!-- hubbot:finding bb -->\n```suggestion\n<!-- hubbot:finding ff -->\n```\n", path="p")
    fake.say("**x**\n<!-- hubbot:summary v1 -->\n")
    fake.say("<!-- hubbot:finding dd -->", user=STRANGER, path="p")
    fake.say("said `<!-- hubbot:finding ee -->`", path="p")
    fake.labels = ["lgtm"]
    found = forge.posted(pull)
    assert [comment.id for comment in found.summaries] == ["100"]
    assert found.fingerprints == {"aa", "bb", "cc"}
    assert (found.checks, found.labels) == ({}, {"lgtm"})


def test_the_summary_is_made_once_and_then_edited(fake, forge, pull):
    first = forge.post_summary(pull, SUMMARY + "one", None)
    again = forge.post_summary(pull, SUMMARY + "two", None)
    last = forge.post_summary(pull, SUMMARY + "three", again)
    forge.post_summary(pull, SUMMARY + "three", last)
    assert first.id == again.id == last.id == "100"
    assert [comment["body"] for comment in fake.comments] == [SUMMARY + "three"]
    assert len(fake.writes()) == 3


def test_a_summary_that_was_deleted_is_made_anew(fake, forge, pull):
    gone_one = Comment("55", User(7, "hub-bot"), SUMMARY)
    assert forge.post_summary(pull, SUMMARY + "new", gone_one).id == "100"


@pytest.mark.parametrize(
    "bad", [{"status": 502}, {"status": 201, "raw": b"<html>"}, {"status": 201, "value": {}}]
)
def test_a_write_without_a_good_answer_is_looked_for_before_it_is_repeated(fake, forge, pull, reply, bad):
    fake.spoil(f"POST {R}/pulls/5/comments", reply(**bad))
    assert forge.post_summary(pull, SUMMARY + "one", None).id == "100"
    assert len(fake.comments) == 1


def test_a_summary_that_vanishes_while_it_is_edited_is_made_anew(fake, forge, pull, reply):
    fake.say(SUMMARY + "one")
    fake.spoil(f"PATCH {R}/pulls/comments/100", reply(404, {}), before=True)
    assert forge.post_summary(pull, SUMMARY + "two", None).id == "101"


def test_an_edit_that_is_refused_is_an_error(fake, forge, pull, reply):
    made = fake.say(SUMMARY + "one")
    fake.on(f"PATCH {R}/pulls/comments/{made['id']}", reply(403, {}))
    with pytest.raises(ForgeError) as error:
        forge.post_summary(pull, SUMMARY + "two", None)
    assert error.value.permanent


def test_a_write_that_had_no_effect_fails_and_works_the_next_time(fake, forge, pull, reply):
    fake.spoil(f"POST {R}/pulls/5/comments", reply(502), before=True)
    with pytest.raises(ForgeError) as error:
        forge.post_summary(pull, SUMMARY + "one", None)
    assert not error.value.permanent
    forge.post_summary(pull, SUMMARY + "one", None)
    assert len(fake.comments) == 1


def test_a_summary_whose_marker_was_lost_is_found_by_its_words(fake, forge, pull):
    fake.say("the  words\n")
    assert forge.post_summary(pull, SUMMARY + "the words", None).id == "100"
    assert len(fake.comments) == 1


def test_a_long_body_is_cut_at_a_line(fake, forge, pull):
    forge.post_summary(pull, SUMMARY + "模型 line\n" * 20_000, None)
    body = fake.comments[0]["body"]
    assert 59_000 < len(body.encode()) <= 60_010
    assert body.startswith(SUMMARY)
    assert body.endswith("模型 line\n…")


def test_a_reply_is_said_once_for_each_occasion(fake, forge, pull):
    forge.reply(pull, "checking", "c1")
    forge.reply(pull, "done", "c1")
    forge.reply(pull, "done", "c12")
    forge.reply(pull, "<!-- hubbot:reply c3 -->\nhello", "c3")
    assert [comment["body"] for comment in fake.comments] == [
        "<!-- hubbot:reply c1 -->\ndone",
        "<!-- hubbot:reply c12 -->\ndone",
        "<!-- hubbot:reply c3 -->\nhello",
    ]


def test_deleting_a_comment_twice_is_done(fake, forge, pull):
    made = forge.post_summary(pull, SUMMARY, None)
    forge.delete_comment(pull, made)
    forge.delete_comment(pull, made)
    assert fake.comments == []
    with pytest.raises(ForgeError):
        forge.delete_comment(pull, Comment("../1", User(7, "hub-bot"), ""))


def test_a_reaction_does_nothing(fake, forge, pull):
    forge.react(pull, Comment("1", User(8, "x"), ""), Reaction.SEEN)
    assert fake.asked == []


# -- inline ------------------------------------------------------------------


def finding(path, line, mark):
    return InlineComment(path, line, f"<!-- hubbot:finding {mark} -->\nwrong", (mark,))


def test_each_page_gets_one_comment_on_its_first_line(fake, forge, pull, change):
    outside, nowhere = finding("new", 9, "dd"), finding("absent", 1, "ee")
    wanted = [finding("new", 2, "aa"), finding("new", 1, "bb"), finding("edited", 1, "cc"), outside, nowhere]
    assert forge.post_review(pull, "ignored", wanted) == (outside, nowhere)
    assert [(c["path"], c["new_line"]) for c in fake.comments] == [("new", 1), ("edited", 1)]
    assert forge.posted(pull).fingerprints == {"aa", "bb", "cc"}
    assert {w.body["commit_id"] for w in fake.asked if w.method == "POST"} == {HEAD}


def test_a_suggestion_stands_on_its_own_line_or_is_none(fake, forge, pull, change):
    bodies = {n: f"<!-- hubbot:finding f{n} -->\n```suggestion\nline {n}\n```" for n in (1, 2)}
    forge.post_review(pull, "", [InlineComment("new", n, body, (f"f{n}",)) for n, body in bodies.items()])
    assert fake.comments[0]["body"] == (
        f"**L1**\n\n{bodies[1]}\n\n**L2**\n\n<!-- hubbot:finding f2 -->\n```\nline 2\n```"
    )
    assert forge.posted(pull).fingerprints == {"f1", "f2"}


def test_what_was_said_inline_is_not_said_again(fake, forge, pull, change):
    wanted = [finding("new", 1, "aa"), finding("new", 2, "bb")]
    for _ in range(2):
        assert forge.post_review(pull, "", wanted) == ()
    assert len(fake.comments) == 1


def test_nor_where_gitee_dropped_the_markers(fake, forge, pull, change):
    fake.say("wrong", path="new", new_line=1)
    assert forge.post_review(pull, "", [finding("new", 1, "aa")]) == ()
    assert len(fake.comments) == 1


def test_the_same_words_on_another_line_are_another_comment(fake, forge, pull, change):
    fake.say("wrong", path="new", new_line=1)
    fake.say("<!-- hubbot:finding aa -->\nwrong", path="new", new_line=2)
    assert forge.post_review(pull, "", [finding("new", 2, "bb")]) == ()
    assert len(fake.comments) == 3


def test_an_inline_comment_whose_answer_was_lost_is_not_made_twice(fake, forge, pull, change, reply):
    fake.spoil(f"POST {R}/pulls/5/comments", reply(502))
    assert forge.post_review(pull, "", [finding("new", 1, "aa")]) == ()
    assert len(fake.comments) == 1


def test_an_answer_that_names_no_line_is_believed(fake, forge, pull, change, reply):
    made = {"id": 3, "user": {"id": 7, "login": "hub-bot"}, "body": "x", "new_line": None}
    fake.on(f"POST {R}/pulls/5/comments", reply(201, made))
    assert forge.post_review(pull, "", [finding("new", 1, "aa")]) == ()
    assert len(fake.writes()) == 1


def test_nothing_to_say_asks_nothing(fake, forge, pull):
    assert forge.post_review(pull, "body", []) == ()
    assert fake.asked == []


def test_how_gitee_counts_is_learnt_from_its_answers(fake, forge, pull, change):
    fake.position_base = 1
    assert forge.post_review(pull, "", [finding("new", 2, "aa")]) == ()
    assert [(c["path"], c["new_line"]) for c in fake.comments] == [("new", 2)]
    fake.asked.clear()
    assert forge.post_review(pull, "", [finding("new", 1, "bb")]) == ()
    assert [a.body["position"] for a in fake.asked if a.method == "POST"] == [2]


def test_how_gitee_counts_is_learnt_from_what_stands_after_a_restart(fake, forge, pull, change):
    fake.position_base = 1
    fake.say("earlier", path="new", new_line=2, position=3, commit_id=HEAD)
    fake.say("of an older head", path="new", new_line=2, position=2, commit_id=BASE)
    fake.say("on a line that is gone", path="new", new_line=99, position=99, commit_id=HEAD)
    assert forge.post_review(pull, "", [finding("new", 1, "bb")]) == ()
    assert [a.body["position"] for a in fake.asked if a.method == "POST"] == [2]


def test_where_no_count_fits_nothing_is_left_standing(fake, forge, pull, change):
    fake.position_base = -1
    long = [listed("new", "@@ -0,0 +1,9 @@\n" + "+a\n" * 9)]
    fake.on(f"GET {R}/pulls/5/files", long)
    wanted = (finding("new", 2, "aa"),)
    assert forge.post_review(pull, "", wanted) == wanted
    assert fake.comments == []
    fake.asked.clear()
    assert forge.post_review(pull, "", wanted) == wanted
    assert fake.writes() == []


def test_a_refused_position_is_not_taken(fake, forge, pull, change, reply):
    fake.on(f"POST {R}/pulls/5/comments", reply(400, {"message": "position is invalid"}))
    wanted = (finding("new", 2, "aa"),)
    assert forge.post_review(pull, "", wanted) == wanted


def test_any_other_refusal_is_an_error(fake, forge, pull, change, reply):
    fake.on(f"POST {R}/pulls/5/comments", reply(403, {}))
    with pytest.raises(ForgeError):
        forge.post_review(pull, "", [finding("new", 2, "aa")])


def test_thirty_pages_are_commented_at_once(fake, forge, pull):
    names = [f"p{n:02}" for n in range(33)]
    fake.on(f"GET {R}/pulls/5/files", [listed(name, "@@ -0,0 +1 @@\n+a\n") for name in names])
    left = forge.post_review(pull, "", [finding(name, 1, f"a{name}") for name in names])
    assert [comment.path for comment in left] == names[30:]


def test_what_does_not_fit_into_one_comment_is_not_taken(fake, forge, pull, change):
    long = [InlineComment("new", line, f"{line}" * 40_000, (f"f{line}",)) for line in (1, 2)]
    assert forge.post_review(pull, "", long) == (long[1],)


# -- checks and labels -------------------------------------------------------


def check(state, context=GATE, title="title", **more):
    return Check(context, state, title, **more)


def conclusions(fake):
    return [(run["name"], run["status"], run.get("conclusion")) for run in fake.runs]


def test_an_administrator_writes_check_runs(fake, forge, pull):
    forge.set_check(pull, check(CheckState.PENDING))
    forge.set_check(pull, check(CheckState.FAILURE, summary="words", details_url="https://bot/reports/1"))
    assert conclusions(fake) == [(GATE, "completed", "failure")]
    run = fake.runs[0]
    assert (run["head_sha"], run["pull_request_id"], run["details_url"]) == (
        HEAD,
        9001,
        "https://bot/reports/1",
    )
    assert run["output"] == {"title": "title", "summary": "words"}
    assert fake.labels == []
    assert forge.posted(pull).checks == {GATE: (CheckState.FAILURE, "title")}


@pytest.mark.parametrize(
    ("state", "conclusion"),
    [(CheckState.SUCCESS, "success"), (CheckState.FAILURE, "failure"), (CheckState.ERROR, "timed_out")],
)
def test_a_conclusion_never_lets_an_unverified_pull_request_pass(fake, forge, pull, state, conclusion):
    forge.set_check(pull, check(state))
    assert conclusions(fake) == [(GATE, "completed", conclusion)]
    assert forge.posted(pull).checks == {GATE: (state, "title")}


def test_a_conclusion_is_never_changed_but_a_new_run_made(fake, forge, pull):
    for state in (CheckState.FAILURE, CheckState.PENDING, CheckState.SUCCESS, CheckState.SUCCESS):
        forge.set_check(pull, check(state))
    assert conclusions(fake) == [(GATE, "completed", "failure"), (GATE, "completed", "success")]
    assert len(fake.writes()) == 3


def test_the_contexts_do_not_disturb_each_other(fake, forge, pull):
    for context in (FORMAT, ASSETS, GATE):
        forge.set_check(pull, check(CheckState.PENDING, context))
    assert set(forge.posted(pull).checks) == {FORMAT, ASSETS, GATE}


def test_a_conclusion_that_is_not_ours_is_replaced(fake, forge, pull):
    fake.runs.append({"id": 1, "name": GATE, "status": "completed", "conclusion": "neutral", "output": None})
    assert forge.posted(pull).checks == {}
    forge.set_check(pull, check(CheckState.SUCCESS))
    assert conclusions(fake)[-1] == (GATE, "completed", "success")


def test_a_check_run_whose_answer_was_lost_is_not_made_twice(fake, forge, pull, reply):
    fake.spoil(f"POST {R}/check-runs", reply(502))
    with pytest.raises(ForgeError):
        forge.set_check(pull, check(CheckState.SUCCESS))
    forge.set_check(pull, check(CheckState.SUCCESS))
    assert conclusions(fake) == [(GATE, "completed", "success")]


def many_notes(count):
    return tuple(Annotation("p.md", n, n, "failure", "t", "m") for n in range(1, count + 1))


@pytest.mark.parametrize(
    ("given", "shown", "calls"), [(50, 50, 1), (51, 51, 2), (120, 120, 3), (250, 200, 4)]
)
def test_annotations_come_in_batches_and_the_last_concludes(fake, forge, pull, given, shown, calls):
    forge.set_check(pull, check(CheckState.FAILURE, annotations=many_notes(given)))
    assert [note["start_line"] for note in fake.runs[0]["output"]["annotations"]] == list(range(1, shown + 1))
    assert conclusions(fake) == [(GATE, "completed", "failure")]
    sent = [a.body for a in fake.asked if "check-runs" in a.path and a.method != "GET"]
    assert len(sent) == calls
    assert all(len(body["output"]["annotations"]) <= 50 for body in sent)
    assert [body["status"] for body in sent] == ["in_progress"] * (calls - 1) + ["completed"]


def test_a_run_that_was_cut_short_among_its_annotations_is_begun_anew(fake, forge, pull, reply):
    wanted = check(CheckState.FAILURE, annotations=many_notes(60))
    fake.spoil(f"PATCH {R}/check-runs/50", reply(502), before=True)
    with pytest.raises(ForgeError):
        forge.set_check(pull, wanted)
    forge.set_check(pull, wanted)
    assert conclusions(fake) == [(GATE, "in_progress", None), (GATE, "completed", "failure")]
    assert len(fake.runs[1]["output"]["annotations"]) == 60
    assert forge.posted(pull).checks[GATE] == (CheckState.FAILURE, wanted.title)


def test_annotations_are_shown_and_summaries_cut(fake, forge, pull):
    notes = many_notes(1)
    forge.set_check(pull, check(CheckState.FAILURE, title="", summary="模型\n" * 30_000, annotations=notes))
    output = fake.runs[0]["output"]
    assert output["annotations"][0]["annotation_level"] == "failure"
    assert output["title"] == GATE
    assert len(output["summary"].encode()) < 65_535


PROJECTIONS = [
    (CheckState.SUCCESS, {"hubbot:verified"}),
    (CheckState.FAILURE, {"hubbot:needs-fix"}),
    (CheckState.ERROR, set()),
    (CheckState.PENDING, {"hubbot:needs-fix"}),
]


@pytest.mark.parametrize(("state", "labels"), PROJECTIONS)
def test_a_writer_shows_the_gate_by_labels(fake, forge, pull, state, labels):
    fake.role = "write"
    fake.labels = ["lgtm", "hubbot:verified", "hubbot:needs-fix"]
    forge.set_check(pull, check(state, FORMAT))
    assert len(fake.labels) == 3
    forge.set_check(pull, check(state))
    assert set(fake.labels) == {"lgtm"} | labels
    assert fake.runs == []
    assert not [a for a in fake.asked if "check-runs" in a.path]


def test_labels_are_made_before_they_are_used_and_paths_encoded(fake, forge, pull):
    fake.known_labels = ["hubbot:verified"]
    forge.set_labels(pull, ["hubbot:verified", "hubbot:hold"], ["a/b"])
    assert fake.known_labels == ["hubbot:verified", "hubbot:hold"]
    assert fake.labels == ["hubbot:hold", "hubbot:verified"]
    forge.set_labels(pull, ["hubbot:hold"], ["hubbot:verified"])
    assert fake.labels == ["hubbot:hold"]
    assert fake.writes()[-1] == f"DELETE {R}/pulls/5/labels/hubbot%3Averified"


def test_labels_that_are_right_already_cost_one_request(fake, forge, pull):
    forge.set_labels(pull, ["hubbot:hold"], ["hubbot:waived"])
    fake.asked.clear()
    forge.set_labels(pull, ["hubbot:hold"], ["hubbot:waived"])
    assert len(fake.asked) == 1


def test_whether_a_label_exists_is_asked_only_once(fake, forge, pull):
    for _ in range(2):
        forge.set_labels(pull, ["hubbot:hold"], [])
        forge.set_labels(pull, [], ["hubbot:hold"])
    assert len([a for a in fake.asked if a.path == f"{R}/labels"]) == 2  # asked for, and made
    forge.set_labels(pull, [], [])
    assert fake.labels == []


def test_a_label_that_another_run_made_meanwhile_is_no_trouble(fake, forge, pull, reply):
    fake.on(f"POST {R}/labels", reply(400, {"message": "标签已存在"}))
    forge.set_labels(pull, ["hubbot:hold"], [])
    assert fake.labels == ["hubbot:hold"]


def test_a_label_that_cannot_be_made_is_an_error_for_an_administrator_too(fake, forge, pull, reply):
    fake.on(f"POST {R}/labels", reply(404, {}))
    with pytest.raises(ForgeError):
        forge.set_labels(pull, ["hubbot:hold"], [])


@pytest.mark.parametrize("name", ["x", "hubbot:a-much-too-long-name"])
def test_a_label_that_gitee_would_refuse_is_our_mistake(forge, pull, name):
    with pytest.raises(ValueError, match="characters"):
        forge.set_labels(pull, [name], [])


def test_a_reader_says_it_in_the_summary_only(fake, forge, pull):
    fake.role = "read"
    forge.set_check(pull, check(CheckState.SUCCESS))
    forge.set_labels(pull, ["hubbot:hold"], [])
    assert fake.writes() == []
    assert forge.posted(pull).checks == {}


def test_where_the_role_cannot_be_told_the_first_refusal_tells(fake, forge, pull, reply):
    fake.role = "read"
    fake.on(f"GET {R}/collaborators/hub-bot/permission", reply(403, {}))
    for _ in range(2):
        forge.set_check(pull, check(CheckState.SUCCESS))
    assert fake.writes() == [f"POST {R}/check-runs", f"POST {R}/labels", f"POST {R}/pulls/5/labels"]


def test_a_rate_limit_is_not_taken_for_a_refusal(fake, forge, pull, reply):
    fake.spoil(f"POST {R}/check-runs", reply(403, {"message": "Rate Limit Exceeded"}), before=True)
    with pytest.raises(ForgeError) as error:
        forge.set_check(pull, check(CheckState.SUCCESS))
    assert error.value.retry_at == 1060.0
    forge.set_check(pull, check(CheckState.SUCCESS))
    assert conclusions(fake) == [(GATE, "completed", "success")]
