"""Merging on GitHub: at the head that was verified, or not at all."""

from __future__ import annotations

import pytest

from bot.errors import ForgeError
from bot.forges.base import Merged
from bot.forges.github.merger import GitHubMerger
from bot.model import PullRequest

from .conftest import HEAD, FakeGitHub, Reply

pytestmark = pytest.mark.network


def test_it_merges_the_head_that_it_names(github: FakeGitHub, pull: PullRequest) -> None:
    github.on("PUT pulls/7/merge", {"merged": True})
    assert GitHubMerger(github.url, "merge-token").merge(pull, HEAD) == (Merged.DONE, "")
    assert github.bodies("PUT pulls/7/merge") == [{"sha": HEAD}]
    assert "merge-token" in github.calls[-1].headers["authorization"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(409, (Merged.CHANGED, "")), (405, (Merged.REFUSED, "405")), (404, (Merged.REFUSED, "404"))],
)
def test_a_refusal_is_told_from_a_head_that_moved(
    github: FakeGitHub, pull: PullRequest, status: int, outcome: tuple[Merged, str]
) -> None:
    github.on("PUT pulls/7/merge", Reply(status, {"message": "no"}))
    assert GitHubMerger(github.url, "merge-token").merge(pull, HEAD) == outcome
    assert len(github.names("PUT")) == 1, "never tried again blindly"


def test_no_answer_is_the_callers_to_look_into(github: FakeGitHub, pull: PullRequest) -> None:
    github.on("PUT pulls/7/merge", Reply(502, {"message": "bad gateway"}))
    with pytest.raises(ForgeError):
        GitHubMerger(github.url, "merge-token").merge(pull, HEAD)
