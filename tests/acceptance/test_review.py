"""A publisher's path: red where something is wrong, on the right lines, and green once it is mended."""

from __future__ import annotations

import random

import pytest

from tests.acceptance.pages import AssetPage
from tests.acceptance.world import (
    ASSETS,
    CONTEXTS,
    FORMAT,
    GATE,
    SUMMARY,
    World,
    inline_places,
    is_green,
    states,
    summaries,
)

pytestmark = pytest.mark.network


def test_good_pages_are_pending_and_then_green(world: World) -> None:
    served = [world.serve(page, latency=1.5) for page in world.take(2)]
    pull = world.open(page for page, _ in served)
    pending = world.seen(pull, lambda o: states(o).get(GATE) == "pending")
    assert set(states(pending)) <= set(CONTEXTS)
    outcome = world.final(pull)
    assert is_green(outcome), states(outcome)
    assert all(rule.usage.requests == 1 for _, rule in served)
    assert len(summaries(outcome)) <= 1
    assert all(comment["body"].startswith(SUMMARY) for comment in outcome["comments"])


def test_nothing_to_verify_is_green_without_a_word(world: World) -> None:
    pull = world.open({"docs/a-note.md": "# A note\n"})
    outcome = world.final(pull)
    assert is_green(outcome), states(outcome)
    assert outcome["comments"] == []
    assert outcome["inline"] == []


def wrong_digest(page: AssetPage) -> AssetPage:
    return page.declaring("0123456789abcdef" * 4)


def upper_case_type(page: AssetPage) -> AssetPage:
    return page.changed("module-type:", "module-type: computer-vision-of-sorts")


def prefixed_version(page: AssetPage) -> AssetPage:
    return page.changed("mindspore-version:", "mindspore-version: v1.9")


#: A defect and the beginning of the line that it stands on.
DEFECTS = [
    (prefixed_version, "mindspore-version:", FORMAT),
    (upper_case_type, "module-type:", FORMAT),
    (wrong_digest, "asset-sha256:", ASSETS),
]


def test_defects_are_shown_on_their_lines_and_a_fix_turns_the_same_comment_green(world: World) -> None:
    good = [world.serve(page)[0] for page in world.take(len(DEFECTS))]
    bad = [plant(page) for page, (plant, _, _) in zip(good, DEFECTS, strict=True)]
    pull = world.open(bad)
    red = world.final(pull)
    assert states(red) == dict.fromkeys(CONTEXTS, "failure")
    places = {(page.path, page.line(start)) for page, (_, start, _) in zip(bad, DEFECTS, strict=True)}
    assert places <= inline_places(red)
    (said,) = summaries(red)
    assert all(page.path.rpartition("/")[2] in said["body"] for page in bad)
    world.push(pull, good)
    green = world.final(pull)
    assert is_green(green), states(green)
    (again,) = summaries(green)
    assert again["id"] == said["id"]
    assert again["body"] != said["body"]
    assert inline_places(green) == inline_places(red)


@pytest.mark.parametrize(("plant", "start", "context"), DEFECTS, ids=[d[1].rstrip(":") for d in DEFECTS])
def test_each_defect_shows_in_its_own_context(world: World, plant, start: str, context: str) -> None:
    page = plant(world.serve(world.take(1)[0])[0])
    outcome = world.final(world.open([page]))
    other = ASSETS if context == FORMAT else FORMAT
    assert states(outcome) == {context: "failure", other: "success", GATE: "failure"}
    assert (page.path, page.line(start)) in inline_places(outcome)


@pytest.mark.parametrize(
    "content",
    [
        random.Random(7).randbytes(3000),
        b"",
        b"---\n" + b"[" * 5000,
        "# 标题\n\n---\n\n<<: *a\n\n---\n".encode(),
    ],
    ids=["random bytes", "empty", "brackets", "alias"],
)
def test_a_page_of_rubbish_gets_findings(world: World, content: bytes) -> None:
    path = f"mshub_res/assets/mindspore/1.9/rubbish{len(content)}_cifar10.md"
    outcome = world.final(world.open({path: content}))
    assert states(outcome)[FORMAT] == "failure"
    assert states(outcome)[GATE] == "failure"
    (said,) = summaries(outcome)
    assert path.rpartition("/")[2] in said["body"]
