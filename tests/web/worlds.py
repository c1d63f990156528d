"""A world in memory that keeps the port's promises, words for a few rules, and reports of every verdict."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from flask.testing import FlaskClient

from bot.forges.base import Hooks, Refused
from bot.model import AuditEntry, Condition, Delivery, Intent, PullRef, Report
from bot.review.counts import counts
from bot.review.excerpts import excerpts
from bot.review.report import to_json
from bot.store.standing import Standing
from bot.web.opening import word
from bot.web.words import CommandLine, RulePage, Show, Words
from bot.web.world import PullRow
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault, Finding, Severity, Span, Suggestion

NOW = 1_764_000_000.0
SECRET = b"a secret of the tests"
PAGE = "mshub_res/assets/mindspore/1.9/googlenet_cifar10.md"
HOST = "https://download.mindspore.cn/models/r1.9/"
TRUE, OTHER = sha256(b"true").hexdigest(), sha256(b"other").hexdigest()
WORDS = {
    "en": {
        "MSH205": ("{value} is not a known module type.", "Did you mean {near}?"),
        "MSH203": (
            "The version {value} is not of the form {near}.",
            "Write the version as the directory has it.",
        ),
        "MSH303": (
            "The file does not match {value}.",
            "Run `hubbot sha256` on your own copy.\n\nThen correct the page.",
        ),
        "MSH304": ("{url} could not be read: {value}.", "It is tried again by itself."),
    },
    "zh": {
        "MSH205": ("{value} 不是已知的模型类型。", "是不是想写 {near}？"),
        "MSH203": ("版本 {value} 的格式应为 {near}。", "请与目录中的版本写法一致。"),
        "MSH303": ("文件与声明的 {value} 不一致。", "请对自己的文件运行 `hubbot sha256`。\n\n然后修改页面。"),
        "MSH304": ("无法读取 {url}：{value}。", "稍后会自动重试。"),
    },
}


class SharedSecret:
    """Hooks of a forge that signs the body; what it says is JSON in the shape of a `Delivery`."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        sent = headers.get("x-test-signature", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(sent, hmac.new(SECRET, body, sha256).hexdigest().encode()):
            raise Refused(403, f"expected {hmac.new(SECRET, body, sha256).hexdigest()}")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        said = json.loads(body)
        if not isinstance(said, dict):
            raise Refused(400, "not an object")
        intent = Intent(said.pop("intent"))
        return Delivery("github", headers["X-Test-Delivery"], "pull_request", "opened", intent, **said)

    def redact(self, body: bytes) -> bytes:
        return body.replace(b"hook password", b"***")


@dataclass
class MemoryWorld:
    """The port, on lists and dictionaries."""

    hooks: Mapping[str, Hooks] = field(default_factory=lambda: {"github": SharedSecret()})
    repositories: Mapping[str, frozenset[str]] = field(
        default_factory=lambda: {"github": frozenset({"MindSpore/Hub"})}
    )
    sites: Mapping[str, str] = field(default_factory=lambda: {"github": "https://github.com"})
    demo: bool = False
    public_url: str = "https://bot.example"
    kept: list[tuple[Delivery, Mapping[str, str], bytes]] = field(default_factory=list)
    runs: list[Report] = field(default_factory=list)
    entries: list[AuditEntry] = field(default_factory=list)
    rows: list[PullRow] = field(default_factory=list)
    checks: list[tuple[str, bool, str]] = field(default_factory=lambda: [("database", True, "")])
    stands: Standing = field(default_factory=lambda: Standing(workers=1))
    trouble: Exception | None = None
    #: What a test about the hub's health puts here.
    hub: Any = None

    def now(self) -> float:
        return NOW

    def accept(self, delivery: Delivery, headers: Mapping[str, str], body: bytes) -> bool:
        self._trouble()
        if any(known.id == delivery.id for known, _, _ in self.kept):
            return False
        self.kept.append((delivery, headers, body))
        return True

    def report(self, id: str) -> Report | None:  # noqa: A002 - the port's name for it
        self._trouble()
        return next((run for run in self.runs if run.id == id), None)

    def reports(self, ref: PullRef, limit: int) -> Sequence[Report]:
        self._trouble()
        of_ref = [run for run in self.runs if run.ref == ref]
        return sorted(of_ref, key=lambda run: -run.started_at)[:limit]

    def pulls(self, limit: int) -> Sequence[PullRow]:
        self._trouble()
        return self.rows[:limit]

    def audit(self, ref: PullRef, limit: int) -> Sequence[AuditEntry]:
        self._trouble()
        return [entry for entry in self.entries if entry.ref == ref][-limit:]

    def standing(self) -> Standing:
        self._trouble()
        return self.stands

    def ready(self) -> Sequence[tuple[str, bool, str]]:
        self._trouble()
        return self.checks

    def _trouble(self) -> None:
        if self.trouble:
            raise self.trouble


def say(finding: Finding, lang: str, show: Show, part: int) -> str:
    text = WORDS[lang].get(finding.rule, ("{value}", ""))[part]
    return text.format(
        **{"value": "", "near": "", "url": "", **{k: show(v) for k, v in finding.values.items()}}
    )


WORDS_OF_TESTS = Words(
    message=lambda finding, lang, show: say(finding, lang, show, 0),
    help_text=lambda finding, lang, show: say(finding, lang, show, 1),
    rules=lambda lang: (
        RulePage(
            "MSH303",
            "digest-mismatch",
            "error",
            "The file and its sha256 agree",
            "## Why\n\nA `sha256` <b>guards</b>.",
        ),
    ),
    commands=lambda lang: (CommandLine("/recheck [all]", "check `all` again", "the author", ("/retest",)),),
    to_json=to_json,
    sarif=lambda report, lang: json.dumps({"lang": lang, "results": [f.rule for f in report.findings]}),
)


def finding(rule: str, name: str, line: int, **rest: object) -> Finding:
    made = Finding(rule, name, Severity.ERROR, Fault.CONTRIBUTOR, PAGE, Span(line, 14, line, 35))
    return replace(made, fingerprint=f"{rule}-{line}", **rest)  # type: ignore[arg-type]  # any field


def measured(name: str, declared: str = TRUE, observed: str = TRUE, size: int = 52_428_800) -> RemoteFile:
    return RemoteFile(
        f"{HOST}{name}",
        RemoteState.MEASURED,
        declared,
        observed,
        size,
        f"{HOST}{name}",
        reads=2,
        measured_at=NOW,
    )


def samples() -> dict[str, Report]:
    """One report for each verdict and for each size, by name."""
    conditions = (
        Condition("finished", True),
        Condition("complete", True),
        Condition("format", False),
        Condition("assets", True),
    )
    passed = Report(
        id="passed", ref=PullRef("github", "mindspore/hub", 341),
        title="Add GoogLeNet trained on CIFAR-10 (r1.9)", author="lin-xiaoyu", language="en",
        url="https://github.com/mindspore/hub/pull/341", head_sha="3f2a9c1" + "0" * 33,
        merge_base="b" * 40, started_at=NOW - 400, finished_at=NOW - 386, paths=(PAGE,),
        files=(measured("googlenet_ascend_v190_cifar10_official_cv_acc92.1.ckpt"),), wanted=1,
        conditions=tuple(replace(c, met=True) for c in conditions),
    )  # fmt: skip
    module = finding(
        "MSH205", "module-type", 9, values={"value": "cv-clasification", "near": "cv-classification"},
        suggestion=Suggestion(Span(9, 14, 9, 30), "cv-classification"),
    )  # fmt: skip
    version = finding(
        "MSH203", "version-form", 13, values={"value": "v1.9", "near": "1.9"}, severity=Severity.WARNING
    )
    wrong = measured("googlenet_ascend_v190_cifar10.ckpt", TRUE, OTHER)
    differs = finding("MSH303", "digest-mismatch", 36, values={"url": wrong.url, "value": TRUE})
    failed = replace(passed, id="failed", findings=(module, version), conditions=conditions)
    mismatch = replace(failed, id="mismatch", findings=(differs,), files=(wrong, *passed.files), wanted=2)
    silent = RemoteFile(
        f"{HOST}bert.ckpt",
        RemoteState.UNVERIFIED,
        TRUE,
        reason="status-503",
        fault=Fault.HOST,
        detail="503 Service Unavailable, 4 attempts",
    )
    host = finding(
        "MSH304", "unreachable-link", 36, fault=Fault.HOST, values={"url": silent.url, "value": "503"}
    )
    unverified = replace(
        passed,
        id="unverified",
        findings=(host,),
        files=(silent,),
        retry_at=NOW + 900,
        conditions=(*conditions[:3], Condition("assets", False)),
    )
    many = tuple(f"mshub_res/assets/mindspore/1.9/model{n:03}_imagenet2012.md" for n in range(479))
    files = tuple(measured(f"model{n:03}_ascend_v190_imagenet2012.ckpt") for n in range(479))
    running = replace(
        passed, id="running", finished_at=None, paths=many, files=files[:137], wanted=479, conditions=()
    )
    bulk_findings = tuple(replace(module, path=path, fingerprint=path) for path in many[::3])
    bulk = replace(
        failed,
        id="bulk",
        paths=many,
        files=(wrong, *files[1:]),
        wanted=479,
        findings=(*bulk_findings, differs),
    )
    nothing = replace(passed, id="nothing", paths=(), files=(), wanted=0, conditions=())
    trouble = replace(nothing, id="trouble", trouble="counts", trouble_detail="3 of 4", retry_at=NOW + 300)
    superseded = replace(trouble, id="superseded", trouble="superseded", retry_at=None)
    all_of_them = (passed, failed, mismatch, unverified, running, bulk, nothing, trouble, superseded)
    return {
        run.id: replace(
            run,
            ref=PullRef("github", "mindspore/hub", 341 + n),
            excerpts=excerpts(run.findings, {PAGE: SOURCE.split("\n")}),
        )
        for n, run in enumerate(all_of_them)
    }


def row(report: Report) -> PullRow:
    running = report.finished_at is None
    return PullRow(
        report.ref, report.title, report.author, report.head_sha, word(report), report.id, counts(report),
        running, len(report.files), report.wanted, report.started_at,
    )  # fmt: skip


SOURCE = "\n".join(
    ["# googlenet", "", "---", "", "model-name: googlenet", "", "backbone-name: googlenet", "",
     "module-type: cv-clasification", "", "fine-tunable: True", "", "model-version: v1.9", *[""] * 22,
     f"    asset-sha256: {TRUE}"]
)  # fmt: skip


def page(client: FlaskClient, path: str, status: int = 200, **rest: Any) -> str:
    """The text of a page, which must be answered with the status."""
    answer = client.get(path, **rest)
    assert answer.status_code == status
    return answer.get_data(as_text=True)
