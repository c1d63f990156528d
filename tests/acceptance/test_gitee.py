"""Gitee by each way that a community may let the bot in: as administrator, as writer, without a webhook."""

from __future__ import annotations

import base64
import hmac
import http.client
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.conftest import PYTHON, case, started
from tests.acceptance.pages import Hub
from tests.acceptance.test_bulk import BULK, BULK_PAGES, FOLDERS
from tests.acceptance.world import (
    AUTHOR,
    CONTEXTS,
    SECRET,
    Mode,
    Outcome,
    World,
    inline_places,
    states,
    summaries,
)

pytestmark = pytest.mark.network

#: Figures for whoever runs these with `--log-cli-level=INFO`.
log = logging.getLogger("acceptance")

ADMIN = Mode("gitee", "token")
WRITER = Mode("gitee", "token", "write")
POLLED = Mode("gitee", "token", "write", hooked=False)
VERIFIED, NEEDS_FIX, FORBIDS = "hubbot:verified", "hubbot:needs-fix", "model-check/failed"
ACKNOWLEDGED = "<!-- hubbot:reply acknowledged"
#: Seconds to the first word where only a look at the forge finds anything: the interval, and a review.
FOUND_WITHIN = 60.0


@pytest.fixture(scope="module", params=[ADMIN, WRITER, POLLED], ids=str)
def let_in(
    request: pytest.FixtureRequest, hub: Hub, app_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp(str(request.param))
    customs = {"GITEE_NEGATIVE_LABEL": FORBIDS, "GITEE_TEST_STATE": "on"}
    with started(World(request.param, hub, folder, PYTHON, app_key, customs)) as made:
        yield made


@pytest.fixture
def gitee(let_in: World) -> Iterator[World]:
    with case(let_in) as made:
        yield made


def is_red(outcome: Outcome) -> bool:
    return NEEDS_FIX in outcome["labels"] and bool(summaries(outcome))


def is_green(outcome: Outcome) -> bool:
    return VERIFIED in outcome["labels"] and FORBIDS not in outcome["labels"]


def shows(world: World, outcome: Outcome, state: str) -> None:
    """What an administrator's token shows as check runs, and another's not at all."""
    wanted = dict.fromkeys(CONTEXTS, state) if world.mode.role == "admin" else {}
    assert {name: state for name, state in states(outcome).items() if wanted} == wanted
    assert bool(outcome["check_runs"]) == bool(wanted)


def test_a_pull_request_from_its_opening_to_its_close(gitee: World) -> None:
    (page, rule), (other, _) = (gitee.serve(page) for page in gitee.take(2))
    bad = page.declaring("0" * 64).changed("mindspore-version:", "mindspore-version: v1.9")
    asked = len(gitee.sim.requests("gitee"))
    pull = gitee.open([bad, other])
    red = gitee.wait(pull, is_red, FOUND_WITHIN)
    shows(gitee, red, "failure")
    assert set(red["labels"]) == {NEEDS_FIX, FORBIDS}
    assert not red["passed"].get("tester")
    (said,) = summaries(red)
    # One comment a page, on the first of its lines, that names the others.
    assert inline_places(red) == {(bad.path, bad.line("mindspore-version:"))}
    assert f"L{bad.line('asset-sha256:')}" in red["inline"][0]["body"]

    gitee.push(pull, [page])
    green = gitee.wait(pull, is_green, FOUND_WITHIN)
    shows(gitee, green, "success")
    assert green["labels"] == [VERIFIED]
    assert green["passed"]["tester"] == ["hub-bot"]
    assert [comment["id"] for comment in summaries(green)] == [said["id"]]

    reads = rule.usage.requests
    gitee.forge.comment(pull, AUTHOR, "/recheck all --fresh\r\n")
    gitee.seen(pull, lambda _: rule.usage.requests > reads, FOUND_WITHIN)
    again = gitee.wait(pull, is_green, FOUND_WITHIN)
    assert [comment["id"] for comment in summaries(again)] == [said["id"]]
    assert len([c for c in again["comments"] if ACKNOWLEDGED in c["body"]]) == 1
    assert len(again["comments"]) == 3, "the summary, the command and its acknowledgement"
    assert rule.usage.requests == reads + 1

    gitee.forge.close(pull, by=AUTHOR)
    assert gitee.sim.wait_quiet(2.5 if gitee.mode.hooked else 1.0, 20) or not gitee.mode.hooked
    closed = gitee.forge.outcome(pull)
    assert closed["writes"] == again["writes"]
    used = len(gitee.sim.requests("gitee")) - asked
    log.info("%s: %d requests, %d writes", gitee.mode, used, len(closed["writes"]))


def test_what_was_said_while_the_bot_was_away_is_answered_and_nothing_twice(gitee: World) -> None:
    page, rule = gitee.serve(gitee.take(1)[0])
    pull = gitee.open([page])
    gitee.wait(pull, is_green, FOUND_WITHIN)
    gitee.forge.comment(pull, AUTHOR, "/status")
    said = replies(gitee.seen(pull, lambda o: len(replies(o)) == 1, FOUND_WITHIN))
    assert gitee.bot.stop() == 0
    reads = rule.usage.requests
    gitee.forge.comment(pull, AUTHOR, "/recheck --fresh")
    gitee.bot.start()
    # A delivery that nobody takes is lost, but the first look after the start finds what was said meanwhile.
    gitee.seen(pull, lambda _: rule.usage.requests > reads, FOUND_WITHIN)
    gitee.wait(pull, is_green, FOUND_WITHIN)
    assert replies(gitee.forge.outcome(pull))[0] == said[0]
    assert rule.usage.requests == reads + 1


def replies(outcome: Outcome) -> list[dict[str, Any]]:
    return [comment for comment in outcome["comments"] if "<!-- hubbot:reply" in comment["body"]]


def test_a_pull_request_of_479_pages(gitee: World) -> None:
    if gitee.mode == ADMIN:
        pytest.skip("the cases of all forges have it")
    pages = [page for page in gitee.hub.pages("master", FOLDERS) if page.links][:BULK_PAGES]
    assert len(pages) == BULK_PAGES > gitee.forge.files_cap
    served, rules = gitee.serve_all(pages)
    base = gitee.forge.repo.store.commit_files(gitee.forge.tip(), {page.path: None for page in pages})
    began, asked = time.monotonic(), len(gitee.sim.requests("gitee"))
    pull = gitee.open({page.path: page.text for page in served}, base_sha=base)

    def ended(outcome: Outcome) -> bool:
        # What must be fixed shows before the last file is read.
        return (is_red(outcome) or is_green(outcome)) and all(rule.usage.requests for rule in rules)

    outcome = gitee.wait(pull, ended, BULK)
    seconds = time.monotonic() - began
    used = gitee.sim.requests("gitee")[asked:]
    log.info("%s: %d pages, %d requests, %.1f s to quiet", gitee.mode, BULK_PAGES, len(used), seconds)
    assert len(summaries(outcome)) == 1
    assert len(outcome["inline"]) <= 30
    assert not [request for request in used if "/git/blobs/" in request.path]


def test_a_forged_delivery_changes_nothing_and_reveals_nothing(gitee: World) -> None:
    """One header pair that was seen signs any body: what such a body says is never believed."""
    page, rule = gitee.serve(gitee.take(1)[0])
    pull = gitee.open([page])
    gitee.wait(pull, is_green, FOUND_WITHIN)
    real = gitee.forge.comment(pull, "passer-by", "thank you")
    assert gitee.sim.wait_quiet(2.0, 20) or not gitee.mode.hooked
    before, reads = gitee.forge.outcome(pull), rule.usage.requests
    maintainer = {"id": gitee.forge.user("maintainer").id, "login": "maintainer"}
    said = {"action": "comment", "noteable_type": "PullRequest", "hook_name": "note_hooks"}
    forged = [
        # A command that nobody gave, one in another's comment, and one of a comment that does not exist yet.
        {**said, "comment": {"id": real.id, "body": "/recheck --fresh", "user": maintainer}},
        {**said, "comment": {"id": real.id + 1, "body": "/recheck --fresh", "user": maintainer}},
        {"action": "open", "action_desc": "open", "pull_request": {"number": 99_999}},
        {"action": "open", "action_desc": "open", "repository": {"path_with_namespace": "other/hub"}},
        {"action": "merge", "state": "merged"},
    ]
    answers = [deliver(gitee, pull, change) for change in forged]
    assert {status for status, _ in answers} <= {200, 202}
    assert {line for _, line in answers} <= {"accepted", "ignored: this repository is not served here"}
    time.sleep(4.0)
    after = gitee.forge.outcome(pull)
    assert after["writes"] == before["writes"]
    assert (after["comments"], after["labels"]) == (before["comments"], before["labels"])
    assert rule.usage.requests == reads
    assert deliver(gitee, pull, {}, token="A" * 44) == (401, "the signature does not verify")
    assert deliver(gitee, pull, {}, stale=601) == (401, "the signature does not verify")


def deliver(
    world: World, pull: Any, change: dict[str, Any], *, token: str = "", stale: int = 0
) -> tuple[int, str]:
    """Sends what an eavesdropper could: headers that once were valid, with a body of his own."""
    stamp = str(int((time.time() - stale) * 1000))
    mac = hmac.digest(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), "sha256")
    headers = {
        "Content-Type": "application/json",
        "X-Gitee-Token": token or base64.b64encode(mac).decode(),
        "X-Gitee-Timestamp": stamp,
        "X-Gitee-Event": "Note Hook" if "comment" in change else "Merge Request Hook",
    }
    body = {
        "timestamp": stamp,
        "hook_name": "merge_request_hooks",
        "repository": {"path_with_namespace": world.forge.repo.full_name},
        "pull_request": {"id": pull.id, "number": pull.number},
        **change,
    }
    connection = http.client.HTTPConnection("127.0.0.1", world.bot.port, timeout=10)
    try:
        connection.request("POST", "/webhooks/gitee", json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, response.read().decode().strip()
    finally:
        connection.close()
