"""What a rule is, and the catalogue of all rules, found by walking the packages that hold them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from rules.facts import Facts, TreeAsset
from rules.finding import Fault, Problem, Severity
from rules.page import Page

if TYPE_CHECKING:
    from rules.policy import Policy

T = TypeVar("T")

#: MSH1xx, 2xx, 3xx, 4xx, 5xx and MSH0xx: a module `m303_*.py` in one of these is a rule.
PACKAGES = ("layout", "metadata", "artifacts", "body", "change", "internal")


@dataclass(frozen=True, slots=True)
class Subject:
    """A page to judge, its version on the base branch, and whether the pull request touches it at all.

    `removed`: the pull request deletes the page, and `page` is what the base branch has. Only the rules about
    removals look at it.
    """

    page: Page
    base: Page | None = None
    changed: bool = True
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may know beyond its page. `links` maps an asset's address to every use of it, tree
    included; `paths` are those of all pages, sorted, the judged ones included; `digests` does for digests,
    repaired, what `links` does for addresses; `bases` maps a path to what the base branch has.
    An index that a rule makes of all this is asked for by `once`.
    """

    subjects: tuple[Subject, ...]
    facts: Facts
    policy: Policy
    links: Mapping[str, tuple[TreeAsset, ...]]
    paths: tuple[str, ...] = ()
    digests: Mapping[str, tuple[TreeAsset, ...]] = field(default_factory=dict)
    bases: Mapping[str, Page] = field(default_factory=dict)
    _made: dict[Callable[[Context], Any], Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, make: Callable[[Context], T]) -> T:
        """What a function makes of the context, made when it is first asked for and kept for the whole
        check.
        """
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made


Check = Callable[[Page, Context], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Levels:
    """How much a problem weighs where it is new or changed, and where it is not; None: not reported."""

    changed: Severity | None
    untouched: Severity | None

    def of(self, changed: bool) -> Severity | None:
        return self.changed if changed else self.untouched


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `levels` holds unless the policy says otherwise; `variants` those of its cases that weigh
    differently.

    `page` is the rule's documentation. `remote` says that it judges what was measured outside, `removals`
    that it judges the pages that are deleted, and no others.
    """

    code: str
    name: str
    check: Check
    levels: Levels
    fault: Fault
    page: str
    remote: bool = False
    variants: Mapping[str, Levels] = field(default_factory=dict)
    removals: bool = False


def levels(changed: str, untouched: str) -> Levels:
    """Levels from the words that the policy uses: `error`, `warning`, `notice`, `off`. Raises ValueError."""
    return Levels(*(None if word == "off" else Severity(word) for word in (changed, untouched)))


def rule(
    code: str,
    name: str,
    *,
    changed: str,
    untouched: str,
    fault: Fault = Fault.CONTRIBUTOR,
    remote: bool = False,
    variants: Mapping[str, Levels] | None = None,
    removals: bool = False,
) -> Callable[[Check], Rule]:
    """Makes a rule of a function that yields problems; its module's docstring is the rule's page."""

    def make(check: Check) -> Rule:
        page = importlib.import_module(check.__module__).__doc__ or ""
        judged = levels(changed, untouched)
        return Rule(code, name, check, judged, fault, page, remote, variants or {}, removals)

    return make


@cache
def catalogue() -> tuple[Rule, ...]:
    """All rules by code. Raises ValueError when two have the same code or name."""
    found: dict[str, Rule] = {}
    for package in PACKAGES:
        path = importlib.import_module(f"rules.{package}").__path__
        for module in pkgutil.iter_modules(path, f"rules.{package}."):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, Rule):
                    if value.code in found or any(value.name == other.name for other in found.values()):
                        raise ValueError(f"{module.name}: {value.code} {value.name} is taken")
                    found[value.code] = value
    return tuple(found[code] for code in sorted(found))


def find(word: str) -> Rule | None:
    """The rule of a code (any case, with or without `MSH`) or a name."""
    wanted = word.strip().upper()
    wanted = f"MSH{wanted}" if wanted.isdecimal() else wanted
    return next((one for one in catalogue() if wanted in (one.code, one.name.upper())), None)
