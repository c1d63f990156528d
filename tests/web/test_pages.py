"""The pages: what each verdict says, that nothing hostile gets through, and what every answer carries."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.model import Condition, PullRef, Report
from bot.web.app import HEADERS
from bot.web.reportview import MAX_FINDINGS, REPEATED
from bot.web.world import PullRow, StoreUnavailable
from rules.facts import RemoteState
from rules.finding import Fault, Severity, Suggestion
from tests.web.worlds import MemoryWorld

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
VERDICTS = {
    "passed": ("Everything checks out", "检查全部通过"),
    "failed": ("1 problem must be fixed", "有 1 个问题必须修复"),
    "mismatch": ("1 problem must be fixed", "有 1 个问题必须修复"),
    "unverified": ("1 check could not be completed", "有 1 项检查未能完成"),
    "running": ("The review is under way", "正在审查"),
    "bulk": ("161 problems must be fixed", "有 161 个问题必须修复"),
    "nothing": ("No asset page changes", "没有模型页面变更"),
    "trouble": ("The review could not be finished", "审查未能完成"),
}


def page(client: FlaskClient, path: str, status: int = 200, **rest: Any) -> str:
    answer = client.get(path, **rest)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("lang", [0, 1], ids=["en", "zh"])
@pytest.mark.parametrize("name", VERDICTS)
def test_a_report_opens_with_its_verdict(
    client: FlaskClient, reports: dict[str, Report], name: str, lang: int
) -> None:
    html = page(client, f"/reports/{name}?lang={('en', 'zh')[lang]}")
    assert VERDICTS[name][lang] in html
    assert VERDICTS[name][1 - lang] not in html


def test_a_failed_report_says_where_what_and_how(client: FlaskClient, reports: dict[str, Report]) -> None:
    html = page(client, "/reports/failed")
    for part in (
        "line 9",
        "MSH205",
        "<code>cv-clasification</code> is not a known module type",
        "Did you mean",
    ):
        assert part in html
    assert "module-type: <mark>cv-clasification</mark>" in html
    assert '<span class="src">module-type: cv-classification</span>' in html
    assert "hubbot check mshub_res/assets/mindspore/1.9/googlenet_cifar10.md" in html


def test_a_mismatch_shows_both_digests_and_how_to_check(
    client: FlaskClient, reports: dict[str, Report]
) -> None:
    html = page(client, "/reports/mismatch")
    wrong = reports["mismatch"].files[0]
    assert wrong.declared in html
    assert wrong.sha256 in html
    assert "52,428,800 bytes" in html
    assert f"hubbot sha256 {wrong.url}" in html
    assert "2 complete reads agree" in html


def test_nobody_is_blamed_for_a_server(client: FlaskClient, reports: dict[str, Report]) -> None:
    html = page(client, "/reports/unverified")
    assert "Nothing for the author to do here" in html
    assert "16:15 UTC (00:15 UTC+8)" in html
    assert "Must fix" not in html
    assert "What was found" not in html


def test_a_policy_finding_waits_for_a_maintainer(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    asks = replace(reports["failed"].findings[0], fault=Fault.POLICY)
    world.runs.append(replace(reports["failed"], id="policy", findings=(asks,)))
    assert "For the maintainers to decide" in page(client, "/reports/policy")


def test_progress_and_refresh_only_while_running(client: FlaskClient, reports: dict[str, Report]) -> None:
    running = page(client, "/reports/running")
    assert "137 of 479" in running
    assert '<progress max="479" value="137"' in running
    assert 'http-equiv="refresh"' in running
    assert 'http-equiv="refresh"' not in page(client, "/reports/failed")
    assert 'http-equiv="refresh"' not in page(client, "/reports/trouble")


def test_a_bulk_report_is_bounded(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    one = reports["failed"].findings[0]
    many = tuple(replace(one, path=f"p{n}.md", values={"value": str(n)}) for n in range(MAX_FINDINGS + 5))
    world.runs.append(replace(reports["failed"], id="huge", findings=many))
    html = page(client, "/reports/huge")
    assert html.count('<article class="finding') == MAX_FINDINGS
    assert "5 more findings are left out" in html


def test_what_many_pages_have_alike_is_said_once(client: FlaskClient, reports: dict[str, Report]) -> None:
    html = page(client, "/reports/bulk")
    assert "The same on 160 pages" in html
    assert html.count('<article class="finding') == 2
    assert all(f"{f.path}:{f.span.line}" in html for f in reports["bulk"].findings[:-1])


def test_an_older_report_leads_to_the_newest(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    world.runs.append(replace(reports["failed"], id="newer", started_at=reports["failed"].started_at + 9))
    assert 'href="/reports/newer"' in page(client, "/reports/failed")
    assert "older review" not in page(client, "/reports/newer")


def test_a_pull_request_shows_its_runs_and_what_changed(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    latest = reports["failed"]
    older = replace(latest, id="older", started_at=latest.started_at - 99, findings=latest.findings[:1] * 1)
    world.runs.append(replace(older, findings=(replace(latest.findings[0], fingerprint="gone"),)))
    html = page(client, "/pulls/github/mindspore/hub/342")
    assert html.index("/reports/failed") < html.index("/reports/older")
    assert "1 fixed" in html
    assert "2 new" in html


def test_a_pull_request_before_its_first_run(world: MemoryWorld, client: FlaskClient) -> None:
    ref = PullRef("gitee", "mindspore/hub", 7)
    world.rows.append(PullRow(ref, "New page", "", "somebody", "a" * 40))
    assert "has not started yet" in page(client, "/pulls/gitee/mindspore/hub/7")
    assert "Waiting" in page(client, "/")


def test_the_dashboard_lists_and_explains(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    html = page(client, "/")
    assert html.count('<li class="row">') == len(reports)
    assert "137 of 479 model files read" in html
    assert "What you are looking at" not in html
    world.rows.clear()
    assert "No pull request yet" in page(client, "/")
    world.demo = True
    assert "What you are looking at" in page(client, "/")


def test_conditions_of_the_gate(world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]) -> None:
    given = (Condition("measured", False, {"measured": "3", "wanted": "9"}), Condition("unheard-of", True))
    world.runs.append(replace(reports["failed"], id="gate", conditions=given))
    html = page(client, "/reports/gate")
    assert "3 of 9" in html
    assert "unheard-of" in html
    assert "not yet" in html


def test_data(client: FlaskClient, world: MemoryWorld, reports: dict[str, Report]) -> None:
    signed = replace(reports["mismatch"].files[0], final_url="https://u:p@obs.example/x?Signature=s3cret")
    world.runs.append(replace(reports["mismatch"], id="signed", files=(signed,), title="\ud800"))
    answer = client.get("/reports/signed.json")
    assert answer.mimetype == "application/json"
    assert json.loads(answer.data)["files"][0]["final_url"] == "https://obs.example/x?…"
    assert b"s3cret" not in answer.data
    assert "s3cret" not in page(client, "/reports/signed")
    sarif = client.get("/reports/signed.sarif")
    assert sarif.mimetype == "application/sarif+json"
    assert json.loads(sarif.data) == {"lang": "en", "results": ["MSH303"]}


def test_rules_and_commands(client: FlaskClient) -> None:
    assert "digest-mismatch" in page(client, "/rules")
    for word in ("MSH303", "msh303", "digest-mismatch"):
        html = page(client, f"/rules/{word}")
        assert "<h2>Why</h2>" in html
        assert "&lt;b&gt;guards" in html
    html = page(client, "/commands")
    for part in ("<code>/recheck [all]</code>", "<code>/retest</code>", "check <code>all</code> again"):
        assert part in html


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
    world.rows.insert(0, PullRow(ref, text, text, text, text, "failed", report_id="bad"))
    world.sources[text] = "\n" * 8 + text + "\n" + text
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
        conditions=(Condition(text, False, {text: text, "wanted": text, "measured": text, "count": text}),),
    )  # fmt: skip


ATTRIBUTES = """
alt aria-current aria-hidden aria-label aria-labelledby charset class content cx cy d datetime fill focusable
height href hreflang http-equiv id lang max name open r rel role scope src stroke stroke-linecap
stroke-linejoin stroke-width tabindex title type value viewbox width
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
