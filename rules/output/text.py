"""For people at a terminal: each finding with the line that it is about."""

from __future__ import annotations

from rules import words
from rules.finding import Finding
from rules.output.result import Result, counts, label
from rules.output.visible import visible, width

#: How much of a long line is shown around the marker.
WINDOW = 100
_COLOURS = {"error": "31", "warning": "33", "notice": "36", "unverified": "35"}


def render(result: Result, *, colour: bool = False) -> str:
    """The findings and a closing line; `colour` only when a terminal reads it."""
    blocks = [_block(finding, result, colour) for finding in result.findings]
    return "".join(f"{block}\n\n" for block in blocks) + closing(result) + "\n"


def closing(result: Result) -> str:
    """How many pages were read and what was found, in one line."""
    numbers = counts(result)
    phrase = _phrase(result, "summary" if result.findings else "clean")
    return phrase.format(files=result.files, **numbers)


def _phrase(result: Result, name: str) -> str:
    return str(words.words("output", result.lang)[name])


def _block(finding: Finding, result: Result, colour: bool) -> str:
    word = label(finding)
    head = f"{_phrase(result, word)}[{finding.rule}] {finding.name}"
    rows = [
        f"{_paint(head, _COLOURS[word], colour)}: {words.message(finding, result.lang, visible)}",
        f"  --> {visible(finding.path)}:{finding.span.line}:{finding.span.column}",
        *_frame(finding, result, colour),
        f"   = {_phrase(result, 'help')}: {words.help_text(finding, result.lang, visible)}",
    ]
    if finding.suggestion is not None:
        text = visible(finding.suggestion.replacement)
        rows.append(f"   = {_phrase(result, 'suggestion').format(text=text)}")
    return "\n".join(rows)


def _frame(finding: Finding, result: Result, colour: bool) -> list[str]:
    """The source line with a marker below it; nothing where the text is not at hand."""
    lines = result.lines.get(finding.path, ())
    span = finding.span
    if not 1 <= span.line <= len(lines):
        return []
    line = lines[span.line - 1]
    start = max(span.column - 1 - WINDOW // 2, 0)
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    before, marked = visible(line[start : span.column - 1]), visible(line[span.column - 1 : end], WINDOW)
    after = visible(line[end : max(start + WINDOW, end)]) if len(marked) <= WINDOW else ""
    lead = "…" if start else ""
    number = str(span.line)
    gutter = " " * len(number)
    pad = " " * width(lead + before)
    marker = _paint("^" * max(width(marked), 1), _COLOURS[label(finding)], colour)
    return [f"{gutter} |", f"{number} | {lead}{before}{marked}{after}".rstrip(), f"{gutter} | {pad}{marker}"]


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[1;{code}m{text}\x1b[0m" if colour else text
