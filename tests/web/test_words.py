"""The pages' words are the linter's own: a rule is explained in the reader's language."""

from __future__ import annotations

import re

from bot.web.words import installed
from rules.finding import Fault, Finding, Severity, Span
from rules.rule import catalogue


def test_rules_are_explained_in_the_readers_language() -> None:
    for lang, letters in (("zh", "[\u4e00-\u9fff]"), ("en", "[a-z]")):
        shown = installed().rules(lang)
        assert [page.code for page in shown] == [rule.code for rule in catalogue()]
        for page in shown:
            assert re.search(letters, page.body), page.code
            assert page.summary
            assert page.language == lang or page.why


def test_a_rule_of_another_version_is_shown_by_its_name() -> None:
    gone = Finding("MSH999", "a-rule-of-tomorrow", Severity.ERROR, Fault.BOT, "a.md", Span(1, 1, 1, 1))
    assert installed().message(gone, "en", str.upper) == "A-RULE-OF-TOMORROW"
    assert installed().help_text(gone, "zh", str.upper) == ""
