"""GitHub and Gitee keep every promise of the `Forge` port, as the local and the demo forge do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from forgesim import Sim

from bot.forges.base import Forge
from bot.forges.gitee.client import GiteeForge
from bot.forges.github.client import app_client, token_client
from bot.forges.pace import Pace
from bot.model import Comment, PullRef, Reaction, User
from tests.acceptance.pages import Hub
from tests.forges.contract import CONTRACT, Subject

pytestmark = pytest.mark.network

ADDED = "mshub_res/assets/contract.md"
STRANGER = "passer-by"
#: What the promises themselves provoke: a summary is edited that somebody deleted, lines are off the diff.
PROVOKED = frozenset({"http-404", "http-422", "inline-not-in-diff"})
DRIVERS = ("github-app", "github-token", "gitee")


def driver(kind: str, sim: Any) -> Forge:
    pace = Pace(burst=100_000)
    if kind == "gitee":
        return GiteeForge(sim.gitee.api_url, sim.gitee.bot_token, pace=pace)
    if kind == "github-token":
        return token_client(sim.github.url, sim.github.bot_token, pace=pace)
    return app_client(sim.github.url, sim.github.app.id, sim.github.app.private_key, pace=pace)


@pytest.fixture(scope="module", params=DRIVERS)
def served(
    request: pytest.FixtureRequest, hub: Hub, app_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Any, Forge]]:
    """A simulator without webhooks, its forge, and our driver for it."""
    name, _, credential = request.param.partition("-")
    sim = Sim(
        repo=hub.path,
        forges=(name,),
        mode=credential or "token",
        workdir=tmp_path_factory.mktemp(request.param),
        github={"app_key": app_key},
    )
    with sim:
        made: Any = driver(request.param, sim)
        yield sim, getattr(sim, name), made
        made.close()
    assert [v for v in sim.violations("error") if v.kind not in PROVOKED] == []


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda promise: promise.__name__)
def test_contract(promise: Callable[[Subject], None], served: tuple[Any, Any, Forge]) -> None:
    _, stand_in, forge = served
    pull = stand_in.open_pull_from_files(files={ADDED: "# new\n\n---\n"})

    def said(comment: Any) -> Comment:
        return Comment(str(comment.id), User(comment.user.id, comment.user.login), comment.body)

    def reactions(comment: Comment) -> frozenset[Reaction]:
        of = stand_in.outcome(pull)["reactions"].get(int(comment.id), ())
        return frozenset(Reaction(content) for _, content in of)

    promise(
        Subject(
            forge=forge,
            ref=PullRef(forge.name, stand_in.repo.full_name, pull.number),
            added=ADDED,
            say=lambda body: said(stand_in.comment(pull, STRANGER, body)),
            heard=lambda: [said(comment) for comment in pull.live_comments()],
            reactions=reactions,
            head_moves=lambda: stand_in.push(pull, {ADDED: "# newer\n"}),
        )
    )
    stand_in.close(pull)
