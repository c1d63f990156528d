"""Runs the catalogue over pages: what must be measured first, and what is found then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice

from rules.artifacts.confplace import CONF, raw_url
from rules.artifacts.digest import repaired
from rules.facts import Facts, TreeAsset, Wanted, WantedConf
from rules.finding import Fault, Finding, Problem, Severity, fingerprint
from rules.links import is_fetchable
from rules.page import Page
from rules.policy import Policy
from rules.rule import Context, Rule, Subject, catalogue
from rules.source import point

__all__ = ["Subject", "check", "tree_assets", "wanted", "wanted_confs"]

#: More of one kind on one page tell nobody more; the page is red anyway.
MAX_PROBLEMS = 100
CRASHED, CRASHED_NAME = "MSH001", "rule-failed"


def wanted(pages: Iterable[Page]) -> tuple[Wanted, ...]:
    """What must be measured: one entry for each distinct address, in the order of the pages."""
    found: dict[str, Wanted] = {}
    for page in pages:
        for asset in page.assets:
            if asset.link not in found and is_fetchable(asset.link):
                found[asset.link] = Wanted(asset.link, asset.sha256, asset.file_format)
    return tuple(found.values())


def wanted_confs(pages: Iterable[Page]) -> tuple[WantedConf, ...]:
    """The conf files to look at: one entry for each distinct `repo-link`, in the order of the pages."""
    found: dict[str, WantedConf] = {}
    for page in pages:
        link = page.text("repo-link")
        url = "" if page.is_cn or link in found else raw_url(link, CONF)
        if url:
            found[link] = WantedConf(link, url, raw_url(link, "README.md"))
    return tuple(found.values())


def tree_assets(page: Page) -> tuple[TreeAsset, ...]:
    """A page's entries for the index of the base tree (`Facts.tree`)."""
    return tuple(TreeAsset(page.path, asset.link, asset.sha256) for asset in page.assets if asset.link)


def check(
    subjects: Sequence[Subject], facts: Facts, policy: Policy, rules: Sequence[Rule] | None = None
) -> list[Finding]:
    """Everything that the rules find, by path and place.

    A problem that the base version of a changed page has too counts as untouched.
    Removed pages are judged by the rules about removals, and by no others; a rule of which nothing would be
    reported is not run.
    A rule that fails becomes a finding of its own, with fault `bot`, and the others still run.
    """
    rules = catalogue() if rules is None else rules
    now = _context(tuple(subjects), facts, policy)
    before = _context(tuple(Subject(s.base) for s in subjects if s.base is not None), facts, policy)
    worth = cache(lambda *kind: _worth_running(rules, facts, policy, *kind))
    findings: list[Finding] = []
    for subject in now.subjects:
        for rule in worth(subject.changed, subject.base is not None, subject.removed):
            problems = _problems(rule, subject.page, subject.page.path, now)
            if not problems:
                continue
            known: set[str] = set()
            if subject.changed and subject.base is not None:
                known = {print_ for print_, _ in _problems(rule, subject.base, subject.page.path, before)}
            for print_, problem in problems:
                changed = subject.changed and print_ not in known
                findings += _finding(rule, subject.page.path, problem, print_, policy, changed)
    return sorted(findings, key=lambda finding: (finding.path, finding.span, finding.rule, finding.key))


def _worth_running(
    rules: Sequence[Rule], facts: Facts, policy: Policy, changed: bool, has_base: bool, removed: bool
) -> list[Rule]:
    """The rules that may report something of pages of one kind."""
    ways = {changed, changed and not has_base}
    return [
        rule
        for rule in rules
        if rule.removals is removed
        and (facts.files or facts.confs or not rule.remote)
        and not all(policy.is_silent(rule, way) for way in ways)
    ]


def _context(subjects: tuple[Subject, ...], facts: Facts, policy: Policy) -> Context:
    replaced = {subject.page.path for subject in subjects}
    standing = [subject for subject in subjects if not subject.removed]
    uses = [entry for subject in standing for entry in tree_assets(subject.page)]
    uses += [entry for entries in facts.tree.values() for entry in entries if entry.path not in replaced]
    bases = {subject.page.path: subject.base for subject in standing if subject.base is not None}
    links = _grouped((entry.link, entry) for entry in uses)
    digests = _grouped((repaired(entry.sha256), entry) for entry in uses if entry.sha256)
    standing_paths = {subject.page.path for subject in standing}
    paths = {*standing_paths, *facts.paths, *(entry.path for entry in uses)}
    return Context(subjects, facts, policy, links, tuple(sorted(paths)), digests, bases)


def _grouped(pairs: Iterable[tuple[str, TreeAsset]]) -> dict[str, tuple[TreeAsset, ...]]:
    groups: dict[str, list[TreeAsset]] = {}
    for key, entry in pairs:
        groups.setdefault(key, []).append(entry)
    return {key: tuple(entries) for key, entries in groups.items()}


def _problems(rule: Rule, page: Page, path: str, context: Context) -> list[tuple[str, Problem]]:
    """What a rule says of a page, each with its fingerprint; the second of two alike gets another."""
    try:
        problems = list(islice(rule.check(page, context), MAX_PROBLEMS))
    except Exception as error:  # noqa: BLE001 - a defect of ours in one rule must not silence the others
        values = {"rule": rule.code, "name": rule.name, "error": type(error).__name__}
        problems = [Problem(point(1, 1), key=rule.code, variant="crashed", values=values, fault=Fault.BOT)]
    if not problems:
        return []
    seen: Counter[str] = Counter()
    prints = []
    for problem in problems:
        print_ = fingerprint(rule.code, path, _family(problem.key), problem.identity or _identity(problem))
        seen[print_] += 1
        if seen[print_] > 1:
            print_ = fingerprint(rule.code, path, problem.key, f"{print_}#{seen[print_]}")
        prints.append((print_, problem))
    return prints


def _family(key: str) -> str:
    """The key without the entry's number, which shifts when an entry is put before it."""
    head, bracket, rest = key.partition("[")
    return f"{head}[]{rest.partition(']')[2]}" if bracket else key


def _identity(problem: Problem) -> str:
    values = (f"{name}={value}" for name, value in sorted(problem.values.items()))
    return "\0".join((problem.variant, *values))


def _finding(
    rule: Rule, path: str, problem: Problem, print_: str, policy: Policy, changed: bool
) -> list[Finding]:
    crashed = problem.variant == "crashed"
    severity = problem.severity or policy.severity(rule, problem.variant, changed)
    if crashed:
        severity = Severity.ERROR
    if severity is None:
        return []
    return [
        Finding(
            rule=CRASHED if crashed else rule.code,
            name=CRASHED_NAME if crashed else rule.name,
            severity=severity,
            fault=problem.fault or rule.fault,
            path=path,
            span=problem.span,
            key=problem.key,
            variant=problem.variant,
            values=problem.values,
            suggestion=problem.suggestion,
            fingerprint=print_,
        )
    ]
