"""File servers that are down or busy: said once each, not once for every file on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.hosts import UNAVAILABLE, is_outage
from bot.model import Report
from bot.review.moments import moment
from bot.review.sections import Voice, bullets, folded
from bot.review.text import span, without_secrets
from bot.review.waivers import open_findings
from rules.facts import RemoteFile
from rules.finding import Fault, Finding

#: So many files that a host as a whole is to blame for are an outage; one alone is a finding like others.
SEVERAL = 2
#: Addresses that are listed below a banner.
ADDRESSES_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Outage:
    """One host and the addresses on it that could not be verified; `busy` where it asks us to wait."""

    host: str
    urls: tuple[str, ...]
    busy: bool


def outages(files: Iterable[RemoteFile]) -> tuple[Outage, ...]:
    """The hosts that kept several files from being verified, the one with the most files first."""
    by_host: dict[str, list[RemoteFile]] = {}
    for file in files:
        if is_outage(file) and (host := host_of(file.url)):
            by_host.setdefault(host, []).append(file)
    found = [
        Outage(host, tuple(file.url for file in group), any(file.reason == "rate-limited" for file in group))
        for host, group in by_host.items()
        if len(group) >= SEVERAL or group[0].reason == UNAVAILABLE
    ]
    return tuple(sorted(found, key=lambda outage: (-len(outage.urls), outage.host)))


def apart(report: Report) -> tuple[tuple[Outage, ...], tuple[Finding, ...]]:
    """The outages of a report, and the open findings that they do not already say."""
    found = outages(report.files)
    urls = {url for outage in found for url in outage.urls}
    rest = tuple(
        finding
        for finding in open_findings(report)
        if finding.fault is not Fault.HOST or finding.values.get("link") not in urls
    )
    return found, rest


def worth_a_try(files: Iterable[RemoteFile]) -> frozenset[str]:
    """The hosts that were down and may be back; not those that ask themselves to be left alone."""
    failed = [(host_of(file.url), file.reason == "rate-limited") for file in files if is_outage(file)]
    busy = {host for host, is_busy in failed if is_busy}
    return frozenset(host for host, _ in failed if host and host not in busy)


def host_of(url: str) -> str:
    """The name of an address's host; empty for what is no address."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def banner(outage: Outage, report: Report, voice: Voice) -> str:
    """One sentence: which host, how many files, that nothing is to be done, and the next try."""
    key = "outage_busy" if outage.busy else "outage_down"
    at = moment(report.retry_at)
    values = {"host": span(outage.host), "at": at}
    return voice.say(f"{key}_next" if at else key, len(outage.urls), **values)


def block(outage: Outage, report: Report, voice: Voice) -> str:
    """The banner, and the addresses folded below it."""
    lines = [span(without_secrets(url)) for url in outage.urls[:ADDRESSES_SHOWN]]
    if len(outage.urls) > len(lines):
        lines.append(voice.say("more_places", len(outage.urls) - len(lines)))
    title = voice.say("outage_files", len(outage.urls))
    return f"{banner(outage, report, voice)}\n\n{folded(title, bullets(lines))}"
