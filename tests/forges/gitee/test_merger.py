"""Merging on Gitee, which takes no expected head: it is read right before."""

import pytest

from bot.errors import ForgeError
from bot.forges.base import Merged
from bot.forges.gitee.merger import GiteeMerger
from bot.model import PullRef, PullRequest, PullState, User

from .conftest import BASE, HEAD, REPO

pytestmark = pytest.mark.network

PULL = f"/repos/{REPO}/pulls/5"


@pytest.fixture
def pull():
    return PullRequest(
        PullRef("gitee", REPO, 5), "t", "", User(11, "contributor"), PullState.OPEN, False, HEAD,
        "contributor/hub", BASE, "master", None, "https://g/acme/hub/pulls/5", 9001,
    )  # fmt: skip


def merger(fake):
    return GiteeMerger(fake.url, "merge-token")


def test_it_merges_where_the_head_is_still_the_one(fake, pull, pull_json):
    fake.on(f"GET {PULL}", pull_json)
    fake.on(f"PUT {PULL}/merge", {"merged": True})
    assert merger(fake).merge(pull, HEAD) == (Merged.DONE, "")
    assert fake.writes() == [f"PUT {PULL}/merge"]


def test_a_head_that_moved_is_not_merged(fake, pull, pull_json):
    pull_json["head"]["sha"] = "e" * 40
    fake.on(f"GET {PULL}", pull_json)
    assert merger(fake).merge(pull, HEAD) == (Merged.CHANGED, "")
    assert fake.writes() == []


def test_a_refusal_is_said(fake, pull, pull_json, reply):
    fake.on(f"GET {PULL}", pull_json)
    fake.on(f"PUT {PULL}/merge", reply(405, {"message": "not mergeable"}))
    assert merger(fake).merge(pull, HEAD) == (Merged.REFUSED, "405")


def test_no_answer_is_the_callers_to_look_into(fake, pull, pull_json, reply):
    fake.on(f"GET {PULL}", pull_json)
    fake.on(f"PUT {PULL}/merge", reply(502, {"message": "bad gateway"}))
    with pytest.raises(ForgeError):
        merger(fake).merge(pull, HEAD)
