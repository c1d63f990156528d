"""`/lang`: the language in which a pull request is reviewed."""

from __future__ import annotations

from bot.commands.command import Case, Effects, Spec, Who
from bot.review.text import span

LANGUAGES = {
    "zh": "zh",
    "cn": "zh",
    "zh-cn": "zh",
    "中文": "zh",
    "en": "en",
    "english": "en",
    "英文": "en",
    "英语": "en",
}


def lang(case: Case) -> Effects:
    """Says everything in that language from now on, the summary that stands included."""
    words = case.command.arguments
    chosen = LANGUAGES.get(words[0].strip("`").lower(), "") if len(words) == 1 else ""
    if not chosen:
        word = span(case.command.text) if words else "`/lang`"
        return case.refuse("argument", "argument", word=word, usage=f"`{SPEC.usage}`")
    return case.done("language_set", language=chosen)


SPEC = Spec(name="lang", usage="/lang zh|en", who=Who.AUTHOR, decide=lang, aliases=("语言", "language"))
