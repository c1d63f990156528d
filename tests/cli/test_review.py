"""`hubbot review` of one pull request, against a GitHub of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

from bot.cli.review import cloned
from tests.cli.processes import ROOT, hubbot
from tests.forges.github.conftest import AUTHOR, BASE, HEAD, ME, MERGE_BASE, REPO, Call, FakeGitHub, Reply

pytestmark = pytest.mark.network

URL = f"https://github.com/{REPO}/pull/7"
PAGE = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
GOOD = (ROOT / "tests/rules/fixtures/msh303/good.md").read_text("utf-8")
#: Nothing remote is named, so that nothing is downloaded.
BAD = "\n".join(line for line in GOOD.splitlines() if "asset-link" not in line) + "\n"
README = "A hub\n"


def oid(text: str) -> str:
    data = text.encode()
    return sha1(b"blob %d\0" % len(data) + data).hexdigest()


def tree(files: dict[str, str]) -> dict[str, object]:
    entries = [{"path": p, "mode": "100644", "type": "blob", "sha": oid(t)} for p, t in files.items()]
    return {"sha": "0" * 40, "truncated": False, "tree": entries}


def answer(call: Call) -> object:
    """The pull request as it stands; blobs that GraphQL does not give are read one by one."""
    if "pullRequest(" not in call.body["query"]:
        return {"data": {"repository": {}}}
    nothing = {"pageInfo": {"hasNextPage": False}, "nodes": []}
    pull = {
        "headRefOid": HEAD, "baseRefName": "master", "state": "OPEN", "isDraft": False,
        "labels": nothing, "reviewThreads": {"totalCount": 0}, "comments": nothing,
    }  # fmt: skip
    return {"data": {"repository": {"pullRequest": pull}}}


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    fake = FakeGitHub()
    fake.on("GET /user", ME)
    fake.on(f"GET /repos/{REPO}", {"full_name": REPO})
    for text in (README, GOOD, BAD):
        fake.on(f"GET git/blobs/{oid(text)}", Reply(200, text.encode()))
    fake.on("POST /graphql", answer)
    for listing in ("issues/7/comments", "pulls/7/comments", "pulls/7/reviews"):
        fake.on(f"GET {listing}", [])
    fake.on(f"GET commits/{HEAD}/statuses", [])
    yield fake
    fake.close()


def offer(
    fake: FakeGitHub, added: dict[str, str], *, state: str = "open", counted: int | None = None
) -> None:
    """A pull request that adds files to a hub with a README."""
    fake.on(
        "GET pulls/7",
        {
            "id": 1, "number": 7, "state": state, "title": "Add LeNet", "body": None, "draft": False,
            "merged": False, "merged_at": None, "user": AUTHOR,
            "head": {"sha": HEAD, "ref": "lenet", "repo": {"full_name": "alice/pages"}},
            "base": {"sha": BASE, "ref": "master", "repo": {"full_name": REPO}},
            "changed_files": len(added) if counted is None else counted,
            "html_url": URL, "labels": [],
        },
    )  # fmt: skip
    for base in (BASE, "master"):
        fake.on(f"GET compare/{base}...{HEAD}", {"merge_base_commit": {"sha": MERGE_BASE}})
    fake.on(f"GET git/trees/{MERGE_BASE}", tree({"README.md": README}))
    fake.on(f"GET git/trees/{HEAD}", tree({"README.md": README, **added}))
    fake.on(
        "GET pulls/7/files",
        [
            {"filename": path, "status": "added", "sha": oid(text), "patch": "@@ -0,0 +1 @@\n+x"}
            for path, text in added.items()
        ],
    )


def review(fake: FakeGitHub, *args: str, **env: str) -> CompletedProcess[str]:
    known = {"GITHUB_API_URL": fake.url, "GITHUB_TOKEN": "ghp_abcdefghijkl", **env}
    return hubbot("review", *(args or (URL,)), **known)


def test_findings_are_printed_and_nothing_is_written(github: FakeGitHub) -> None:
    offer(github, {PAGE: BAD})
    done = review(github)
    assert done.returncode == 1, done.stderr
    assert "must fix" in done.stdout
    assert PAGE.rpartition("/")[2] in done.stdout
    assert [call.name for call in github.calls if call.method != "GET" and call.path != "/graphql"] == []
    assert "ghp_" not in done.stdout + done.stderr


def test_the_language_can_be_chosen(github: FakeGitHub) -> None:
    offer(github, {PAGE: BAD})
    assert "必须" in review(github, URL, "--lang", "zh").stdout


def test_where_no_page_changes_all_is_well(github: FakeGitHub) -> None:
    offer(github, {"docs.txt": GOOD})
    done = review(github)
    assert done.returncode == 0, done.stderr
    assert "nothing to check" in done.stdout


def test_counts_that_disagree_are_no_result(github: FakeGitHub) -> None:
    offer(github, {PAGE: BAD}, counted=2)
    done = review(github)
    assert done.returncode == 3, done.stdout
    assert "must fix" not in done.stdout.replace("0 must fix", "")


def test_a_closed_pull_request_has_nothing_to_review(github: FakeGitHub) -> None:
    offer(github, {PAGE: BAD}, state="closed")
    done = review(github)
    assert (done.returncode, done.stderr) == (0, "")
    assert "not open" in done.stdout


def test_an_unknown_pull_request_could_not_be_reviewed(github: FakeGitHub) -> None:
    done = review(github)
    assert done.returncode == 3
    assert done.stderr.startswith(f"hubbot: github/{REPO}/7 could not be reviewed")
    assert "Traceback" not in done.stderr


def test_what_is_public_is_reviewed_without_a_token(github: FakeGitHub) -> None:
    offer(github, {PAGE: BAD})
    done = review(github, GITHUB_TOKEN="")
    assert done.returncode == 1, done.stderr
    assert "must fix" in done.stdout
    assert {call.method for call in github.calls} == {"GET"}
    assert [
        call.headers.get("authorization") for call in github.calls if "authorization" in call.headers
    ] == []


def test_a_refusal_without_a_token_says_what_a_token_is_for(github: FakeGitHub) -> None:
    done = review(github, URL, "--lang", "zh", GITHUB_TOKEN="")
    assert done.returncode == 3
    assert "GITHUB_TOKEN" in done.stderr
    assert "令牌" in done.stderr
    assert "Traceback" not in done.stderr


def test_posting_asks_for_a_token_before_anything_else(github: FakeGitHub) -> None:
    done = review(github, URL, "--post", GITHUB_TOKEN="")
    assert done.returncode == 2
    assert "GITHUB_TOKEN" in done.stderr
    assert github.calls == []


def test_posting_shows_checks_and_summary(github: FakeGitHub) -> None:
    offer(github, {PAGE: BAD})
    stood: list[object] = []

    def said(call) -> Reply:
        stood.append(call.body)
        return Reply(201, {"id": 5, "body": call.body["body"], "user": ME, "html_url": f"{URL}#5"})

    github.on("POST issues/7/comments", said)
    github.on(f"POST statuses/{HEAD}", lambda call: Reply(201, {"id": 1, **call.body}))
    github.on("POST issues/7/labels", [])
    github.on("POST pulls/7/reviews", Reply(200, {"id": 6}))
    done = review(github, URL, "--post")
    assert done.returncode == 1, done.stderr
    assert len(stood) == 1
    states = {body["context"]: body["state"] for body in github.bodies(f"POST statuses/{HEAD}")}
    assert states == {"hubbot/format": "failure", "hubbot/assets": "success", "hubbot/gate": "failure"}


CLONES = (
    ("https://oauth2:tok@gitee.com/mindspore/hub.git", "gitee", "mindspore/hub"),
    ("http://user@gitee.com/a/b", "gitee", "a/b"),
    ("https://gitee.com/a/b/", "gitee", "a/b"),
    ("https://www.github.com/a/b", "github", "a/b"),
    ("https://GitHub.com/a/b.git", "github", "a/b"),
    ("https://github.com:443/a/b.c.git", "github", "a/b.c"),
    ("ssh://git@github.com:22/a/b", "github", "a/b"),
    ("ssh://git@ssh.github.com:443/a/b.git", "github", "a/b"),
    ("git@gitee.com:a/b.git", "gitee", "a/b"),
    ("git@github.com:22/b.git", "github", "22/b"),
    ("github.com:a/b", "github", "a/b"),
    ("https://github.com.example.org/a/b", "", ""),
    ("https://example.org/@github.com/a/b", "", ""),
    ("https://github.com/a", "", ""),
    ("ssh://git@github.com:a/b", "", ""),
    ("/srv/github.com/a/b", "", ""),
)


@pytest.mark.parametrize(("remote", "forge", "repo"), CLONES)
def test_the_repository_is_the_one_that_was_cloned(remote: str, forge: str, repo: str) -> None:
    assert cloned(remote) == (forge, repo)


def test_a_number_is_looked_up_where_the_clone_came_from(github: FakeGitHub, tmp_path: Path) -> None:
    offer(github, {PAGE: BAD})
    for args in (["init", "-q"], ["remote", "add", "origin", f"https://me:tok@github.com/{REPO}.git"]):
        run(["git", *args], cwd=tmp_path, check=True)
    done = hubbot("review", "7", cwd=tmp_path, GITHUB_API_URL=github.url)
    assert done.returncode == 1, done.stderr
    assert "tok" not in done.stdout + done.stderr


def test_no_credential_of_an_address_is_repeated(github: FakeGitHub) -> None:
    done = review(github, "https://me:tok@example.org/a/b/pull/7")
    assert done.returncode == 2
    assert "tok" not in done.stderr
    offer(github, {PAGE: BAD})
    assert review(github, f"https://me:tok@github.com/{REPO}/pull/7").returncode == 1


def test_a_number_needs_a_clone_of_the_hub(github: FakeGitHub, tmp_path: Path) -> None:
    done = hubbot("review", "7", cwd=tmp_path, GITHUB_API_URL=github.url)
    assert done.returncode == 2
    assert "#7" in done.stderr
    assert github.calls == []
