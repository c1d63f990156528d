"""The largest pull requests that the hub has seen are reviewed to their end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.world import ASSETS, FORMAT, GATE, World, is_final, states, summaries

pytestmark = pytest.mark.network

#: Seconds for 479 pages and as many small files on a machine of two busy cores.
BULK = 180.0
BULK_PAGES = 479
FOLDERS = [f"mshub_res/assets/mindspore/{version}" for version in ("1.6", "1.7", "1.8")]


def review(world: World, files: dict[str, Any], rules: list[Any], **options: Any) -> None:
    pull = world.open(files, **options)
    outcome = world.wait(pull, is_final, BULK)
    found = states(outcome)
    assert found[ASSETS] == "success"
    assert found[GATE] == found[FORMAT]
    assert found[FORMAT] in ("success", "failure")
    assert all(rule.usage.requests >= 1 for rule in rules)
    assert len(summaries(outcome)) <= 1
    assert len(outcome["inline"]) <= 30


@pytest.mark.parametrize("number", [372, 373])
def test_a_real_pull_request_of_218_files(world: World, number: int) -> None:
    told = next(pull for pull in world.hub.pulls if pull["number"] == number)
    paths = [file["path"] for file in told["files"] if file["status"] != "D"]
    assert len(paths) == 218
    served, rules = world.serve_all(world.hub.read(told["head"], paths))
    assert len(rules) > 200
    review(
        world,
        {page.path: page.text for page in served},
        rules,
        base_sha=told["merge_base"],
        base_ref=told["branch"],
        title=told["title"],
    )


def test_a_pull_request_of_479_pages(world: World) -> None:
    pages = [page for page in world.hub.pages("master", FOLDERS) if page.links][:BULK_PAGES]
    assert len(pages) == BULK_PAGES
    served, rules = world.serve_all(pages)
    store = world.forge.repo.store
    base = store.commit_files(world.forge.tip(), {page.path: None for page in pages})
    review(world, {page.path: page.text for page in served}, rules, base_sha=base)
