"""What every answer carries, and what is said when there is none to give."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from bot.model import Report
from bot.web.app import HEADERS
from bot.web.world import StoreUnavailable
from tests.web.worlds import MemoryWorld, page

ABSENT = """
/nothing /reports/absent /reports/absent.json /reports/absent.sarif /reports/..%2f..%2fetc /metrics
/pulls/github/mindspore/hub/9 /pulls/github/a/b/99999999999999999999 /pulls/github/mindspore/hub/-1
/pulls/a%00/b/c/1 /rules/MSH999 /rules/%3Cscript%3E /static/../app.py /static/
"""


@pytest.mark.parametrize("path", [*ABSENT.split(), "/reports/" + "x" * 65])
def test_what_is_not_there_is_a_kind_404(client: FlaskClient, path: str) -> None:
    html = page(client, path, 404)
    assert "There is nothing at this address" in html


def test_an_address_cannot_lead_away(client: FlaskClient) -> None:
    html = page(client, "/", 404, environ_overrides={"PATH_INFO": "//evil.example/"})
    assert "evil.example" not in html
    assert 'href="/?lang=zh"' in html


EVERYTHING = ("/", "/reports/failed", "/reports/failed.json", "/rules", "/commands", "/healthz", "/readyz",
              "/static/style.css", "/nothing", "/webhooks/github", "/webhooks/none")  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS", "DELETE"])
@pytest.mark.parametrize("path", EVERYTHING)
def test_every_answer_carries_the_headers(
    client: FlaskClient, reports: dict[str, Report], path: str, method: str
) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code < 500
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "Set-Cookie" not in answer.headers
    answer.close()


def test_trouble_is_worded_as_ours_and_leaks_nothing(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report], caplog: pytest.LogCaptureFixture
) -> None:
    world.trouble = RuntimeError("password=s3cret")
    answer = client.get("/reports/failed")
    html = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "Something went wrong on our side" in html
    assert "s3cret" not in html + caplog.text
    (id_,) = set(re.findall(r"number: ([0-9a-f]{12})", html))
    assert id_ in caplog.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_an_unavailable_store_is_503(world: MemoryWorld, client: FlaskClient) -> None:
    world.trouble = StoreUnavailable("host db.internal", retry_after=11)
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "11")
    assert "Back in a moment" in answer.get_data(as_text=True)
    assert "db.internal" not in answer.get_data(as_text=True)


def test_health(world: MemoryWorld, client: FlaskClient) -> None:
    assert client.get("/healthz").data == b"ok\n"
    assert client.get("/readyz").data == b"ok database\n"
    world.checks.append(("worker", False, "no heartbeat for 90 s\x1b"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.data) == (
        503,
        "ok database\nfailing worker: no heartbeat for 90 s⟨U+001B⟩\n".encode(),
    )
    world.trouble = RuntimeError("postgresql 15.3")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.data) == (503, b"failing store: cannot be read\n")
    assert client.get("/healthz").status_code == 200
