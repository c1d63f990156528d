"""A report arranged for reading: what is wrong first, whose it is, and the evidence beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from bot.model import Report
from bot.review.gate import declared_digest, is_verified
from bot.review.mismatch import first_bytes as first_bytes  # a template's word
from bot.review.outages import apart
from bot.web.frames import FrameLine, Lines, frame, lines_of, replaced
from bot.web.text import command_word, without_query
from rules.facts import RemoteFile, RemoteState
from rules.finding import Fault, Finding, Severity

#: Ours: a page with more is slow to read and to send; the rest is in the report's JSON.
MAX_FINDINGS = 60
#: Ours: kinds of problems shown once for many pages, and pages that are named below all of them.
MAX_ALIKE, MAX_PLACES = 12, 400
#: Ours: files shown with all that is known of them, of those that need eyes and of those that do not; and
#: those beyond them that are named in a line each.
MAX_LOUD, MAX_CALM, MAX_BRIEF = 20, 24, 150
#: Ours: a problem that so many pages have alike is shown once, with the list of its pages.
REPEATED = 4
#: Ours: pages after these are folded, so that a bulk pull request opens at a readable length.
OPEN_PAGES = 12
#: Ours: paths of pages that are listed; only a pull request of bulk work has more.
MAX_PATHS = 500
#: Ours: files beyond these are folded when nothing is wrong with them.
OPEN_FILES = 12
#: Ours: tensors of one file that are listed; a checkpoint may hold thousands.
MAX_TENSORS = 400
#: Seconds below which a rate of reading would be chance.
SHORT = 0.5
#: Ours: addresses that are listed below the banner of a host that is down.
MAX_ADDRESSES = 100
#: Ours: more paths than these are not spelled out in a command to copy.
MAX_COMMAND_PATHS = 3

_SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.NOTICE)
_FILE_ORDER = ("differs", "wrong", "changing", "unverified", "measured", "agrees")


@dataclass(frozen=True, slots=True)
class Item:
    """One finding with what stands beside it."""

    finding: Finding
    frame: tuple[FrameLine, ...] = ()
    replaced: str = ""
    evidence: RemoteFile | None = None


@dataclass(frozen=True, slots=True)
class PageGroup:
    """The findings of one page, worst first, then by place."""

    path: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """One problem that `count` places have alike, shown once; `places` are path and line of the first."""

    item: Item
    places: tuple[tuple[str, int], ...]
    count: int


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings by who can do something about them; `left_out` of them are not on the page."""

    repeated: tuple[Repeated, ...]
    author: tuple[PageGroup, ...]
    maintainer: tuple[PageGroup, ...]
    nobody: tuple[PageGroup, ...]
    left_out: int = 0
    by_path: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A remote file and its outcome: differs, wrong, changing, unverified, measured or agrees."""

    file: RemoteFile
    outcome: str


@dataclass(frozen=True, slots=True)
class Total:
    """How many files a run read, their bytes, and bytes a second over the whole run where that is known."""

    files: int
    bytes: int
    rate: float | None


def arrange(report: Report) -> Findings:
    """Splits findings by fault and groups them by page, each with the lines that the report keeps of it."""
    kept_lines = lines_of(report)
    ordered = sorted(apart(report)[1], key=_weight)
    repeated, single = _split(ordered)
    shown = repeated[:MAX_ALIKE]
    kept = single[:MAX_FINDINGS]
    by_url = {file.url: file for file in report.files}
    return Findings(
        repeated=tuple(
            Repeated(
                _item(alike[0], by_url, kept_lines),
                tuple((f.path, f.span.line) for f in alike[: MAX_PLACES // len(shown)]),
                len(alike),
            )
            for alike in shown
        ),
        author=_groups(kept, {Fault.CONTRIBUTOR}, by_url, kept_lines),
        maintainer=_groups(kept, {Fault.POLICY}, by_url, kept_lines),
        nobody=_groups(kept, {Fault.HOST, Fault.FORGE, Fault.BOT}, by_url, kept_lines),
        left_out=len(single) - len(kept) + sum(map(len, repeated[MAX_ALIKE:])),
        by_path=Counter(finding.path for finding in ordered),
    )


def files(report: Report) -> tuple[FileRow, ...]:
    """The remote files read so far, those that need somebody's eyes first."""
    rows = (FileRow(file, outcome(file)) for file in report.files)
    return tuple(sorted(rows, key=lambda row: (_FILE_ORDER.index(row.outcome), row.file.url)))


def rate(file: RemoteFile) -> float | None:
    """Bytes a second of the reads of a file, None where that would say nothing of its server."""
    if not file.size or not file.reads or file.seconds < SHORT or file.confirmed_at is not None:
        return None
    return file.size * file.reads / file.seconds


def total(report: Report) -> Total:
    """What the run read, all files together."""
    read = [file for file in report.files if file.size and file.reads and file.confirmed_at is None]
    count = sum((file.size or 0) * file.reads for file in read)
    ended = report.finished_at
    spell = ended - report.started_at if ended is not None else 0.0
    return Total(len(read), count, count / spell if spell >= SHORT else None)


def outcome(file: RemoteFile) -> str:
    """How a file stands to what its page declares, in one word; a part of a digest proves nothing."""
    if file.state is not RemoteState.MEASURED:
        return file.state.value
    if is_verified(file):
        return "agrees"
    return "measured" if file.sha256.startswith(declared_digest(file)) else "differs"


def local_command(report: Report) -> str:
    """The command that repeats the check at home; paths only where a shell reads them as they are."""
    remote = any(outcome(file) in ("differs", "wrong") for file in report.files)
    base = "hubbot check --remote" if remote else "hubbot check"
    paths = sorted({finding.path for finding in report.findings if finding.fault is Fault.CONTRIBUTOR})
    plain = 0 < len(paths) <= MAX_COMMAND_PATHS and all(command_word(path) for path in paths)
    return " ".join([base, *paths]) if plain else base


def exported(report: Report) -> Report:
    """The report as it leaves us, without the lines of pages, which are in the pull request.

    An address that a redirect signed for us is nobody else's business.
    """
    files = tuple(replace(file, final_url=without_query(file.final_url)) for file in report.files)
    return replace(report, files=files, excerpts=())


def _weight(finding: Finding) -> tuple[int, str, int, int, str]:
    return (
        _SEVERITIES.index(finding.severity),
        finding.path,
        finding.span.line,
        finding.span.column,
        finding.rule,
    )


def _split(ordered: Sequence[Finding]) -> tuple[list[list[Finding]], list[Finding]]:
    """What many pages have alike, each kind together, and all the rest."""
    kinds: dict[object, list[Finding]] = {}
    for finding in ordered:
        if finding.fault is Fault.CONTRIBUTOR:
            kinds.setdefault(_kind(finding), []).append(finding)
    repeated = [alike for alike in kinds.values() if len({f.path for f in alike}) >= REPEATED]
    apart = {id(finding) for alike in repeated for finding in alike}
    return repeated, [finding for finding in ordered if id(finding) not in apart]


def _kind(finding: Finding) -> object:
    replacement = finding.suggestion and finding.suggestion.replacement
    values = tuple(sorted(finding.values.items()))
    return finding.rule, finding.variant, finding.severity, values, replacement


def _groups(
    findings: Sequence[Finding],
    faults: set[Fault],
    by_url: Mapping[str, RemoteFile],
    kept_lines: Mapping[str, Lines],
) -> tuple[PageGroup, ...]:
    mine = sorted((f for f in findings if f.fault in faults), key=lambda f: f.path)
    groups = []
    for path, group in groupby(mine, key=lambda f: f.path):
        found = sorted(group, key=_weight)
        groups.append(PageGroup(path, tuple(_item(f, by_url, kept_lines) for f in found)))
    return tuple(
        sorted(groups, key=lambda group: (_SEVERITIES.index(group.items[0].finding.severity), group.path))
    )


def _item(finding: Finding, by_url: Mapping[str, RemoteFile], kept_lines: Mapping[str, Lines]) -> Item:
    file = next((by_url[value] for value in finding.values.values() if value in by_url), None)
    # A file that is just what the page declares has nothing to show for a finding about the page's text.
    evidence = None if file is None or outcome(file) == "agrees" else file
    lines = kept_lines.get(finding.path, {})
    shown = frame(finding, lines)
    return Item(finding, shown, replaced(finding, lines) if shown else "", evidence)
