"""The three contexts that a report shows on its head commit, in every phase of a run."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from bot.model import ASSETS, FORMAT, GATE, Annotation, Check, CheckState, Report
from bot.review import catalogue, gate
from bot.review.counts import count, counts, is_remote, kind
from bot.review.moments import clock
from bot.review.outages import apart, banner
from bot.review.report import Verdict, is_started_only, verdict
from bot.review.sections import Voice
from bot.review.sentences import CATALOGUE
from bot.review.text import DESCRIPTION_LIMIT, plain, shown_plain
from bot.review.waivers import is_decision, open_findings
from bot.review.words import RULE_WORDS, Words
from rules.facts import RemoteState
from rules.finding import Finding, Severity

#: GitHub takes 50 annotations a request; four requests are enough for a reader and kind to the limits.
MAX_ANNOTATIONS = 200
#: Characters of one annotation; GitHub's own limit is 64 kB for each message.
ANNOTATION_LIMIT = 2_000
#: GitHub refuses the title of an annotation over 255 characters.
ANNOTATION_TITLE_LIMIT = 200

LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.NOTICE: "notice"}


def checks(
    report: Report, *, public_url: str = "", words: Words | None = None, summary: str = ""
) -> tuple[Check, Check, Check]:
    """`hubbot/format`, `hubbot/assets`, `hubbot/gate` as they should stand now.

    A report that is not finished has started only while it names no paths; once it names them its static
    findings are final. With `words`, findings are annotated; `summary` is Markdown for the gate's own page.
    No state here is one that lets a pull request through unless the gate is open.
    """
    found = open_findings(report)
    static = [finding for finding in found if not is_remote(finding)]
    remote = [finding for finding in found if is_remote(finding)]
    # The outage of a host is one sentence, not an annotation on every page that has a file there.
    down, findings = apart(report)
    shown = [finding for finding in findings if is_remote(finding)]
    voice = Voice(catalogue.known_language(report.language), words or RULE_WORDS)
    banners = "\n\n".join(banner(outage, report, voice) for outage in down)
    url = details_url(public_url, report.id)
    said = verdict(report)

    def check(context: str, state: CheckState, title: str, shown: Sequence[Finding], text: str = "") -> Check:
        notes = annotated(shown, report.language, words) if words else ()
        queued = context == ASSETS and is_started_only(report)  # it waits for the pages to be read
        return Check(context, state, plain(title, DESCRIPTION_LIMIT), url, text or title, notes, queued)

    return (
        check(FORMAT, *format_check(report, static, said), static),
        check(ASSETS, *assets_check(report, remote, said), shown, banners),
        check(GATE, *gate_check(report, said), (), summary),
    )


def details_url(public_url: str, report_id: str) -> str:
    """Where the full report is; built from our own address and id only."""
    return f"{public_url.rstrip('/')}/reports/{quote(report_id, safe='')}" if public_url else ""


def format_check(report: Report, static: Sequence[Finding], said: Verdict) -> tuple[CheckState, str]:
    if is_started_only(report):
        return CheckState.PENDING, both("title_checking")
    if said in (Verdict.NOTHING_TO_CHECK, Verdict.SUPERSEDED):
        return settled(said)
    state = state_of(static, bool(report.trouble))
    if state is CheckState.SUCCESS:
        return state, both("title_format", len(report.paths)) + advice(static)
    return state, both_counts(report, static, state)


def assets_check(report: Report, remote: Sequence[Finding], said: Verdict) -> tuple[CheckState, str]:
    if is_started_only(report):
        return CheckState.PENDING, both("title_waiting")
    if said in (Verdict.NOTHING_TO_CHECK, Verdict.SUPERSEDED):
        return settled(said)
    if said is Verdict.RUNNING:
        done = len({file.url for file in report.files if file.state is RemoteState.MEASURED})
        return CheckState.PENDING, both("title_progress", report.wanted, done=done)
    unknown = bool(report.trouble) or not gate.all_measured(report) or disagreeing(report)
    state = state_of(remote, unknown)
    if state is CheckState.SUCCESS:
        return state, both(assets_title(report), report.wanted) + advice(remote)
    return state, both_counts(report, remote, state)


def assets_title(report: Report) -> str:
    """The key of the green title: a file without a whole digest on its page is read, and no more."""
    if not report.wanted:
        return "title_no_assets"
    return "title_assets" if all(map(gate.is_verified, report.files)) else "title_assets_read"


def gate_check(report: Report, said: Verdict) -> tuple[CheckState, str]:
    if said is Verdict.RUNNING:
        key = "title_running_red" if counts(report).must_fix else "title_running"
        return CheckState.PENDING, both(key, counts(report).must_fix)
    if said in (Verdict.NOTHING_TO_CHECK, Verdict.SUPERSEDED):
        return settled(said)
    if said is Verdict.PASSED:
        title = "title_passed" if all(map(gate.is_verified, report.files)) else "title_open"
        return CheckState.SUCCESS, both(title) + advice(open_findings(report))
    return closed_gate(report, CheckState.FAILURE if said is Verdict.FAILED else CheckState.ERROR)


def closed_gate(report: Report, state: CheckState) -> tuple[CheckState, str]:
    """The gravest reason first, then in a word or two every other one: the line that people see first."""
    missing = gate.unmet(report)
    found = open_findings(report)
    is_asked = any(is_decision(finding) for finding in found)
    said: list[str] = []
    if state is CheckState.ERROR or counts(report).must_fix or is_asked:
        said.append(both_counts(report, found, state))
    if state is CheckState.FAILURE and missing & gate.NOBODYS:
        said.append(both("title_gate_unverified"))
    if gate.DECIDED in missing and (state is CheckState.ERROR or counts(report).must_fix):
        said.append(both("title_gate_decided"))
    said += [both(f"title_gate_{name}") for name in (gate.APPROVED, gate.FREE) if name in missing]
    return state, " · ".join(said)


def settled(said: Verdict) -> tuple[CheckState, str]:
    """The one answer for all three contexts where there is nothing to check, or another run takes over."""
    if said is Verdict.NOTHING_TO_CHECK:
        return CheckState.SUCCESS, both("title_nothing")
    return CheckState.PENDING, both("title_superseded")


def state_of(findings: Sequence[Finding], unknown: bool) -> CheckState:
    """What the author can mend comes before what nobody could verify; both block."""
    tally = count(findings)
    if tally.must_fix or any(is_decision(finding) for finding in findings):
        return CheckState.FAILURE
    return CheckState.ERROR if unknown or tally.unverified else CheckState.SUCCESS


def disagreeing(report: Report) -> bool:
    return not all(gate.digest_agrees(file) for file in report.files)


def both(key: str, n: int | None = None, **values: object) -> str:
    """A sentence in both languages, since a status cannot know who reads it."""
    return " / ".join(CATALOGUE.say(language, key, n, **values) for language in catalogue.LANGUAGES)


def advice(findings: Sequence[Finding]) -> str:
    """What a green title adds where something should still be looked at."""
    number = count(findings).should_fix
    return f" · {both('title_should', number)}" if number else ""


def both_counts(report: Report, findings: Sequence[Finding], state: CheckState) -> str:
    """A title for a closed context."""
    if state is CheckState.ERROR:
        at = clock(report.retry_at)
        return both("title_unverified_retry", at=at) if at else both("title_unverified")
    must_fix = count(findings).must_fix
    if must_fix:
        return both("title_must", must_fix)
    is_question = any(is_decision(finding) for finding in findings)
    return both("title_decision") if is_question else both("title_unverified")


def annotated(findings: Sequence[Finding], language: str, words: Words) -> tuple[Annotation, ...]:
    """Findings as a check run shows them, the gravest first, cut at our own limit."""
    order = list(LEVELS)
    placed = [finding for finding in findings if finding.path]
    ranked = sorted(placed, key=lambda finding: order.index(finding.severity))[:MAX_ANNOTATIONS]
    return tuple(annotation(finding, language, words) for finding in ranked)


def annotation(finding: Finding, language: str, words: Words) -> Annotation:
    said = [
        words.message(finding, language, show=shown_plain),
        words.help_text(finding, language, show=shown_plain),
    ]
    return Annotation(
        path=finding.path,
        line=max(finding.span.line, 1),
        end_line=max(finding.span.end_line, finding.span.line, 1),
        level="notice" if kind(finding) == "unverified" else LEVELS[finding.severity],
        title=f"{finding.rule} {finding.name}"[:ANNOTATION_TITLE_LIMIT],
        message="\n".join(text for text in said if text)[:ANNOTATION_LIMIT],
    )
