"""Gitee's answers as values: every decision rests on a checked field."""

import pytest

from bot.errors import ForgeError
from bot.forges.gitee import answers
from bot.model import Permission, PullState, User


def test_a_pull_request(pull_json):
    found = answers.pull(pull_json, "acme/hub")
    assert str(found.ref) == "gitee/acme/hub/5"
    assert (found.state, found.draft, found.body, found.labels) == (PullState.OPEN, False, "", ())
    assert (found.head_sha, found.base_sha, found.base_ref) == ("1" * 40, "2" * 40, "master")
    assert (found.head_repo, found.global_id, found.changed_files) == ("contributor/hub", 9001, None)


def test_a_pull_request_of_a_deleted_fork_and_account(pull_json):
    pull_json["head"]["repo"] = None
    pull_json["user"] = None
    found = answers.pull(pull_json, "acme/hub")
    assert (found.head_repo, found.author) == (None, answers.GHOST)


WRONG = [
    ("id", None),
    ("id", True),
    ("number", "5"),
    ("state", "locked"),
    ("state", None),
    ("head", None),
    ("head", {"sha": "1" * 39, "repo": None}),
    ("head", {"sha": "1" * 40 + "\n", "repo": None}),
    ("head", {"sha": "1" * 40, "repo": {"full_name": None}}),
    ("base", {"sha": "2" * 40, "ref": ""}),
    ("user", {"id": 0, "login": "x"}),
    ("user", {"id": 3}),
    ("labels", "lgtm"),
    ("labels", [{"name": None}]),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_pull_request_of_wrong_types_is_nonsense(pull_json, name, value):
    with pytest.raises(ForgeError) as error:
        answers.pull({**pull_json, name: value}, "acme/hub")
    assert not error.value.permanent


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_what_is_no_object_is_nonsense(value):
    with pytest.raises(ForgeError):
        answers.pull(value, "acme/hub")


def test_prose_may_be_anything_and_comes_out_writable():
    assert answers.prose("a\ud800b") == "a?b"
    assert answers.prose(None) == ""


@pytest.mark.parametrize(
    ("word", "number", "may"),
    [
        ("admin", 3, Permission.ADMIN),
        ("write", 3, Permission.WRITE),
        ("read", 3, Permission.READ),
        ("none", 3, Permission.NONE),
        ("owner of everything", 3, Permission.NONE),
        ("admin", 4, Permission.NONE),
    ],
)
def test_a_permission_belongs_to_an_id_not_to_a_login(word, number, may):
    assert answers.permission({"id": number, "login": "alice", "permission": word}, User(3, "alice")) is may


@pytest.mark.parametrize("value", [None, {}, {"permission": "admin"}, {"id": 3, "permission": None}])
def test_a_permission_of_wrong_types_is_nonsense(value):
    with pytest.raises(ForgeError):
        answers.permission(value, User(3, "alice"))
