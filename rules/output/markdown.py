"""For comments and job summaries: findings grouped by page, a stranger's text in code spans only."""

from __future__ import annotations

from itertools import groupby

from rules import words
from rules.finding import Finding
from rules.output.result import Result, label
from rules.output.text import closing
from rules.output.visible import code_span


def render(result: Result) -> str:
    """A closing line first, then a section a page."""
    sections = [f"{closing(result)}\n"]
    for path, findings in groupby(result.findings, key=lambda finding: finding.path):
        rows = "\n".join(_row(finding, result.lang) for finding in findings)
        sections.append(f"**{code_span(path)}**\n\n{rows}\n")
    return "\n".join(sections)


def _row(finding: Finding, lang: str) -> str:
    word = words.words("output", lang)[label(finding)]
    place = f"{finding.span.line}:{finding.span.column}"
    message = words.message(finding, lang, code_span)
    advice = words.help_text(finding, lang, code_span)
    return f"- {place} **{word}** {finding.rule} {finding.name}: {message} {advice}"
