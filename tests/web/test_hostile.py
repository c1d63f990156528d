"""That nothing which others wrote becomes part of a page."""

from __future__ import annotations

from dataclasses import fields, replace
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.model import Condition, Excerpt, PullRef, Report
from bot.store.standing import Standing, Troubled
from bot.web.reportview import REPEATED
from bot.web.world import PullRow
from rules.facts import RemoteState
from rules.finding import Fault, Severity, Suggestion
from tests.web.worlds import NOW, MemoryWorld, page

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    'https://evil.example/" onclick="x',
    "\u202egnp.exe\u200b\u2066\x00\x1b[31m\ud800\u3164\ufe0f\U000e0041",
    "`</code><b>",
    "]]><!--",
)


class Tags(HTMLParser):
    """The elements and attributes that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_stays_text(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report], text: str
) -> None:
    world.runs.append(poisoned(reports["mismatch"], text))
    ref = PullRef("github", "mindspore/hub", 999)
    world.rows.insert(0, PullRow(ref, text, text, text, "failed", "bad"))
    world.stands = Standing(2, 99.0, 1, 3, 0, (Troubled(text, NOW + 60, 1),))
    for path in ("/", "/reports/bad", "/pulls/github/mindspore/hub/999"):
        harmless(page(client, path))


def poisoned(report: Report, text: str) -> Report:
    """The report with the text in every place that takes one."""
    finding = replace(
        report.findings[0], rule=text, name=text, path=text, key=text, values={"value": text, "url": text},
    )  # fmt: skip
    finding = replace(finding, suggestion=Suggestion(finding.span, text))
    notes = [replace(finding, severity=severity, fault=fault) for severity in Severity for fault in Fault]
    notes += [replace(finding, path=f"{n}{text}") for n in range(REPEATED)]
    file: dict[str, Any] = {part.name: text for part in fields(report.files[0]) if part.type == "str"}
    files = tuple(replace(report.files[0], **file, state=state) for state in RemoteState)
    return replace(
        report, id="bad", ref=PullRef("github", "mindspore/hub", 999), title=text, url=text, author=text,
        language=text, head_sha=text, merge_base=text, paths=(text,), findings=tuple(notes), files=files,
        excerpts=tuple(Excerpt(text, line, text) for line in range(1, 40)),
        conditions=(Condition(text, False, {text: text, "wanted": text, "measured": text, "count": text}),),
    )  # fmt: skip


ATTRIBUTES = """
alt aria-current aria-hidden aria-label aria-labelledby aria-sort charset class content cx cy d datetime fill
focusable height href hreflang http-equiv id lang max name open preserveaspectratio r rel role scope src
stroke stroke-linecap stroke-linejoin stroke-width tabindex title type value viewbox width x y
"""


def harmless(html: str) -> None:
    """Fails where a browser would see an element, an attribute or an invisible character that is not ours."""
    allowed = set(ATTRIBUTES.split())
    for tag, attributes in Tags(html).seen:
        assert tag not in ("script", "style", "iframe", "form", "object", "base", "b")
        assert attributes.keys() <= allowed
        assert tag != "img" or attributes["src"] == "/static/icon.svg"
        target = attributes.get("href") or "/"
        assert target.startswith(("/", "#", "https://")), target
        assert not target.startswith("//")
        if target.startswith("https://"):
            assert attributes["rel"] == "nofollow ugc noopener noreferrer"
    assert not [c for c in html if c != "\n" and not c.isprintable()]
    assert "\ufe0f" not in html


@pytest.mark.parametrize(
    "path", ["/", "/reports/bulk", "/reports/mismatch", "/pulls/github/mindspore/hub/342", "/no"]
)
def test_pages_hold_nothing_that_the_policy_forbids(
    client: FlaskClient, reports: dict[str, Report], path: str
) -> None:
    html = client.get(path).get_data(as_text=True)
    harmless(html)
    assert " style=" not in html
