"""What the pages take from the linter and the review: one voice, handed in from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from bot.model import Report
from bot.web.language import translator
from bot.web.world import Counts
from rules.finding import Finding

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
    verdict: Callable[[Report], str]
    counts: Callable[[Report], Counts]
    to_json: Callable[[Report], str]
    sarif: Callable[[Report, str], str]


def installed() -> Words:
    """The real ones, each part loaded when it is first needed: the endpoint starts without the linter."""
    return Words(
        message=_message,
        help_text=_help_text,
        rules=_rules,
        commands=_commands,
        verdict=_verdict,
        counts=_counts,
        to_json=_to_json,
        sarif=_sarif,
    )


def _message(finding: Finding, lang: str, show: Show) -> str:
    text: str = _part("rules.words").message(finding, lang, show=show)
    return text


def _help_text(finding: Finding, lang: str, show: Show) -> str:
    text: str = _part("rules.words").help_text(finding, lang, show=show)
    return text


def _rules(lang: str) -> Sequence[RulePage]:
    return tuple(_rule_page(rule, lang) for rule in _part("rules.rule").catalogue())


def _rule_page(rule: Any, lang: str) -> RulePage:
    words = _part("rules.words")
    own = bool(words.own_page(rule, lang))
    return RulePage(
        rule.code,
        rule.name,
        rule.levels.changed.value if rule.levels.changed else "off",
        words.summary(rule.code, lang),
        # The summary says what the first paragraph does.
        words.page(rule, lang).partition("\n\n")[2],
        "" if own else words.why(rule.code, lang),
        lang if own else "en",
    )


def _commands(lang: str) -> Sequence[CommandLine]:
    say = translator(lang)
    explain = _part("bot.commands.command").CATALOGUE.say
    return tuple(
        CommandLine(
            spec.usage,
            explain(lang, f"help_{spec.name}"),
            str(say(f"commands.{spec.who.value}")),
            tuple(f"/{alias}" for alias in spec.aliases),
        )
        for spec in _part("bot.commands.catalogue").COMMANDS
    )


def _verdict(report: Report) -> str:
    return str(_part("bot.review.report").verdict(report))


def _counts(report: Report) -> Counts:
    found = _part("bot.review.report").counts(report)
    return Counts(found.must_fix, found.should_fix, found.notes, found.unverified, found.decisions)


def _to_json(report: Report) -> str:
    text: str = _part("bot.review.report").to_json(report)
    return text


def _sarif(report: Report, lang: str) -> str:
    result = _part("rules.output.result").Result(report.findings, len(report.paths), lang)
    text: str = _part("rules.output.sarif").render(result)
    return text


def _part(name: str) -> Any:
    return import_module(name)
