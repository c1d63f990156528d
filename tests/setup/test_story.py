"""From the first start to a live bot: `hubbot serve` as a process, and a GitHub of the tests' own."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bot import settingsfile
from bot.doctor.github import PERMISSIONS
from tests.cli.processes import environment, get, running, until
from tests.cli.test_review import BAD, PAGE, github, offer  # noqa: F401 - `github` is a fixture
from tests.forges.github.conftest import HEAD, REPO, FakeGitHub, Reply
from tests.setup.conftest import CODE, SECRET
from tests.setup.visitor import LINK, Visitor

pytestmark = pytest.mark.network
READY = 60.0


@pytest.fixture
def forge(github: FakeGitHub, pem: str) -> FakeGitHub:  # noqa: F811 - the fixture
    """A GitHub with one open pull request, which makes an App of a manifest's code."""
    app = {"id": 12, "slug": "hubbot", "name": "hubbot"}
    made = {**app, "pem": pem, "webhook_secret": SECRET, "html_url": f"{github.url}/apps/hubbot"}
    github.on(
        f"POST /app-manifests/{CODE}/conversions", Reply(201, made), Reply(404, {"message": "Not Found"})
    )
    github.on("GET /app", app)
    github.on("GET /users/hubbot[bot]", {"id": 9, "login": "hubbot[bot]", "type": "Bot"})
    github.on("GET /users/hubbot%5Bbot%5D", {"id": 9, "login": "hubbot[bot]", "type": "Bot"})
    held = {name: level for name, (level, _) in PERMISSIONS.items()}
    github.on("GET installation", {"id": 5, "permissions": held, "events": []})
    token = {"token": "ghs_0123456789abcdef", "expires_at": "2099-01-01T00:00:00Z"}
    github.on("POST /app/installations/5/access_tokens", Reply(201, token))
    github.on("GET /app/installations", [{"id": 5}])
    github.on("GET /app/hook/deliveries", [])
    github.on(f"GET commits/{HEAD}/check-runs", {"total_count": 0, "check_runs": []})
    offer(github, {PAGE: BAD})
    listed = {"id": 1, "number": 7, "state": "open", "title": "Add LeNet", "body": None, "draft": False}
    github.on(
        "GET pulls",
        lambda call: [
            {
                **listed,
                "merged_at": None,
                "user": {"id": 5, "login": "alice", "type": "User"},
                "head": {"sha": "a" * 40, "ref": "lenet", "repo": {"full_name": "alice/pages"}},
                "base": {"sha": "b" * 40, "ref": "master", "repo": {"full_name": REPO}},
                "html_url": f"https://github.com/{REPO}/pull/7",
                "labels": [],
            }
        ],
    )
    return github


def test_from_the_first_start_to_a_live_bot(forge: FakeGitHub, tmp_path: Path) -> None:
    env = environment(tmp_path, GITHUB_API_URL=forge.url)
    port, log = int(env["PORT"]), tmp_path / "log"
    with running(tmp_path, env, "serve") as process:
        until(lambda: LINK.search(log.read_text()), READY, "the link", tmp_path)
        until(lambda: get(port, "/readyz")[0] == 200, READY, "/readyz", tmp_path)
        link = LINK.findall(log.read_text())
        assert len(link) == 1
        assert b"demo" in get(port, "/")[1].lower()
        assert get(port, "/setup")[0] == 403

        origin = f"http://127.0.0.1:{port}"
        browser = Visitor(origin)
        assert "Public address" in browser.get(link[0].removeprefix(origin))
        assert "Create a GitHub App" in browser.send(
            "/setup", PUBLIC_URL=origin, GITHUB_REPOSITORIES=REPO, do="next"
        )
        page = browser.send("/setup/github", do="app", name="hubbot", owner="person")
        state = re.search(r"\?state=([\w-]+)", page)
        assert state is not None
        page = browser.get(f"/setup/github?code={CODE}&state={state[1]}")
        assert "The App hubbot is known here" in page
        assert "is installed on" in browser.send("/setup/github", do="look")

        browser.send("/setup/preview")
        until(lambda: "http-equiv" not in browser.get("/setup/preview"), READY, "the preview", tmp_path)
        page = browser.get("/setup/preview")
        assert "would comment" in page, page
        assert "must fix" in page
        assert SECRET not in browser.get("/setup/summary")
        page = browser.send("/setup/summary", do="live", dry_run="1")
        assert "hubbot goes live" in page

        until(
            lambda: get(port, "/setup")[0] == 403 and get(port, "/readyz")[0] == 200, READY, "live", tmp_path
        )
        until(lambda: REPO.encode() in get(port, "/")[1], READY, "the review", tmp_path)
        assert b"demo" not in get(port, "/")[1].lower(), "the demo keeps to its own database"
        assert b"is closed" in get(port, "/setup")[1]
        assert get(port, link[0].removeprefix(origin))[0] == 403
        process.terminate()
        assert process.wait(40) == 0

    file = tmp_path / settingsfile.PATH
    assert file.stat().st_mode & 0o777 == 0o600
    assert settingsfile.read(file)["GITHUB_APP_ID"] == "12"
    said = log.read_text()
    assert "a defect of ours" not in said
    assert SECRET not in said
    assert said.count("token=") == 1
    wrote = [call.name for call in forge.calls if call.method != "GET"]
    assert {name.partition(" ")[2] for name in wrote} <= {
        "/graphql", f"/app-manifests/{CODE}/conversions", "/app/installations/5/access_tokens",
    }, "a dry run writes nothing"  # fmt: skip
    assert os.environ.get("GITHUB_APP_ID") is None
