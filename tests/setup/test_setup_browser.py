"""The set-up in a real browser: every page in both languages, light and dark, on a desk and on a phone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from bot import settings, setup, wiring
from bot.setup.desk import Desk
from bot.setup.draft import Line
from bot.setup.manifest import Made
from bot.setup.preview import Shown
from bot.web.stored import StoredWorld
from tests.setup.conftest import PUBLIC, REPO, SECRET, TOKEN
from tests.web import browser
from tests.web.test_browser import AUDIT, LOOKS, axe, still
from tests.web.test_hostile import HOSTILE

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(not browser.PROGRAM, reason="no Chromium is installed"),
]

GOLDEN = Path(__file__).parents[1] / "review" / "golden" / "failing.en.md"
BOTH = {"PUBLIC_URL": PUBLIC, "GITHUB_REPOSITORIES": REPO, "GITEE_REPOSITORIES": "mindspore/hub"}
#: Every sentence about a forge at once.
SAID = (
    Line("clock", "ok", "GitHub"),
    Line("app", "ok"),
    Line("installation", "failing", REPO, HOSTILE[0]),
    Line("permissions", "failing", REPO, "lacking checks: write (results are shown as check runs)"),
    Line("events", "ok", REPO),
    Line("required", "skipped", REPO, "the protection of master cannot be read with this credential (404)"),
)
ROLES = (
    Line("gitee_token", "ok", "hub-bot"),
    Line("role_admin", "ok", "mindspore/hub"),
    Line("role_developer", "ok", "mindspore/hub2"),
    Line("role_reader", "failing", "mindspore/hub3", "Gitee answered 200: "),
    Line("gitee_hook", "ok", "mindspore/hub"),
)
APP = {"GITHUB_APP_ID": "12", "GITHUB_WEBHOOK_SECRET": SECRET, "GITHUB_PRIVATE_KEY": "x"}
GITEE = {"GITEE_TOKEN": TOKEN, "GITEE_WEBHOOK_SECRET": SECRET}


def place(desk: Desk) -> None:
    desk.draft.lines["place"] = (
        Line("plain", "failing", PUBLIC),
        Line("reached", "failing", PUBLIC, "no answer"),
    )


def alone(desk: Desk) -> None:
    """On this machine only, and with nothing connected."""
    desk.draft.values = {**BOTH, "PUBLIC_URL": "http://127.0.0.1:8000"}
    desk.draft.lines["place"] = (Line("loopback", "skipped", "http://127.0.0.1:8000"),)


def connected(desk: Desk) -> None:
    draft = desk.draft
    draft.values |= APP | GITEE
    draft.app = Made("12", "hubbot-mindspore-ai", "x", SECRET, "https://github.com/apps/hubbot-mindspore-ai")
    draft.hook = "make"
    draft.lines |= {"github": SAID, "gitee": ROLES}
    draft.received["gitee"] = 1.0


def pasted(desk: Desk) -> None:
    connected(desk)
    desk.draft.app, desk.draft.hook, desk.draft.received = None, "paste", {}
    desk.draft.lines["github"] = ()


def reviewed(desk: Desk) -> None:
    connected(desk)
    text = GOLDEN.read_text("utf-8")
    desk.preview.shown = Shown(
        "done", "github", REPO, 341, f"Add GoogLeNet {HOSTILE[0]}", text, "en", "failed"
    )


def reviewing(desk: Desk) -> None:
    connected(desk)
    desk.preview.shown = Shown("running", "github", REPO, 341, "Add GoogLeNet")


def refused(desk: Desk) -> None:
    connected(desk)
    desk.preview.shown = Shown("failed", detail=f"GitHub answered {HOSTILE[0]}")


def taken(desk: Desk) -> None:
    ready(desk)
    desk.file.parent.mkdir(exist_ok=True)
    desk.file.write_text("PUBLIC_URL=https://older.example.org\n")


def ready(desk: Desk) -> None:
    """What can be written, since the button is pressed."""
    desk.draft.values = {**BOTH, "GITHUB_TOKEN": TOKEN, "GITHUB_WEBHOOK_SECRET": SECRET, **GITEE}


@dataclass(frozen=True)
class Scene:
    """A page, what is so when it is opened, and what is pressed on it to get to another."""

    path: str
    prepare: Callable[[Desk], None] = lambda desk: None
    press: str = ""


SCENES = {
    "place": Scene("/setup", place),
    "place-local": Scene("/setup", alone),
    "place-wrong": Scene("/setup", lambda desk: desk.draft.values.clear(), "button[value=next]"),
    "github": Scene("/setup/github"),
    "github-local": Scene("/setup/github", alone),
    "github-wrong": Scene("/setup/github", press="button[value=import]"),
    "github-token": Scene("/setup/github", press="button[value=token]"),
    "github-state": Scene("/setup/github?code=abc&state=def"),
    "manifest": Scene("/setup/github", press="button[value=app]"),
    "app": Scene("/setup/github", connected),
    "token": Scene("/setup/github", pasted),
    "gitee": Scene("/setup/gitee"),
    "gitee-local": Scene("/setup/gitee", alone),
    "gitee-wrong": Scene("/setup/gitee", press="button[value=connect]"),
    "gitee-connected": Scene("/setup/gitee", connected),
    "gitee-pasted": Scene("/setup/gitee", pasted),
    "preview": Scene("/setup/preview", connected),
    "preview-running": Scene("/setup/preview", reviewing),
    "preview-done": Scene("/setup/preview", reviewed),
    "preview-failed": Scene("/setup/preview", refused),
    "summary": Scene("/setup/summary", connected),
    "summary-exists": Scene("/setup/summary", taken, "button[value=live]"),
    "live": Scene("/setup/summary", ready, "button[value=live]"),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Desk]]:
    """The address of a set-up by its link, and the set-up behind it."""
    folder = tmp_path_factory.mktemp("setup")
    given = {"DATABASE_URL": f"sqlite:///{folder / 'hubbot.sqlite'}"}
    receiver = wiring.receiver(settings.load(given, credentials=False))
    app, link = setup.opened(
        StoredWorld(replace(receiver, demo=True)), given, lambda: None, folder / "hubbot.env"
    )
    server = make_server("127.0.0.1", 0, still(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield (
        f"http://127.0.0.1:{server.server_port}{link[link.index('/setup') :]}",
        app.extensions["hubbot-setup"],
    )
    server.shutdown()
    thread.join()
    server.server_close()
    receiver.store.engine.dispose()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory, served: tuple[str, Desk]) -> Iterator[browser.Browser]:
    """A browser that came in by the link."""
    with browser.browser(tmp_path_factory.mktemp("profile")) as opened:
        opened.open(served[0], width=1280, dark=False)
        assert opened.run("location.pathname + location.search") == "/setup"
        yield opened


@pytest.mark.parametrize("name", SCENES)
def test_a_page_is_sound_in_every_look(
    chromium: browser.Browser, served: tuple[str, Desk], name: str
) -> None:
    scene, (link, desk) = SCENES[name], served
    origin = link[: link.index("/setup")]
    for lang, dark, width in LOOKS:
        fresh(desk)
        scene.prepare(desk)
        chromium.open(
            f"{origin}{scene.path}{'&' if '?' in scene.path else '?'}lang={lang}", width=width, dark=dark
        )
        if scene.press:
            chromium.press(scene.press)
        where = f"{name} {lang} {'dark' if dark else 'light'} {width}"
        # That a page is refused is what some scenes are about; the browser says so, too.
        said = [text for text in chromium.said if "status of 4" not in text]
        assert said == [], where
        assert chromium.run(AUDIT) == [], where
        assert axe(chromium, contrast=lang == "zh") == [], where
        assert chromium.run("document.documentElement.lang").startswith(lang), where
        assert TOKEN not in chromium.run("document.documentElement.outerHTML"), where


def test_whoever_has_no_cookie_finds_a_sound_page_too(
    chromium: browser.Browser, served: tuple[str, Desk]
) -> None:
    origin = served[0][: served[0].index("/setup")]
    kept = chromium.ask("Network.getCookies", urls=[f"{origin}/setup"])["cookies"]
    chromium.ask("Network.clearBrowserCookies")
    for path in ("/setup", "/setup?token=wrong"):
        for lang, dark, width in LOOKS:
            chromium.open(f"{origin}{path}{'&' if '?' in path else '?'}lang={lang}", width=width, dark=dark)
            where = f"{path} {lang} {'dark' if dark else 'light'} {width}"
            assert [text for text in chromium.said if "status of 4" not in text] == [], where
            assert chromium.run(AUDIT) == [], where
            assert axe(chromium, contrast=lang == "zh") == [], where
            assert chromium.run("document.querySelector('form')") is None, where
    for cookie in kept:
        chromium.ask("Network.setCookie", name=cookie["name"], value=cookie["value"], url=f"{origin}/setup")


def fresh(desk: Desk) -> None:
    """As after the first step: nothing connected, nothing pressed, no file."""
    draft = desk.draft
    draft.values, draft.app, draft.hook, draft.wish = dict(BOTH), None, "", {}
    draft.lines, draft.received = {}, {}
    desk.preview.shown = Shown()
    desk.done.clear()
    desk.file.unlink(missing_ok=True)
