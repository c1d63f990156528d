"""What is said of a published page's files over time: pure judgement of what many looks on many days saw."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from rules.artifacts.digest import is_digest, is_hex, repaired
from rules.artifacts.m317_content_differs import FOREIGN, MARKED, MISTAKES, OWN
from rules.facts import RemoteFile, RemoteState
from rules.links import is_fetchable

DAY = 86400.0
#: Seconds between two misses that count as two: midnight alone makes no other day.
APART = DAY / 2
#: Misses on different days after which a file is gone. One bad answer is not evidence of link rot.
DEAD_AFTER = 2
#: Seconds without one good answer after which a host's trouble needs an owner, though it is nobody's mistake.
SILENT_AFTER = 7 * DAY


class State(StrEnum):
    """Where an asset or a page stands, the worst first."""

    CHANGED = "changed"  # another digest than it once had, and not the declared one: an incident
    DEAD = "dead"  # no file on two different days: an incident
    DIFFERS = "differs"  # never had the declared digest
    FORMAT = "format"  # is not what its file-format says
    UNDECLARED = "undeclared"  # no whole sha256 is declared, so nothing can be verified
    NO_LINK = "no-link"  # no address to look at
    SILENT = "silent"  # no good answer for a week
    MISSED = "missed"  # no file, once
    UNVERIFIED = "unverified"  # a host or the network failed
    WAITING = "waiting"  # not looked at yet
    SOUND = "sound"


RANKS = {state: rank for rank, state in enumerate(State)}
INCIDENTS = (State.CHANGED, State.DEAD)
#: What somebody has to mend; the rest mends itself or is looked at again.
NEEDS_OWNER = tuple(State)[: RANKS[State.SILENT] + 1]


@dataclass(frozen=True, slots=True)
class History:
    """What all looks at one address have shown. Times are seconds since the epoch, 0 for never.

    `baseline` is the digest of the first complete read, or the one that a page has declared and the file had
    since; `digest` that of the last complete read. `size`, `etag`, `content` are of that read too.
    `misses` counts those on different days, `first_miss` and `last_miss` when; `failing_since` is when the
    present row of failures began that say nothing of the file.
    `reason` and `detail` tell of the last look that was not a good one.
    """

    url: str
    baseline: str = ""
    digest: str = ""
    read_at: float = 0.0
    changed_at: float = 0.0
    size: int | None = None
    etag: str = ""
    content: str = ""
    checked_at: float = 0.0
    seen_at: float = 0.0
    misses: int = 0
    first_miss: float = 0.0
    last_miss: float = 0.0
    failing_since: float = 0.0
    reason: str = ""
    detail: str = ""

    @property
    def is_dead(self) -> bool:
        return self.misses >= DEAD_AFTER


@dataclass(frozen=True, slots=True)
class Declared:
    """One asset entry of a published page."""

    link: str
    sha256: str
    file_format: str

    @property
    def digest(self) -> str:
        """The declared digest after a lossless repair; empty where it is not a whole one."""
        text = repaired(self.sha256)
        return text if is_digest(text) else ""


def expected(declared: Declared, history: History | None) -> str:
    """What the fetcher is to hold the file against, so that a difference is read twice before it is said."""
    return declared.digest or (history.baseline if history else "") or declared.sha256


def observed(before: History | None, file: RemoteFile, declared: Collection[str]) -> History:
    """The history after one measurement; `declared` are the whole digests that pages declare of the file."""
    known = before or History(file.url)
    at = file.measured_at
    known = replace(known, checked_at=at, seen_at=at)
    if file.state is RemoteState.WRONG:
        return _missed(known, at, file.reason, file.detail)
    if file.state is not RemoteState.MEASURED:
        return _failed(known, at, file.reason, file.detail)
    news = file.sha256 not in (known.baseline, *declared)
    if news and file.content in MISTAKES:
        # An error page served as a file: whoever reads it twice reads the same twice.
        return _missed(known, at, file.content, file.detail)
    baseline = known.baseline or file.sha256
    if file.sha256 in declared:
        baseline = file.sha256
    changed = file.sha256 != baseline
    return replace(
        good(known, at),
        baseline=baseline,
        digest=file.sha256,
        read_at=at,
        changed_at=(known.changed_at or at) if changed else 0.0,
        size=file.size,
        etag=file.etag,
        content=file.content,
    )


def good(history: History, at: float) -> History:
    """The history after an answer that shows the file to be there, as it was."""
    return replace(
        history, seen_at=at, misses=0, first_miss=0.0, last_miss=0.0, failing_since=0.0, reason="", detail=""
    )


def _missed(history: History, at: float, reason: str, detail: str) -> History:
    another = not history.misses or (
        at // DAY != history.last_miss // DAY and at - history.last_miss >= APART
    )
    return replace(
        history,
        misses=history.misses + another,
        first_miss=history.first_miss or at,
        last_miss=at if another else history.last_miss,
        failing_since=0.0,
        reason=reason,
        detail=detail,
    )


def _failed(history: History, at: float, reason: str, detail: str) -> History:
    """A failure that says nothing of the file leaves what is known of it as it was."""
    if history.misses:
        return history
    return replace(history, failing_since=history.failing_since or at, reason=reason, detail=detail)


def judge(declared: Declared, history: History | None) -> State:
    """Where one asset stands by its history."""
    if not is_fetchable(declared.link):
        return State.NO_LINK
    if history is not None and history.is_dead:
        return State.DEAD
    state = _content(declared, history)
    if state in NEEDS_OWNER or history is None:
        return state
    if history.misses:
        return State.MISSED
    if history.failing_since:
        lasts = history.checked_at - history.failing_since
        return State.SILENT if lasts >= SILENT_AFTER else State.UNVERIFIED
    return state


def _content(declared: Declared, history: History | None) -> State:
    digest = history.digest if history else ""
    if history and digest and digest != declared.digest and digest != history.baseline:
        return State.CHANGED
    if not declared.digest:
        begins = repaired(declared.sha256)
        other = bool(digest) and is_hex(begins) and not digest.startswith(begins)
        return State.DIFFERS if other else State.UNDECLARED
    if history is None or not digest:
        return State.WAITING
    if digest != declared.digest:
        return State.DIFFERS
    return State.FORMAT if _other_format(declared.file_format, history.content) else State.SOUND


def _other_format(declared: str, content: str) -> bool:
    own = OWN.get(declared.strip().lower())
    return content in FOREIGN or (content in MARKED and own is not None and own != content)


def worst(states: Iterable[State]) -> State:
    """The state of a page by those of its assets; without any it has no link."""
    return min(states, key=RANKS.__getitem__, default=State.NO_LINK)
