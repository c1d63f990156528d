"""How many labelled defects of a hub's history the rules find, and how often they speak at its head.

A defect counts as found when a finding of any severity stands on the labelled field of the bad version, and
is gone from the good one, or differs there. The bad version is judged as a pull request that brings it would
be: against what stood at its path before the commit that introduced the defect, with the rest of that
commit's tree known. Recall is weighted by group: a mistake made on two hundred pages at once counts once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from rules import engine, policy
from rules.facts import Facts, TreeAsset
from rules.finding import Finding, Severity
from rules.page import ROOT, Page, parse
from rules.rule import Subject

#: The keys of findings that stand for a labelled field; all other fields are keys themselves, those of an
#: asset entry without `asset[0].`.
KEYS = {
    "usage-uid": ("usage",),
    "body": ("body", "usage"),
    "body-link": ("body",),
    "heads": ("body",),
    "image": ("body",),
}
#: Pages merged from this year on show what authors write now.
RECENT = "2022"
Row = dict[str, Any]


@dataclass(slots=True)
class History:
    """A clone of a hub, read by commit and path; entries are read once a blob. To be closed."""

    clone: Path
    _process: subprocess.Popen[bytes] | None = None
    _assets: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    _facts: dict[str, Facts] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.communicate()

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.clone), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def page(self, commit: str, path: str) -> Page | None:
        data = self._blob(f"{commit}:{path}")
        return None if data is None else parse(path, data)

    def facts(self, commit: str) -> Facts:
        """What the whole tree of a commit says."""
        if commit not in self._facts:
            tree: dict[str, tuple[TreeAsset, ...]] = {}
            for entry in self.git("ls-tree", "-r", "-z", commit, "--", ROOT).split("\0"):
                info, _, path = entry.partition("\t")
                if path.endswith(".md"):
                    pairs = self._entries(info.split()[2], path)
                    tree[path] = tuple(TreeAsset(path, link, digest) for link, digest in pairs)
            self._facts[commit] = Facts(tree=tree, paths=tuple(tree))
        return self._facts[commit]

    def _entries(self, oid: str, path: str) -> tuple[tuple[str, str], ...]:
        if oid not in self._assets:
            page = parse(path, self._blob(oid) or b"")
            self._assets[oid] = tuple((one.link, one.sha256) for one in engine.tree_assets(page))
        return self._assets[oid]

    def _blob(self, name: str) -> bytes | None:
        if self._process is None:
            command = ["git", "-C", str(self.clone), "cat-file", "--batch"]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        asked, answer = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answer is not None
        asked.write(f"{name}\n".encode())
        asked.flush()
        head = answer.readline().split()
        return None if head[-1] == b"missing" else answer.read(int(head[2]) + 1)[:-1]


def main(arguments: Sequence[str] | None = None) -> int:
    args = _arguments(arguments)
    rows = [json.loads(line) for line in args.defects.read_text(encoding="utf-8").splitlines()]
    with History(args.hub) as history:
        found = find_all(history, [row for row in rows if row["offline_detectable"]])
        _print_alarms(history)
    by_intent = [(row, hit) for row, hit in found if row["how"] == "pr"]
    _print_recall("Recall, stated by a pull request", by_intent)
    _print_recall("Recall, all that can be seen offline", found)
    _print_recall(
        "Recall, of these what is labelled a defect", [one for one in found if one[0]["kind"] == "defect"]
    )
    if args.misses:
        for row, hit in found:
            if not hit:
                print(row["id"], row["defect_class"], row["path"], row["field"], row["old"], "->", row["new"])
    return 0


def find_all(history: History, rows: Sequence[Row]) -> list[tuple[Row, bool]]:
    """Each defect, and whether it is found."""
    commits: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        commits[row["bad_commit"], row["introduced_commit"]].append(row)
    return [pair for (bad, before), group in commits.items() for pair in _find(history, bad, before, group)]


def _find(history: History, bad: str, introduced: str, rows: list[Row]) -> Iterable[tuple[Row, bool]]:
    paths = {row["path"] for row in rows}
    wrong = _judged(history, bad, paths, lambda path: history.page(f"{introduced}^", path))
    goods: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["good_blob"]:
            goods[row["good_commit"]].add(_good_path(row))
    right = {good: _judged(history, good, paths, lambda _: None) for good, paths in goods.items()}
    for row in rows:
        after = right.get(row["good_commit"], {}).get(_good_path(row), [])
        kept = {_signature(finding) for finding in after}
        news = (one for one in wrong[row["path"]] if _signature(one) not in kept)
        yield row, any(_stands_on(finding, row["field"]) for finding in news)


def _good_path(row: Row) -> str:
    return str(row["new_path"] or row["path"])


def _judged(
    history: History, commit: str, paths: Iterable[str], base: Callable[[str], Page | None]
) -> dict[str, list[Finding]]:
    """What is said of pages as a commit has them, by path."""
    pages = [page for path in sorted(paths) if (page := history.page(commit, path)) is not None]
    subjects = [Subject(page, base(page.path)) for page in pages]
    found: dict[str, list[Finding]] = defaultdict(list)
    for finding in engine.check(subjects, history.facts(commit), policy.default()):
        found[finding.path].append(finding)
    return found


def _signature(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.variant, finding.key, tuple(sorted(finding.values.items()))


def _stands_on(finding: Finding, name: str) -> bool:
    return finding.key.rpartition(".")[2] in KEYS.get(name, (name,))


def _print_recall(title: str, found: Sequence[tuple[Row, bool]]) -> None:
    classes: dict[str, list[tuple[Row, bool]]] = defaultdict(list)
    for row, hit in found:
        classes[row["defect_class"]].append((row, hit))
    print(f"\n{title}\n{'class':<28}{'rows':>6}{'found':>7}{'groups':>8}{'recall':>9}")
    for name, pairs in [*sorted(classes.items()), ("all", list(found))]:
        groups = len({row["group"] for row, _ in pairs})
        hits = sum(hit for _, hit in pairs)
        print(f"{name:<28}{len(pairs):>6}{hits:>7}{groups:>8}{recall(pairs):>8.1%}")


def recall(found: Sequence[tuple[Row, bool]]) -> float:
    """The share that is found, each row weighted by one over the size of its group."""
    whole = sum(1 / row["group_size"] for row, _ in found)
    return sum(1 / row["group_size"] for row, hit in found if hit) / whole if whole else 1.0


def _print_alarms(history: History) -> None:
    """Errors and warnings of the head's pages, each judged as new, by rule: all pages, and recent ones."""
    paths = history.facts("HEAD").paths
    findings = [one for group in _judged(history, "HEAD", paths, lambda _: None).values() for one in group]
    recent = _recent(history) & set(paths)
    for title, among in (("all pages", set(paths)), (f"pages merged since {RECENT}", recent)):
        print(f"\nHead, judged as new: {title} ({len(among)})")
        for severity in (Severity.ERROR, Severity.WARNING):
            pages = defaultdict(set)
            for one in findings:
                if one.severity is severity and one.path in among:
                    pages[one.rule, one.name].add(one.path)
            hit = set().union(*pages.values()) if pages else set()
            print(f"{severity:<36}{len(hit):>6} pages{len(hit) / max(len(among), 1):>8.1%}")
            for (code, name), paths_hit in sorted(pages.items()):
                print(f"  {code} {name:<26}{len(paths_hit):>6} pages{len(paths_hit) / len(among):>8.1%}")


def _recent(history: History) -> set[str]:
    """Paths that a merge into the main branch added since the year."""
    log = history.git(
        "log",
        "--first-parent",
        "-m",
        "--no-renames",
        "--diff-filter=A",
        "--name-only",
        "--format=",
        f"--since={RECENT}-01-01",
        "HEAD",
        "--",
        ROOT,
    )  # fmt: skip - options by groups
    return set(log.split("\n")) - {""}


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("hub", type=Path, help="a clone of a hub with its history")
    parser.add_argument("defects", type=Path, help="labelled defects, one JSON object a line")
    parser.add_argument("--misses", action="store_true", help="print every defect that is not found")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
