"""The body of a review comment on a line or a few: its findings, and a suggestion where it loses nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

from bot.model import FINDING_MARKER
from bot.review.counts import NOT_OURS_TO_FIX, is_remote, kind
from bot.review.sections import Voice, advice, rule_link
from bot.review.text import is_unseen, longest_run
from rules.finding import Finding, Suggestion

#: Findings spelled out in one comment; the summary has the rest.
FINDINGS_SHOWN = 5
#: Longer lines are no header lines, and a suggestion must repeat the line whole.
LINE_LIMIT = 1_000
#: Lines that one suggestion replaces; no value of a header is longer.
LINES_LIMIT = 20
#: Backticks in a row in a suggestion; cmark, which renders GitHub's comments, knows no fence of over 255.
FENCE_LIMIT = 60
DIGEST = re.compile("[0-9a-fA-F]{64}")


def inline(
    findings: Sequence[Finding],
    voice: Voice,
    *,
    first_line: int = 0,
    lines: Sequence[str] = (),
    elsewhere: int = 0,
) -> str:
    """The comment on some lines, beginning with the hidden marker that carries the findings' fingerprints.

    `lines` are the lines from `first_line` on as the diff shows them, needed for a suggestion; `elsewhere` is
    the number of other pages on which the same is true and where it is not said again.
    """
    fingerprints = " ".join(re.sub("[^0-9a-zA-Z]", "", finding.fingerprint) for finding in findings)
    parts = [f"{FINDING_MARKER} {fingerprints} -->"]
    parts += [paragraph(finding, voice) for finding in findings[:FINDINGS_SHOWN]]
    if len(findings) > FINDINGS_SHOWN:
        parts.append(voice.say("inline_more", len(findings) - FINDINGS_SHOWN))
    if elsewhere:
        parts.append(voice.say("inline_elsewhere", elsewhere))
    if block := suggestion_block(findings, first_line, lines):
        parts.append(block)
    return "\n\n".join(parts) + "\n"


def paragraph(finding: Finding, voice: Voice) -> str:
    head = f"**{voice.say('label_' + kind(finding))}** · {rule_link(finding, voice)}"
    return f"{head}\n{advice(finding, voice)}"


def suggestion_block(findings: Sequence[Finding], first_line: int, lines: Sequence[str]) -> str:
    """One suggestion that makes every lossless repair of the lines, or nothing where that is not certain.

    Lines end in the page's own way, which the forge keeps: the carriage return is no part of a suggestion.
    """
    old = tuple(line.removesuffix("\r") for line in lines)
    wanted = {f.suggestion for f in findings if f.suggestion is not None and may_suggest(f)}
    new = repaired(old, first_line, wanted)
    if new == "\n".join(old) or not is_lossless("\n".join(old), new):
        return ""
    fence = "`" * max(3, longest_run(new) + 1)
    return f"{fence}suggestion\n{new}\n{fence}"


def may_suggest(finding: Finding) -> bool:
    """What was measured outside never becomes a suggestion: it would turn the check into a rubber stamp."""
    return not is_remote(finding) and finding.fault not in NOT_OURS_TO_FIX


def suggested_lines(finding: Finding) -> tuple[int, int]:
    """The first and last line that a finding's own repair replaces; (0, 0) where it has none to offer."""
    if finding.suggestion is None or not may_suggest(finding):
        return 0, 0
    span = finding.suggestion.span
    last = span.end_line - 1 if span.end_column == 1 and span.end_line > span.line else span.end_line
    return (span.line, last) if span.line <= last < span.line + LINES_LIMIT else (0, 0)


def repaired(lines: Sequence[str], first_line: int, suggestions: Iterable[Suggestion]) -> str:
    """The lines with the suggestions applied from the last to the first; one that overlaps is left out."""
    text = "\n".join(lines)
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))

    def offset(line: int, column: int) -> int:
        """Where in `text` a place is; -1 where it is not on these lines."""
        index = line - first_line
        if not 0 <= index < len(lines) or not 1 <= column <= len(lines[index]) + 1:
            return -1
        return starts[index] + column - 1

    edits = sorted(
        (offset(s.span.line, s.span.column), offset(s.span.end_line, s.span.end_column), s.replacement)
        for s in suggestions
    )
    limit = len(text)
    for start, end, replacement in reversed(edits):
        if 0 <= start <= end <= limit:
            text, limit = text[:start] + replacement.replace("\r\n", "\n") + text[end:], start
    return text


def is_lossless(old: str, new: str) -> bool:
    """Whether repaired lines are short, fully visible, and hold no digest that the author did not write."""
    lines = new.split("\n")
    if not lines[0].strip() or not lines[-1].strip() or len(lines) > LINES_LIMIT:
        return False
    if max(map(len, lines)) > LINE_LIMIT or longest_run(new) > FENCE_LIMIT:
        return False
    if any(is_unseen(character) for line in lines for character in line):
        return False
    written = re.sub(r"\s", "", old).lower()
    return all(digest.lower() in written for digest in DIGEST.findall(new))
