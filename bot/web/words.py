"""What the pages take from the linter and the review: one voice, handed in from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.commands.catalogue import COMMANDS
from bot.commands.command import CATALOGUE
from bot.model import Report
from bot.review.report import to_json
from bot.web.language import translator
from rules import words as rule_words
from rules.finding import Finding
from rules.output import sarif
from rules.output.result import Result
from rules.rule import Rule, catalogue

Show = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class RulePage:
    """A rule as its page shows it; `body` is our own Markdown, in `language`; `why` in the reader's."""

    code: str
    name: str
    severity: str
    summary: str
    body: str = ""
    why: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command as its list shows it: how it is written, what it does, who may use it, other spellings."""

    usage: str
    what: str
    who: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Functions of other parts that the pages speak with; `lang` is `en` or `zh`."""

    message: Callable[[Finding, str, Show], str]
    help_text: Callable[[Finding, str, Show], str]
    rules: Callable[[str], Sequence[RulePage]]
    commands: Callable[[str], Sequence[CommandLine]]
    to_json: Callable[[Report], str]
    sarif: Callable[[Report, str], str]


def installed() -> Words:
    """The real ones."""
    return Words(
        message=_message,
        help_text=_help,
        rules=_rules,
        commands=_commands,
        to_json=to_json,
        sarif=lambda report, lang: sarif.render(Result(report.findings, len(report.paths), lang)),
    )


def _message(finding: Finding, lang: str, show: Show) -> str:
    try:
        return rule_words.message(finding, lang, show)
    except KeyError:  # a stored report may be of another version, with rules that this one does not know
        return show(finding.name)


def _help(finding: Finding, lang: str, show: Show) -> str:
    try:
        return rule_words.help_text(finding, lang, show)
    except KeyError:
        return ""


def _rules(lang: str) -> Sequence[RulePage]:
    return tuple(_rule_page(rule, lang) for rule in catalogue())


def _rule_page(rule: Rule, lang: str) -> RulePage:
    own = bool(rule_words.own_page(rule, lang))
    return RulePage(
        rule.code,
        rule.name,
        rule.levels.changed.value if rule.levels.changed else "off",
        rule_words.summary(rule.code, lang),
        # The summary says what the first paragraph does.
        rule_words.page(rule, lang).partition("\n\n")[2],
        "" if own else rule_words.why(rule.code, lang),
        lang if own else "en",
    )


def _commands(lang: str) -> Sequence[CommandLine]:
    say = translator(lang)
    return tuple(
        CommandLine(
            spec.usage,
            CATALOGUE.say(lang, f"help_{spec.name}"),
            str(say(f"commands.{spec.who.value}")),
            tuple(f"/{alias}" for alias in spec.aliases),
        )
        for spec in COMMANDS
    )
