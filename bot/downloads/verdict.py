"""Looks at one file until the looks settle what is to be said of it, and says it as a `RemoteFile`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bot.downloads.mismatch import spelling
from bot.downloads.outcome import Look, Refused, Trouble
from bot.downloads.reading import Reading
from rules.facts import RemoteFile, RemoteState, Wanted
from rules.finding import Fault

#: So much of a file's start is kept as evidence, in bytes.
FIRST_BYTES = 64
#: So much of a detail is kept, in characters.
LONGEST_DETAIL = 300
#: No host puts a review off for longer, in seconds; whoever asks for a week is asked again tomorrow.
LONGEST_WAIT = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Subject:
    """One address with everything that is declared of it, by one page or by several."""

    url: str
    declared: Sequence[str]

    @property
    def first(self) -> str:
        return self.declared[0] if self.declared else ""


def subjects(wanted: Iterable[Wanted]) -> list[Subject]:
    """Every address once, in the order asked, with all that is declared of it."""
    declared: dict[str, list[str]] = {}
    for one in wanted:
        declared.setdefault(one.url, []).append(one.sha256)
    return [Subject(url, tuple(dict.fromkeys(texts))) for url, texts in declared.items()]


def judge(
    subject: Subject,
    reading: Reading,
    *,
    looks: int,
    pause: float,
    clock: Callable[[], float],
    now: Callable[[], float],
) -> RemoteFile:
    """The verdict on one address. Raises `Cancelled`; what the host does is in the result.

    A file that is as declared needs one look. Whatever would blame somebody needs two that agree, `pause`
    seconds apart where the first was no file at all.
    """
    start = clock()
    seen: list[Look] = []
    try:
        result = _settled(subject, reading, seen, looks, pause)
    except Refused as refused:
        result = _unread(subject, RemoteState.WRONG, refused.reason, refused.detail, Fault.CONTRIBUTOR)
    except Trouble as trouble:
        result = _unread(subject, RemoteState.UNVERIFIED, trouble.reason, trouble.detail, trouble.fault)
        if trouble.wait:
            result = replace(result, retry_at=now() + min(trouble.wait, LONGEST_WAIT))
    reads = sum(bool(look.sha256) for look in seen)
    return _finished(result, reads=reads, seconds=clock() - start, measured_at=now())


def unverified(subject: Subject, reason: str, detail: str, fault: Fault, now: float) -> RemoteFile:
    """The result for a file that was not looked at."""
    result = _unread(subject, RemoteState.UNVERIFIED, reason, detail, fault)
    return _finished(result, reads=0, seconds=0.0, measured_at=now)


def agrees(known: RemoteFile, subject: Subject) -> bool:
    """Whether a file that was read before is what every declaration of this address says."""
    return all(text.strip().lower() == known.sha256 for text in subject.declared or ("",))


def confirmed(known: RemoteFile, subject: Subject, now: float) -> RemoteFile:
    """The result for a file that was read before, and of which its host says that it is still the same."""
    return replace(
        known,
        url=subject.url,
        declared=subject.first,
        mismatch=spelling(subject.first, known.sha256),
        confirmed_at=now,
    )


def as_declared(look: Look, declared: Sequence[str]) -> bool:
    """Whether one look is enough: nothing is declared, or every declaration begins the digest."""
    wanted = [text.strip().lower() for text in declared]
    return not look.reason and all(look.sha256.startswith(text) for text in wanted)


def plain(text: str) -> str:
    """Evidence may quote a host's header; only printable ASCII of it is kept."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)


def _settled(subject: Subject, reading: Reading, seen: list[Look], looks: int, pause: float) -> RemoteFile:
    for number in range(looks):
        if seen and seen[-1].reason:
            reading.pause(pause)
        look = reading.look(confirming=number > 0, suspected=subject.first if number else "")
        if as_declared(look, subject.declared):
            seen.append(look)
            return _measured(subject, look)
        previous = seen[-1] if seen else None
        seen.append(look)
        if previous and previous.agrees(look):
            return _wrong(subject, look) if look.reason else _measured(subject, look)
        if previous and not previous.reason and not look.reason:
            break
    return _changing(subject, seen)


def _measured(subject: Subject, look: Look) -> RemoteFile:
    return _seen(subject, look, RemoteState.MEASURED, "", "", None)


def _wrong(subject: Subject, look: Look) -> RemoteFile:
    return _seen(subject, look, RemoteState.WRONG, look.reason, look.detail, Fault.CONTRIBUTOR)


def _changing(subject: Subject, seen: Sequence[Look]) -> RemoteFile:
    """No two looks agreed. It is the file that changes only where two of them saw a file."""
    shown = " / ".join(look.reason or f"{look.sha256} ({look.size} bytes)" for look in seen[-2:])
    files = [look for look in seen if not look.reason]
    if len(files) > 1:
        return _unread(subject, RemoteState.CHANGING, "changing", shown, Fault.HOST)
    return _unread(subject, RemoteState.UNVERIFIED, "unstable", shown, Fault.HOST)


def _seen(
    subject: Subject, look: Look, state: RemoteState, reason: str, detail: str, fault: Fault | None
) -> RemoteFile:
    return RemoteFile(
        subject.url,
        state,
        declared=subject.first,
        sha256=look.sha256,
        size=look.size,
        final_url=look.final_url,
        reason=reason,
        detail=detail,
        fault=fault,
        etag=look.etag,
        first_bytes=look.head[:FIRST_BYTES].hex(),
        content=look.content,
        tensors=look.tensors,
        tensor_count=look.tensor_count,
        mismatch=spelling(subject.first, look.sha256) or look.mismatch,
    )


def _unread(subject: Subject, state: RemoteState, reason: str, detail: str, fault: Fault) -> RemoteFile:
    return RemoteFile(subject.url, state, declared=subject.first, reason=reason, detail=detail, fault=fault)


def _finished(file: RemoteFile, *, reads: int, seconds: float, measured_at: float) -> RemoteFile:
    return replace(
        file,
        detail=plain(file.detail[:LONGEST_DETAIL]),
        etag=plain(file.etag),
        reads=reads,
        seconds=round(seconds, 3),
        measured_at=measured_at,
    )
