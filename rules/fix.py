"""Applies lossless suggestions to the bytes of pages: spans change, every other byte stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules import engine
from rules.facts import Facts
from rules.finding import Finding, Suggestion
from rules.page import Page, parse
from rules.policy import Policy
from rules.rule import Rule, Subject
from rules.source import MAX_PAGE

#: A repair may uncover another (a key, then its value); real pages need one round, three are ample.
MAX_ROUNDS = 10
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Fixed:
    """What became of some pages: the new bytes of those that changed, and the findings that remain."""

    changed: Mapping[str, bytes]
    findings: tuple[Finding, ...]


def fix(
    pages: Mapping[str, bytes],
    facts: Facts,
    policy: Policy,
    rules: Sequence[Rule] | None = None,
    bases: Mapping[str, Page] | None = None,
) -> Fixed:
    """Mends pages, by path, until no rule has a suggestion left. Mending the result again changes nothing.

    `bases` are the pages' versions on the base branch.
    A rule whose suggestions never come to rest on a page, or make its header unreadable, is not followed
    there.
    """
    ignored: set[tuple[str, str]] = set()
    while True:
        now, findings, restless = _settle(pages, facts, policy, rules, bases or {}, ignored)
        if not restless:
            changed = {path: data for path, data in now.items() if data != pages[path]}
            return Fixed(changed, tuple(findings))
        ignored |= restless


def apply(data: bytes, suggestions: Iterable[Suggestion]) -> bytes:
    """The page with the suggestions in place, the earlier one where two touch each other.

    Bytes that are not a page's text (no UTF-8, too long) and spans outside the text are left alone.
    """
    text = _text(data)
    if text is None:
        return data
    starts = _starts(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    parts, done = [], -1
    for start, end, replacement in sorted(_edits(text, starts, suggestions), key=lambda edit: edit[:2]):
        if start > done:
            parts += [text[max(done, 0) : start], replacement.replace("\n", newline)]
            done = end
    return "".join([*parts, text[max(done, 0) :]]).encode()


def _settle(
    pages: Mapping[str, bytes],
    facts: Facts,
    policy: Policy,
    rules: Sequence[Rule] | None,
    bases: Mapping[str, Page],
    ignored: set[tuple[str, str]],
) -> tuple[dict[str, bytes], list[Finding], set[tuple[str, str]]]:
    """Pages after as many rounds as it takes, what is found then, and which rules do no good where."""
    now = dict(pages)
    parsed = {path: parse(path, data) for path, data in now.items()}
    troubles = {path: len(page.troubles) for path, page in parsed.items()}
    rounds: list[set[tuple[str, str]]] = []
    while True:
        subjects = [Subject(page, bases.get(path)) for path, page in parsed.items()]
        findings = engine.check(subjects, facts, policy, rules)
        mended = _mended(now, findings, ignored)
        if not mended:
            return now, findings, set()
        rounds.append({(f.path, f.rule) for f in findings if f.suggestion and f.path in mended} - ignored)
        if len(rounds) > MAX_ROUNDS:  # whoever had a say in the later rounds is part of the quarrel
            return now, findings, set().union(*rounds[MAX_ROUNDS // 2 :])
        now |= mended
        parsed |= {path: parse(path, data) for path, data in mended.items()}
        worse = {path for path in mended if len(parsed[path].troubles) > troubles[path]}
        if worse:
            return now, findings, {pair for pair in set().union(*rounds) if pair[0] in worse}


def _mended(
    now: Mapping[str, bytes], findings: Iterable[Finding], ignored: set[tuple[str, str]]
) -> dict[str, bytes]:
    """The pages that one round of suggestions changes."""
    wanted: dict[str, list[Suggestion]] = {}
    for finding in findings:
        if finding.suggestion is not None and (finding.path, finding.rule) not in ignored:
            wanted.setdefault(finding.path, []).append(finding.suggestion)
    mended = {path: apply(now[path], suggestions) for path, suggestions in wanted.items()}
    return {path: data for path, data in mended.items() if data != now[path]}


def _text(data: bytes) -> str | None:
    if len(data) > MAX_PAGE:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _starts(text: str) -> list[int]:
    """The index of each line's first character; a byte order mark is not part of line 1."""
    starts = [1 if text.startswith(_BOM) else 0]
    while (end := text.find("\n", starts[-1])) >= 0:
        starts.append(end + 1)
    return starts


def _edits(
    text: str, starts: Sequence[int], suggestions: Iterable[Suggestion]
) -> Iterable[tuple[int, int, str]]:
    for suggestion in suggestions:
        span = suggestion.span
        start = _index(text, starts, span.line, span.column)
        end = _index(text, starts, span.end_line, span.end_column)
        if 0 <= start <= end:
            yield start, end, suggestion.replacement


def _index(text: str, starts: Sequence[int], line: int, column: int) -> int:
    """Where a place of a span lies in the text, -1 when the text has no such place."""
    if not 1 <= line <= len(starts):
        return -1
    end = starts[line] - 1 if line < len(starts) else len(text)
    index = starts[line - 1] + column - 1
    length = len(text[starts[line - 1] : end].removesuffix("\r"))
    return index if 0 <= column - 1 <= length else -1
