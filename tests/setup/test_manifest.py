"""The App that GitHub is asked for has what the bot uses, which is what `hubbot doctor` expects of it."""

from __future__ import annotations

import json

import pytest

from bot.doctor.check import State
from bot.doctor.github import PERMISSIONS, events, permissions
from bot.doctor.hook import EVENTS
from bot.setup.manifest import Made, convert, manifest, registration
from bot.web.language import LANGUAGES, catalogue
from bot.wiring import site_of
from tests.doctor.servers import Site
from tests.setup.conftest import CODE, SECRET

HOME = "https://hubbot.example.org"


def test_the_doctor_finds_nothing_to_mend_in_what_is_asked_for() -> None:
    made = manifest("hubbot", HOME, HOME, queue=True)
    assert permissions("a/b", made["default_permissions"]).state is State.OK
    assert events("a/b", made["default_events"]).state is State.OK


def test_no_more_is_asked_for_than_is_used() -> None:
    plain, queued = (manifest("hubbot", HOME, HOME, queue=queue) for queue in (False, True))
    assert set(plain["default_permissions"]) == set(PERMISSIONS)
    assert plain["default_events"] == list(EVENTS)
    assert set(queued["default_permissions"]) - set(PERMISSIONS) == {"merge_queues"}
    assert queued["default_permissions"]["contents"] == "read"
    assert set(queued["default_events"]) - set(EVENTS) == {"merge_group"}
    assert not plain["public"]


def test_every_permission_says_in_both_languages_what_for() -> None:
    for lang in LANGUAGES:
        for what in manifest("hubbot", HOME, HOME, queue=True)["default_permissions"]:
            assert catalogue(lang)[f"setup.permission.{what}"]


def test_a_webhook_on_this_machine_is_not_asked_for() -> None:
    """GitHub refuses it, and events without one; what it is sent must have an address if it has a hook."""
    local = manifest("hubbot", "http://127.0.0.1:8000", "http://127.0.0.1:8000", queue=False)
    assert "hook_attributes" not in local
    assert "default_events" not in local
    assert local["redirect_url"] == "http://127.0.0.1:8000/setup/github"
    assert manifest("hubbot", HOME, HOME, queue=False)["hook_attributes"]["url"] == f"{HOME}/webhooks/github"
    assert json.dumps(local)


@pytest.mark.parametrize(
    ("api", "organization", "expected"),
    [
        ("https://api.github.com", "", "https://github.com/settings/apps/new"),
        ("https://api.github.com", "m-ai", "https://github.com/organizations/m-ai/settings/apps/new"),
        ("https://git.corp.example/api/v3", "", "https://git.corp.example/settings/apps/new"),
        ("https://api.corp.ghe.com", "", "https://corp.ghe.com/settings/apps/new"),
        ("https://api.corp.example/api/v3", "", "https://api.corp.example/settings/apps/new"),
    ],
)
def test_where_it_is_sent(api: str, organization: str, expected: str) -> None:
    assert registration(site_of(api), organization) == expected


@pytest.mark.network
def test_a_code_becomes_an_app(site: Site, pem: str) -> None:
    made = convert(site.url, CODE)
    page = f"{site.url}/apps/hubbot-mindspore-ai"
    assert made == Made("12", "hubbot-mindspore-ai", pem, SECRET, page)


@pytest.mark.network
def test_an_app_without_a_webhook_and_with_a_page_elsewhere(site: Site, pem: str) -> None:
    answer = {"id": 12, "pem": pem, "webhook_secret": None, "html_url": "https://evil.example/apps/x"}
    site.answers[f"POST /app-manifests/{CODE}/conversions"] = (201, answer)
    assert convert(site.url, CODE) == Made("12", "", pem, "", "")


@pytest.mark.network
@pytest.mark.parametrize(
    "answer", [(404, {"message": "Not Found"}), (201, []), (201, {"id": "x"}), (201, "no")]
)
def test_what_is_no_app(site: Site, answer: tuple[int, object]) -> None:
    site.answers[f"POST /app-manifests/{CODE}/conversions"] = answer
    assert not isinstance(convert(site.url, CODE), Made)
