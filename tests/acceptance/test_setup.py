"""From a first start without credentials, by the set-up's pages, to a live bot that reviews for real."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import PYTHON, case, started
from tests.acceptance.pages import Hub
from tests.acceptance.process import Bot, until
from tests.acceptance.world import AUTHOR, CONTEXTS, FORMAT, GATE, Mode, World, is_green, states, summaries
from tests.setup.visitor import LINK, Visitor

pytestmark = pytest.mark.network
#: What an operator has to choose before the first start: nothing of a forge but where the simulator is.
CHOSEN = ("DATABASE_URL", "PORT", "METRICS_PORT", "ASSET_CONNECT_TO", "ASSET_CA_BUNDLE")
#: Seconds for the preview, and for going over from the demo to the live bot.
PREVIEWED, LIVE = 30.0, 30.0
FILE = Path("var", "hubbot.env")
MANIFEST = re.compile(r'name="manifest" value="([^"]+)"')
STATE = re.compile(r"/settings/apps/new\?state=([\w-]+)")


@pytest.fixture
def world(
    request: pytest.FixtureRequest, hub: Hub, app_key: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A forge whose webhooks lead nowhere yet, and a bot that was given no credential.

    It listens everywhere, so that 127.0.0.2 stands in for the public address that webhooks need.
    """
    mode: Mode = request.param
    folder = tmp_path_factory.mktemp("first")
    made = World(mode, hub, folder, PYTHON, app_key)
    api = f"{mode.forge.upper()}_API_URL"
    known = {name: made.bot.environment[name] for name in (*CHOSEN, api)}
    made.forge.hooks.clear()
    # The check asks for the protection of branches, which not everybody may see.
    tolerated = {"unknown-endpoint", "http-403", "http-404"}
    made.bot = Bot(PYTHON, folder, {**known, "HOST": "0.0.0.0"})
    with started(made), case(made):
        made.tolerated |= tolerated
        yield made


@pytest.mark.parametrize("world", [Mode("github", "app")], indirect=True, ids=str)
def test_github_by_an_app_made_of_a_manifest(world: World) -> None:
    pull, visitor = offered(world), entered(world)
    public, repo = f"http://127.0.0.2:{world.bot.port}", world.forge.repo.full_name
    visitor.send("/setup", PUBLIC_URL=public, GITHUB_REPOSITORIES=repo, do="next")
    page = visitor.send(
        "/setup/github", do="app", name="hubbot", owner="organization", account=repo.partition("/")[0]
    )
    asked, state = MANIFEST.search(page), STATE.search(html.unescape(page))
    assert asked is not None
    assert state is not None
    manifest = json.loads(html.unescape(asked[1]))
    code = world.forge.manifest_code(manifest)
    page = visitor.get(f"/setup/github?code={code}&state={state[1]}")
    assert "The App hubbot is known here" in page
    register(world, manifest)
    page = visitor.send("/setup/github", do="look")
    assert f"The App is installed on {repo}" in page
    until(lambda: "its signature is right" in visitor.get("/setup/github"), 10.0, "the first delivery")
    live(world, visitor, pull)
    assert settings(world)["GITHUB_REPOSITORIES"] == repo
    assert world.forge.app.private_key not in world.bot.log.read_text("utf-8")
    assert world.forge.app.webhook_secret not in world.bot.log.read_text("utf-8")


@pytest.mark.parametrize("world", [Mode("gitee", "token")], indirect=True, ids=str)
def test_gitee_by_a_token_and_a_hook_made_here(world: World) -> None:
    pull, visitor = offered(world), entered(world)
    public, repo = f"http://127.0.0.2:{world.bot.port}", world.forge.repo.full_name
    visitor.send("/setup", PUBLIC_URL=public, GITEE_REPOSITORIES=repo, do="next")
    page = visitor.send("/setup/gitee", do="connect", token=world.forge.bot_token, hook="make")
    assert f"{repo}: administrator" in page
    (hook,) = world.forge.hooks
    assert hook.url == f"{public}/webhooks/gitee"
    # The simulator's test is a push, which this hook does not ask for; any other event tells as much.
    world.forge.comment(pull, AUTHOR, "Somebody there?")
    until(lambda: "its signature is right" in visitor.get("/setup/gitee"), 10.0, "the first delivery")
    live(world, visitor, pull)
    assert settings(world)["GITEE_WEBHOOK_SECRET"] == hook.secret
    for secret in (world.forge.bot_token, hook.secret):
        assert secret not in world.bot.log.read_text("utf-8")


def offered(world: World) -> Any:
    """A pull request that was open before there was a bot, with a slip."""
    page = world.serve(world.take(1)[0])[0]
    return world.open([page.changed("mindspore-version:", "mindspore-version: v1.9")])


def entered(world: World) -> Visitor:
    """Somebody who followed the link on the console."""
    origin = f"http://127.0.0.1:{world.bot.port}"
    (link,) = LINK.findall(world.bot.log.read_text("utf-8"))
    visitor = Visitor(origin)
    assert "Public address" in visitor.get(link.removeprefix(origin))
    return visitor


def register(world: World, manifest: Mapping[str, Any]) -> None:
    """What GitHub does of itself with an App that it made: it is installed, and its webhook goes out."""
    forge = world.forge
    forge.app = list(forge.access.apps.values())[-1]
    forge.installation = list(forge.access.installations.values())[-1]
    forge.bot = forge.app.user
    forge.add_hook(manifest["hook_attributes"]["url"], forge.app.webhook_secret)
    forge.ping()


def live(world: World, visitor: Visitor, pull: Any) -> None:
    """Preview, writing and going live; then the bot reviews what was open and what comes."""
    visitor.send("/setup/preview")
    until(lambda: "http-equiv" not in visitor.get("/setup/preview"), PREVIEWED, "the preview")
    page = visitor.get("/setup/preview")
    assert "would comment" in page, page
    assert "v1.9" in page, "the slip, in the language of the forge"
    shown = world.forge.outcome(pull)
    assert not states(shown), "a preview writes nothing"
    assert not summaries(shown)
    visitor.get("/setup/summary")
    assert "hubbot goes live" in visitor.send("/setup/summary", do="live")
    until(lambda: world.bot.get("/setup") == 403 and world.bot.get("/readyz") == 200, LIVE, "going live")

    red = world.final(pull)
    assert states(red)[FORMAT] == states(red)[GATE] == "failure"
    (said,) = summaries(red)
    assert "hubbot" in said["body"]
    green = world.open([world.serve(page)[0] for page in world.take(1)])
    outcome = world.wait(green, is_green)
    assert set(states(outcome)) == set(CONTEXTS)


def settings(world: World) -> dict[str, str]:
    """What was written, for this user only."""
    file = world.bot.folder / FILE
    assert file.stat().st_mode & 0o777 == 0o600
    lines = file.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
