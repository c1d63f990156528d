"""The lines of a page around a finding: what is wrong marked, and the line as the suggestion leaves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.model import Report
from bot.review.excerpts import AROUND, MAX_SPAN
from rules.finding import Finding

#: The text of a page's kept lines by their number.
Lines = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class FrameLine:
    """One line of source, cut where the finding begins and ends; `beside` says that it is a neighbour."""

    number: int
    before: str
    marked: str = ""
    after: str = ""
    beside: bool = False


def lines_of(report: Report) -> Mapping[str, Lines]:
    """What a report keeps of its pages, by path."""
    found: dict[str, dict[int, str]] = {}
    for kept in report.excerpts:
        found.setdefault(kept.path, {})[kept.line] = kept.text
    return found


def frame(finding: Finding, lines: Lines) -> tuple[FrameLine, ...]:
    """The lines of a finding with their neighbours; nothing where its own first line was not kept."""
    return tuple(_frame(finding, lines)) if finding.span.line in lines else ()


def replaced(finding: Finding, lines: Lines) -> str:
    """The line as the suggestion would leave it, where it stays within one line that is at hand."""
    if finding.suggestion is None:
        return ""
    span = finding.suggestion.span
    if span.line != span.end_line or span.line not in lines:
        return ""
    text = lines[span.line]
    return text[: span.column - 1] + finding.suggestion.replacement + text[span.end_column - 1 :]


def _frame(finding: Finding, lines: Lines) -> Iterator[FrameLine]:
    span = finding.span
    last = min(span.end_line, span.line + MAX_SPAN - 1)
    for number in range(span.line - AROUND, last + AROUND + 1):
        if number not in lines:
            continue
        text = lines[number]
        if not span.line <= number <= last:
            yield FrameLine(number, text, beside=True)
            continue
        start = span.column - 1 if number == span.line else 0
        end = span.end_column - 1 if number == span.end_line else len(text)
        yield FrameLine(number, text[:start], text[start:end], text[max(end, start) :])
