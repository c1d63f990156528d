"""Watching a review under way in a real browser: what the reader has opened stays open."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from bot.web.app import create_app
from bot.web.words import installed
from tests.web import browser
from tests.web.test_browser import AUDIT
from tests.web.worlds import NOW, MemoryWorld, samples

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(not browser.PROGRAM, reason="no Chromium is installed"),
]

STATE = "[document.querySelectorAll('details[open]').length, document.activeElement.textContent]"
FRAME = "document.querySelector('iframe').contentDocument"
IN_FRAME = f"{FRAME}?.body?.innerText ?? ''"


@pytest.fixture
def watched() -> Iterator[tuple[MemoryWorld, str]]:
    """A world with a review under way, and the address of its report."""
    world, report = MemoryWorld(), samples()["bulk"]
    world.runs = [replace(report, id="run", finished_at=None, conditions=(), files=report.files[:137])]
    server = make_server("127.0.0.1", 0, quick(create_app(world, installed())), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield world, f"http://127.0.0.1:{server.server_port}/reports/run?lang=en"
    server.shutdown()
    thread.join()
    server.server_close()


def quick(app: Any) -> Any:
    """The application with a frame that is read anew every second; bytes stay as many."""

    def serve(environ: Any, start: Any) -> Iterable[bytes]:
        answer = app(environ, start)
        try:
            return [part.replace(b'"refresh" content="5"', b'"refresh" content="1"') for part in answer]
        finally:
            answer.close()

    return serve


def wait_for(chromium: browser.Browser, words: str) -> None:
    deadline = time.monotonic() + browser.PATIENCE
    while words not in chromium.run(IN_FRAME):
        assert time.monotonic() < deadline, chromium.run(IN_FRAME)
        time.sleep(0.1)


def test_nothing_closes_while_one_reads(watched: tuple[MemoryWorld, str], tmp_path: Path) -> None:
    world, address = watched
    with browser.browser(tmp_path) as chromium:
        chromium.open(address, width=390, dark=False)
        wait_for(chromium, "137 of 479 model files read")
        assert chromium.run(AUDIT) == []
        chromium.run("document.querySelectorAll('details').forEach((d) => { d.open = true })")
        chromium.run("document.querySelector('details.places summary').focus()")
        before = chromium.run(STATE)
        assert before[0] > 2
        report = samples()["bulk"]
        world.runs = [replace(world.runs[0], files=report.files[:300])]
        wait_for(chromium, "300 of 479 model files read")
        world.runs = [replace(world.runs[0], files=report.files, finished_at=NOW)]
        wait_for(chromium, "There is something newer. Show it")
        assert chromium.run(STATE) == before
        assert chromium.said == []
        chromium.press("a", FRAME)
        assert "161 problems must be fixed" in chromium.run("document.body.innerText")
