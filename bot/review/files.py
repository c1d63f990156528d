"""The files that agree with their pages, and where it is known from."""

from __future__ import annotations

from bot.model import Report
from bot.review.checks import details_url
from bot.review.gate import is_verified
from bot.review.moments import age, size
from bot.review.sections import Section, Voice, more
from bot.review.text import span, without_secrets
from rules.facts import RemoteFile

#: Verified files that are listed; the full report has all.
FILES_SHOWN = 20


def files_section(report: Report, voice: Voice) -> Section:
    """What was read and agrees, folded: evidence for whoever wants it, and where it comes from."""
    agreeing = [file for file in report.files if is_verified(file)]
    lines = []
    for file in agreeing[:FILES_SHOWN]:
        said = [span(without_secrets(file.url)), size(file.size or 0), f"sha256 {span(file.sha256)}"]
        lines.append("- " + " · ".join(part for part in (*said, origin(file, report, voice)) if part))
    if len(agreeing) > len(lines):
        left = len(agreeing) - len(lines)
        lines.append("\n" + more(left, voice, details_url(voice.public_url, report.id)))
    return Section(voice.say("section_files", len(agreeing)), tuple(lines), folded=True)


def origin(file: RemoteFile, report: Report, voice: Voice) -> str:
    """When and for which pull request a file was read that this run did not read; else nothing."""
    if file.confirmed_at is not None:
        at = voice.say(*age(file.confirmed_at - file.measured_at))
        key = "origin_confirmed" if file.read_for else "origin_confirmed_elsewhere"
        return voice.say(key, age=at, pull=span(file.read_for))
    if file.measured_at and file.measured_at < report.started_at:
        return voice.say("origin_earlier", age=voice.say(*age(report.started_at - file.measured_at)))
    return ""
