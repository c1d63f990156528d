"""The pages' words are the linter's own: a rule is explained in the reader's language."""

from __future__ import annotations

import re

from bot.web.words import installed
from rules.rule import catalogue


def test_rules_are_explained_in_the_readers_language() -> None:
    for lang, letters in (("zh", "[\u4e00-\u9fff]"), ("en", "[a-z]")):
        shown = installed().rules(lang)
        assert [page.code for page in shown] == [rule.code for rule in catalogue()]
        for page in shown:
            assert re.search(letters, page.body), page.code
            assert page.summary
            assert page.language == lang or page.why
