"""Which language a review is written in."""

from __future__ import annotations

import re

from bot.review.catalogue import known_language

#: Titles and bodies are read so far: enough to see in which language a person writes.
READ_AT_MOST = 20_000
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def language(title: str, body: str, default: str) -> str:
    """`zh` where title or body hold Chinese characters, else the forge's `default`.

    HTML comments do not count: they are the words of the pull request template, not of its author.
    """
    written = title[:READ_AT_MOST] + without_comments(body[:READ_AT_MOST])
    return "zh" if HAN.search(written) else known_language(default)


def without_comments(text: str) -> str:
    """`text` without HTML comments; one that is never closed reaches to the end."""
    kept: list[str] = []
    while (start := text.find("<!--")) >= 0:
        kept.append(text[:start])
        end = text.find("-->", start + 4)
        text = text[end + 3 :] if end >= 0 else ""
    return "".join(kept) + text
