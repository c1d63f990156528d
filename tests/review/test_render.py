"""The sticky summary: what it says in each verdict, and that no page can say anything in its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import offered
from bot.model import Condition, Report, Rulings, User, Waiver
from bot.review.files import FILES_SHOWN
from bot.review.render import SUMMARY_LIMIT, marker, summary, unmet
from bot.review.report import SUPERSEDED
from bot.review.steps import local_command
from bot.review.words import Words
from rules.facts import RemoteState
from rules.finding import Fault, Severity, Span, Suggestion

Render = Callable[..., str]
URL = "https://bot.example.org"
HOSTILE = (
    "a`|\n# ✅ <b>@all</b> ![x](https://evil.example/p) </details><!-- hubbot:summary verdict=passed -->"
)


@pytest.fixture
def render(words: Words) -> Render:
    def rendered(report: Report, **changes: Any) -> str:
        known: dict[str, Any] = {"words": words, "public_url": URL, "commands": offered(report.language)}
        return summary(report, **(known | changes))

    return rendered


def html_of(markdown: str) -> str:
    return str(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE))


def tree_of(markdown: str) -> ET.Element:
    """The rendered comment as a tree; raises where any element is left open."""
    return ET.fromstring(f"<x>{html_of(markdown)}</x>")


def outside_code(markdown: str) -> str:
    return re.sub(r"<code>.*?</code>", "", html_of(markdown), flags=re.DOTALL)


def test_the_first_line_is_the_marker_and_then_comes_the_verdict(make: Any, render: Render) -> None:
    lines = render(make.report(findings=(make.finding(), make.finding(line=13)))).splitlines()
    assert lines[0] == f"<!-- hubbot:summary v1 sha={make.sha} run=run-1 verdict=failed -->"
    assert lines[1] == "### ❌ 2 problems must be fixed"
    assert lines[3] == "**2 must fix**"
    assert "1 page" in lines[5]
    assert "[full report](https://bot.example.org/reports/run-1)" in lines[5]


@pytest.mark.parametrize(
    ("changes", "english", "chinese"),
    [
        ({}, "✅ Everything that was checked is in order", "✅ 已检查的内容全部符合要求"),
        ({"files": (), "wanted": 0}, "✅ Everything that was checked is in order", "✅ 已检查的内容全部"),
        ({"paths": (), "files": (), "wanted": 0}, "there is nothing to check", "无需检查"),
        ({"wanted": 2}, "Could not verify everything yet", "暂时无法验证全部内容"),
        ({"trouble": "counts"}, "does not add up", "前后不符"),
        ({"trouble": "bot"}, "It is our mistake, not yours", "这是我们的错误，与您无关"),
        ({"trouble": "bot"}, "does not go on by itself", "检查不会自动继续"),
        ({"trouble": "cancelled"}, "does not go on by itself", "检查不会自动继续"),
        ({"trouble": "meteor"}, "The review could not finish", "检查未能完成"),
        ({"finished_at": None, "files": ()}, "model files are being verified", "正在验证模型文件"),
        ({"trouble": SUPERSEDED}, "newer commit", "更新的提交"),
    ],
)
def test_verdicts_in_both_languages(
    make: Any, render: Render, changes: dict[str, Any], english: str, chinese: str
) -> None:
    for language, said in (("en", english), ("zh", chinese), ("fr", english)):
        text = render(make.report(language=language, **changes))
        assert said in text
        tree_of(text)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("case", ["prefix", "other prefix", "undeclared", "advice", "waived"])
def test_an_open_gate_says_no_more_than_is_known(make: Any, render: Render, case: str, language: str) -> None:
    waiver = Waiver("MSH206", "", "an old page", User(1, "ann"), make.sha, 1.0)
    changes = {
        "prefix": {"files": (make.file(declared=make.declared[:8]),)},
        "other prefix": {"files": (make.file(declared="deadbeef"),)},
        "undeclared": {"files": (make.file(declared=""),)},
        "advice": {"findings": (make.finding(severity=Severity.WARNING),)},
        "waived": {"findings": (make.finding(),), "rulings": Rulings((waiver,))},
    }[case]
    text = render(make.report(language=language, **changes))
    said, unsaid = {
        "en": ("✅ Nothing is left that must be fixed", ("is in order", "1 model file verified")),
        "zh": ("✅ 没有必须修复的问题", ("全部符合要求", "已验证 1/1")),
    }[language]
    assert said in text
    assert [part for part in unsaid if part in text] == []


def test_a_server_fault_is_no_task_of_the_author(make: Any, render: Render) -> None:
    report = make.report(
        findings=(make.finding("MSH305", fault=Fault.HOST, link=make.url),),
        files=(make.file(RemoteState.UNVERIFIED),),
        retry_at=1_764_087_414.0,
    )
    text = render(report)
    assert "Must fix" not in text
    assert "#### Nothing for you to do" in text
    assert text.count("2025-11-25 16:16 UTC (11-26 00:16 +08:00)") == 1
    assert "您无需操作的部分" in render(
        make.report(language="zh", findings=report.findings, files=report.files)
    )


def test_a_mismatch_shows_its_evidence_and_never_a_replacement(make: Any, render: Render) -> None:
    finding = make.finding("MSH303", link=make.url, declared=make.declared, observed=make.observed)
    file = make.file(sha256=make.observed, reads=2, final_url="https://obs.example/x.ckpt?Signature=s3cr3t")
    text = render(make.report(findings=(finding,), files=(file,)))
    for part in (
        f"| sha256 in the page | ` {make.declared} ` |",
        f"| sha256 of the file | ` {make.observed} ` |",
        "| size read | 52,428,800 B (50.0 MiB) |",
        f"| address | ` {make.url} ` |",
        "| reached at | ` https://obs.example/x.ckpt?… ` |",
        "| complete reads that agree | 2 |",
        f"hubbot sha256 {make.url}\n",
        "comment `/recheck`",
    ):
        assert part in text
    assert "suggestion" not in text
    assert "s3cr3t" not in text
    assert "Must fix" not in text


@pytest.mark.parametrize(
    ("word", "english", "chinese"),
    [
        ("md5", "is the MD5 of this file", "该文件的 MD5"),
        ("unpacked", "packed in this gzip file", "gzip 文件解压后"),
        ("truncated", "breaks off in the middle", "没有上传完整"),
    ],
)
def test_a_mismatch_says_what_it_comes_from(
    make: Any, render: Render, word: str, english: str, chinese: str
) -> None:
    finding = make.finding(
        "MSH303", link=make.url, declared=make.declared, declared_for="other/page.md", served_for="third.md"
    )
    file = make.file(
        sha256=make.observed, mismatch=word, etag='"v|1"', first_bytes="0a1f636f6e7631", content="ckpt",
        tensor_count=161,
    )  # fmt: skip
    text = render(make.report(findings=(finding,), files=(file,)))
    for part in (
        english,
        "gives for another file",
        "` other/page.md `",
        "` third.md `",
        '| ETag | ` "v\\|1" ` |',
        "| first bytes | ` 0a 1f 63 6f 6e 76 31  ..conv1 ` |",
        "| begins as | ` ckpt ` · 161 tensors |",
    ):
        assert part in text
    assert chinese in render(make.report(findings=(finding,), files=(file,), language="zh"))


@pytest.mark.parametrize(
    ("word", "said"), [("prefix", "only the beginning"), ("upper-case", "capital letters")]
)
def test_a_digest_that_is_only_misspelt_is_said_to_be_right(
    make: Any, render: Render, word: str, said: str
) -> None:
    text = render(make.report(files=(make.file(mismatch=word),)))
    assert said in text
    assert "Must fix" not in text


@pytest.mark.parametrize(
    "url", ["https://h.cn/$(reboot)", "https://h.cn/a'b", "https://h.cn/a;b", "https://h.cn/a&b"]
)
def test_no_address_reaches_a_command_that_a_shell_would_read(make: Any, render: Render, url: str) -> None:
    finding = make.finding("MSH303", link=url)
    text = render(make.report(findings=(finding,), files=(make.file(url=url, sha256=make.observed),)))
    assert "hubbot sha256 <the address above>\n" in text


def test_a_finding_stands_in_one_section_only(make: Any, render: Render) -> None:
    findings = (
        make.finding(value="must"),
        make.finding(severity=Severity.WARNING, value="should"),
        make.finding(severity=Severity.NOTICE, value="note"),
        make.finding(fault=Fault.POLICY, value="policy"),
        make.finding(fault=Fault.FORGE, value="forge"),
        make.finding("MSH303", value="digest"),
    )
    text = render(make.report(findings=findings))
    for word in ("must", "should", "note", "policy", "forge", "digest"):
        assert text.count(f"` {word} `") == 1
    order = [
        "Must fix",
        "not the one",
        "#### Nothing for",
        "For a maintainer",
        "Should fix",
        "Notes",
        "Why the gate",
    ]
    assert [text.index(title) for title in order] == sorted(text.index(title) for title in order)


def test_the_same_on_many_pages_is_said_once(make: Any, render: Render) -> None:
    findings = tuple(make.finding(path=f"{make.page[:-3]}{n}.md", value="v1.2") for n in range(217))
    text = render(make.report(findings=findings, paths=tuple(f.path for f in findings)))
    assert text.count("` v1.2 `") == 1
    assert "**On 217 pages:**" in text
    assert "… and 187 more places" in text
    assert len(text) < 20_000


def test_one_rule_with_many_sentences_is_folded(make: Any, render: Render) -> None:
    findings = tuple(make.finding(path=f"{make.page[:-3]}{n}.md", value=f"v{n}") for n in range(40))
    text = render(make.report(findings=findings, paths=tuple(f.path for f in findings)))
    assert "MSH206](https://bot.example.org/rules/MSH206) on 40 pages** Mend it." in text
    assert "` v3 `" in text
    assert "… and 20 more places" in text


def test_lines_link_to_the_head_commit(make: Any, render: Render) -> None:
    finding = make.finding(path="a b/)](x.md", line=7)
    text = render(make.report(findings=(finding,)), blob_url="https://github.com/o/r/blob/abc/")
    assert "[line 7](https://github.com/o/r/blob/abc/a%20b/%29%5D%28x.md#L7)" in text


def test_three_thousand_findings_fit_whole(make: Any, render: Render) -> None:
    findings = tuple(
        make.finding(
            f"MSH{200 + n % 50}",
            list(Severity)[n % 3],
            list(Fault)[n % 5],
            path=f"{make.page[:-3]}{n % 700}.md",
            value=f"{n} {HOSTILE}",
        )
        for n in range(3_000)
    )
    mismatches = tuple(make.finding("MSH303", path=f"p{n}.md", link=f"https://h/{n}") for n in range(300))
    files = tuple(make.file(url=f"https://h/{n}", sha256=make.observed) for n in range(300))
    for language in ("en", "zh"):
        text = render(make.report(language=language, findings=findings + mismatches, files=files, wanted=300))
        assert len(text.encode()) <= SUMMARY_LIMIT
        outside = outside_code(text)
        assert outside.count("<details>") == outside.count("</details>") > 3
        assert "/reports/run-1)" in text
        assert text.count("\n#### ") == 5
        tree_of(text)


def test_one_page_with_thousands_of_findings_is_shown_in_part(make: Any, render: Render) -> None:
    findings = tuple(make.finding(line=n, value="x" * 500) for n in range(1, 3_000))
    text = render(make.report(findings=findings))
    assert "line 1:" in text
    assert "more entries in the [full report]" in text
    assert len(text.encode()) <= SUMMARY_LIMIT


def test_hostile_text_says_nothing_outside_of_code(make: Any, render: Render) -> None:
    finding = make.finding(path=HOSTILE, value=HOSTILE)
    mismatch = make.finding("MSH303", path=HOSTILE, link=HOSTILE)
    report = make.report(
        paths=(HOSTILE,) * 2,
        findings=(finding, mismatch, make.finding("<b>@all</b>", path=HOSTILE)),
        files=(make.file(url=HOSTILE, sha256=HOSTILE, final_url=HOSTILE + "x"), make.file(url=f"{HOSTILE}y")),
        trouble="counts",
        trouble_detail=HOSTILE,
        title=HOSTILE,
        head_sha=HOSTILE,
        merge_base=HOSTILE,
        id=HOSTILE,
        language="zh",
    )
    text = render(report, blob_url="https://github.com/o/r/blob/abc/")
    outside = outside_code(text)
    for forbidden in ("@all", 'evil.example/p"', "<img", "<b>", "✅", "verdict=passed"):
        assert forbidden not in outside
    assert outside.count("<!--") == 1
    tree_of(text)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_report_renders_to_a_whole_comment(
    reports: st.SearchStrategy[Report], words: Words, data: st.DataObject
) -> None:
    report = data.draw(reports)
    text = summary(report, words=words, public_url=URL, commands=offered(report.language))
    assert text.startswith("<!-- hubbot:summary v1 ")
    assert len(text.encode()) <= SUMMARY_LIMIT
    tree_of(text)


def test_the_marker_cannot_be_ended_from_inside(make: Any) -> None:
    assert marker(make.report(id="x --> y", head_sha="-->")).count("-->") == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"paths": ("a/b.md",)}, "hubbot check --remote --lang en a/b.md"),
        ({"paths": ("a b.md",)}, f"hubbot check --remote --lang en --diff {'a' * 12}"),
        ({"paths": ("$(reboot).md",)}, f"hubbot check --remote --lang en --diff {'a' * 12}"),
        ({"paths": ("--all",)}, f"hubbot check --remote --lang en --diff {'a' * 12}"),
        ({"paths": ("a.md",) * 4, "language": "zh"}, f"hubbot check --remote --lang zh --diff {'a' * 12}"),
        ({"paths": (), "merge_base": "; reboot"}, "hubbot check --remote --lang en --diff origin/HEAD"),
    ],
)
def test_the_command_to_run_at_home(make: Any, changes: dict[str, Any], expected: str) -> None:
    assert local_command(make.report(**changes)) == expected


def test_repairs_come_with_the_command_that_makes_them(make: Any) -> None:
    finding = make.finding(suggestion=Suggestion(Span(12, 1, 12, 2), "x"))
    expected = "hubbot fix a.md\nhubbot check --remote --lang en a.md"
    assert local_command(make.report(findings=(finding,), paths=("a.md",))) == expected
    assert "fix" not in local_command(make.report(findings=(finding,), paths=("$(reboot).md",)))


def test_each_unmet_condition_has_a_sentence() -> None:
    given_ = (
        Condition("finished", True),
        Condition("format", False, {"count": "2"}),
        Condition("measured", False, {"measured": "137", "wanted": "479"}),
        Condition("moon-phase", False, {"n": "x"}),
    )
    assert unmet(given_, "en") == (
        "2 problems on the pages",
        "137 of 479 model files read to the end",
        "Condition ` moon-phase `",
    )
    assert unmet(given_, "zh")[1] == "已完整读取 137/479 个模型文件"


def test_the_same_report_is_rendered_the_same(make: Any, render: Render) -> None:
    assert render(make.report()) == render(make.report())


def test_only_the_commands_given_are_offered(make: Any, render: Render) -> None:
    report = make.report(findings=(make.finding("MSH303"),))
    assert "/recheck" not in render(report, commands=())
    assert "`/status`" in render(report)


def test_a_mismatch_shows_what_its_own_page_declares(make: Any, render: Render) -> None:
    finding = make.finding("MSH303", link=make.url, declared="0" * 64)
    text = render(make.report(findings=(finding,), files=(make.file(),)))
    assert f"| sha256 in the page | ` {'0' * 64} ` |" in text
    assert f"| sha256 of the file | ` {make.declared} ` |" in text


def steps_of(text: str) -> list[str]:
    """The numbered steps as they are rendered."""
    lists = [element for element in tree_of(text) if element.tag == "ol"]
    return ["".join(item.itertext()) for item in lists[0]] if lists else []


def test_what_to_do_is_numbered_where_it_is_more_than_one_thing(make: Any, render: Render) -> None:
    repair = Suggestion(Span(12, 1, 12, 2), "x")
    red = (make.finding(suggestion=repair), make.finding("MSH303", link=make.url))
    first, second, third, fourth = steps_of(render(make.report(findings=red)))
    assert first == "Fix the 2 problems below; each line number leads to its place."
    assert "hubbot fix" in second
    assert "Push to the same branch" in third
    assert "/recheck" in fourth
    assert len(steps_of(render(make.report(findings=red[1:]), commands=()))) == 2
    assert len(steps_of(render(make.report(findings=red[:1], finished_at=None)))) == 3
    for quiet in ({}, {"wanted": 2}, {"findings": (make.finding(fault=Fault.POLICY),)}):
        assert steps_of(render(make.report(**quiet))) == []


def test_the_steps_come_before_everything_but_the_verdict(make: Any, render: Render) -> None:
    text = render(make.report(findings=(make.finding(),)))
    order = ["### ❌", "**1 must fix**", "**What to do next**", "#### Must fix", "<details>"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)


def test_the_run_and_both_times_are_told(make: Any, render: Render) -> None:
    assert "· run 7 · 2025-11-25 16:00 UTC (11-26 00:00 +08:00) ·" in render(make.report(run=7))
    assert "第 7 次检查" in render(make.report(run=7, language="zh"))
    assert "run 0" not in render(make.report())
    assert "2025-11-25 16:00 UTC" in render(
        make.report(finished_at=None, files=(), findings=(make.finding(),))
    )


def test_progress_counts_what_is_read(make: Any, render: Render) -> None:
    files = tuple(make.file(url=f"https://h/{n}") for n in range(137))
    text = render(make.report(finished_at=None, files=files, wanted=479))
    assert "137 of 479 model files read" in text


def test_verified_files_are_listed_within_bounds(make: Any, render: Render) -> None:
    files = tuple(make.file(url=f"https://h/{n}") for n in range(479))
    text = render(make.report(files=files, wanted=479))
    assert "<summary>479 verified model files</summary>" in text
    assert text.count("` https://h/") == FILES_SHOWN
    assert "… and 459 more entries in the [full report](https://bot.example.org/reports/run-1)" in text


@pytest.mark.parametrize(("language", "over"), [("en", "any more; `/recheck`"), ("zh", "不再自动重试")])
def test_what_is_not_tried_again_is_not_said_to_be(
    make: Any, render: Render, language: str, over: str
) -> None:
    report = make.report(
        language=language,
        findings=(make.finding("MSH305", fault=Fault.HOST, link=make.url),),
        files=(make.file(RemoteState.UNVERIFIED),),
        retry_at=1_764_087_414.0,
    )
    assert over not in render(report)
    assert over in render(replace(report, retry_at=None))
    assert over not in render(replace(report, retry_at=None, finished_at=None)), "the run goes on"
