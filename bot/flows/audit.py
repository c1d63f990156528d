"""The audit of published pages: slow, polite, in small pieces, behind everything that people wait for."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from bot.errors import CouldNotVerify
from bot.flows import issue
from bot.flows.run import Run, Stopped
from bot.flows.thrift import short_until
from bot.flows.tree import REGULAR, is_page
from bot.model import TreeEntry
from bot.review import health
from bot.review.health import Declared, History
from bot.store import work
from bot.store.auditrows import ALIVE, DIGESTS, Due, Published, Round, hub_name
from bot.store.work import Request
from bot.wiring import Auditor
from rules.facts import RemoteFile, Wanted
from rules.page import Page, parse

log = logging.getLogger("hubbot.audit")

#: Seconds that one piece of work lasts, but for the files in hand: a worker that stops waits no longer.
CHUNK = 12.0
#: Files that one piece takes up at most.
CHUNK_FILES = 200
#: Bytes a second that an audit reads on average at most; a review may take what the line gives. Ours.
RATE = 8 << 20
#: Seconds until the next piece while a review runs, and while a host is given time to recover.
GIVE_WAY, RECOVER = 30.0, 90.0
#: Seconds until a hub whose pages could not be read is tried again.
RETRY = 3600.0
#: What the fetcher says of a file that it did not even ask for.
NOT_ASKED = "host-unavailable"


def audit(run: Run) -> Request | None:
    """Goes on with the round under way, or begins one that is due; comes back by itself."""
    auditor = run.world.auditor
    if auditor is None:
        return None
    now = run.world.now()
    round_ = auditor.store.open_round(hub_name(run.ref))
    if round_ is None:
        kind, due_at = _next(auditor, hub_name(run.ref), now)
        if due_at > now:
            return _again(run, due_at)
        short = short_until(run.world, run.ref.forge, f"the audit of {run.ref.repo}")
        if short is not None:
            return _again(run, short)
        try:
            round_ = auditor.store.begin(hub_name(run.ref), kind, *published(run), now)
        except CouldNotVerify as error:
            log.warning("the pages of %s could not be read: %s", hub_name(run.ref), error)
            return _again(run, now + RETRY)
        log.info("round %d (%s) of %s begins", round_.id, kind, round_.hub)
    piece = _Piece(run, auditor, round_)
    pause = piece.work()
    # Once it is over the issue is looked at now; while it goes on, now and then.
    if told := issue.request(run.world, run.ref, 0.0 if piece.ends else run.world.now() + issue.EVERY):
        run.world.queue.put(told, run.world.now())
    return _again(run, run.world.now() + pause)


def published(run: Run) -> tuple[str, list[Published]]:
    """The commit at the tip of the default branch, and every page there."""
    commit = run.forge.tip(run.ref.repo)
    tree = run.forge.tree(run.ref.repo, commit)
    paths = {path: entry.oid for path, entry in tree.items() if _counts(path, entry)}
    blobs = run.forge.blobs(run.ref.repo, set(paths.values()), commit=commit)
    return commit, pages(parse(path, blobs[oid]) for path, oid in paths.items())


def pages(parsed: Iterable[Page]) -> list[Published]:
    """What the audit needs to know of pages."""
    return [
        Published(
            page.path,
            page.publisher,
            page.version,
            page.name or page.path.rpartition("/")[2].removesuffix(".md"),
            tuple(Declared(asset.link, asset.sha256, asset.file_format) for asset in page.assets),
        )
        for page in parsed
    ]


def _counts(path: str, entry: TreeEntry) -> bool:
    return is_page(path) and entry.mode in REGULAR


def _next(auditor: Auditor, hub: str, now: float) -> tuple[str, float]:
    """Which round comes next, and when. A round of digests says that the files are there, too."""
    chosen, store = auditor.chosen, auditor.store
    digests, any_ = store.last_round(hub, DIGESTS), store.last_round(hub, DIGESTS, ALIVE)
    whole = digests.started_at + chosen.every if digests else now
    asked = any_.started_at + chosen.alive if any_ and chosen.alive else whole
    return (DIGESTS, whole) if whole <= max(asked, now) else (ALIVE, asked)


def _again(run: Run, due_at: float) -> Request:
    return Request(run.lease.key, work.AUDIT, run.ref, {}, work.LAST, due_at=due_at)


class _Piece:
    """One job's worth of a round."""

    def __init__(self, run: Run, auditor: Auditor, round_: Round) -> None:
        self.run, self.auditor, self.round = run, auditor, round_
        self.looked = 0
        self.ends = False

    def work(self) -> float:
        """Looks at files until the time is up; returns how many seconds to leave until the next piece."""
        now, store, chosen = self.run.world.now, self.auditor.store, self.auditor.chosen
        begun = now()
        fresh_for = min(chosen.every, chosen.alive or chosen.every) / 2
        due = store.remaining(self.round, CHUNK_FILES, fresh_for=fresh_for)
        if not due:
            store.finish(self.round, now())
            self.ends = True
            log.info("round %d of %s is over", self.round.id, self.round.hub)
            return 0.0
        queues, tired = _by_host(due), False
        while queues:
            before, read = now(), 0
            for one, history in self._looks([queues[host].popleft() for host in queues]):
                if history is None:
                    queues[_host(one.url)].clear()
                    tired = True
                else:
                    self._record(history)
                    read += history.size or 0
            if self.run.stopped():
                raise Stopped
            if store.reviews_wait(now()):
                return GIVE_WAY
            if now() - begun > CHUNK:
                return 0.0
            queues = {host: waiting for host, waiting in queues.items() if waiting}
            self._pause(max(chosen.pause, read / RATE - (now() - before)))
        return RECOVER if tired else 0.0

    def _record(self, history: History) -> None:
        self.run.guard()
        self.auditor.store.record(history, self.run.world.now())
        if not self.looked:
            self.run.world.queue.progressed(self.run.lease)
        self.looked += 1

    def _looks(self, due: Sequence[Due]) -> Iterator[tuple[Due, History | None]]:
        """Each file with its history after a look, None where its host is given a rest."""
        whole = []
        for one in due:
            if self.round.kind == ALIVE and self._unchanged(one.history):
                assert one.history is not None
                yield one, health.good(one.history, self.run.world.now())
            else:
                whole.append(one)
        by_url = {one.url: one for one in whole}
        wanted = [
            Wanted(one.url, health.expected(entry, one.history), entry.file_format)
            for one in whole
            for entry in one.declared
        ]
        for file in self.auditor.fetcher.measure(wanted, self.run.stopped):
            one = by_url[file.url]
            yield one, None if file.reason == NOT_ASKED else looked_at(one, file)

    def _unchanged(self, known: History | None) -> bool:
        """Whether the server says that the file is there, with length and version as last read."""
        answer = self.auditor.fetcher.alive(known.url, self.run.cancelled) if known and known.digest else None
        if known is None or answer is None:
            return False
        same_size = answer.size is None or answer.size == known.size
        same_tag = not (answer.etag and known.etag) or answer.etag == known.etag
        return same_size and same_tag

    def _pause(self, seconds: float) -> None:
        self.run.cancelled.wait(max(0.0, seconds))


def looked_at(due: Due, file: RemoteFile) -> History:
    """The file's history after a whole reading."""
    return health.observed(due.history, file, {entry.digest for entry in due.declared} - {""})


def _by_host(due: Sequence[Due]) -> dict[str, deque[Due]]:
    """One line for each host, which takes one file at a time from us."""
    queues: dict[str, deque[Due]] = {}
    for one in due:
        queues.setdefault(_host(one.url), deque()).append(one)
    return queues


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()
