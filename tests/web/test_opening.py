"""What the head of a report says: never more than is known, and whose turn it really is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from bot.model import Hold, Report, Rulings, User, Waiver
from bot.review.gate import conditions
from bot.web.opening import Said, mark, opening, steps, turn, word
from rules.facts import RemoteFile
from rules.finding import Fault, Finding, Severity
from tests.web.worlds import NOW, OTHER, PAGE, TRUE, MemoryWorld, finding, measured, page

MAINTAINER, AUTHOR = User(1, "maintainer"), User(2, "lin-xiaoyu")
SHOULD = finding("MSH303", "digest-mismatch", 36, severity=Severity.WARNING, variant="prefix")
WHOLE, PREFIX = measured("a.ckpt"), measured("a.ckpt", TRUE[:8])
UNDECLARED, DIFFERS = measured("a.ckpt", ""), measured("a.ckpt", "deadbeef", OTHER)

CHECKED = ("checked_pages", 1)


def made(reports: dict[str, Report], **changes: object) -> Report:
    """A report with an open gate, changed."""
    base = replace(reports["passed"], findings=(), rulings=Rulings(judged_at=NOW))
    changed = replace(base, **changes)  # type: ignore[arg-type]  # any field
    return replace(changed, conditions=conditions(changed))


def waiver(rule: str) -> Rulings:
    return Rulings(
        (Waiver(rule, "", "known since 2022", MAINTAINER, "3f2a9c1" + "0" * 33, NOW),), judged_at=NOW
    )


@pytest.mark.parametrize(
    ("files", "findings", "rulings", "title", "lines"),
    [
        ((WHOLE,), (), Rulings(), "passed", [("passed_pages", 1), ("passed_files", 1)]),
        ((), (), Rulings(), "passed", [("passed_pages", 1)]),
        ((PREFIX,), (), Rulings(), "passed_open", [("passed_pages", 1), ("read_files", 1)]),
        ((UNDECLARED,), (), Rulings(), "passed_open", [("passed_pages", 1), ("read_files", 1)]),
        ((DIFFERS,), (SHOULD,), Rulings(), "passed_open", [CHECKED, ("read_files", 1)]),
        ((WHOLE,), (SHOULD,), Rulings(), "passed_open", [CHECKED, ("passed_files", 1)]),
        (
            (WHOLE,),
            (finding("MSH205", "module-type", 9),),
            waiver("MSH205"),
            "passed_open",
            [CHECKED, ("passed_files", 1), ("waived", 1)],
        ),
        (
            (WHOLE, replace(PREFIX, url="https://a.cn/b.ckpt")),
            (),
            Rulings(),
            "passed_open",
            [("passed_pages", 1), ("read_files", 2)],
        ),
    ],
)
def test_an_open_gate_says_no_more_than_is_known(
    reports: dict[str, Report],
    files: tuple[RemoteFile, ...],
    findings: tuple[Finding, ...],
    rulings: Rulings,
    title: str,
    lines: list[Said],
) -> None:
    report = made(reports, files=files, wanted=len(files), findings=findings, rulings=rulings)
    head = opening(report)
    assert (word(report), head.title, list(head.lines)) == ("passed", (title, 0), lines)


@pytest.mark.parametrize(
    ("lang", "untrue", "true"),
    [
        ("en", ("checks out", "follows the rules", "match"), ("1 page was checked.", "was read to the end.")),
        ("zh", ("检查全部通过", "符合规则", "一致。"), ("已检查 1 个页面。", "均已完整读取。")),
    ],
)
def test_a_digest_that_differs_is_not_said_to_match(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report],
    lang: str, untrue: tuple[str, ...], true: tuple[str, ...],
) -> None:  # fmt: skip
    world.runs.append(made(reports, id="prefix", started_at=NOW, files=(DIFFERS,), findings=(SHOULD,)))
    html = page(client, f"/reports/prefix?lang={lang}")
    panel = html[html.index('<section class="verdict') : html.index("</section>")]
    assert not [part for part in untrue if part in panel]
    assert [part for part in true if part not in panel] == []
    assert "Every file matches" not in html
    assert "每个文件都与声明" not in html


@pytest.mark.parametrize(
    ("rulings", "title", "step", "by"),
    [
        (Rulings(judged_at=NOW, approvals_needed=1), "approval", ("approval",), "approved"),
        (Rulings(judged_at=NOW, holds=(Hold(AUTHOR, "wait", NOW),)), "held", ("free-author",), "free-author"),
        (
            Rulings(judged_at=NOW, holds=(Hold(MAINTAINER, "", NOW, firm=True), Hold(AUTHOR, "", NOW))),
            "held",
            ("free-maintainer",),
            "free",
        ),
        (
            Rulings(judged_at=NOW, approvals_needed=1, holds=(Hold(AUTHOR, "wait", NOW),)),
            "approval",
            ("approval", "free-author"),
            "free-author",
        ),
    ],
)
def test_what_waits_for_a_decision_needs_no_changes(
    reports: dict[str, Report], rulings: Rulings, title: str, step: tuple[str, ...], by: str
) -> None:
    report = made(reports, rulings=rulings)
    assert (word(report), opening(report).title[0]) == ("waiting", title)
    assert steps(report, "waiting") == step
    assert turn(report, by.partition("-")[0]) == by


def test_a_question_of_policy_waits_and_a_mistake_fails(reports: dict[str, Report]) -> None:
    question = made(reports, findings=(finding("MSH503", "replaced-digest", 9, fault=Fault.POLICY),))
    assert (word(question), opening(question).title) == ("waiting", ("decision", 0))
    assert steps(question, "waiting") == ("decision",)
    held = Rulings(judged_at=NOW, holds=(Hold(AUTHOR, "wait", NOW),))
    mistake = made(reports, findings=(finding("MSH205", "module-type", 9),), rulings=held)
    assert (word(mistake), opening(mistake).title) == ("failed", ("failed", 1))
    assert steps(mistake, "failed") == ("fix", "recheck", "local")


@pytest.mark.parametrize(
    ("trouble", "retry_at", "step", "by"),
    [
        ("counts", NOW + 900, "trouble-retry", "complete"),
        ("counts", None, "trouble-tired", "later"),
        ("forge", None, "trouble-wait", "complete"),
        ("cancelled", None, "trouble-cancelled", "complete-cancelled"),
        ("bot", None, "trouble-bot", "complete-bot"),
    ],
)
def test_a_retry_is_promised_where_there_is_one(
    reports: dict[str, Report], trouble: str, retry_at: float | None, step: str, by: str
) -> None:
    report = made(reports, files=(), wanted=0, trouble=trouble, retry_at=retry_at)
    assert steps(report, word(report)) == (step,)
    assert turn(report, "complete") == by


@pytest.mark.parametrize("trouble", ["cancelled", "bot"])
def test_nobody_who_waits_is_told_that_it_goes_on_by_itself(
    world: MemoryWorld, client: FlaskClient, reports: dict[str, Report], trouble: str
) -> None:
    world.runs.append(made(reports, id="stopped", started_at=NOW, files=(), wanted=0, trouble=trouble))
    for lang, promises in (("en", ("hubbot tries again by itself",)), ("zh", ("hubbot 会自动重试",))):
        html = page(client, f"/reports/stopped?lang={lang}")
        assert not [promise for promise in promises if promise in html]
        assert "/recheck" in html


def test_what_could_not_be_verified_in_many_tries(reports: dict[str, Report]) -> None:
    again = replace(reports["unverified"], rulings=Rulings(judged_at=NOW))
    tired = replace(again, retry_at=None)
    assert steps(again, "unverified")[-1] == "unverified-retry"
    assert steps(tired, "unverified")[-1] == "unverified-tired"
    assert [turn(report, "known") for report in (again, tired)] == ["known", "later"]


def test_a_word_of_tomorrow_asks_for_nothing(reports: dict[str, Report]) -> None:
    assert steps(reports["failed"], "a word of tomorrow") == ()


def test_a_mark_changes_with_what_there_is_to_read_and_not_with_every_file(
    reports: dict[str, Report],
) -> None:
    running = reports["running"]
    assert mark(replace(running, files=running.files[:3])) == mark(running)
    ended = replace(running, finished_at=NOW)
    found = replace(running, findings=reports["failed"].findings)
    assert len({mark(report) for report in (running, ended, found, replace(running, id="other"))}) == 4


def test_the_pages_say_so(world: MemoryWorld, client: FlaskClient, reports: dict[str, Report]) -> None:
    held = Rulings(judged_at=NOW, holds=(Hold(AUTHOR, "wait for the paper", NOW),))
    world.runs.append(made(reports, id="held", started_at=NOW, rulings=held, paths=(PAGE,)))
    for path in ("/reports/held", "/pulls/github/mindspore/hub/341"):
        html = page(client, path)
        assert "Waits for a decision" in html
        assert "Needs changes" not in html
        assert "The pull request is on hold" in html
        assert "The author, whoever holds it, or a maintainer, with <code>/unhold</code>." in html
        assert "<code>lin-xiaoyu</code> (2025-11-24): <code>wait for the paper</code>" in html
