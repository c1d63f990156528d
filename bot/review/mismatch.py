"""A digest mismatch with its evidence: what is declared, what was read, and how to see for oneself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.review.moments import size
from bot.review.sections import Voice, help_text, line_link, rule_link, sentence
from bot.review.text import span, without_secrets
from rules.facts import RemoteFile
from rules.finding import Finding

#: Addresses of these characters only are put into a command that a reader may paste into any shell.
SHELL_SAFE = re.compile(r"https?://[A-Za-z0-9._:/@+%-]+")
#: Characters of an address that are shown: model links are about 120, storage redirects far longer.
URL_LIMIT = 300


def mismatch_block(finding: Finding, files: Iterable[RemoteFile], voice: Voice) -> str:
    """The evidence of one mismatch; the sentence of the rule alone where the file is not known any more."""
    place = voice.say("place", path=f"**{span(finding.path)}**", line=line_link(finding, voice))
    file = file_of(finding, files)
    if file is None:
        return voice.say("said_at", place=place, text=sentence(finding, voice)) + "\n"
    declared = finding.values.get("declared", file.declared)
    rows = [("mismatch_declared", span(declared)), ("mismatch_observed", span(file.sha256))]
    if file.size is not None:
        rows.append(("mismatch_size", size(file.size)))
    rows.append(("mismatch_url", span(without_secrets(file.url), URL_LIMIT)))
    if file.final_url and file.final_url != file.url:
        rows.append(("mismatch_final", span(without_secrets(file.final_url), URL_LIMIT)))
    if file.reads:
        rows.append(("mismatch_reads", str(file.reads)))
    table = "\n".join(f"| {voice.say(key)} | {value} |" for key, value in rows)
    address = file.url if SHELL_SAFE.fullmatch(file.url) else voice.say("mismatch_address")
    return (
        f"{place} ({rule_link(finding, voice)})\n\n| | |\n|---|---|\n{table}\n\n"
        f"{help_text(finding, voice)} {voice.say('mismatch_check')}\n\n```sh\nhubbot sha256 {address}\n```\n"
    )


def file_of(finding: Finding, files: Iterable[RemoteFile]) -> RemoteFile | None:
    """The measured file that a finding is about: the one whose address is among its values."""
    values = set(finding.values.values())
    return next((file for file in files if file.sha256 and file.url in values), None)
