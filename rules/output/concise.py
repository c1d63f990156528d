"""For editors and grep: one line a finding."""

from __future__ import annotations

from rules import words
from rules.output.result import Result
from rules.output.visible import visible


def render(result: Result) -> str:
    """`path:line:column: CODE name message`, a line each."""
    return "".join(
        f"{visible(f.path)}:{f.span.line}:{f.span.column}: {f.rule} {f.name} "
        f"{words.message(f, result.lang, visible)}\n"
        for f in result.findings
    )
