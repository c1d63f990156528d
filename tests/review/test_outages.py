"""A host that is down is one banner in the summary and one in the check, not a finding for each file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.model import ASSETS, Report
from bot.review.checks import checks
from bot.review.moments import age
from bot.review.outages import ADDRESSES_SHOWN, apart, outages, worth_a_try
from bot.review.render import summary
from bot.review.words import Words
from rules.facts import RemoteState
from rules.finding import Fault

RETRY = 1_764_087_414.0


def down(
    make: Any, count: int, host: str = "files.example.org", reason: str = "connect", **more: Any
) -> Report:
    """A report of so many files that their host kept from being read, each with its finding."""
    urls = [f"https://{host}/{n}.ckpt" for n in range(count)]
    files = tuple(
        make.file(RemoteState.UNVERIFIED, url=url, sha256="", reason=reason, fault=Fault.HOST) for url in urls
    )
    findings = tuple(
        make.finding("MSH305", fault=Fault.HOST, path=f"p{n}.md", link=url) for n, url in enumerate(urls)
    )
    return make.report(files=files, findings=findings, wanted=count, **more)  # type: ignore[no-any-return]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_outage_is_one_sentence(make: Any, words: Words, language: str) -> None:
    text = summary(down(make, 37, language=language, retry_at=RETRY), words=words)
    said = {
        "en": "` files.example.org ` does not answer: 37 files could not be verified; nothing for you to do; "
        "next try at 2025-11-25 16:16 UTC",
        "zh": "` files.example.org ` 没有应答：37 个文件暂时无法验证；您无需操作；下次重试时间：2025-11-25",
    }
    assert text.count(said[language]) == 1
    assert "MSH305" not in text
    assert text.count("<summary>") >= 2
    assert "https://files.example.org/36.ckpt" in text


def test_the_check_says_it_and_annotates_no_page(make: Any, words: Words) -> None:
    check = next(c for c in checks(down(make, 5, retry_at=RETRY), words=words) if c.context == ASSETS)
    assert check.annotations == ()
    assert "does not answer: 5 files" in check.summary


def test_a_busy_host_is_said_to_be_busy_and_without_a_time_none_is_promised(make: Any, words: Words) -> None:
    text = summary(down(make, 3, reason="rate-limited"), words=words)
    assert "asks us to come back later: 3 files could not be verified; nothing for you to do." in text


def test_one_file_is_a_finding_like_others(make: Any, words: Words) -> None:
    assert outages(down(make, 1).files) == ()
    assert "MSH305" in summary(down(make, 1), words=words)
    assert len(outages(down(make, 1, reason="host-unavailable").files)) == 1


def test_what_is_not_the_outage_s_stays_a_finding(make: Any, words: Words) -> None:
    report = down(make, 4)
    other = make.finding("MSH206", path="q.md")
    gone = make.finding("MSH305", path="r.md", link="https://files.example.org/gone")
    found, rest = apart(replace(report, findings=(*report.findings, other, gone)))
    assert [outage.host for outage in found] == ["files.example.org"]
    assert rest == (other, gone)


def test_the_hosts_come_by_how_much_they_hold_up(make: Any) -> None:
    files = (*down(make, 2, "a.example").files, *down(make, 3, "b.example").files)
    assert [outage.host for outage in outages(files)] == ["b.example", "a.example"]


def test_many_addresses_are_counted(make: Any, words: Words) -> None:
    text = summary(down(make, ADDRESSES_SHOWN + 7), words=words)
    assert "and 7 more places" in text


def test_hosts_that_ask_for_patience_are_not_tried_for_a_person(make: Any) -> None:
    busy = down(make, 1, "busy.example", "rate-limited").files
    closed = down(make, 2, "busy.example", "host-unavailable").files
    assert worth_a_try((*busy, *closed, *down(make, 1, "a.example").files)) == {"a.example"}
    assert worth_a_try([make.file()]) == frozenset()


@pytest.mark.parametrize("url", ["", "https://[", "nonsense", "https://"])
def test_what_is_no_address_has_no_host(make: Any, url: str) -> None:
    file = make.file(RemoteState.UNVERIFIED, url=url, reason="connect", fault=Fault.HOST)
    assert outages([file, file]) == ()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, ("age_minutes", 1)),
        (-50, ("age_minutes", 1)),
        (1500, ("age_minutes", 25)),
        (3 * 3600, ("age_hours", 3)),
        (2 * 86400, ("age_days", 2)),
        (float("inf"), ("age_minutes", 1)),
    ],
)
def test_ages(seconds: float, said: tuple[str, int]) -> None:
    assert age(seconds) == said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_origin_of_what_was_verified_before_is_said(make: Any, words: Words, language: str) -> None:
    now = 1_764_086_410.0
    files = (
        make.file(url="https://h/1", measured_at=now - 3 * 3600, confirmed_at=now, read_for="#12"),
        make.file(url="https://h/2", measured_at=now - 2 * 86400, confirmed_at=now),
        make.file(url="https://h/3", measured_at=now - 1800),
        make.file(url="https://h/4", measured_at=now),
    )
    text = summary(make.report(files=files, wanted=4, language=language), words=words)
    said = {
        "en": (
            "verified 3 h ago on ` #12 `; the server confirms the same ETag and length\n",
            "verified 2 days ago on another pull request; the server confirms the same ETag and length\n",
            "verified on this pull request, 30 min before this review\n",
        ),
        "zh": (
            "3 小时前在 ` #12 ` 中验证过；服务器确认 ETag 和长度未变\n",
            "2 天前在另一个合并请求中验证过；服务器确认 ETag 和长度未变\n",
            "本次检查之前 30 分钟已在这个合并请求中验证过\n",
        ),
    }
    assert [text.count(sentence) for sentence in said[language]] == [1, 1, 1]


def test_a_plain_reading_needs_no_origin(make: Any, words: Words) -> None:
    assert f"sha256 ` {make.report().files[0].sha256} `\n" in summary(make.report(), words=words)
