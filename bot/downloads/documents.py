"""Requests and outcomes of downloads as JSON; what comes from a downloader is not believed.

Whoever took a downloader over can lie about a file, and nothing else: every other word is bounded, compared
with what was asked, or refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from bot.downloads.alive import Alive
from bot.downloads.checkpoint import LONGEST_HEADER, LONGEST_NAME, MOST_DIMS, MOST_LISTED
from bot.downloads.texts import LARGEST, Text, TextState
from bot.downloads.verdict import FIRST_BYTES, LONGEST_DETAIL, LONGEST_WAIT, Subject, confirmed, plain
from bot.review.report import remote_file
from rules.facts import RemoteFile, RemoteState, Wanted
from rules.finding import Fault

#: The longest tag that is kept and end of redirects that is followed, in characters.
_LONGEST_TAG, _LONGEST_URL = 256, 8_192
_WORD = re.compile(r"[a-z0-9-]{0,40}")
_DIGEST = re.compile(r"[0-9a-f]{64}|")
_HEX = re.compile(rf"[0-9a-f]{{0,{2 * FIRST_BYTES}}}")
#: Whose fault an outcome may name, by how the measuring ended.
_FAULTS: Mapping[RemoteState, Collection[Fault | None]] = {
    RemoteState.MEASURED: (None,),
    RemoteState.WRONG: (Fault.CONTRIBUTOR,),
    RemoteState.UNVERIFIED: (Fault.HOST, Fault.BOT),
    RemoteState.CHANGING: (Fault.HOST,),
}


def ask_for(wanted: Sequence[Wanted], known: Mapping[str, RemoteFile]) -> str:
    """What is to be measured, with what is known of it from before."""
    urls = {want.url for want in wanted}
    files = [asdict(file) | {"url": url} for url, file in known.items() if url in urls]
    return json.dumps({"wanted": [[want.url, want.sha256] for want in wanted], "known": files})


def asked_for(document: str) -> tuple[list[Wanted], dict[str, RemoteFile]]:
    """The downloader's reading of `ask_for`."""
    data = json.loads(document)
    known = [remote_file(item) for item in data["known"]]
    return [Wanted(url, sha256) for url, sha256 in data["wanted"]], {file.url: file for file in known}


def ask_for_urls(urls: Sequence[str]) -> str:
    """Addresses of which nothing is declared."""
    return json.dumps(list(urls))


def asked_urls(document: str) -> list[str]:
    """The downloader's reading of `ask_for_urls`."""
    return list(json.loads(document))


def found(value: RemoteFile | Text | Alive | None) -> str:
    """An outcome, for the worker."""
    return json.dumps(None if value is None else asdict(value))


def file_found(document: str, subject: Subject, known: RemoteFile | None, now: float) -> RemoteFile:
    """What a downloader says of an address. Raises `ValueError` for what no honest one says."""
    data = _object(document)
    try:
        file = remote_file(data)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not a file") from error
    if not _is_sound(file) or data.get("state") != file.state or file.declared != subject.first:
        raise ValueError("not of this file")
    measured_at = min(file.measured_at, now)
    if file.confirmed_at is not None:
        if known is None:
            raise ValueError("confirmed, although nothing was known")
        return confirmed(known, subject, min(file.confirmed_at, now))
    retry_at = None if file.retry_at is None else min(file.retry_at, now + LONGEST_WAIT)
    detail, etag = plain(file.detail), plain(file.etag)
    return replace(
        file,
        url=subject.url,
        detail=detail,
        etag=etag,
        measured_at=measured_at,
        retry_at=retry_at,
        read_for="",
    )


def text_found(document: str, url: str) -> Text:
    """What a downloader read. Raises `ValueError`."""
    data = _object(document)
    text, reason = data.get("text"), data.get("reason")
    if not isinstance(text, str) or not isinstance(reason, str) or len(text) > LARGEST:
        raise ValueError("not a text")
    return Text(url, TextState(str(data.get("state"))), text, plain(reason[:LONGEST_DETAIL]))


def alive_found(document: str) -> Alive | None:
    """What a host said of a file that it has. Raises `ValueError`."""
    if document == "null":
        return None
    data = _object(document)
    size, etag = data.get("size"), data.get("etag")
    if not isinstance(etag, str) or not (size is None or _is_count(size)):
        raise ValueError("no answer of a host")
    return Alive(size, plain(etag[:_LONGEST_TAG]))


def _object(document: str) -> dict[str, Any]:
    try:
        data = json.loads(document)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(data, dict):
        raise ValueError("not an object")
    return data


def _is_sound(file: RemoteFile) -> bool:
    """Whether every field has its type, its bounds and its place."""
    texts = ((file.final_url, _LONGEST_URL), (file.detail, LONGEST_DETAIL), (file.etag, _LONGEST_TAG))
    words = (file.reason, file.content, file.mismatch)
    moments = (file.seconds, file.measured_at, *_given(file.retry_at), *_given(file.confirmed_at))
    whole = bool(file.sha256) and file.size is not None
    return (
        all(_is_text(text, longest) for text, longest in texts)
        and all(_is_word(word, _WORD) for word in words)
        and _is_word(file.sha256, _DIGEST)
        and _is_word(file.first_bytes, _HEX)
        and all(_is_moment(value) for value in moments)
        and all(_is_count(value) for value in (file.reads, file.tensor_count, *_given(file.size)))
        and file.fault in _FAULTS[file.state]
        and (whole or file.state is not RemoteState.MEASURED)
        and _are_tensors(file)
    )


def _are_tensors(file: RemoteFile) -> bool:
    return len(file.tensors) <= MOST_LISTED and all(
        len(one.name) <= LONGEST_NAME
        and len(one.type) <= LONGEST_HEADER
        and len(one.dims) <= MOST_DIMS
        and all(map(_is_count, one.dims))
        for one in file.tensors
    )


def _given(value: object) -> tuple[object, ...]:
    return () if value is None else (value,)


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest


def _is_word(value: object, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 64


def _is_moment(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf
