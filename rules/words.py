"""The words for findings: each rule's catalogue is read when that rule has something to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from rules.finding import Finding

if TYPE_CHECKING:
    from rules.rule import Rule

LANGUAGES = ("en", "zh")
_LOCALE = Path(__file__).with_name("locale")
Show = Callable[[str], str]
#: Values that we count or name ourselves, shown as they are; all others may be a stranger's.
_OURS = frozenset({"line", "length", "number", "size", "shape"})


def message(finding: Finding, lang: str, show: Show = str) -> str:
    """What is wrong, in one or two sentences. `show` formats each value, which a contributor may control."""
    return _fill(_pick(finding.rule, lang, "message", finding.variant), finding, show)


def help_text(finding: Finding, lang: str, show: Show = str) -> str:
    """What to do about it, with this page's own values."""
    return _fill(_pick(finding.rule, lang, "help", finding.variant), finding, show)


def summary(code: str, lang: str) -> str:
    """What a rule asks for, in one sentence."""
    return _text(words(code, lang)["summary"])


def why(code: str, lang: str) -> str:
    """Why a rule exists."""
    return _text(words(code, lang)["why"])


def page(rule: Rule, lang: str) -> str:
    """A rule's page in Markdown: what it asks for, why, wrong, right. English where the language has none."""
    return own_page(rule, lang) or rule.page.strip()


def own_page(rule: Rule, lang: str) -> str:
    """A rule's page in just this language, empty where there is none. The English one is its docstring."""
    return rule.page.strip() if lang not in LANGUAGES[1:] else _text(words(rule.code, lang).get("page", ""))


@cache
def words(code: str, lang: str) -> Mapping[str, object]:
    """One rule's words in one language; an unknown language gets English. Raises KeyError for an unknown
    code.
    """
    path = _LOCALE / f"{code.lower()}.yaml"
    if not (code.isalnum() and path.is_file()):
        raise KeyError(code)
    return phrases(path)[lang if lang in LANGUAGES else "en"]


@cache
def phrases(path: Path) -> Mapping[str, Mapping[str, object]]:
    """A catalogue file of our own: language to name to words."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = path.read_text(encoding="utf-8")
    loaded: Mapping[str, Mapping[str, object]] = yaml.load(text, loader)  # noqa: S506 - both loaders are safe
    return loaded


class _Values(dict[str, str]):
    """A value that a rule did not give leaves its gap visible instead of failing."""

    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _pick(code: str, lang: str, kind: str, variant: str) -> str:
    """The words of a variant, or the rule's only ones where all its cases read alike."""
    found = words(code, lang)[kind]
    if isinstance(found, Mapping):
        return _text(found.get(variant, found.get("other", "")))
    return _text(found)


def _text(found: object) -> str:
    return str(found).strip()


def _fill(template: str, finding: Finding, show: Show) -> str:
    shown = {name: value if name in _OURS else show(value) for name, value in finding.values.items()}
    return template.format_map(_Values(shown))
