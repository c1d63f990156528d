"""The sticky summary of a report, in the report's language and within what a comment may hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.model import SUMMARY_MARKER, Condition, Report
from bot.review import outages, ruled
from bot.review.catalogue import known_language
from bot.review.checks import details_url
from bot.review.counts import DIGEST_MISMATCH, counts, kind
from bot.review.files import files_section
from bot.review.gate import conditions
from bot.review.mismatch import file_of, mismatch_block, spelling_notes
from bot.review.moments import moment
from bot.review.outages import apart
from bot.review.report import Verdict, is_spotless, verdict
from bot.review.sections import Section, Voice, bytes_of, entries, folded
from bot.review.sentences import CATALOGUE
from bot.review.steps import local_command, next_steps
from bot.review.text import span
from bot.review.words import Words
from rules.facts import RemoteState
from rules.finding import Finding

#: Bytes of a summary. GitHub refuses a comment over 65,536 characters; how Gitee counts is not known.
SUMMARY_LIMIT = 60_000
#: Bytes kept free for each later section, so that a long one cannot push the others out.
RESERVED = 2_000
NOT_A_WORD = re.compile("[^A-Za-z0-9._-]")
SHORT_SHA = 8


def summary(
    report: Report,
    *,
    words: Words,
    public_url: str = "",
    commands: Sequence[tuple[str, str]] = (),
    blob_url: str = "",
) -> str:
    """The sticky comment: verdict and counts first, then what to do, then the findings by whole sections.

    `commands` are our own words: those this reader may use, each explained in the report's language;
    `blob_url` is the address of a file of the head commit up to its path, for links to lines.
    A contributor's text is only ever inside code spans; every block is complete within `SUMMARY_LIMIT` bytes.
    """
    voice = Voice(known_language(report.language), words, public_url, blob_url)
    report_url = details_url(public_url, report.id)
    names = frozenset(usage.split()[0] for usage, _ in commands if usage)
    opening = "\n".join(
        [marker(report), f"### {headline(report, voice.language)}", "", facts_line(report, voice), ""]
    )
    todo = f"**{voice.say('next_title')}**\n\n{next_steps(report, voice, names)}\n"
    closing = closing_parts(report, voice, commands)
    room = SUMMARY_LIMIT - sum(bytes_of(part) + 1 for part in (opening, todo, *closing))
    parts = [opening, todo, *fitted(sections(report, voice), room, voice, report_url), *closing]
    return "\n".join(parts)


def marker(report: Report) -> str:
    """The hidden first line by which the bot knows its summary again; holds nothing that could end it."""
    values = {"sha": report.head_sha, "run": report.id, "verdict": verdict(report).value}
    said = " ".join(f"{key}={re.sub('-+', '-', NOT_A_WORD.sub('', value))}" for key, value in values.items())
    return f"{SUMMARY_MARKER} v1 {said} -->"


def headline(report: Report, language: str) -> str:
    """The verdict, computed from the findings and from nothing else."""
    said, must_fix = verdict(report), counts(report).must_fix
    keys = {
        Verdict.RUNNING: "headline_running_red" if must_fix else "headline_running",
        Verdict.FAILED: "headline_failed" if must_fix else "headline_decision",
        Verdict.PASSED: "headline_passed" if is_spotless(report) else "headline_open",
        Verdict.UNVERIFIED: "headline_unverified",
        Verdict.NOTHING_TO_CHECK: "headline_nothing",
        Verdict.SUPERSEDED: "headline_superseded",
    }
    return CATALOGUE.say(language, keys[said], must_fix)


def facts_line(report: Report, voice: Voice) -> str:
    """Counts; then what was looked at, which commit, in which run, when, and where the whole report is."""
    tally = counts(report)
    numbers = {
        "count_must_fix": tally.must_fix,
        "count_decisions": tally.decisions,
        "count_unverified": tally.unverified,
        "count_should_fix": tally.should_fix,
        "count_notes": tally.notes,
    }
    said = [voice.say(key, number) for key, number in numbers.items() if number]
    looked_at = [voice.say("count_pages", len(report.paths))] if report.paths else []
    if report.wanted:
        done = len({file.url for file in report.files if file.state is RemoteState.MEASURED})
        looked_at.append(voice.say("count_files", report.wanted, done=done))
    looked_at.append(voice.say("at_commit", sha=span(report.head_sha[:SHORT_SHA])))
    if report.run:
        looked_at.append(voice.say("run_number", report.run))
    if at := moment(report.started_at if report.finished_at is None else report.finished_at):
        looked_at.append(at)
    if url := details_url(voice.public_url, report.id):
        looked_at.append(f"[{voice.say('full_report')}]({url})")
    return "\n\n".join(" · ".join(line) for line in (said, looked_at) if line)


def sections(report: Report, voice: Voice) -> list[Section]:
    """The findings by what they ask of the reader, gravest first; each finding in exactly one section.

    Those that the outage of a host accounts for are one banner a host.
    """
    mismatches: list[Finding] = []
    by_kind: dict[str, list[Finding]] = {}
    down, findings = apart(report)
    for finding in findings:
        if finding.rule == DIGEST_MISMATCH and kind(finding) != "unverified":
            mismatches.append(finding)
        else:
            by_kind.setdefault(kind(finding), []).append(finding)

    def section(name: str, first: tuple[str, ...] = (), *, intro: str = "", fold: bool = False) -> Section:
        said = (*first, *entries(by_kind.get(name, ()), voice))
        return Section(voice.say(f"section_{name}"), said, fold, intro)

    banners = tuple(outages.block(outage, report, voice) for outage in down)
    unverified = bool(banners or by_kind.get("unverified"))
    shown = {file.url for finding in mismatches if (file := file_of(finding, report.files))}
    blocks = tuple(mismatch_block(finding, report.files, voice) for finding in mismatches)
    return [
        section("must_fix"),
        Section(voice.say("section_mismatch"), blocks),
        section("unverified", banners, intro=outside(report, voice, unverified)),
        section("decisions"),
        ruled.section(report, voice),
        section("should_fix"),
        section("notes", spelling_notes(report.files, shown, voice), fold=True),
        files_section(report, voice),
    ]


def outside(report: Report, voice: Voice, found: bool) -> str:
    """What went wrong that is nobody's here, and whether and when it is tried again."""
    is_over = report.finished_at is not None and report.retry_at is None
    lines = [voice.say("section_unverified_over" if is_over else "section_unverified_intro")] if found else []
    if report.trouble:
        key = f"trouble_{report.trouble}"
        lines.append(voice.say(key if CATALOGUE.has(key) else "trouble_other"))
        if report.trouble_detail:
            lines.append(span(report.trouble_detail))
    at = moment(report.retry_at)
    if lines and at and verdict(report) is not Verdict.UNVERIFIED:
        lines.append(voice.say("next_retry", at=at))
    return "\n".join(lines)


def fitted(parts: Sequence[Section], room: int, voice: Voice, report_url: str) -> list[str]:
    """The sections that have something to say, each within what the later ones leave it."""
    spoken = [section for section in parts if section.entries or section.intro]
    texts: list[str] = []
    for index, section in enumerate(spoken):
        later = len(spoken) - index - 1
        text = section.fit(room - later * RESERVED, voice, report_url)
        room -= bytes_of(text) + 1
        texts.append(text)
    return [text for text in texts if text]


def closing_parts(report: Report, voice: Voice, commands: Sequence[tuple[str, str]]) -> list[str]:
    """The folded ends: why the gate is closed, the check at home, the commands."""
    parts = []
    said = verdict(report)
    reasons = unmet(conditions(report), voice.language)
    if said in (Verdict.FAILED, Verdict.UNVERIFIED) and reasons:
        parts.append(folded(voice.say("section_gate"), "\n".join(f"- {reason}" for reason in reasons)))
    if said not in (Verdict.NOTHING_TO_CHECK, Verdict.SUPERSEDED):
        parts.append(folded(voice.say("section_local"), f"```sh\n{local_command(report)}\n```"))
    if commands:
        lines = [f"- `{usage}` {what}" for usage, what in commands]
        parts.append(folded(voice.say("section_commands"), "\n".join(lines)))
    return parts


def unmet(given: Sequence[Condition], language: str) -> tuple[str, ...]:
    """A sentence for each condition that keeps the gate closed."""
    return tuple(condition_sentence(condition, language) for condition in given if not condition.met)


def condition_sentence(condition: Condition, language: str) -> str:
    key = f"gate_{condition.name}"
    if not CATALOGUE.has(key):
        return CATALOGUE.say(language, "gate_other", name=span(condition.name))
    number = condition.values.get("count", "")
    count = int(number) if number.isdecimal() else None
    shown = {name: span(value) for name, value in condition.values.items() if name not in ("count", "n")}
    counted = {name: condition.values[name] for name in shown if condition.values[name].isdecimal()}
    return CATALOGUE.say(language, key, count, **(shown | counted))
