"""Whoever did not read the link gets nothing from the set-up and does nothing with it."""

from __future__ import annotations

import hmac
import logging
from hashlib import sha256
from pathlib import Path

import pytest

from bot.setup.door import LINK_LIFE, TRIES, VISIT_LIFE
from tests.doctor.servers import Site
from tests.setup.conftest import CODE, PUBLIC, REPO, SECRET, TOKEN, Visit, opened

pytestmark = pytest.mark.network
STEPS = ("/setup", "/setup/github", "/setup/gitee", "/setup/preview", "/setup/summary")
APP = {"do": "app", "name": "hubbot", "owner": "organization", "account": "mindspore-ai"}


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", STEPS)
def test_nothing_without_the_link(visit: Visit, path: str, method: str) -> None:
    answer = visit.client.open(path, method=method, data={"do": "live"} if method == "POST" else None)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert REPO not in answer.get_data(as_text=True)
    assert visit.lived == []


def test_the_link_becomes_a_cookie_and_is_used_up(visit: Visit) -> None:
    answer = visit.enter()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/setup")
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Secure", "Path=/setup"):
        assert part in cookie
    token = visit.link.partition("token=")[2]
    assert token not in visit.text()
    assert "what does it review" in visit.page("/setup")
    other = visit.client.application.test_client()
    answer = other.get(f"/setup?token={token}")
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)
    assert "does not open" in answer.get_data(as_text=True)


def test_whoever_is_in_may_follow_the_link_again(visit: Visit) -> None:
    visit.enter()
    assert visit.enter().headers["Location"] == "/setup"


def test_a_look_at_the_link_by_head_does_not_use_it_up(visit: Visit) -> None:
    assert visit.client.head(visit.link.partition(PUBLIC)[2]).status_code == 403
    assert visit.enter().status_code == 303


def test_over_plain_http_the_cookie_is_not_for_https_alone(tmp_path: Path, clock: list[float]) -> None:
    for visit in opened(tmp_path, clock, {"PUBLIC_URL": "http://127.0.0.1:8000"}):
        assert "Secure" not in visit.enter().headers["Set-Cookie"]


def test_an_hour_later_the_link_is_dead(visit: Visit, clock: list[float]) -> None:
    clock[0] += LINK_LIFE
    assert visit.enter().status_code == 403


def test_trying_is_stopped(visit: Visit, clock: list[float]) -> None:
    for n in range(TRIES):
        assert visit.get(f"/setup?token=guess{n}").status_code == 403
    refused = visit.get(f"/setup?token=guess{TRIES}")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 61
    assert visit.enter().status_code == 429, "not even the right one is looked at"
    clock[0] += 61
    assert visit.enter().status_code == 303


def test_a_visit_ends_by_itself(visit: Visit, clock: list[float]) -> None:
    visit.enter()
    clock[0] += VISIT_LIFE + 1
    assert visit.get("/setup").status_code == 403


def test_a_cookie_of_another_set_up_is_none(visit: Visit, tmp_path: Path, clock: list[float]) -> None:
    visit.enter()
    (tmp_path / "other").mkdir()
    for other in opened(tmp_path / "other", clock, {"PUBLIC_URL": PUBLIC}):
        kept = visit.client.get_cookie("setup", path="/setup")
        assert kept is not None
        other.client.set_cookie("setup", kept.value, path="/setup")
        assert other.get("/setup").status_code == 403


@pytest.mark.parametrize("form", ["", "0" * 64, "x"])
def test_a_form_of_others_does_nothing(visit: Visit, form: str) -> None:
    visit.enter()
    sent = {
        "form": form,
        "PUBLIC_URL": "https://evil.example",
        "GITHUB_REPOSITORIES": "evil/hub",
        "do": "next",
    }
    answer = visit.client.post("/setup", data=sent)
    assert answer.status_code == 403
    assert "evil" not in visit.page("/setup")


def test_a_form_from_another_site_does_nothing(visit: Visit) -> None:
    visit.enter()
    for site in ("cross-site", "same-site"):
        sent = {"PUBLIC_URL": PUBLIC, "GITHUB_REPOSITORIES": REPO, "do": "next"}
        visit.send("/setup", 403, headers={"Sec-Fetch-Site": site}, **sent)
    assert visit.desk.draft.wanted() == ()


def test_a_form_may_not_be_large(visit: Visit) -> None:
    visit.enter()
    html = visit.send("/setup", 413, PUBLIC_URL="x" * 70_000).get_data(as_text=True)
    assert '<p class="status">413</p>' in html
    assert "larger than what is read here" in html


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example"])
def test_the_host_of_a_request_is_never_used(inside: Visit, host: str) -> None:
    inside.place()
    headers = {
        "Host": host,
        "X-Forwarded-Host": host,
        "X-Forwarded-Proto": "http",
        "Forwarded": f"host={host}",
    }
    inside.client.set_cookie("setup", _cookie(inside), domain=host.partition(":")[0], path="/setup")
    inside.send("/setup/github", 200, headers=headers, **APP)
    inside.get("/setup", headers=headers)
    assert f"{PUBLIC}/setup/github" in inside.text()
    assert "evil" not in inside.text()


@pytest.mark.parametrize("state", ["", "other", "\u00e9", "0" * 64])
def test_a_return_without_our_state_asks_github_nothing(inside: Visit, site: Site, state: str) -> None:
    inside.place()
    inside.send("/setup/github", 200, **APP)
    html = inside.page("/setup/github", 422, query_string={"code": CODE, "state": state})
    assert "does not belong" in html
    assert [call for call in site.asked if "conversions" in call] == []
    assert not inside.desk.draft.connected("github")


def test_a_return_that_nobody_asked_for_asks_github_nothing(inside: Visit, site: Site) -> None:
    inside.place()
    assert "does not belong" in inside.page(f"/setup/github?code={CODE}&state=", 422)
    assert site.asked == []


def test_a_return_counts_once(inside: Visit, site: Site) -> None:
    inside.place()
    inside.send("/setup/github", 200, **APP)
    back = f"/setup/github?code={CODE}&state={inside.desk.draft.state}"
    assert inside.get(back).headers["Location"] == "/setup/github"
    assert inside.page(back, 422)
    assert len([call for call in site.asked if "conversions" in call]) == 1
    assert inside.desk.draft.connected("github"), "what was made stays"


@pytest.mark.parametrize("code", ["../../user", "a/b", "", "x" * 101, "a b"])
def test_what_is_no_code_does_not_reach_github(inside: Visit, site: Site, code: str) -> None:
    inside.place()
    inside.send("/setup/github", 200, **APP)
    state = inside.desk.draft.state
    inside.page("/setup/github", 422, query_string={"code": code, "state": state})
    assert site.asked == []


def test_no_secret_is_in_any_answer_or_log(
    inside: Visit, site: Site, pem: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    site.echo = True
    inside.place(GITHUB_REPOSITORIES=REPO, GITEE_REPOSITORIES=REPO)
    wrong = {"do": "import", "app_id": "x", "private_key": pem, "hook_secret": SECRET}
    inside.send("/setup/github", 422, **wrong)
    inside.send("/setup/github", 422, **{**wrong, "app_id": "13"})
    inside.send("/setup/github", 303, **{**wrong, "app_id": "12"})
    inside.page("/setup/github")
    inside.send("/setup/github", 303, do="forget")
    inside.send("/setup/github", 422, do="token", token=TOKEN, token_secret="short")
    inside.send("/setup/github", 303, do="token", token=TOKEN, token_secret=SECRET)
    inside.page("/setup/github")
    inside.send("/setup/gitee", 422, do="connect", token=TOKEN, hook="paste", secret="short")
    inside.send("/setup/gitee", 303, do="connect", token=TOKEN, hook="make")
    site.answers["GET /user"] = (401, {"message": f"401 {TOKEN} {SECRET}"})
    inside.page("/setup/gitee")
    inside.send("/setup/gitee", 303, do="forget")
    inside.send("/setup/gitee", 422, do="connect", token=TOKEN, hook="paste", secret=SECRET)
    inside.page("/setup/summary", 303)
    key = pem.splitlines()[1]
    made = inside.desk.draft.values["GITHUB_WEBHOOK_SECRET"]
    said = inside.text() + caplog.text + "".join(capfd.readouterr())
    for canary in (TOKEN, SECRET, key, made, inside.link.partition("token=")[2]):
        assert canary not in said


@pytest.mark.parametrize("path", STEPS)
def test_every_answer_keeps_to_itself(visit: Visit, path: str) -> None:
    for _ in range(2):
        answer = visit.get(path)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy.split("; ")
        assert "script" not in policy
        visit.enter()


def test_only_the_page_of_the_manifest_may_send_a_form_to_github(inside: Visit, site: Site) -> None:
    inside.place()
    answer = inside.send("/setup/github", 200, **APP)
    assert f"form-action 'self' {site.url}" in answer.headers["Content-Security-Policy"].split("; ")
    for path in STEPS:
        assert site.url not in inside.get(path).headers["Content-Security-Policy"]


@pytest.fixture
def listening(inside: Visit) -> Visit:
    inside.place()
    values = {"GITHUB_TOKEN": TOKEN, "GITHUB_WEBHOOK_SECRET": SECRET}
    inside.desk.draft.take("github", values)
    return inside


def _ping(visit: Visit, secret: str, event: str = "ping") -> int:
    body = b'{"zen": "x", "repository": {"full_name": "mindspore-ai/hub"}}'
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": "00000000-0000",
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest(),
    }
    return visit.client.post("/webhooks/github", data=body, headers=headers).status_code


def test_only_a_delivery_that_is_signed_rightly_is_told_of(listening: Visit) -> None:
    assert _ping(listening, "another") == 401
    assert listening.desk.draft.received == {}
    assert _ping(listening, SECRET) == 200
    assert set(listening.desk.draft.received) == {"github"}


def test_before_a_secret_is_chosen_every_delivery_is_refused(inside: Visit) -> None:
    inside.place()
    assert _ping(inside, "") == 401
    assert _ping(inside, SECRET) == 401


def test_a_sentence_quotes_what_was_typed_as_text(inside: Visit) -> None:
    inside.send(
        "/setup", 422, PUBLIC_URL='"><script>alert(1)</script>', GITHUB_REPOSITORIES="a/<b>", do="next"
    )
    assert "<script>" not in inside.text()
    assert "&lt;b&gt;" in inside.text()


def _cookie(visit: Visit) -> str:
    kept = visit.client.get_cookie("setup", path="/setup")
    assert kept is not None
    return kept.value
