"""The pages: what each verdict says, what to do next, and where the evidence is."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Never

import pytest
from flask.testing import FlaskClient

from bot.model import AuditEntry, Condition, Hold, Report, Rulings, User, Waiver
from bot.web.reportview import MAX_FINDINGS
from bot.web.world import PullRow
from rules.facts import RemoteFile, RemoteState, Tensor
from rules.finding import Fault
from tests.web.worlds import NOW, MemoryWorld, page, row

VERDICTS = {
    "passed": ("Everything checks out", "检查全部通过"),
    "failed": ("1 problem must be fixed", "有 1 个问题必须修复"),
    "mismatch": ("1 problem must be fixed", "有 1 个问题必须修复"),
    "unverified": ("1 check could not be completed", "有 1 项检查未能完成"),
    "running": ("The review is under way", "正在审查"),
    "bulk": ("161 problems must be fixed", "有 161 个问题必须修复"),
    "nothing": ("No asset page changes", "没有模型页面变更"),
    "trouble": ("The review could not be finished", "审查未能完成"),
    "superseded": ("A newer push has replaced this review", "新的推送已取代这次审查"),
}


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
    assert "52,428,800 B (50.0 MiB)" in html
    assert f"hubbot sha256 {wrong.url}" in html
    assert "2 complete reads agree" in html


def test_nobody_is_blamed_for_a_server(client: FlaskClient, reports: dict[str, Report]) -> None:
    html = page(client, "/reports/unverified")
    assert "Nothing for the author to do here" in html
    assert "2025-11-24 16:15 UTC (11-25 00:15 +08:00)" in html
    assert "Must fix" not in html
    assert "What was found" not in html


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ("files.example.org does not answer: 37 files could not be verified", "Next try at")),
        ("zh", ("files.example.org 没有应答：37 个文件暂时无法验证；您无需操作", "下次重试时间：")),
    ],
)
def test_a_host_that_is_down_is_one_banner(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report], lang: str, said: tuple[str, str]
) -> None:
    urls = [f"https://files.example.org/{n}.ckpt" for n in range(37)]
    one = reports["failed"].findings[0]
    report = replace(
        reports["unverified"],
        id="down",
        findings=tuple(
            replace(one, fault=Fault.HOST, path=f"{url}.md", values={"link": url}) for url in urls
        ),
        files=tuple(
            RemoteFile(url, RemoteState.UNVERIFIED, reason="connect", fault=Fault.HOST) for url in urls
        ),
        wanted=37,
        retry_at=NOW + 600,
        started_at=NOW,
    )
    world.runs.append(report)
    html = client.get(f"/reports/down?lang={lang}").get_data(as_text=True)
    assert [html.count(part) for part in said] == [1, 1]
    assert 'class="finding' not in html


def test_the_evidence_of_a_file_is_complete(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    many = tuple(Tensor(f"layer{n}.<b>", "Float32", (64, 3, n)) for n in range(500))
    url, found = "https://a.cn/x.ckpt", reports["failed"].findings[0]
    differs = RemoteFile(
        url, RemoteState.MEASURED, "0" * 64, "1" * 64, 500, url, etag='"<tag>"', first_bytes="0a1f636f6e76",
        content="ckpt", tensors=many, tensor_count=900, mismatch="truncated",
    )  # fmt: skip
    report = replace(
        reports["failed"], id="evidence", files=(differs,), findings=(replace(found, values={"link": url}),)
    )
    world.runs.append(report)
    html = client.get("/reports/evidence?lang=en").get_data(as_text=True)
    for part in (
        "&#34;&lt;tag&gt;&#34;",
        "0a 1f 63 6f 6e 76  ..conv",
        "breaks off in the middle",
        "layer0.&lt;b&gt;",
        "(64, 3, 399)",
        "… and 500 more",
    ):
        assert part in html
    assert "layer400" not in html
    assert '<details class="tensors">' in html


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "en",
            (
                "Verified 3 h ago on pull request #12; the server confirms the same ETag",
                "Verified 3 h ago on another pull request",
                "Verified on this pull request, 2 min before",
            ),
        ),
        (
            "zh",
            (
                "3 小时前在合并请求 #12 中验证过",
                "3 小时前在另一个合并请求中",
                "2 分钟已在这个合并请求中验证过",
            ),
        ),
    ],
)
def test_where_a_verification_comes_from_is_said(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report], lang: str, said: tuple[str, ...]
) -> None:
    digest, begun = "1" * 64, reports["passed"].started_at
    old = RemoteFile(
        "https://a.cn/1", RemoteState.MEASURED, digest, digest, 5,
        measured_at=begun - 3 * 3600, confirmed_at=begun, read_for="#12",
    )  # fmt: skip
    elsewhere = replace(old, url="https://a.cn/2", read_for="")
    earlier = replace(old, url="https://a.cn/3", confirmed_at=None, measured_at=begun - 120)
    now = replace(old, url="https://a.cn/4", confirmed_at=None, measured_at=begun + 1)
    world.runs.append(replace(reports["passed"], id="origin", files=(old, elsewhere, earlier, now), wanted=4))
    html = client.get(f"/reports/origin?lang={lang}").get_data(as_text=True)
    assert [html.count(part) for part in said] == [1, 1, 1]


def test_a_policy_finding_waits_for_a_maintainer(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    asks = replace(reports["failed"].findings[0], fault=Fault.POLICY)
    world.runs.append(replace(reports["failed"], id="policy", findings=(asks,)))
    assert "For the maintainers to decide" in page(client, "/reports/policy")


def test_progress_and_refresh_only_while_running(client: FlaskClient, reports: dict[str, Report]) -> None:
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


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_older_report_announces_nothing(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report], lang: str
) -> None:
    urls = [f"https://files.example.org/{n}.ckpt" for n in range(3)]
    down = tuple(RemoteFile(url, RemoteState.UNVERIFIED, reason="connect", fault=Fault.HOST) for url in urls)
    old = replace(reports["unverified"], id="old", files=down, wanted=3, findings=())
    unmet = (Condition("known", False, {"count": "3"}),)
    world.runs.append(replace(old, conditions=unmet, started_at=NOW))
    words = {
        "en": ("11-25 00:15 +08:00", "Next try", "tries again", "What to do next"),
        "zh": ("11-25 00:15 +08:00", "下次重试", "自动重试", "接下来做什么"),
    }[lang]
    newest = page(client, f"/reports/old?lang={lang}")
    assert [part for part in words if part not in newest] == []
    world.runs.append(replace(reports["passed"], id="new", ref=old.ref, started_at=NOW + 900))
    older = page(client, f"/reports/old?lang={lang}")
    assert [part for part in words if part in older] == []
    assert 'href="/reports/new"' in older


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


def test_a_pull_request_shows_decisions_and_record_and_gives_them_away(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    ref, who = reports["failed"].ref, User(9, "=<b>maintainer")
    held = Rulings(holds=(Hold(who, "`x` <i>", 1_764_086_400.0),))
    world.runs.append(replace(reports["failed"], id="held", started_at=9e9, rulings=held))
    said = {"text": "<script>", "comment": "https://e.org/1?secret=x"}
    world.entries.append(AuditEntry(ref, 1_764_086_400.0, "hold", "obeyed", "a" * 40, who, said, "k"))
    world.entries.append(AuditEntry(ref, 1_764_086_401.0, "gate", "closed", "a" * 40))
    address = "/pulls/github/mindspore/hub/342"
    html = page(client, address)
    assert "Decisions</h2>" in html
    assert "Show 2 entries" in html
    assert "<script>" not in html
    assert "<i>" not in html
    data = json.loads(client.get(f"{address}/audit.json").data)
    assert [entry["action"] for entry in data["entries"]] == ["hold", "gate"]
    assert data["entries"][0]["actor_id"] == 9
    assert data["entries"][0]["detail"]["comment"] == "https://e.org/1?…"
    table = client.get(f"{address}/audit.csv").data.decode().splitlines()
    assert table[0] == "at,action,outcome,head_sha,actor_id,actor,detail"
    assert ",'=<b>maintainer," in table[1]
    assert client.get("/pulls/github/mindspore/hub/99/audit.json").status_code == 404


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_pull_request_says_how_much_of_it_is_shown_and_where_the_rest_is(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report], slash: str
) -> None:
    latest, address = reports["failed"], "/pulls/github/mindspore/hub/342"
    world.runs.extend(replace(latest, id=f"r{n}", started_at=latest.started_at - n) for n in range(1, 80))
    world.entries.extend(AuditEntry(latest.ref, NOW + n, "gate", "closed", "a" * 40) for n in range(250))
    html = page(client, address + slash)
    for part in ("the newest 50</span>", "the newest 200</span>", "Show the newest 200 entries"):
        assert part in html
    assert len(re.findall(r"<td>\s*closed\s*</td>", html)) == 200
    for kind in ("json", "csv"):
        assert f'href="{address}/audit.{kind}"' in html
        assert client.get(f"{address}/audit.{kind}").status_code == 200


def test_all_that_there_is_is_not_called_the_newest(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    latest = reports["failed"]
    world.runs.extend(replace(latest, id=f"r{n}", started_at=latest.started_at - n) for n in range(1, 50))
    world.entries.extend(AuditEntry(latest.ref, NOW + n, "gate", "closed", "a" * 40) for n in range(200))
    html = page(client, "/pulls/github/mindspore/hub/342")
    assert "the newest" not in html
    assert "Show 200 entries" in html


def test_a_report_shows_what_people_decided(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    last = Waiver("MSH205", "", "legacy <b>", User(9, "maintainer"), reports["failed"].head_sha, NOW)
    world.runs.append(replace(reports["failed"], id="waived", rulings=Rulings((last,), judged_at=NOW)))
    html = page(client, "/reports/waived?lang=en")
    assert "Decisions</h2>" in html
    assert "is waived by <code>maintainer</code> (2025-11-24): <code>legacy &lt;b&gt;</code>" in html
    assert "covers 1 finding" in html
    assert "已作出的决定" in page(client, "/reports/waived?lang=zh")
    assert "Decisions</h2>" not in page(client, "/reports/failed?lang=en")


def test_a_pull_request_without_a_run_is_not_there(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    world.rows = _NotToBeRead()
    page(client, "/pulls/gitee/mindspore/hub/7", 404)
    page(client, "/pulls/github/mindspore/hub/342")


class _NotToBeRead(list[PullRow]):
    """Rows that cost too much to be looked through for one of them."""

    def __getitem__(self, index: object) -> Never:
        raise AssertionError("all pull requests were read")


def test_the_dashboard_is_seldom_read_anew(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]
) -> None:
    assert 'http-equiv="refresh" content="60"' in page(client, "/")
    world.rows = [row(reports["failed"])]
    assert 'http-equiv="refresh"' not in page(client, "/")
    world.rows, world.demo = [], True
    assert 'http-equiv="refresh" content="5"' in page(client, "/")


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
