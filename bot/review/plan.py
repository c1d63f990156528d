"""The difference between the review that a report asks for and what already stands on the pull request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.model import Check, Comment, InlineComment, Posted, Report, Thread
from bot.review import ruled, threads
from bot.review.catalogue import known_language
from bot.review.checks import checks
from bot.review.counts import counts, kind
from bot.review.diff import NewLine, shown_lines, texts
from bot.review.inline import inline, suggested_lines
from bot.review.render import summary
from bot.review.report import Verdict, is_started_only, verdict
from bot.review.sections import Voice, message
from bot.review.shared import worst
from bot.review.waivers import open_findings
from bot.review.words import Words
from rules.finding import Finding

#: Inline comments standing on one pull request at a time: our own choice, what a person still reads.
MAX_INLINE = 30
VERIFIED, NEEDS_FIX = "hubbot:verified", "hubbot:needs-fix"
#: What is said inline; notes, and what the author cannot mend, are in the summary only.
SAID_INLINE = frozenset({"must_fix", "should_fix"})


@dataclass(frozen=True, slots=True)
class Plan:
    """The writes that are missing: `summary` None is no write, and `existing` None means to create it.

    `fixed` are inline comments to close, in conversations with the words of `fixed_answer`.
    """

    summary: str | None = None
    existing: Comment | None = None
    duplicates: tuple[Comment, ...] = ()
    inline: tuple[InlineComment, ...] = ()
    review_body: str = ""
    checks: tuple[Check, ...] = ()
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    fixed: tuple[Thread, ...] = ()
    fixed_answer: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether everything stands as it should."""
        return self == Plan()


@dataclass(frozen=True, slots=True)
class Placed:
    """A finding with the lines of the diff that its comment goes to: `first` to `line`, mostly the same."""

    finding: Finding
    line: int
    first: int


def plan(
    report: Report,
    posted: Posted,
    patches: Mapping[str, str | None],
    *,
    words: Words,
    public_url: str = "",
    commands: Sequence[tuple[str, str]] = (),
    blob_url: str = "",
    others: Sequence[Report] = (),
) -> Plan:
    """What is left to write; empty once it has been written, and always for a superseded run.

    `patches` maps each changed page to the forge's diff, None where the forge gives none: such pages get no
    inline comments. `commands` and `blob_url` are as for `summary`. `others` are of the same head.
    """
    if verdict(report) is Verdict.SUPERSEDED:
        return Plan()
    body = summary(report, words=words, public_url=public_url, commands=commands, blob_url=blob_url)
    wanted = worst(
        [(report, checks(report, public_url=public_url, words=words, summary=body))]
        + [(other, checks(other, public_url=public_url, words=words)) for other in others]
    )
    comments = inline_comments(
        report, posted, patches, Voice(known_language(report.language), words, public_url, blob_url)
    )
    existing = posted.summaries[0] if posted.summaries else None
    written = body if wants_summary(report, posted) and (existing is None or existing.body != body) else None
    add, remove = labels(report, posted.labels)
    done = threads.fixed(report, posted)
    return Plan(
        summary=written,
        existing=existing if written is not None else None,
        duplicates=posted.summaries[1:],
        inline=comments,
        review_body=Voice(known_language(report.language), words).say("review_body") if comments else "",
        checks=tuple(
            check for check in wanted if posted.checks.get(check.context) != (check.state, check.title)
        ),
        add_labels=add,
        remove_labels=remove,
        fixed=done,
        fixed_answer=threads.answer(report) if done else "",
    )


def wants_summary(report: Report, posted: Posted) -> bool:
    """Whether there is something to say: not before anything is known, and not where no asset page changed.

    While model files are being read, only findings are worth a first comment; one that stands is kept true.
    """
    said = verdict(report)
    if is_started_only(report):
        return False
    if posted.summaries:
        return True
    if said is Verdict.RUNNING:
        return bool(report.findings)
    return said is not Verdict.NOTHING_TO_CHECK


def inline_comments(
    report: Report, posted: Posted, patches: Mapping[str, str | None], voice: Voice
) -> tuple[InlineComment, ...]:
    """One comment a line for what has not been said yet; the same on many pages is said on the first only."""
    shown = {path: shown_lines(patch) for path, patch in patches.items() if patch}
    placed = distinct(
        spot for finding in open_findings(report) if (spot := place(finding, shown)) is not None
    )
    standing = {(s.finding.path, s.line) for s in placed if s.finding.fingerprint in posted.fingerprints}
    spots: dict[tuple[str, int], list[Placed]] = defaultdict(list)
    elsewhere: dict[tuple[str, int], int] = {}
    for group in same(placed, voice):
        if any(spot.finding.fingerprint in posted.fingerprints for spot in group):
            continue
        first = group[0]
        where = (first.finding.path, first.line)
        spots[where].append(first)
        others = {spot.finding.path for spot in group} - {first.finding.path}
        elsewhere[where] = max(elsewhere.get(where, 0), len(others))
    room = max(MAX_INLINE - len(standing), 0)
    return tuple(
        comment(found, shown[path], voice, elsewhere[path, line])
        for (path, line), found in list(spots.items())[:room]
    )


def comment(
    spots: Sequence[Placed], shown: Mapping[int, NewLine], voice: Voice, elsewhere: int
) -> InlineComment:
    """One comment for findings that end on the same line; it begins where the longest of them does."""
    found, line = [spot.finding for spot in spots], spots[0].line
    first = min(spot.first for spot in spots)
    lines = texts(shown, first, line)
    body = inline(found, voice, first_line=first, lines=lines, elsewhere=elsewhere)
    marks = tuple(finding.fingerprint for finding in found)
    return InlineComment(found[0].path, line, body, marks, first if first < line else 0)


def place(finding: Finding, shown: Mapping[str, Mapping[int, NewLine]]) -> Placed | None:
    """The lines that the finding's repair replaces, else its first line that the diff shows.

    None where a comment cannot or should not stand.
    """
    lines = shown.get(finding.path)
    if lines is None or kind(finding) not in SAID_INLINE or not finding.fingerprint:
        return None
    first, last = suggested_lines(finding)
    if first <= finding.span.line <= last and texts(lines, first, last):
        return Placed(finding, last, first)
    first, last = finding.span.line, max(finding.span.end_line, finding.span.line)
    line = next((number for number in sorted(lines) if first <= number <= last), None)
    return None if line is None else Placed(finding, line, line)


def distinct(placed: Iterable[Placed]) -> list[Placed]:
    """One for each fingerprint: the same identity is said once, whatever it is judged."""
    found: dict[str, Placed] = {}
    for spot in placed:
        found.setdefault(spot.finding.fingerprint, spot)
    return list(found.values())


def same(placed: Sequence[Placed], voice: Voice) -> list[list[Placed]]:
    """Findings of one rule in the same words over several pages; on one page each stands for itself.

    Gravest first, so that a bulk pull request's 30 comments are spent on what must be fixed.
    """
    groups: dict[tuple[str, ...], list[Placed]] = defaultdict(list)
    seen: dict[tuple[str, ...], int] = defaultdict(int)
    for spot in sorted(placed, key=lambda spot: kind(spot.finding) != "must_fix"):
        said = (spot.finding.rule, spot.finding.variant, message(spot.finding, voice))
        here = (*said, spot.finding.path)
        seen[here] += 1
        groups[(*said, str(seen[here]))].append(spot)
    return list(groups.values())


def labels(report: Report, standing: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels to add and to remove. Only our own are touched; they are projections of verdict and rulings."""
    said, must_fix = verdict(report), counts(report).must_fix
    wanted: set[str] = set()
    if said is Verdict.PASSED:
        wanted.add(VERIFIED)
    elif must_fix or (said is Verdict.RUNNING and NEEDS_FIX in standing):
        wanted.add(NEEDS_FIX)
    wanted |= ruled.labels(report)
    ours = standing & ({VERIFIED, NEEDS_FIX} | ruled.LABELS)
    return tuple(sorted(wanted - ours)), tuple(sorted(ours - wanted))
