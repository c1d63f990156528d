"""A digest mismatch with its evidence: what is declared, what was read, and how to see for oneself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from bot.review.moments import size
from bot.review.sections import Voice, help_text, line_link, rule_link, sentence
from bot.review.sentences import CATALOGUE
from bot.review.text import span, without_secrets
from rules.facts import RemoteFile
from rules.finding import Finding

#: Addresses of these characters only are put into a command that a reader may paste into any shell.
SHELL_SAFE = re.compile(r"https?://[A-Za-z0-9._:/@+%-]+")
#: Characters of an address that are shown: model links are about 120, storage redirects far longer.
URL_LIMIT = 300
#: Bytes of a file's beginning that are shown: enough to tell a page or an archive from a model.
BYTES_SHOWN = 16


def mismatch_block(finding: Finding, files: Iterable[RemoteFile], voice: Voice) -> str:
    """The evidence of one mismatch; the sentence of the rule alone where the file is not known any more."""
    place = voice.say("place", path=f"**{span(finding.path)}**", line=line_link(finding, voice))
    file = file_of(finding, files)
    if file is None:
        return voice.say("said_at", place=place, text=sentence(finding, voice)) + "\n"
    rows = evidence(finding, file, voice)
    table = "\n".join(f"| {voice.say(key)} | {value} |" for key, value in rows)
    address = file.url if SHELL_SAFE.fullmatch(file.url) else voice.say("mismatch_address")
    known = "".join(f"{sentence}\n\n" for sentence in diagnoses(finding, file, voice))
    return (
        f"{place} ({rule_link(finding, voice)})\n\n{known}| | |\n|---|---|\n{table}\n\n"
        f"{help_text(finding, voice)} {voice.say('mismatch_check')}\n\n```sh\nhubbot sha256 {address}\n```\n"
    )


def evidence(finding: Finding, file: RemoteFile, voice: Voice) -> list[tuple[str, str]]:
    """What was declared and what was seen, as keys of sentences and values to show beside them."""
    declared = finding.values.get("declared", file.declared)
    rows = [("mismatch_declared", span(declared)), ("mismatch_observed", span(file.sha256))]
    if file.size is not None:
        rows.append(("mismatch_size", size(file.size)))
    rows.append(("mismatch_url", span(without_secrets(file.url), URL_LIMIT)))
    if file.final_url and file.final_url != file.url:
        rows.append(("mismatch_final", span(without_secrets(file.final_url), URL_LIMIT)))
    if file.etag:
        rows.append(("mismatch_etag", span(file.etag)))
    if file.first_bytes:
        rows.append(("mismatch_bytes", span(first_bytes(file.first_bytes))))
    if file.content:
        tensors = voice.say("mismatch_tensors", file.tensor_count) if file.tensor_count else ""
        rows.append(("mismatch_content", " · ".join(part for part in (span(file.content), tensors) if part)))
    if file.reads:
        rows.append(("mismatch_reads", str(file.reads)))
    return rows


def diagnoses(finding: Finding, file: RemoteFile, voice: Voice) -> list[str]:
    """What the difference comes from, as far as it is known."""
    known = [diagnosis(file, voice)] if diagnosis(file, voice) else []
    others = ((key, finding.values.get(key)) for key in ("declared_for", "served_for"))
    known += [voice.say(f"diagnosis_{key}", path=span(path)) for key, path in others if path]
    return [f"**{sentence}**" for sentence in known]


def diagnosis(file: RemoteFile, voice: Voice) -> str:
    """What reading the file has told of its declared digest; empty where that is nothing more."""
    word = f"diagnosis_{file.mismatch.replace('-', '_')}"
    return voice.say(word) if CATALOGUE.has(word) else ""


def spelling_notes(files: Iterable[RemoteFile], shown: Collection[str], voice: Voice) -> tuple[str, ...]:
    """The same of files without a block of their own: their digest is right, but written wrongly."""
    told = [(file, diagnosis(file, voice)) for file in files if file.url not in shown]
    return tuple(
        voice.say("said_at", place=span(without_secrets(file.url), URL_LIMIT), text=said) + "\n"
        for file, said in told
        if said
    )


def first_bytes(text: str) -> str:
    """The beginning of a file as people compare it: hexadecimal digits, then what is readable of them."""
    try:
        data = bytes.fromhex(text)[:BYTES_SHOWN]
    except ValueError:
        return ""
    readable = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
    return f"{data.hex(' ')}  {readable}"


def file_of(finding: Finding, files: Iterable[RemoteFile]) -> RemoteFile | None:
    """The measured file that a finding is about: the one whose address is among its values."""
    values = set(finding.values.values())
    return next((file for file in files if file.sha256 and file.url in values), None)
