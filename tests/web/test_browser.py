"""The pages in a real browser: every one in both languages, light and dark, on a desk and on a phone."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from bot.model import AuditEntry, PullRef, User
from bot.store.audits import AuditStore
from bot.store.database import open_database, upgrade
from bot.store.hubview import HubView
from bot.store.standing import Standing, Troubled
from bot.web.app import create_app
from bot.web.words import installed
from tests.web import browser
from tests.web.test_hostile import HOSTILE, poisoned
from tests.web.test_hub import rot
from tests.web.worlds import NOW, MemoryWorld, row, samples

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(not browser.PROGRAM, reason="no Chromium is installed"),
]

LOOKS = [(lang, dark, width) for lang in ("en", "zh") for dark in (False, True) for width in (390, 1280)]
PATHS = (
    "/",
    *(f"/reports/{name}" for name in samples()),
    "/pulls/github/mindspore/hub/343",
    "/hub",
    "/hub/mindspore/1.9/m001",
    "/rules",
    "/rules/MSH303",
    "/failures",
    "/failures/gate-decided",
    "/commands",
    "/setup",
    *(f"/reports/bad{n}" for n in range(len(HOSTILE))),
    "/pulls/github/mindspore/hub/999",
)
#: What is wrong with a page, in words; run inside of it. Beyond what axe looks for.
AUDIT = (Path(__file__).with_name("audit.js")).read_text("utf-8")
_AXE = importlib.util.find_spec("axe_playwright_python")
assert _AXE is not None
#: axe-core as its package ships it. Nothing else of the package is used.
AXE = Path(*(_AXE.submodule_search_locations or ()), "axe.min.js").read_text("utf-8")
RUN_AXE = (Path(__file__).with_name("axe.js")).read_text("utf-8")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the pages, with every sample and hostile text in every field."""
    world, made = MemoryWorld(), samples()
    world.runs.extend(made.values())
    world.rows.extend(row(report) for report in made.values())
    for n, text in enumerate(HOSTILE):
        world.runs.append(replace(poisoned(made["mismatch"], text), id=f"bad{n}"))
    ref, user, said = PullRef("github", "mindspore/hub", 999), User(1, HOSTILE[0]), {"reason": HOSTILE[0]}
    world.entries.append(AuditEntry(ref, NOW, "hold", "done", "a" * 40, user, said))
    world.stands = Standing(3, 900.0, 1, 2, 0, (Troubled("download.mindspore.cn:443", NOW + 60, 1),))
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('hub') / 'hub.sqlite'}")
    upgrade(engine)
    world.hub = HubView(engine)
    rot(AuditStore(engine), 60)
    server = make_server("127.0.0.1", 0, still(create_app(world, installed())), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    engine.dispose()


def still(app: Any) -> Any:
    """The application with pages that do not reload while they are being looked at; bytes stay as many."""

    def serve(environ: Any, start: Any) -> Iterable[bytes]:
        answer = app(environ, start)
        try:
            return [part.replace(b'http-equiv="refresh"', b'http-equiv="nothing"') for part in answer]
        finally:
            answer.close()

    return serve


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Browser]:
    with browser.browser(tmp_path_factory.mktemp("profile")) as opened:
        # Into frames as well: what is in one is part of the page.
        opened.ask("Page.addScriptToEvaluateOnNewDocument", source=AXE)
        yield opened


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_sound_in_every_look(chromium: browser.Browser, address: str, path: str) -> None:
    for lang, dark, width in LOOKS:
        chromium.open(f"{address}{path}?lang={lang}", width=width, dark=dark)
        where = f"{path} {lang} {'dark' if dark else 'light'} {width}"
        # That a page is refused is what the closed set-up is about; the browser says so, too.
        assert [text for text in chromium.said if "status of 403" not in text] == [], where
        assert chromium.run(AUDIT) == [], where
        assert axe(chromium, contrast=lang == "zh") == [], (
            where
        )  # which no language changes, and takes longest
        assert chromium.run("document.documentElement.lang").startswith(lang), where


def axe(chromium: browser.Browser, *, contrast: bool) -> list[str]:
    """What axe finds by all of its rules, those of good practice too."""
    chromium.run(AXE)
    found: list[str] = chromium.run(f"({RUN_AXE})({str(contrast).lower()})")
    return found


def test_the_audit_sees_what_is_wrong(chromium: browser.Browser, address: str) -> None:
    chromium.open(f"{address}/commands?lang=en", width=390, dark=False)
    chromium.run(
        """document.querySelector("main").innerHTML = `<h3>late</h3><p id="a" style="color:#999">pale</p>
        <p id="a"></p><img src="/static/icon.svg"><a href="/"></a><table><tr><th>x</th></tr></table>
        <div><pre>${"wide ".repeat(200)}</pre></div>`;
        document.querySelector("#a").attributeStyleMap.set("color", "#999")"""
    )
    found = " ".join(chromium.run(AUDIT) + axe(chromium, contrast=True))
    for word in ("h1", "color-contrast", "twice", "image-alt", "link-name", "scope", "wider"):
        assert word in found, word


def test_the_policy_refuses_a_script(chromium: browser.Browser, address: str) -> None:
    chromium.open(f"{address}/", width=1280, dark=False)
    chromium.run("document.body.append(Object.assign(document.createElement('script'), {text: 'ran = 1'}))")
    assert chromium.run("window.ran") is None
    deadline = time.monotonic() + browser.PATIENCE
    while not chromium.said and time.monotonic() < deadline:
        chromium.run("1")
    assert "Content Security Policy" in chromium.said[0]
