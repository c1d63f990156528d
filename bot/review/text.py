"""The one way in which text that a contributor controls is shown."""

from __future__ import annotations

import re
import unicodedata

#: Characters of contributor text that one code span shows; our own choice, for a comment that stays readable.
SPAN_LIMIT = 200
#: GitHub refuses a status description over 140 characters.
DESCRIPTION_LIMIT = 140

ELLIPSIS = "…"
NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\0": r"\0"}
#: Control, format, surrogate, private and unassigned characters, and every separator but the plain blank.
UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
#: Characters of other categories that Unicode asks renderers to show as nothing, and the braille blank.
UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
#: An address: scheme, user information, all up to the query, and the query.
ADDRESS = re.compile(r"([a-z][a-z0-9+.-]{0,20}://)([^/?#\s]*@)?([^\s?]*)(\?[^\s>]*)?", re.IGNORECASE)
#: cmark, which renders GitHub's comments, knows no code span whose fence is over 80 backticks.
BACKTICKS_IN_A_ROW = 16
FLOOD = re.compile(f"`{{{BACKTICKS_IN_A_ROW + 1},}}")
#: Marks stacked on one character; more of them are a flood that covers the lines around it.
MARKS_IN_A_ROW = 3


def span(text: str, limit: int = SPAN_LIMIT) -> str:
    """A Markdown code span that shows `text` and that nothing in `text` can break out of, in table cells too.

    At most `limit` characters are shown, then an ellipsis. An empty text shows as `""`.
    """
    shown = FLOOD.sub("`" * BACKTICKS_IN_A_ROW + ELLIPSIS, visible(text, limit)) or '""'
    shown = re.sub(r"(\\*)\|", r"\1\1\\|", shown)
    fence = "`" * (longest_run(shown) + 1)
    return f"{fence} {shown} {fence}"


def plain(text: str, limit: int = DESCRIPTION_LIMIT) -> str:
    """One line of plain text, for status descriptions and terminals."""
    return visible(text, limit)


def visible(text: str, limit: int) -> str:
    """`text` on one line with every character that cannot be seen written out, cut to `limit` characters."""
    if text.isascii() and text.isprintable():
        return text if len(text) <= limit else text[: limit - len(ELLIPSIS)] + ELLIPSIS
    pieces: list[str] = []
    length = marks = 0
    for character in text[: limit + 1]:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        piece = escaped(character) if marks > MARKS_IN_A_ROW or is_unseen(character) else character
        pieces.append(piece)
        length += len(piece)
    if length <= limit and len(text) <= limit:
        return "".join(pieces)
    while pieces and length > limit - len(ELLIPSIS):
        length -= len(pieces.pop())
    return "".join(pieces) + ELLIPSIS


def shown(value: str) -> str:
    """A value of a finding in a comment: a code span, without what an address may keep secret."""
    return span(without_secrets(value))


def shown_plain(value: str) -> str:
    """A value of a finding where no Markdown is read."""
    return plain(without_secrets(value), SPAN_LIMIT)


def without_secrets(text: str) -> str:
    """`text` without the user information and query of any address: passwords and signatures stand there."""
    return ADDRESS.sub(_public_part, text)


def _public_part(match: re.Match[str]) -> str:
    scheme, user, path, query = match.groups()
    return scheme + ("…@" if user else "") + path + ("?…" if query else "")


def is_unseen(character: str) -> bool:
    """Whether a reader cannot tell that the character is there, or it moves the text around it."""
    if character == " ":
        return False
    return unicodedata.category(character) in UNSEEN_CATEGORIES or UNSEEN.match(character) is not None


def escaped(character: str) -> str:
    r"""The character written out: `\n`, `\u200b`, `\U000e0001`."""
    code = ord(character)
    return NAMED.get(character) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")


def longest_run(text: str, character: str = "`") -> int:
    """The length of the longest run of `character` in `text`: a fence must be longer."""
    return max((len(run) for run in re.findall(re.escape(character) + "+", text)), default=0)
