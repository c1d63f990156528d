"""The demo's forge: the contract of all forges, and what is its own: pushes, comments, restarts."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import ForgeError
from bot.forges.demo.forge import DemoForge, create
from bot.forges.demo.stories import ANNA, LIN, MAINTAINER, REPOSITORY, STORIES, pages
from bot.model import CONTEXTS, ChangeKind, Check, CheckState, InlineComment, Permission, PullRef, User
from tests.forges.contract import CONTRACT, Subject


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world made once; tests take copies."""
    workdir = tmp_path_factory.mktemp("demo") / "world"
    create(workdir)
    return workdir


@pytest.fixture
def workdir(fresh: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(fresh, tmp_path / "world"))


def ref(number: int) -> PullRef:
    return PullRef("demo", REPOSITORY, number)


def page_of(number: int) -> str:
    return next(iter(pages(STORIES[number - 1].cards)))


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda promise: promise.__name__)
def test_contract(promise: Callable[[Subject], None], workdir: Path) -> None:
    forge = DemoForge(workdir)
    promise(
        Subject(
            forge=forge,
            ref=ref(2),
            added=page_of(2),
            say=lambda body: forge.say(2, ANNA, body),
            heard=lambda: forge.conversation.comments(ref(2)),
            reactions=lambda comment: forge.conversation.reactions(ref(2), comment.id),
            head_moves=lambda: forge.push(2, {"note.txt": "moved\n"}, "Move"),
        )
    )


def test_every_story_is_an_open_pull_request_that_adds_its_pages(workdir: Path) -> None:
    forge = DemoForge(workdir, "http://127.0.0.1:8000/")
    pulls = list(forge.open_pulls(REPOSITORY))
    assert [pull.ref.number for pull in pulls] == [1, 2, 3, 4, 5, 6]
    for pull, story in zip(pulls, STORIES, strict=True):
        changed = forge.changes(pull).files
        assert {file.kind for file in changed} == {ChangeKind.ADDED}
        texts = forge.blobs(
            REPOSITORY, [file.head.oid for file in changed if file.head], commit=pull.head_sha
        )
        got = {file.path: texts[file.head.oid].decode() for file in changed if file.head}
        assert got == pages(story.cards)
        assert (pull.title, pull.author) == (story.title, story.author)
        assert pull.url == f"http://127.0.0.1:8000/pulls/demo/mindspore-demo/hub/{story.number}"


def test_a_push_that_fixes_replaces_the_pages_and_starts_with_clean_checks(workdir: Path) -> None:
    forge = DemoForge(workdir)
    before = forge.pull_request(ref(2))
    forge.set_check(before, Check(CONTEXTS[2], CheckState.FAILURE, "2 must be fixed"))
    fixed = pages(STORIES[1].fix)
    after = forge.push(2, fixed, "Mend the pages")
    assert forge.pull_request(ref(2)) == after
    assert after.base_sha == before.base_sha
    assert forge.posted(after).checks == {}
    assert forge.posted(before).checks == {CONTEXTS[2]: (CheckState.FAILURE, "2 must be fixed")}
    changed = {file.path: file for file in forge.changes(after).files}
    texts = forge.blobs(
        REPOSITORY, [file.head.oid for file in changed.values() if file.head], commit=after.head_sha
    )
    assert {path: texts[file.head.oid].decode() for path, file in changed.items() if file.head} == fixed


def test_a_push_can_remove_a_file(workdir: Path) -> None:
    forge = DemoForge(workdir)
    pull = forge.push(2, {page_of(2): None, 'odd "name"\n.txt': "x\n"}, "Take one back")
    paths = {file.path for file in forge.changes(pull).files}
    assert page_of(2) not in paths
    assert 'odd "name"\n.txt' in paths


def test_what_happened_survives_a_restart_and_other_processes_see_it(workdir: Path) -> None:
    first, second = DemoForge(workdir), DemoForge(workdir)
    pull = first.push(3, {"note.txt": "x\n"}, "Push")
    first.post_summary(pull, "<!-- hubbot:summary v1 -->", None)
    first.post_review(pull, "", [InlineComment(page_of(3), 1, "here", ("a" * 16,))])
    create(workdir)
    assert second.pull_request(ref(3)).head_sha == pull.head_sha
    posted = second.posted(pull)
    assert len(posted.summaries) == 1
    assert posted.fingerprints == {"a" * 16}


def test_a_world_of_another_edition_or_half_made_is_made_again(workdir: Path) -> None:
    forge = DemoForge(workdir)
    first = forge.pull_request(ref(1)).head_sha
    for spoil in (lambda: (workdir / "edition").write_text("older"), (workdir / "edition").unlink):
        DemoForge(workdir).push(1, {"note.txt": "x\n"}, "Push")
        spoil()
        create(workdir)
        assert DemoForge(workdir).pull_request(ref(1)).head_sha == first


def test_the_same_stories_give_the_same_commits(workdir: Path, tmp_path: Path) -> None:
    create(tmp_path / "again")
    heads = [
        [pull.head_sha for pull in DemoForge(where).open_pulls(REPOSITORY)]
        for where in (workdir, tmp_path / "again")
    ]
    assert heads[0] == heads[1]


@pytest.mark.parametrize(
    ("user", "permission"),
    [(MAINTAINER, Permission.ADMIN), (LIN, Permission.READ), (User(99, MAINTAINER.login), Permission.READ)],
)
def test_permission_goes_by_id_and_not_by_name(workdir: Path, user: User, permission: Permission) -> None:
    assert DemoForge(workdir).permission(REPOSITORY, user) is permission


def test_labels_show_on_the_pull_request(workdir: Path) -> None:
    forge = DemoForge(workdir)
    forge.set_labels(forge.pull_request(ref(1)), ["hubbot:verified"], [])
    assert forge.pull_request(ref(1)).labels == ("hubbot:verified",)


def test_only_its_own_comments_are_the_bots_to_change(workdir: Path) -> None:
    forge = DemoForge(workdir)
    pull = forge.pull_request(ref(1))
    theirs = forge.say(1, ANNA, "mine")
    forge.delete_comment(pull, theirs)
    forge.post_summary(pull, "<!-- hubbot:summary v1 -->", theirs)
    said = forge.conversation.comments(ref(1))
    assert [(comment.author.login, comment.body) for comment in said] == [
        ("anna-k", "mine"),
        ("hubbot", "<!-- hubbot:summary v1 -->"),
    ]


def test_a_review_posted_again_after_a_crash_says_nothing_twice(workdir: Path) -> None:
    forge = DemoForge(workdir)
    pull = forge.pull_request(ref(2))
    for _ in range(2):
        forge.post_review(pull, "see below", [InlineComment(page_of(2), 3, "here", ("b" * 16,))])
    assert len(forge.conversation.inline_comments(ref(2))) == 1
    assert len(forge.conversation.comments(ref(2))) == 1


def test_a_world_that_was_never_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ForgeError):
        DemoForge(tmp_path).pull_request(ref(1))
