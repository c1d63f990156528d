"""Reports to try the review on, with sentences that do not come from the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from bot.model import Condition, PullRef, Report
from bot.review.report import SUPERSEDED
from bot.review.words import Words
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault, Finding, Severity, Span, Suggestion, fingerprint


def message(finding: Finding, lang: str, show: Callable[[str], str]) -> str:
    values = ", ".join(f"{show(key)} {show(value)}" for key, value in finding.values.items())
    return f"{'问题' if lang == 'zh' else 'Problem'} {values}."


def help_text(finding: Finding, lang: str, show: Callable[[str], str]) -> str:
    return "请修改。" if lang == "zh" else "Mend it."


@pytest.fixture(scope="session")
def words() -> Words:
    return Words(message, help_text)


TEXT = st.text(max_size=20)
NUMBER = st.integers(min_value=0, max_value=10**9)
SPAN = st.builds(Span, NUMBER, NUMBER, NUMBER, NUMBER)
FINDINGS = st.builds(
    Finding,
    TEXT,
    TEXT,
    st.sampled_from(Severity),
    st.sampled_from(Fault),
    TEXT,
    SPAN,
    TEXT,
    TEXT,
    st.dictionaries(TEXT, TEXT, max_size=2),
    st.none() | st.builds(Suggestion, SPAN, TEXT),
    TEXT,
)
FILES = st.builds(
    RemoteFile,
    TEXT,
    st.sampled_from(RemoteState),
    TEXT,
    TEXT,
    st.none() | NUMBER,
    fault=st.none() | st.sampled_from(Fault),
    seconds=st.floats(0, 1e6),
)
MOMENT = st.none() | st.floats(0, 4e9)
REPORTS = st.builds(
    Report,
    TEXT,
    st.builds(PullRef, TEXT, TEXT, NUMBER),
    TEXT,
    TEXT,
    TEXT,
    st.sampled_from(["en", "zh"]),
    TEXT,
    TEXT,
    st.floats(0, 4e9),
    MOMENT,
    st.lists(TEXT, max_size=2).map(tuple),
    st.lists(FINDINGS, max_size=2).map(tuple),
    st.lists(FILES, max_size=2).map(tuple),
    NUMBER,
    st.sampled_from(["", "counts", "forge", "bot", SUPERSEDED]),
    TEXT,
    MOMENT,
    st.lists(
        st.builds(Condition, TEXT, st.booleans(), st.dictionaries(TEXT, TEXT, max_size=2)), max_size=2
    ).map(tuple),
)


@pytest.fixture(scope="session")
def reports() -> st.SearchStrategy[Report]:
    """Any report whatever, for properties."""
    return REPORTS


class Make:
    """Findings, files and reports with everything filled in that a test does not care about."""

    sha = "3f2a9c10" * 5
    declared, observed = "b2f7fe14" * 8, "9c01aa77" * 8
    page = "mshub_res/assets/mindspore/1.9/googlenet_cifar10.md"
    url = "https://download.mindspore.cn/models/r1.9/googlenet.ckpt"

    def finding(
        self,
        rule: str = "MSH206",
        severity: Severity = Severity.ERROR,
        fault: Fault = Fault.CONTRIBUTOR,
        *,
        path: str = page,
        line: int = 12,
        suggestion: Suggestion | None = None,
        mark: str = "",
        **values: str,
    ) -> Finding:
        span = Span(line, 1, line, 5)
        identity = fingerprint(rule, path, f"{line}", mark or repr(values))
        return Finding(
            rule, "some-rule", severity, fault, path, span, "key", "", values, suggestion, identity
        )

    def file(self, state: RemoteState = RemoteState.MEASURED, **changes: Any) -> RemoteFile:
        known: dict[str, Any] = {
            "declared": self.declared,
            "sha256": self.declared,
            "size": 52_428_800,
            "reads": 1,
        }
        return RemoteFile(**({"url": self.url, "state": state} | known | changes))

    def report(self, **changes: Any) -> Report:
        """A finished report of one page with one good file, unless changed."""
        known: dict[str, Any] = {
            "id": "run-1",
            "ref": PullRef("github", "mindspore-ai/hub", 7),
            "title": "Add googlenet",
            "url": "https://github.com/mindspore-ai/hub/pull/7",
            "author": "alice",
            "language": "en",
            "head_sha": self.sha,
            "merge_base": "a" * 40,
            "started_at": 1_764_086_400.0,
            "finished_at": 1_764_086_414.0,
            "paths": (self.page,),
            "files": (self.file(),),
            "wanted": 1,
        }
        return Report(**(known | changes))


@pytest.fixture(scope="session")
def make() -> Make:
    return Make()
