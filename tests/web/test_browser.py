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
from rules.facts import RemoteFile, Tensor
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
    "/reports/tensors",
)
#: Opens all that is folded away.
UNFOLD = "for (const one of document.querySelectorAll('details')) one.open = true"
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
    world.runs.append(replace(made["passed"], id="tensors", files=(checkpoint(made["passed"].files[0]),)))
    world.entries.extend(record(PullRef("github", "mindspore/hub", 343)))
    world.stands = Standing(3, 900.0, 1, 2, 0, (Troubled("download.mindspore.cn:443", NOW + 60, 1),))
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('hub') / 'hub.sqlite'}")
    upgrade(engine)
    world.hub = HubView(engine)
    rot(AuditStore(engine), 60)
    rot(AuditStore(engine), 60)  # once more, so that there is a trend
    server = make_server("127.0.0.1", 0, still(create_app(world, installed())), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    engine.dispose()


def checkpoint(file: RemoteFile) -> RemoteFile:
    """A file whose tensors are listed."""
    tensors = tuple(Tensor(f"backbone.layer{n}.weight", "Float32", (64, 64, 3, n)) for n in range(12))
    return replace(file, tensors=tensors, tensor_count=200)


def record(ref: PullRef) -> list[AuditEntry]:
    """An entry of every kind."""
    sha, by = "a" * 40, User(7, "hub-maintainer")
    return [
        AuditEntry(ref, NOW, "gate", "closed", sha, None, {"unmet": "digests free", "report": "failed"}),
        AuditEntry(
            ref, NOW, "hold", "obeyed", sha, by, {"text": "one moment", "comment": "https://a.example/1"}
        ),
        AuditEntry(ref, NOW, "waive", "permission-unknown", sha, by, {"text": "MSH303", "comment": "17"}),
        AuditEntry(ref, NOW, "void", "approval", sha, None, {"approved": "b" * 40, "by": "hub-maintainer"}),
        AuditEntry(ref, NOW, "forged", "repaired", sha, None, {"what": "hubbot/gate hubbot:verified"}),
        AuditEntry(ref, NOW, "merged", "refused", sha, None, {"wished": sha, "reason": "409 conflict"}),
        AuditEntry(ref, NOW, "gate", "open", sha, None, {"unmet": "", "report": "passed"}),
    ]


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
        chromium.run(UNFOLD)
        assert chromium.run(AUDIT) == [], where


@pytest.mark.parametrize("width", [390, 1280])
def test_a_list_of_tensors_is_a_table(chromium: browser.Browser, address: str, width: int) -> None:
    chromium.open(f"{address}/reports/tensors?lang=en", width=width, dark=False)
    chromium.run(UNFOLD)
    tops = """[...document.querySelectorAll(".tensors tr")].slice(0, 2).map((row) => [...row.cells].map(
        (cell) => cell.checkVisibility() ? Math.round(cell.getBoundingClientRect().top) : -1))"""
    head, first = chromium.run(tops)
    assert [len(set(head)), len(set(first))] == [1, 1], "the cells of a row stand side by side"
    assert -1 < head[0] < first[0]


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
        <table><tr><td><p id="b">squeezed</p></td></tr></table>
        <div><pre>${"wide ".repeat(200)}</pre></div>`;
        document.querySelector("#a").attributeStyleMap.set("color", "#999");
        document.querySelector("#b").attributeStyleMap.set("width", "2rem")"""
    )
    found = " ".join(chromium.run(AUDIT) + axe(chromium, contrast=True))
    for word in ("h1", "color-contrast", "twice", "image-alt", "link-name", "scope", "wider", "broken"):
        assert word in found, word


def test_the_policy_refuses_a_script(chromium: browser.Browser, address: str) -> None:
    chromium.open(f"{address}/", width=1280, dark=False)
    chromium.run("document.body.append(Object.assign(document.createElement('script'), {text: 'ran = 1'}))")
    assert chromium.run("window.ran") is None
    deadline = time.monotonic() + browser.PATIENCE
    while not chromium.said and time.monotonic() < deadline:
        chromium.run("1")
    assert "Content Security Policy" in chromium.said[0]
