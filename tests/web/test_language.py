"""Which language is chosen, and that both say the same things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from string import Formatter

import pytest
from flask.testing import FlaskClient

from bot.model import Report
from bot.web.language import LANGUAGES, catalogue, translator
from bot.web.pages import COOKIE_AGE
from tests.web.worlds import MemoryWorld

EN, ZH = 'lang="en"', 'lang="zh-Hans"'


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "expected"),
    [
        ("", "", "", EN),
        ("", "", "zh-CN,zh;q=0.9,en;q=0.8", ZH),
        ("", "", "zh-TW", ZH),
        ("", "", "en-GB,zh;q=0.5", EN),
        ("", "", "fr,de", EN),
        ("", "", ";;q=x,\xff", EN),
        ("", "en", "zh-CN", EN),
        ("", "zh", "en", ZH),
        ("", "xx", "zh", ZH),
        ("zh", "en", "en", ZH),
        ("en", "zh", "zh", EN),
        ("../zh", "zh", "", ZH),
    ],
)
def test_choice(client: FlaskClient, query: str, cookie: str, accept: str, expected: str) -> None:
    if cookie:
        client.set_cookie("lang", cookie)
    headers = {"Accept-Language": accept} if accept else {}
    answer = client.get("/", query_string={"lang": query} if query else {}, headers=headers)
    assert f"<html {expected}>" in answer.get_data(as_text=True)
    assert answer.headers["Vary"] == "Accept-Language, Cookie"


@pytest.mark.parametrize(("language", "expected"), [("zh", ZH), ("en", EN), ("xx", EN)])
def test_a_report_speaks_its_own_language_to_a_reader_who_does_not_say(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report], language: str, expected: str
) -> None:
    world.runs.append(replace(reports["failed"], id="own", language=language))
    assert f"<html {expected}>" in client.get("/reports/own").get_data(as_text=True)


def test_the_choice_is_remembered_in_the_only_cookie(world: MemoryWorld, client: FlaskClient) -> None:
    cookie = client.get("/?lang=zh").headers["Set-Cookie"]
    assert re.fullmatch(
        rf"lang=zh; Expires=[^;]+; Max-Age={COOKIE_AGE}; Secure; HttpOnly; Path=/; SameSite=Lax", cookie
    )
    assert ZH in client.get("/commands").get_data(as_text=True)
    world.public_url = "http://127.0.0.1:8000"
    assert "Secure" not in client.get("/?lang=en").headers["Set-Cookie"]
    assert "Set-Cookie" not in client.get("/?lang=xx").headers


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/", "/?lang=zh"),
        ("/reports/failed?next=//evil.example", "/reports/failed?lang=zh"),
        ("/pulls/github/mindspore/hub/342", "/pulls/github/mindspore/hub/342?lang=zh"),
    ],
)
def test_the_switch_leads_to_the_same_page(
    client: FlaskClient, reports: dict[str, Report], path: str, target: str
) -> None:
    assert f'class="language" href="{target}"' in client.get(path).get_data(as_text=True)


def test_both_catalogues_have_the_same_keys_and_places() -> None:
    en, zh = (catalogue(lang) for lang in LANGUAGES)
    assert list(en) == list(zh)
    for key in en:
        assert places(en[key]) == places(zh[key]), key


def places(entry: str | Mapping[str, str]) -> set[str]:
    texts = entry.values() if isinstance(entry, Mapping) else [entry]
    found = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in texts]
    return set().union(*found) - {"n"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_can_be_said(lang: str) -> None:
    say = translator(lang)
    values = dict.fromkeys(
        (
            "done",
            "detail",
            "file",
            "least",
            "most",
            "name",
            "path",
            "reason",
            "repo",
            "repos",
            "subject",
            "url",
            "value",
            "wanted",
            "spell",
            "when",
            "line",
            "size",
            "forge",
            "command",
            "id",
            "code",
            "pull",
            "host",
            "rate",
        ),
        "<x>",
    )
    for key in catalogue(lang):
        for n in (1, 2):
            said = say(key, n=n, **values)
            assert said
            assert "<x>" not in said
            assert "{" not in said


def test_chinese_is_written_in_chinese() -> None:
    plain = {key for key, text in catalogue("zh").items() if not re.search(r"[\u4e00-\u9fff]", str(text))}
    names = {"setup.github.app_id", "setup.manifest.hook", "setup.step.gitee", "setup.step.github"}
    assert plain == {"lang.tag", "lang.other", "lang.other_tag", "progress.short"} | names
