"""`hubbot deliveries`: what came is shown without secrets, and done again as often as one likes, once."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from bot.forges.github.hooks import GitHubHooks
from bot.store.database import open_database, reading, upgrade
from bot.store.schema import jobs
from bot.store.store import Store
from tests.cli.processes import hubbot

REPO, ID = "owner/hub", "11111111-2222-3333-4444-555555555555"
BODY = {
    "action": "opened",
    "number": 7,
    "repository": {"full_name": REPO},
    "sender": {"login": "somebody\u001b[31m", "id": 3, "type": "User"},
    "pull_request": {
        "number": 7,
        "head": {"sha": "a" * 40},
        "base": {"repo": {"full_name": REPO}, "ref": "master"},
        "draft": False,
    },
}
HEADERS = {
    "X-GitHub-Event": "pull_request",
    "X-GitHub-Delivery": ID,
    "Content-Type": "application/json",
}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    url = f"sqlite:///{tmp_path / 'hubbot.sqlite'}"
    engine = open_database(url)
    upgrade(engine)
    body = json.dumps(BODY).encode()
    delivery = GitHubHooks(["s3cret-of-the-tests"]).parse(HEADERS, body)
    assert Store(engine).accept(delivery, HEADERS, body, 1_700_000_000.0)
    engine.dispose()
    return {
        "DATABASE_URL": url,
        "GITHUB_TOKEN": "c4nary-token",
        "GITHUB_WEBHOOK_SECRET": "c4nary-secret",
        "GITHUB_REPOSITORIES": REPO,
    }


def generations(url: str) -> list[tuple[str, int]]:
    engine = open_database(url)
    with reading(engine) as connection:
        found = [(row.key, row.wanted) for row in connection.execute(jobs.select())]
    engine.dispose()
    return found


def test_list_and_show(env: dict[str, str]) -> None:
    listed = hubbot("deliveries", "list", **env)
    assert listed.returncode == 0, listed.stderr
    assert "github pull_request.opened" in listed.stdout
    assert f"{REPO}#7" in listed.stdout
    assert hubbot("deliveries", "list", "--number", "8", **env).stdout == ""
    shown = hubbot("deliveries", "show", ID, **env)
    assert "X-GitHub-Event: pull_request" in shown.stdout
    assert "\x1b" not in shown.stdout
    as_json = json.loads(hubbot("deliveries", "show", "1", "--json", **env).stdout)
    assert json.loads(as_json["body"]) == BODY


@pytest.mark.parametrize("option", ["--limit", "--number"])
@pytest.mark.parametrize("value", ["9" * 23, "9" * 5000, "0", "-1", "many"])
def test_a_number_that_cannot_be_one_is_wrong_usage(env: dict[str, str], option: str, value: str) -> None:
    done = hubbot("deliveries", "list", option, value, **env)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"argument {option}: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "what", [["list"], ["show", "1"], ["replay", "1", "--dry-run"], ["record", "1", "to"]], ids=lambda w: w[0]
)
def test_whoever_looks_in_the_wrong_folder_makes_no_database(what: list[str], tmp_path: Path) -> None:
    done = hubbot("deliveries", *what, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no database at var/hubbot.sqlite" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_whoever_looks_migrates_nothing(tmp_path: Path) -> None:
    (tmp_path / "old.sqlite").touch()
    done = hubbot("deliveries", "list", cwd=tmp_path, DATABASE_URL="sqlite:///old.sqlite")
    assert (done.returncode, done.stdout) == (2, "")
    assert "`hubbot db upgrade`" in done.stderr
    with contextlib.closing(sqlite3.connect(tmp_path / "old.sqlite")) as old:
        assert old.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_replay_asks_once_however_often(env: dict[str, str]) -> None:
    before = generations(env["DATABASE_URL"])
    dry = hubbot("deliveries", "replay", "1", "--dry-run", **env)
    assert dry.stdout == f"Would ask for: review github/{REPO}/7\n", dry.stderr
    for _ in range(2):
        done = hubbot("deliveries", "replay", ID, "--json", **env)
        assert json.loads(done.stdout)["job"] == f"review github/{REPO}/7"
    assert generations(env["DATABASE_URL"]) == before == [(f"review github/{REPO}/7", 1)]


def test_a_record_can_be_parsed_again(env: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "fixtures"
    assert hubbot("deliveries", "record", "1", str(folder), **env).returncode == 0
    headers = json.loads((folder / "github-1.headers.json").read_text(encoding="utf-8"))
    delivery = GitHubHooks(["any other"]).parse(headers, (folder / "github-1.body").read_bytes())
    assert (delivery.repo, delivery.number) == (REPO, 7)


@pytest.mark.parametrize(
    ("args", "more", "said"),
    [
        (["show", "99"], {}, "No delivery 99"),
        (["replay", "1"], {"GITHUB_REPOSITORIES": "another/hub"}, "not served"),
    ],
)
def test_what_cannot_be_done_is_said(
    env: dict[str, str], args: list[str], more: dict[str, str], said: str
) -> None:
    done = hubbot("deliveries", *args, **{**env, **more})
    assert done.returncode == 2
    assert said in done.stderr
    assert "c4nary" not in done.stderr
