"""The steps of the set-up: what each takes, what it says of what is wrong, and what the last one writes."""

from __future__ import annotations

import hmac
import time
from base64 import b64encode
from hashlib import sha256

import pytest

from bot import settings, settingsfile
from bot.setup.preview import Shown, rendered
from bot.web.language import LANGUAGES, catalogue
from tests.doctor.servers import Site
from tests.setup.conftest import CODE, PUBLIC, REPO, SECRET, TOKEN, Visit
from tests.web.test_hostile import HOSTILE

pytestmark = pytest.mark.network
APP = {"do": "app", "name": "hubbot-mindspore-ai", "owner": "organization", "account": "mindspore-ai"}


def test_both_languages_say_the_same_things() -> None:
    en, zh = (catalogue(lang) for lang in LANGUAGES)
    keys = {key for key in en if key.startswith("setup.")}
    assert keys == {key for key in zh if key.startswith("setup.")}
    assert len(keys) > 150


def test_the_first_step_keeps_what_was_typed(inside: Visit) -> None:
    answer = inside.send("/setup", 422, PUBLIC_URL="hubbot.example.org", GITHUB_REPOSITORIES=REPO, do="next")
    html = answer.get_data(as_text=True)
    assert 'value="hubbot.example.org"' in html
    assert f'value="{REPO}"' in html
    assert 'aria-invalid="true" ' not in html.partition('id="GITHUB_REPOSITORIES"')[2]
    assert "An address begins with" in html


def test_a_repository_is_needed(inside: Visit) -> None:
    answer = inside.send("/setup", 422, PUBLIC_URL=PUBLIC, do="next")
    assert "at least one repository" in answer.get_data(as_text=True)


def test_an_address_of_the_environment_cannot_be_changed_here(inside: Visit) -> None:
    answer = inside.send("/setup", 422, PUBLIC_URL="https://x.example", GITHUB_REPOSITORIES=REPO, do="next")
    assert PUBLIC in answer.get_data(as_text=True)


def test_the_address_is_looked_at(inside: Visit, site: Site) -> None:
    inside.desk.draft.given = {**inside.desk.draft.given, "PUBLIC_URL": ""}
    inside.place(f"http://localhost:{site.port}", GITEE_REPOSITORIES=REPO)
    assert "leads to this machine only" in inside.page("/setup")


def test_steps_come_in_order_and_only_for_what_was_named(inside: Visit) -> None:
    for path in ("/setup/github", "/setup/gitee", "/setup/preview", "/setup/summary"):
        assert inside.get(path).headers["Location"] == "/setup"
    inside.place(GITEE_REPOSITORIES=REPO)
    assert inside.get("/setup/github").headers["Location"] == "/setup"
    assert inside.get("/setup/summary").headers["Location"] == "/setup/gitee"
    assert "GitHub</span>" not in inside.page("/setup/gitee")


def test_an_app_is_made_looked_at_and_written(inside: Visit, site: Site) -> None:
    inside.place()
    asked = inside.send("/setup/github", 200, **APP).get_data(as_text=True)
    state = inside.desk.draft.state
    assert f"{site.url}/organizations/mindspore-ai/settings/apps/new?state={state}" in asked
    inside.get(f"/setup/github?code={CODE}&state={state}")
    inside.send("/setup/github", do="look")
    html = inside.page("/setup/github")
    assert "The App is installed on" in html
    assert f"{site.url}/apps/hubbot-mindspore-ai/installations/new" in html
    assert "Waiting for a first delivery" in html
    assert inside.send("/setup/github", do="next").headers["Location"] == "/setup/preview"
    assert SECRET not in inside.page("/setup/summary")
    inside.send("/setup/summary", 200, do="live", dry_run="1")
    assert inside.lived == [True]
    chosen = settings.load(settingsfile.environment({}, inside.desk.file))
    assert chosen.github is not None
    assert (chosen.github.app_id, chosen.github.secrets) == ("12", (SECRET,))
    assert "-----BEGIN" in chosen.github.private_key
    assert chosen.dry_run
    assert chosen.public_url == PUBLIC
    assert inside.page("/setup/summary"), "pressed again it says the same"
    assert inside.lived == [True]


def test_an_app_without_a_webhook_gets_a_secret_of_ours(inside: Visit, site: Site, pem: str) -> None:
    site.answers[f"POST /app-manifests/{CODE}/conversions"] = (
        201,
        {"id": 12, "pem": pem, "webhook_secret": None},
    )
    inside.place()
    inside.send("/setup/github", 200, **APP)
    inside.get(f"/setup/github?code={CODE}&state={inside.desk.draft.state}")
    assert len(inside.desk.draft.values["GITHUB_WEBHOOK_SECRET"]) == 64


def test_a_code_that_github_does_not_know_is_explained(inside: Visit, site: Site) -> None:
    inside.place()
    del site.answers[f"POST /app-manifests/{CODE}/conversions"]
    inside.send("/setup/github", 200, **APP)
    html = inside.page(f"/setup/github?code={CODE}&state={inside.desk.draft.state}", 422)
    assert "GitHub does not know this code" in html
    assert "hubbot-mindspore-ai" in html, "the name that was typed is still there"


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({**APP, "name": ""}, "empty"),
        ({**APP, "account": "a/b"}, "account"),
        ({"do": "import", "app_id": "x"}, "number"),
        ({"do": "import", "app_id": "12", "hook_secret": SECRET, "private_key": "nothing"}, "key"),
        ({"do": "token", "token": TOKEN, "token_secret": "short"}, "secret"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(inside: Visit, fields: dict[str, str], key: str) -> None:
    inside.place()
    html = inside.send("/setup/github", 422, **fields).get_data(as_text=True)
    words = str(catalogue("en")[f"setup.wrong.{key}"]).partition("`")[0].partition("{")[0]
    assert words.replace("'", "&#39;") in html
    assert 'aria-invalid="true"' in html


def test_a_key_of_another_app_does_not_count(inside: Visit, pem: str) -> None:
    inside.place()
    sent = {"do": "import", "app_id": "13", "private_key": pem, "hook_secret": SECRET}
    html = inside.send("/setup/github", 422, **sent).get_data(as_text=True)
    assert "does not accept this ID with this key" in html
    assert 'value="13"' in html
    assert not inside.desk.draft.connected("github")


def test_a_broken_key_is_explained(inside: Visit) -> None:
    inside.place()
    broken = "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"
    sent = {"do": "import", "app_id": "12", "private_key": broken, "hook_secret": SECRET}
    inside.send("/setup/github", 303, **sent)
    assert "key cannot be used" in inside.page("/setup/github")


def test_a_token_that_github_refuses_does_not_count(inside: Visit, site: Site) -> None:
    inside.place()
    site.answers["GET /user"] = (401, {"message": "Bad credentials"})
    sent = {"do": "token", "token": TOKEN, "token_secret": SECRET}
    assert "does not accept this token" in inside.send("/setup/github", 422, **sent).get_data(as_text=True)
    assert not inside.desk.draft.connected("github")


def test_every_repository_needs_the_webhook(inside: Visit, site: Site) -> None:
    site.answers["GET /repos/mindspore-ai/other"] = site.answers[f"GET /repos/{REPO}"]
    inside.place(GITHUB_REPOSITORIES=f"{REPO}, mindspore-ai/other")
    inside.send("/setup/github", 303, do="token", token=TOKEN, token_secret=SECRET)
    assert f"In the settings of {REPO}, mindspore-ai/other, under Webhooks:" in inside.page("/setup/github")


def test_the_webhook_of_gitee_is_made_and_heard(inside: Visit, site: Site) -> None:
    inside.place(GITEE_REPOSITORIES=REPO)
    inside.send("/setup/gitee", do="connect", token=TOKEN, hook="make")
    assert f"POST /repos/{REPO}/hooks" in site.asked
    assert f"POST /repos/{REPO}/hooks/77/tests" in site.asked
    html = inside.page("/setup/gitee")
    assert "administrator" in html
    assert 'http-equiv="refresh"' in html
    assert "Waiting for a test delivery" in html
    secret = inside.desk.draft.values["GITEE_WEBHOOK_SECRET"]
    stamp = str(int(time.time() * 1000))
    signed = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), sha256).digest()
    headers = {
        "Content-Type": "application/json",
        "X-Gitee-Event": "merge_request_hooks",
        "X-Gitee-Ping": "true",
        "X-Gitee-Timestamp": stamp,
        "X-Gitee-Token": b64encode(signed).decode(),
    }
    answer = inside.client.post(
        "/webhooks/gitee", data=b'{"hook_name": "merge_request_hooks"}', headers=headers
    )
    assert answer.data == b"ping received\n"
    html = inside.page("/setup/gitee")
    assert "Received: a delivery of Gitee" in html
    assert 'http-equiv="refresh"' not in html


def test_a_webhook_that_is_there_gets_the_present_key(inside: Visit, site: Site) -> None:
    there = {"id": 9, "url": f"{PUBLIC}/webhooks/gitee", "password": "old"}
    site.answers[f"GET /repos/{REPO}/hooks"] = (200, [there])
    site.answers[f"PATCH /repos/{REPO}/hooks/9"] = (200, {"id": 9})
    inside.place(GITEE_REPOSITORIES=REPO)
    inside.send("/setup/gitee", do="connect", token=TOKEN, hook="make")
    assert f"POST /repos/{REPO}/hooks" not in site.asked
    assert "the WebHook is there" in inside.page("/setup/gitee")


@pytest.mark.parametrize(
    ("permission", "words"), [({"push": True}, "developer"), ({"pull": True}, "may read only")]
)
def test_only_an_administrator_makes_a_webhook(
    inside: Visit, site: Site, permission: dict[str, bool], words: str
) -> None:
    site.answers[f"GET /repos/{REPO}"] = (200, {"permission": permission})
    inside.place(GITEE_REPOSITORIES=REPO)
    html = inside.send("/setup/gitee", 422, do="connect", token=TOKEN, hook="make").get_data(as_text=True)
    assert "Only an administrator may create a WebHook" in html
    assert [call for call in site.asked if call.startswith("POST")] == []
    inside.send("/setup/gitee", do="connect", token=TOKEN, hook="paste", secret=SECRET)
    html = inside.page("/setup/gitee")
    assert words in html
    assert f"{PUBLIC}/webhooks/gitee" in html


def test_without_a_webhook_gitee_is_looked_at(inside: Visit) -> None:
    inside.place(GITEE_REPOSITORIES=REPO)
    inside.send("/setup/gitee", do="connect", token=TOKEN, hook="poll")
    assert "looked at every minute" in inside.page("/setup/gitee")
    assert inside.desk.draft.settings().gitee.poll == 60  # type: ignore[union-attr]  # it is set


def test_a_webhook_to_this_machine_is_refused_with_the_way_out(inside: Visit) -> None:
    inside.desk.draft.given = {**inside.desk.draft.given, "PUBLIC_URL": ""}
    inside.place("http://127.0.0.1:8000", GITEE_REPOSITORIES=REPO)
    html = inside.send("/setup/gitee", 422, do="connect", token=TOKEN, hook="make").get_data(as_text=True)
    assert "no WebHook can come" in html


def test_a_gitee_that_is_silent_is_not_the_tokens_fault(inside: Visit, site: Site) -> None:
    inside.place(GITEE_REPOSITORIES=REPO)
    inside.desk.draft.given = {**inside.desk.draft.given, "GITEE_API_URL": "http://127.0.0.1:9"}
    html = inside.send("/setup/gitee", 422, do="connect", token=TOKEN, hook="poll").get_data(as_text=True)
    assert "Gitee does not answer" in html


def ready(inside: Visit) -> Visit:
    inside.place()
    inside.desk.draft.take("github", {"GITHUB_TOKEN": TOKEN, "GITHUB_WEBHOOK_SECRET": SECRET})
    return inside


def test_a_file_that_is_there_is_not_written_over(inside: Visit) -> None:
    at = ready(inside).desk.file
    at.parent.mkdir()
    at.write_text("PUBLIC_URL=https://older.example.org\n")
    html = inside.send("/setup/summary", 422, do="live", dry_run="1").get_data(as_text=True)
    assert "overwrites nothing" in html
    assert 'name="dry_run" value="1" checked' in html
    inside.send("/setup/summary", 200, do="beside")
    assert settingsfile.read(at.with_name("hubbot.env.new"))["GITHUB_TOKEN"] == TOKEN
    assert at.read_text() == "PUBLIC_URL=https://older.example.org\n"
    inside.send("/setup/summary", 422, do="beside")
    assert inside.lived == []


def test_a_folder_that_cannot_be_written_is_named(inside: Visit) -> None:
    at = ready(inside).desk.file
    at.parent.write_text("not a folder")
    html = inside.send("/setup/summary", 422, do="live").get_data(as_text=True)
    assert "cannot be written" in html
    assert inside.lived == []


def test_a_preview_that_fails_says_why_and_can_be_repeated(inside: Visit) -> None:
    ready(inside).send("/setup/preview")
    deadline = time.monotonic() + 60
    while inside.desk.preview.shown.state == "running":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    html = inside.page("/setup/preview")
    assert "could not be reviewed" in html
    assert "Review again" in html
    assert inside.send("/setup/summary", 200, do="live")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_would_be_posted_cannot_do_anything_here(inside: Visit, text: str) -> None:
    ready(inside)
    inside.desk.preview.shown = Shown(
        "done", "github", REPO, 1, text, f"### {text}\n\n{text}", "en", "failed"
    )
    html = inside.page("/setup/preview")
    assert "<script" not in html
    assert "<img src" not in html.replace('<img src="/static/icon.svg"', "")


def test_a_comment_is_shown_nearly_as_a_forge_shows_it() -> None:
    html = rendered(
        "<!-- hubbot:summary v1 -->\n### Fine\n\n<details><summary>More</summary>\n\n- a\n\n</details>\n"
    )
    assert html == "<h2>Fine</h2>\n<p><strong>More</strong></p>\n<ul>\n<li>a</li>\n</ul>\n"
    assert "<table>" in rendered("| | |\n|---|---|\n| a | b |\n")
    assert "javascript:" not in rendered("[x](javascript:alert(1))").partition("href")[2]
    assert "<img" not in rendered("![x](https://evil.example/beacon.png)")
