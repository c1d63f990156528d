"""Shows text that a stranger wrote so that it can neither act nor hide."""

from __future__ import annotations

import unicodedata

MAX_SHOWN = 300
#: More combining marks on one letter than any script writes.
MAX_MARKS = 3
_HIDING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
#: Marks that stand on the letter before them; some have no combining class.
_MARKS = frozenset({"Mn", "Me"})
#: Letters by category, and yet invisible.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def visible(text: str, limit: int = MAX_SHOWN) -> str:
    """The text on one line with control, bidi, zero-width and other invisible characters as `<U+202E>`, cut
    at `limit`.
    """
    cut = text[:limit]
    end = "…" if len(text) > limit else ""
    if cut.isascii() and cut.isprintable():
        return cut + end
    shown = []
    marks = 0
    for character in cut:
        marks = marks + 1 if unicodedata.combining(character) else 0
        shown.append(_escape(character) if _hides(character) or marks > MAX_MARKS else character)
    return "".join(shown) + end


def code_span(text: str) -> str:
    """The text as a Markdown code span that it cannot break out of."""
    shown = visible(text)
    longest = run = 0
    for character in shown:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    fence = "`" * (longest + 1)
    return f"{fence} {shown} {fence}" if longest or shown.strip() != shown or not shown else f"`{shown}`"


def width(text: str) -> int:
    """How many columns a terminal needs for a text."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in _MARKS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _hides(character: str) -> bool:
    if character == " ":
        return False
    variation = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return variation or character in _BLANK_LETTERS or unicodedata.category(character) in _HIDING


def _escape(character: str) -> str:
    return f"<U+{ord(character):04X}>"
