"""The frame that tells how far a review is, and its page, which is not read anew meanwhile."""

from __future__ import annotations

import html as escaping
import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from bot.model import Report
from bot.web.app import HEADERS
from tests.web.worlds import MemoryWorld, page

REFRESH = 'http-equiv="refresh"'


def frame(html: str) -> str:
    """The address of the frame in a page."""
    (found,) = re.findall(r'<iframe [^>]*src="([^"]+)"', html)
    return escaping.unescape(str(found))


@pytest.mark.parametrize(
    ("path", "back"),
    [
        ("/reports/running", "/reports/running"),
        ("/pulls/github/mindspore/hub/345", "/pulls/github/mindspore/hub/345"),
    ],
)
def test_progress_is_read_anew_and_the_page_around_it_is_not(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report], path: str, back: str
) -> None:
    html = page(client, path)
    assert REFRESH not in html
    address = frame(html)
    shown = page(client, address)
    assert '<progress max="479" value="137"' in shown
    assert REFRESH in shown
    world.runs.append(replace(reports["running"], files=reports["running"].files[:130]))
    world.runs.remove(reports["running"])
    assert "130 of 479 model files read" in page(client, address)
    world.runs[-1] = replace(reports["running"], finished_at=9e9)
    ended = page(client, address)
    assert REFRESH not in ended
    assert f'<a href="{back}" target="_top">Show it</a>' in ended


def test_the_frame_of_an_older_run_leads_to_the_newest(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    address = frame(page(client, "/reports/running"))
    world.runs.append(replace(reports["running"], id="newer", started_at=9e9))
    assert 'href="/reports/newer"' in page(client, address)


def test_a_review_of_which_nothing_is_known_is_read_anew(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    begun = replace(reports["running"], id="begun", started_at=9e9, paths=(), files=(), wanted=0)
    world.runs.append(begun)
    html = page(client, "/reports/begun")
    assert REFRESH in html
    assert "<iframe" not in html


def test_only_pages_of_ours_may_hold_the_frame(client: FlaskClient, reports: dict[str, Report]) -> None:
    answer = client.get(frame(page(client, "/reports/running?lang=zh")))
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert "frame-ancestors 'self'" in policy
    assert "default-src 'none'" in policy
    assert not [part for part in policy if part.startswith("script")]
    assert "frame-src 'self'" in HEADERS["Content-Security-Policy"].split("; ")
    assert "Set-Cookie" not in answer.headers
    assert 'lang="zh-Hans"' in answer.get_data(as_text=True)
    page(client, "/reports/absent/now", 404)
