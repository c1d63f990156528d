"""Inline comments after a push: resolved, answered where somebody talked, said again when it is back."""

from __future__ import annotations

import pytest

from tests.acceptance.world import World, inline_places, is_green

pytestmark = pytest.mark.network


def test_inline_comments_live_as_long_as_what_they_say(world: World) -> None:
    if world.mode.forge != "github":
        pytest.skip("Gitee's API resolves nothing")
    good = [world.serve(page)[0] for page in world.take(2)]
    version = good[0].changed("mindspore-version:", "mindspore-version: v1.9")
    bad = [version, good[1].changed("module-type:", "module-type: computer-vision-of-sorts")]
    places = {(bad[0].path, bad[0].line("mindspore-version:")), (bad[1].path, bad[1].line("module-type:"))}
    pull = world.open(bad)
    red = world.final(pull)
    assert places == inline_places(red)
    assert any("```suggestion\nmindspore-version: 1.9\n```" in said["body"] for said in red["inline"])
    talked, quiet = sorted(red["inline"], key=lambda said: said["path"])
    parent = next(comment for comment in pull.live_inline() if comment.id == talked["id"])
    world.forge.reply(parent, "contributor", "Why?")

    world.push(pull, good)
    green = world.final(pull)
    assert is_green(green)
    state = {said["id"]: said["resolved"] for said in green["inline"]}
    assert (state[quiet["id"]], state[talked["id"]]) == (True, False)
    answers = [said for said in green["inline"] if said["in_reply_to"] and "hubbot:fixed" in said["body"]]
    assert [said["in_reply_to"] for said in answers] == [talked["id"]]
    assert answers[0]["body"].endswith(f"Fixed in {pull.head_sha}.")

    world.push(pull, bad)
    again = world.final(pull)
    known = {said["id"] for said in green["inline"]}
    new = [said for said in again["inline"] if said["id"] not in known]
    assert {(said["path"], said["line"]) for said in new} == places
    assert len(again["reviews"]) == len(red["reviews"]) + 1
