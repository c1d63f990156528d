"""Decisions about a pull request: who takes them, what a push does to them, and that nobody else can."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from tests.acceptance.pages import AssetPage
from tests.acceptance.world import (
    AUTHOR,
    FORMAT,
    GATE,
    Outcome,
    World,
    is_final,
    is_green,
    states,
    summaries,
    titles,
)

pytestmark = pytest.mark.network

MAINTAINER, STRANGER = "hub-maintainer", "passer-by"
#: What a summary in each language has.
TITLES = {"en": "What to do next", "zh": "下一步"}
WAIVE = "/waive module-type reason: a new kind of model, agreed with the site"


def bad_type(page: AssetPage) -> AssetPage:
    return page.changed("module-type:", "module-type: computer-vision-of-sorts")


def say(world: World, pull: Any, who: str, body: str) -> None:
    if who == MAINTAINER:
        world.forge.set_role(MAINTAINER, "write")
    world.forge.comment(pull, who, body)


def spoken(outcome: Outcome) -> str:
    return "\n".join(comment["body"] for comment in outcome["comments"])


def is_red(outcome: Outcome) -> bool:
    return is_final(outcome) and states(outcome)[GATE] == "failure"


def speak(world: World, pull: Any, lang: str) -> None:
    """Chooses a language, and waits until the summary is in it."""
    say(world, pull, AUTHOR, f"/lang {lang}")
    world.seen(pull, lambda outcome: TITLES[lang] in summaries(outcome)[0]["body"])


def status(world: World, pull: Any, lang: str, *parts: str) -> None:
    """Asks `/status` in a language until its answer has every part."""
    speak(world, pull, lang)
    say(world, pull, STRANGER, "/status")
    world.seen(pull, lambda outcome: all(part in spoken(outcome) for part in parts))


def record(world: World, pull: Any) -> list[dict[str, Any]]:
    """The record of a pull request, as anybody may export it."""
    address = f"/pulls/{world.mode.forge}/{world.forge.repo.full_name}/{pull.number}/audit.json"
    with urllib.request.urlopen(f"http://127.0.0.1:{world.bot.port}{address}", timeout=10) as answer:
        entries: list[dict[str, Any]] = json.load(answer)["entries"]
    return entries


def look_around(world: World) -> None:
    """A worker that starts looks at every open pull request at once."""
    world.bot.stop()
    world.bot.start()


def test_a_waiver_opens_the_gate_and_a_push_keeps_it_for_what_it_was_about(world: World) -> None:
    page = bad_type(world.serve(world.take(1)[0])[0])
    pull = world.open([page])
    world.wait(pull, is_red)
    status(world, pull, "en", "1 problem on the pages", "`/waive`")
    status(world, pull, "zh", "页面有", "`/waive`")
    say(world, pull, MAINTAINER, WAIVE)
    green = world.wait(pull, is_green)
    assert "a new kind of model" in summaries(green)[0]["body"]
    world.push(pull, [page.changed("summary:", "summary: A model that is described anew.")])
    assert is_green(world.wait(pull, is_final))
    world.push(pull, [page.changed("module-type:", "module-type: pictures-of-sorts")])
    world.wait(pull, is_red)
    assert {"waive", "gate", "status", "lang"} <= {entry["action"] for entry in record(world, pull)}


def test_an_approval_and_a_hold_are_of_a_head(world: World) -> None:
    page = world.serve(world.take(1)[0])[0]
    pull = world.open([page])
    world.wait(pull, is_green)
    say(world, pull, MAINTAINER, "/approve 0123456789abcdef")
    world.seen(pull, lambda outcome: "0123456789abcdef" in spoken(outcome).replace("/approve 0", ""))
    say(world, pull, MAINTAINER, f"/approve {pull.head_sha[:10]}\n/hold wait for the release")
    held = world.wait(pull, is_red)
    assert "on hold" in titles(held)
    world.push(pull, [page.changed("summary:", "summary: A model that is described anew.")])
    world.wait(pull, is_red)
    status(world, pull, "en", "is on hold", "void since the push", "`/unhold`")
    status(world, pull, "zh", "已暂停合入", "因后来的推送而失效", "`/unhold`")
    say(world, pull, MAINTAINER, "/unhold")
    world.wait(pull, is_green)


def test_a_waiver_during_a_running_check_counts_at_its_end(world: World) -> None:
    page = bad_type(world.serve(world.take(1)[0], drip=1500, size=9000)[0])
    pull = world.open([page])
    world.seen(pull, lambda outcome: states(outcome).get(FORMAT) == "failure")
    say(world, pull, MAINTAINER, WAIVE)
    assert is_green(world.wait(pull, is_green))
    status(world, pull, "en", "A maintainer can merge", "agreed with the site")
    status(world, pull, "zh", "可以由维护者合入", "agreed with the site")


def test_a_stranger_and_a_forge_that_does_not_tell_decide_nothing(world: World) -> None:
    page = bad_type(world.serve(world.take(1)[0])[0])
    pull = world.open([page])
    world.wait(pull, is_red)
    speak(world, pull, "en")
    say(world, pull, STRANGER, WAIVE)
    world.seen(pull, lambda outcome: "is for maintainers" in spoken(outcome))
    world.tolerated.add("http-4xx")
    world.sim.faults.add("GET */permission", "status", status=500, times=20)
    say(world, pull, MAINTAINER, WAIVE)
    world.seen(pull, lambda outcome: "could not find out" in spoken(outcome))
    world.sim.faults.clear()
    assert states(world.wait(pull, is_final))[GATE] == "failure"
    status(world, pull, "en", "1 problem on the pages", "the author")
    status(world, pull, "zh", "作者可以修改并推送")


def test_a_forged_status_and_label_are_repaired_and_recorded(world: World) -> None:
    page = bad_type(world.serve(world.take(1)[0])[0])
    pull = world.open([page])
    world.wait(pull, is_red)
    if world.mode.forge == "github" and world.mode.credential == "token":
        forge_status(world, pull)
        assert states(world.forge.outcome(pull))[GATE] == "success"
    world.forge.add_label(pull, "hubbot:verified", by=MAINTAINER)
    look_around(world)
    world.seen(
        pull,
        lambda outcome: states(outcome)[GATE] == "failure" and "hubbot:verified" not in outcome["labels"],
    )
    (entry,) = [entry for entry in record(world, pull) if entry["action"] == "forged"]
    assert "hubbot:verified" in entry["detail"]["what"]
    status(world, pull, "en", "1 problem on the pages")
    status(world, pull, "zh", "页面有")


def forge_status(world: World, pull: Any) -> None:
    """A writer says in our name that all is well."""
    token = world.forge.add_token(MAINTAINER, "write")
    request = urllib.request.Request(
        f"{world.forge.url}/repos/{world.forge.repo.full_name}/statuses/{pull.head_sha}",
        json.dumps({"state": "success", "context": GATE, "description": "all is well"}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "User-Agent": "someone"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 201


def test_two_pull_requests_with_the_same_page_wait_for_a_maintainer(world: World) -> None:
    page = world.serve(world.take(1)[0])[0]
    first = world.open([page])
    world.wait(first, is_green)
    second = world.open([page])
    world.wait(second, is_red)
    world.wait(first, is_red)
    status(world, second, "en", "1 question for a maintainer is open", "with `/approve` or `/waive`")
    status(world, second, "zh", "还有 1 项需要维护者决定", "`/approve`")
    say(world, second, MAINTAINER, "/approve")
    world.wait(second, is_green)
    world.forge.close(second)
    world.wait(first, is_green)
