"""For people at a terminal: each finding with the line that it is about."""

from __future__ import annotations

from rules import words
from rules.finding import Finding
from rules.output.result import Result, counts, label
from rules.output.visible import visible, width

#: How much of a long line is shown around the marker.
WINDOW = 100
#: The least columns that a line is cut to: a narrower terminal folds it.
NARROWEST = 20
_COLOURS = {"error": "31", "warning": "33", "notice": "36", "unverified": "35"}


def render(result: Result, *, colour: bool = False, columns: int = 0) -> str:
    """The findings and a closing line; `colour` only when a terminal reads it.

    `columns` is how wide that terminal is (0: no terminal, or unknown): a page's line is cut so that the
    marker below it stays there.
    """
    blocks = [_block(finding, result, colour, columns) for finding in result.findings]
    return "".join(f"{block}\n\n" for block in blocks) + closing(result) + "\n"


def closing(result: Result) -> str:
    """How many pages were read and what was found, in one line."""
    numbers = counts(result)
    phrase = _phrase(result, "summary" if result.findings else "clean")
    return phrase.format(files=result.files, **numbers)


def _phrase(result: Result, name: str) -> str:
    return str(words.words("output", result.lang)[name])


def _block(finding: Finding, result: Result, colour: bool, columns: int) -> str:
    word = label(finding)
    head = f"{_phrase(result, word)}[{finding.rule}] {finding.name}"
    rows = [
        f"{_paint(head, _COLOURS[word], colour)}: {words.message(finding, result.lang, visible)}",
        f"  --> {visible(finding.path)}:{finding.span.line}:{finding.span.column}",
        *_frame(finding, result, colour, columns),
        f"   = {_phrase(result, 'help')}: {words.help_text(finding, result.lang, visible)}",
    ]
    if finding.suggestion is not None:
        text = visible(finding.suggestion.replacement)
        rows.append(f"   = {_phrase(result, 'suggestion' if text else 'removal').format(text=text)}")
    return "\n".join(rows)


def _frame(finding: Finding, result: Result, colour: bool, columns: int) -> list[str]:
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
    if columns:
        room = max(columns - 1 - len(f"{gutter} | "), NARROWEST)  # the last column is left free
        shorter = _cut(before[::-1], room // 2)[::-1]
        lead, before = ("", shorter) if shorter != before else (lead, before)
        marked = _cut(marked, room - width(lead + before))
        after = _cut(after, room - width(lead + before + marked))
    pad = " " * width(lead + before)
    marker = _paint("^" * max(width(marked), 1), _COLOURS[label(finding)], colour)
    return [f"{gutter} |", f"{number} | {lead}{before}{marked}{after}".rstrip(), f"{gutter} | {pad}{marker}"]


def _cut(text: str, room: int) -> str:
    """As much of a text as takes so many columns, its mark of omission included."""
    if width(text) <= room:
        return text
    end = 0
    while width(text[: end + 1]) < room:
        end += 1
    return text[:end] + "…" * (room > 0)


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[1;{code}m{text}\x1b[0m" if colour else text
