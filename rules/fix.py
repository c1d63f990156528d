"""Applies lossless suggestions to the bytes of pages: spans change, every other byte stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules import engine
from rules.artifacts.digest import repaired
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
    A rule whose suggestions never come to rest on a page, make its header unreadable or lose anything that it
    says, is not followed there.
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
    rounds: list[set[tuple[str, str]]] = []
    while True:
        subjects = [Subject(page, bases.get(path)) for path, page in parsed.items()]
        findings = engine.check(subjects, facts, policy, rules)
        followed = [f for f in findings if f.suggestion and (f.path, f.rule) not in ignored]
        mended = _mended(now, followed)
        if not mended:
            return now, findings, set()
        rounds.append({(f.path, f.rule) for f in followed if f.path in mended})
        if len(rounds) > MAX_ROUNDS:  # whoever had a say in the later rounds is part of the quarrel
            return now, findings, set().union(*rounds[MAX_ROUNDS // 2 :])
        better = {path: parse(path, data) for path, data in mended.items()}
        worse = {path for path, page in better.items() if _loses(parsed[path], page)}
        if worse:
            return now, findings, _culprits(parsed, now, [f for f in followed if f.path in worse])
        now |= mended
        parsed |= better


def _loses(before: Page, after: Page) -> bool:
    """Whether a page is harder to read than it was, or no longer says all that it said.

    What a header says that could not be read is only guessed at, and may turn out to be less.
    """
    if len(after.troubles) > len(before.troubles):
        return True
    return not before.troubles and bool(_said(before) - _said(after))


def _said(page: Page) -> Counter[str]:
    """The number of a page's fields, and its links and digests without what a repair may take off or add."""
    texts = [text for asset in page.assets for text in (asset.link, repaired(asset.sha256)) if text]
    bare = ("".join(letter for letter in text if letter.isascii() and letter.isalnum()) for text in texts)
    fields = len(page.fields) + sum(len(asset.fields) for asset in page.assets)
    return Counter(bare) + Counter(fields=fields)


def _culprits(
    pages: Mapping[str, Page], now: Mapping[str, bytes], findings: Sequence[Finding]
) -> set[tuple[str, str]]:
    """The rules whose suggestions alone would lose something, else all of them."""
    pairs = {(finding.path, finding.rule) for finding in findings}
    alone = set()
    for path, rule in pairs:
        mended = _mended(now, (f for f in findings if (f.path, f.rule) == (path, rule)))
        if path in mended and _loses(pages[path], parse(path, mended[path])):
            alone.add((path, rule))
    return alone or pairs


def _mended(now: Mapping[str, bytes], findings: Iterable[Finding]) -> dict[str, bytes]:
    """The pages that one round of suggestions changes."""
    wanted: dict[str, list[Suggestion]] = {}
    for finding in findings:
        if finding.suggestion is not None:
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
