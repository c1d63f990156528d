"""The hub's own choices (fields, vocabularies, hosts, severities), read from YAML that a maintainer edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from rules.finding import Severity, Span
from rules.header import HeaderError, Node
from rules.header import load as load_yaml

if TYPE_CHECKING:
    from rules.rule import Levels, Rule

DEFAULT = Path(__file__).with_name("hub.yaml")


class PolicyError(ValueError):
    """A policy that cannot be used: the text says what is wrong and where."""

    def __init__(self, span: Span, message: str) -> None:
        super().__init__(f"line {span.line}, column {span.column}: {message}")
        self.span = span


@dataclass(frozen=True, slots=True)
class Policy:
    """What the hub accepts. `severities` maps a rule's code, or `code/variant`, to its two levels."""

    required_fields: tuple[str, ...]
    optional_fields: tuple[str, ...]
    asset_fields: tuple[str, ...]
    list_fields: tuple[str, ...]
    file_formats: Mapping[str, tuple[str, ...]]
    used_for: tuple[str, ...]
    backends: tuple[str, ...]
    module_types: Mapping[str, tuple[str, ...]]
    publishers: Mapping[str, tuple[str, ...]]
    authors: Mapping[str, tuple[str, ...]]
    model_version_follows: tuple[str, ...]
    licences: tuple[str, ...]
    asset_hosts: tuple[str, ...]
    repository_hosts: tuple[str, ...]
    datasets: tuple[str, ...]
    severities: Mapping[str, Levels] = field(default_factory=dict)
    #: Codes of the rules whose findings nobody may waive.
    never_waived: tuple[str, ...] = ()
    #: Approvals that each changed page needs before the gate opens.
    approvals_needed: int = 0
    #: Hours after which a verification is repeated before a merge; 0 is never.
    fresh_hours: int = 0

    @property
    def fields(self) -> tuple[str, ...]:
        return self.required_fields + self.optional_fields

    def severity(self, rule: Rule, variant: str, changed: bool) -> Severity | None:
        """How much a problem weighs; None when it is not to be reported."""
        levels = self.severities.get(f"{rule.code}/{variant}") or self.severities.get(rule.code)
        return (levels or rule.variants.get(variant) or rule.levels).of(changed)

    def is_silent(self, rule: Rule, changed: bool) -> bool:
        """Whether nothing that a rule may find is to be reported."""
        own = (rule.levels, *rule.variants.values())
        whole = self.severities.get(rule.code)
        cases = [levels for key, levels in self.severities.items() if key.startswith(f"{rule.code}/")]
        return all(levels.of(changed) is None for levels in (*cases, *([whole] if whole else own)))


_LISTS = (
    "required-fields",
    "optional-fields",
    "asset-fields",
    "list-fields",
    "used-for",
    "backends",
    "model-version-follows",
    "licences",
    "asset-hosts",
    "repository-hosts",
    "datasets",
)
_MAPS = ("file-formats", "module-types", "publishers", "authors")
_LEVELS = ("changed", "untouched")
_NUMBERS = ("approvals-needed", "fresh-hours")
#: A larger number is a slip.
_MOST = 10_000


@cache
def default() -> Policy:
    """The policy of MindSpore Hub that comes with the linter."""
    return load(DEFAULT.read_text(encoding="utf-8"))


def load(text: str) -> Policy:
    """Reads a policy. Raises `PolicyError` for anything that is missing, unknown, given twice or of the wrong
    shape.
    """
    try:
        top = load_yaml(text.splitlines(), 1)
    except HeaderError as error:
        raise PolicyError(error.span, f"not readable as YAML: {error.detail or error.reason}") from None
    parts = {key.text: value for key, value in _pairs(top)}
    for key, _ in _pairs(top):
        if key.text not in (*_LISTS, *_MAPS, *_NUMBERS, "severities", "never-waived"):
            raise PolicyError(key.span, f"unknown setting {key.text!r}")
    for name in (*_LISTS, *_MAPS):
        if name not in parts:
            raise PolicyError(top.span, f"setting {name!r} is missing")
    lists = {name.replace("-", "_"): tuple(_words(parts[name])) for name in _LISTS}
    maps = {
        name.replace("-", "_"): {key.text: tuple(_words(value)) for key, value in _pairs(parts[name])}
        for name in _MAPS
    }
    severities = _severities(parts["severities"]) if "severities" in parts else {}
    never = _codes(parts["never-waived"]) if "never-waived" in parts else ()
    numbers = {name.replace("-", "_"): _number(parts[name]) for name in _NUMBERS if name in parts}
    kinds = {**lists, **maps, **numbers}
    return Policy(**kinds, severities=severities, never_waived=never)  # type: ignore[arg-type]  # kinds of values by name


def _pairs(node: Node) -> Iterator[tuple[Node, Node]]:
    if node.shape != "mapping":
        raise PolicyError(node.span, "expected a mapping (name: value)")
    seen = set()
    for key, value in node.pairs:
        if key.text in seen:
            raise PolicyError(key.span, f"{key.text!r} is given twice")
        seen.add(key.text)
        yield key, value


def _words(node: Node) -> Iterator[str]:
    if node.shape != "list":
        raise PolicyError(node.span, "expected a list (- value)")
    for item in node.items:
        if item.shape != "scalar" or not item.text:
            raise PolicyError(item.span, "expected a word")
        yield item.text


def _number(node: Node) -> int:
    if node.shape != "scalar" or not (node.text.isascii() and node.text.isdecimal()) or len(node.text) > 5:
        raise PolicyError(node.span, "expected a whole number")
    if int(node.text) > _MOST:
        raise PolicyError(node.span, f"expected at most {_MOST}")
    return int(node.text)


def _codes(node: Node) -> tuple[str, ...]:
    from rules.rule import catalogue  # late, as below

    known = {rule.code for rule in catalogue()}
    for word in (found := tuple(_words(node))):
        if word not in known:
            raise PolicyError(node.span, f"no rule has the code {word!r}")
    return found


def _severities(node: Node) -> Mapping[str, Levels]:
    from rules.rule import catalogue, levels  # late: a rule is judged by a policy, a policy names rules

    rules = {rule.code: rule for rule in catalogue()}
    found = {}
    for key, value in _pairs(node):
        code, _, _ = key.text.partition("/")
        if code not in rules:
            raise PolicyError(key.span, f"no rule has the code {code!r}")
        given = dict(_pairs(value))
        words = {name.text: (name, word) for name, word in given.items()}
        if set(words) != set(_LEVELS):
            raise PolicyError(value.span, f"expected exactly {' and '.join(_LEVELS)}")
        for _, word in words.values():
            if word.text not in (*Severity, "off"):
                raise PolicyError(word.span, f"{word.text!r} is none of error, warning, notice, off")
        found[key.text] = levels(words["changed"][1].text, words["untouched"][1].text)
    return found
