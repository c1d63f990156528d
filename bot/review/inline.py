"""The body of a review comment on one line: its findings, and a suggestion where the repair is lossless."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.model import FINDING_MARKER
from bot.review.counts import NOT_OURS_TO_FIX, is_remote, kind
from bot.review.sections import Voice, advice, rule_link
from bot.review.text import is_unseen, longest_run
from rules.finding import Finding, Suggestion

#: Findings spelled out in one comment; the summary has the rest.
FINDINGS_SHOWN = 5
#: Longer lines are no header lines, and a suggestion must repeat the line whole.
LINE_LIMIT = 1_000
DIGEST = re.compile("[0-9a-fA-F]{64}")


def inline(
    findings: Sequence[Finding], voice: Voice, *, line: int, line_text: str | None = None, elsewhere: int = 0
) -> str:
    """The comment on `line`, beginning with the hidden marker that carries the findings' fingerprints.

    `line_text` is the line as the diff shows it, needed for a suggestion; `elsewhere` is the number of other
    pages on which the same is true and where it is not said again.
    """
    fingerprints = " ".join(re.sub("[^0-9a-zA-Z]", "", finding.fingerprint) for finding in findings)
    parts = [f"{FINDING_MARKER} {fingerprints} -->"]
    parts += [paragraph(finding, voice) for finding in findings[:FINDINGS_SHOWN]]
    if len(findings) > FINDINGS_SHOWN:
        parts.append(voice.say("inline_more", len(findings) - FINDINGS_SHOWN))
    if elsewhere:
        parts.append(voice.say("inline_elsewhere", elsewhere))
    if line_text is not None and (block := suggestion_block(findings, line, line_text)):
        parts.append(block)
    return "\n\n".join(parts) + "\n"


def paragraph(finding: Finding, voice: Voice) -> str:
    head = f"**{voice.say('label_' + kind(finding))}** · {rule_link(finding, voice)}"
    return f"{head}\n{advice(finding, voice)}"


def suggestion_block(findings: Sequence[Finding], line: int, line_text: str) -> str:
    """One suggestion that makes every lossless repair of the line, or nothing where that is not certain."""
    old = line_text.removesuffix("\r")
    suggestions = {f.suggestion for f in findings if f.suggestion is not None and may_suggest(f)}
    new = repaired(old, [s for s in suggestions if s.span.line == s.span.end_line == line])
    if new == old or not is_lossless(old, new):
        return ""
    fence = "`" * max(3, longest_run(new) + 1)
    return f"{fence}suggestion\n{new}\n{fence}"


def may_suggest(finding: Finding) -> bool:
    """What was measured outside never becomes a suggestion: it would turn the check into a rubber stamp."""
    return not is_remote(finding) and finding.fault not in NOT_OURS_TO_FIX


def repaired(text: str, suggestions: Sequence[Suggestion]) -> str:
    """The line with the suggestions applied from right to left; one that overlaps another is left out."""
    limit = len(text)
    for suggestion in sorted(suggestions, key=lambda s: (s.span.column, s.span.end_column), reverse=True):
        start, end = suggestion.span.column - 1, suggestion.span.end_column - 1
        if 0 <= start <= end <= limit:
            text = text[:start] + suggestion.replacement + text[end:]
            limit = start
    return text


def is_lossless(old: str, new: str) -> bool:
    """Whether a repaired line is short, fully visible, and holds no digest that the author did not write."""
    if not new.strip() or len(new) > LINE_LIMIT or any(is_unseen(character) for character in new):
        return False
    written = re.sub(r"\s", "", old).lower()
    return all(digest.lower() in written for digest in DIGEST.findall(new))
