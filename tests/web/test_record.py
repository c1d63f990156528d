"""The record on a pull request's page: in the reader's words, with what others wrote as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import bot.commands
from bot.commands.catalogue import COMMANDS
from bot.forges.base import Merged
from bot.model import AuditEntry, Report, User
from bot.web.language import LANGUAGES, catalogue
from tests.web.worlds import NOW, MemoryWorld, page

COMMAND_SOURCES = tuple(Path(bot.commands.__file__).parent.glob("*.py"))
#: Answers of commands that are said and not recorded.
UNRECORDED = {"near-miss", "broken"}
ADDRESS = "/pulls/github/mindspore/hub/342"


def shown(client: FlaskClient, lang: str) -> str:
    """The record as it is read, without markup."""
    html = page(client, f"{ADDRESS}?lang={lang}")
    table = re.search(r'<table class="record stack">.*?</table>', html, re.DOTALL)
    assert table is not None
    return " ".join(re.sub(r"<[^>]+>", " ", table[0]).split())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_there_are_words_for_all_that_is_recorded(lang: str) -> None:
    words = catalogue(lang)
    for name in ("forged", "gate", "merged", "void", *(spec.name for spec in COMMANDS)):
        assert words[f"record.action.{name}"]
    refused = re.findall(
        r"""(?:\.refuse\(|refused=|word = )\s*"([a-z-]+)"(?: if [\w. ]+ else "([a-z-]+)")?""",
        "\n".join(source.read_text("utf-8") for source in COMMAND_SOURCES),
    )
    known = {word for pair in refused for word in pair if word} - UNRECORDED
    assert known > {"permission", "permission-unknown", "sha", "ceiling"}
    for word in known | {"obeyed", "edited"}:
        assert words[f"record.outcome.{word}"]
    for attempt in (*Merged, "closed"):
        assert words[f"record.outcome.merged.{attempt}"]


def test_it_speaks_the_readers_language(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    ref, sha, who = reports["failed"].ref, "a" * 40, User(9, "hub-maintainer")
    where = "https://github.com/mindspore/hub/pull/342#issuecomment-17"
    unmet = {"unmet": "digests free elsewhere", "report": "failed"}
    world.entries += [
        AuditEntry(ref, NOW, "gate", "closed", sha, None, unmet),
        AuditEntry(ref, NOW, "waive", "permission", sha, who, {"text": "MSH303 <b>", "comment": where}),
        AuditEntry(ref, NOW, "merged", "closed", sha, None, {"wished": "b" * 40, "reason": ""}),
        AuditEntry(ref, NOW, "later", "unheard-of", sha, None, {"odd": "thing"}),
    ]
    zh, en = shown(client, "zh"), shown(client, "en")
    assert f"门禁 {sha[:10]} 已关闭 尚未满足" in zh
    assert "没有文件与声明的完整 sha256 不符 · 没有人暂停合入 · elsewhere" in zh
    assert f"豁免 /waive {sha[:10]} 未执行，没有权限 内容 MSH303 &lt;b&gt; 评论" in zh
    assert "not merged, the gate is closed commit bbbbbbbbbb" in en
    assert f"later {sha[:10]} unheard-of odd thing" in en
    html = page(client, ADDRESS)
    assert f'<a href="{where}" rel=' in html
    assert '<a href="/reports/failed">report</a>' in html


@pytest.mark.parametrize("where", ["javascript:alert(1)", "https://e.org/?token=s3cret#x", '//e.org/"><b>'])
def test_an_odd_address_of_a_comment_is_no_link(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report], where: str
) -> None:
    ref, said = reports["failed"].ref, {"comment": where}
    world.entries.append(AuditEntry(ref, NOW, "hold", "obeyed", "a" * 40, User(9, "m"), said))
    html = page(client, ADDRESS)
    assert "s3cret" not in html
    assert f'href="{where}' not in html
    assert "<b>" not in html
