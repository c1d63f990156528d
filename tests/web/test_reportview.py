"""How a report is arranged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import Report
from bot.web import reportview
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault, Severity, Span

TRUE = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("declared", "outcome"),
    [
        (TRUE, "agrees"),
        (f" SHA256:{TRUE.upper()} ", "agrees"),
        (TRUE[:8], "measured"),
        ("", "measured"),
        ("not hex", "measured"),
        ("0" * 64, "differs"),
        ("00000000", "differs"),
    ],
)
def test_a_measured_file_against_what_is_declared(declared: str, outcome: str) -> None:
    file = RemoteFile("https://a.cn/x", RemoteState.MEASURED, declared, TRUE)
    assert reportview.outcome(file) == outcome
    assert reportview.outcome(replace(file, state=RemoteState.CHANGING)) == "changing"


def test_files_that_need_eyes_come_first(reports: dict[str, Report]) -> None:
    rows = reportview.files(reports["bulk"])
    assert [row.outcome for row in rows[:2]] == ["differs", "agrees"]
    assert len(rows) == 479


def test_findings_are_grouped_by_who_can_act_then_by_page(reports: dict[str, Report]) -> None:
    one = reports["failed"].findings[0]
    mixed = (
        replace(one, path="b.md", severity=Severity.WARNING),
        replace(one, path="a.md", severity=Severity.NOTICE, span=Span(1, 1, 1, 2)),
        replace(one, path="a.md", fault=Fault.HOST),
        replace(one, path="c.md"),
        replace(one, path="c.md", fault=Fault.POLICY),
    )
    found = reportview.arrange(replace(reports["failed"], findings=mixed))
    assert [group.path for group in found.author] == ["c.md", "b.md", "a.md"]
    assert [group.path for group in found.nobody] == ["a.md"]
    assert [group.path for group in found.maintainer] == ["c.md"]
    assert found.repeated == ()


def test_the_same_problem_on_many_pages_is_one(reports: dict[str, Report]) -> None:
    one = reports["failed"].findings[0]
    alike = tuple(replace(one, path=f"{n}.md") for n in range(reportview.REPEATED))
    found = reportview.arrange(replace(reports["failed"], findings=alike))
    assert found.author == ()
    assert found.repeated[0].places == tuple((f"{n}.md", 9) for n in range(reportview.REPEATED))
    fewer = reportview.arrange(replace(reports["failed"], findings=alike[1:]))
    assert len(fewer.author) == reportview.REPEATED - 1


@pytest.mark.parametrize(
    ("path", "command"),
    [("a/b.md", "hubbot check a/b.md"), ("a;reboot.md", "hubbot check"), ("--all", "hubbot check")],
)
def test_only_plain_paths_are_put_into_a_command(reports: dict[str, Report], path: str, command: str) -> None:
    one = replace(reports["failed"].findings[0], path=path)
    assert reportview.local_command(replace(reports["failed"], findings=(one,))) == command


def test_a_command_reads_the_files_where_they_are_the_problem(reports: dict[str, Report]) -> None:
    assert reportview.local_command(reports["mismatch"]).startswith("hubbot check --remote mshub_res/")
    assert reportview.local_command(reports["bulk"]) == "hubbot check --remote"
