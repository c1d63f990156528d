"""Whatever the API does at any step of a review: in the end one summary, one review, the right verdict."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.acceptance.world import AUTHOR, CONTEXTS, World, is_final, states, summaries

pytestmark = pytest.mark.network

#: Seconds for a review that is tried again after up to a few failures, 5 s and more apart.
RETRIED = 120.0

STEPS = {
    "pull": "GET */pulls/*",
    "tree": "GET */git/trees/*",
    "compare": "GET */compare/*",
    "look": "POST /graphql",
    "show": "POST */statuses/*",
    "run": "POST */check-runs",
    "conclude": "PATCH */check-runs/*",
    "review": "POST */pulls/*/reviews",
    "summary": "POST */issues/*/comments",
    "label": "POST */issues/*/labels",
}
FAULTS: dict[str, dict[str, Any]] = {
    "500": {"kind": "status", "status": 500},
    "502": {"kind": "status", "status": 502},
    "503": {"kind": "status", "status": 503},
    "secondary": {"kind": "secondary", "retry_after": 2},
    "rate": {"kind": "rate", "seconds": 2},
    "timeout": {"kind": "timeout", "seconds": 25},
    "reset before": {"kind": "reset_before"},
    "reset after": {"kind": "reset_after"},
    "garbage": {"kind": "garbage"},
    "truncate": {"kind": "truncate"},
    "bad credentials": {"kind": "bad_credentials"},
}
#: Those that cost the most thought, before and after a write took effect; all with HUBBOT_FAULTS=all.
PRUNED = [
    ("look", "502"),
    ("pull", "secondary"),
    ("tree", "truncate"),
    ("compare", "garbage"),
    ("show", "reset after"),
    ("run", "reset after"),
    ("conclude", "reset after"),
    ("review", "reset after"),
    ("review", "garbage"),
    ("summary", "reset after"),
    ("summary", "garbage"),
    ("label", "reset after"),
    ("label", "500"),
]
WHOLE = [(step, fault) for step in STEPS for fault in FAULTS]
ONLY = {"show": "token", "run": "app", "conclude": "app"}


@pytest.mark.parametrize(("step", "fault"), WHOLE if os.environ.get("HUBBOT_FAULTS") == "all" else PRUNED)
def test_a_fault_at_any_step_leaves_no_trace(world: World, step: str, fault: str) -> None:
    if world.mode.forge != "github" or ONLY.get(step, world.mode.credential) != world.mode.credential:
        pytest.skip("there is no such step")
    world.tolerated |= {"http-4xx", "stale-head"}
    good = world.serve(world.hub.shelf[0])[0]
    slip = good.changed("mindspore-version:", "mindspore-version: v1.9")
    planted = world.sim.faults.add(STEPS[step], times=1, forge="github", **FAULTS[fault])
    pull = world.open([slip], author=AUTHOR)
    outcome = world.wait(pull, lambda o: is_final(o) and summaries(o) and o["labels"], RETRIED)
    assert planted.hits == 1, "no request of the review met the fault"
    assert states(outcome) == dict(zip(CONTEXTS, ("failure", "success", "failure"), strict=True))
    assert len(summaries(outcome)) == 1
    assert len(outcome["reviews"]) == 1
    assert len(outcome["inline"]) == len({(one["path"], one["line"]) for one in outcome["inline"]})
    assert list(outcome["labels"]) == ["hubbot:needs-fix"]
