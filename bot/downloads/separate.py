"""Downloads that a process of their own does: asks it through the database, and waits for what it finds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.downloads import documents
from bot.downloads.alive import Alive
from bot.downloads.port import NOTHING
from bot.downloads.texts import LONGEST, Text, TextState
from bot.downloads.verdict import Subject, subjects, unverified
from bot.orders import Errand, Outcome, Seen
from rules.facts import RemoteFile, Wanted
from rules.finding import Fault

log = logging.getLogger("hubbot.orders")

#: What is said of files that no downloader answered for, and of an answer that none may give.
UNANSWERED, UNBELIEVABLE = "no downloader of the bot answered", "the bot's downloader gave no proper answer"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How an outcome is waited for, in seconds.

    Between two looks `first` and then longer up to `last`; a cancellation is noticed within `step`.
    Where no downloader has been alive for `silent`, and we have waited for `least`, none will answer.
    `texts` is how long small files, and `alive` one host, are waited for.
    """

    first: float = 0.02
    last: float = 0.25
    step: float = 0.1
    silent: float = 60.0
    least: float = 30.0
    texts: float = LONGEST + 30.0
    alive: float = 90.0


class Orders(Protocol):
    """The worker's side of orders. May raise for a database that is away, but for `withdraw`."""

    def ask(self, errand: Errand, document: str, count: int) -> str:
        """Writes down that `count` addresses are wanted; returns the order's id. It ends with `withdraw`."""
        ...

    def look(self, order: str, seen: int) -> Seen | None:
        """How an order stands, and its outcomes after the first `seen`; None where it is gone."""
        ...

    def withdraw(self, order: str, *, unanswered: bool = False) -> None:
        """Ends an order, whatever of it is under way. Never raises."""
        ...

    def close(self) -> None:
        """Ends all orders that are open."""
        ...


class Separate:
    """`bot.downloads.port.Downloads` by another process; nothing that a page names is opened in this one.

    `errand` says for whom files are measured. `clock` is monotonic seconds, `now` seconds since the epoch.
    """

    def __init__(
        self,
        orders: Orders,
        errand: Errand = Errand.MEASURE,
        *,
        waiting: Waiting = Waiting(),
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._orders, self._errand, self._waiting = orders, errand, waiting
        self._clock, self._now = clock, now
        self._closed = threading.Event()

    def measure(
        self,
        wanted: Sequence[Wanted],
        cancelled: Callable[[], bool],
        known: Mapping[str, RemoteFile] = NOTHING,
    ) -> Iterator[RemoteFile]:
        """See `Downloads`. Where no downloader answers, the rest could not be verified, by our own fault."""
        left = dict(enumerate(subjects(wanted)))
        asked = documents.ask_for(wanted, known)
        for outcome in self._outcomes(self._errand, asked, left, cancelled):
            subject = left.pop(outcome.position, None)
            if subject is not None:
                yield self._file(outcome, subject, known.get(subject.url))
        if not (cancelled() or self._closed.is_set()):
            for subject in left.values():
                yield self._unanswered(subject, UNANSWERED)

    def texts(self, urls: Sequence[str], cancelled: Callable[[], bool]) -> Iterator[Text]:
        """See `Downloads`. What nobody answers for stays unknown."""
        left = dict(enumerate(dict.fromkeys(urls)))
        end = self._clock() + self._waiting.texts
        asked = documents.ask_for_urls(list(left.values()))
        for outcome in self._outcomes(Errand.TEXTS, asked, left, cancelled, end):
            url = left.pop(outcome.position, None)
            if url is not None:
                yield _text(outcome, url)
        if not (cancelled() or self._closed.is_set()):
            for url in left.values():
                yield Text(url, TextState.UNKNOWN, reason=UNANSWERED)

    def alive(self, url: str, stop: threading.Event) -> Alive | None:
        """See `Downloads`."""
        end = self._clock() + self._waiting.alive
        asked = documents.ask_for_urls([url])
        for outcome in self._outcomes(Errand.ALIVE, asked, {0: url}, stop.is_set, end):
            try:
                return documents.alive_found(outcome.document)
            except ValueError:
                log.error("a downloader gave no proper answer about whether a file is there")
        return None

    def close(self) -> None:
        """Ends everything that still runs."""
        self._closed.set()
        self._orders.close()

    def _outcomes(
        self,
        errand: Errand,
        document: str,
        left: Mapping[int, object],
        cancelled: Callable[[], bool],
        end: float | None = None,
    ) -> Iterator[Outcome]:
        """What comes, as it comes, while anything is `left`; ends early where nobody will answer any more."""
        if not left:
            return
        order = self._orders.ask(errand, document, len(left))
        begun, seen, pause, unanswered = self._clock(), 0, self._waiting.first, False
        try:
            while left and not self._wait(pause, cancelled):
                found = self._orders.look(order, seen)
                if found is None or self._is_hopeless(found, begun) or (end and self._clock() > end):
                    unanswered = True
                    log.error("no downloader answers: is `hubbot downloader` running?")
                    return
                yield from found.outcomes
                seen += len(found.outcomes)
                longer = min(pause * 1.5, self._waiting.last)
                pause = self._waiting.first if found.outcomes else longer
        finally:
            self._orders.withdraw(order, unanswered=unanswered)

    def _wait(self, seconds: float, cancelled: Callable[[], bool]) -> bool:
        """Whether nobody wants the answer any more, after so long at most."""
        end = self._clock() + seconds
        while not cancelled() and not self._closed.is_set():
            rest = end - self._clock()
            if rest <= 0:
                return False
            self._closed.wait(min(rest, self._waiting.step))
        return True

    def _is_hopeless(self, found: Seen, begun: float) -> bool:
        """Whether nobody works at an order, and nobody will: none is alive, or all died of it."""
        if found.outcomes or found.taken:
            return found.is_over and not found.outcomes
        silent = self._now() - found.beaten_at > self._waiting.silent
        return found.is_poison or (silent and self._clock() - begun > self._waiting.least)

    def _file(self, outcome: Outcome, subject: Subject, known: RemoteFile | None) -> RemoteFile:
        try:
            return documents.file_found(outcome.document, subject, known, self._now())
        except ValueError as error:
            log.error("a downloader's outcome is not believed: %s", error)
            return self._unanswered(subject, UNBELIEVABLE)

    def _unanswered(self, subject: Subject, detail: str) -> RemoteFile:
        return unverified(subject, "internal", detail, Fault.BOT, self._now())


def _text(outcome: Outcome, url: str) -> Text:
    try:
        return documents.text_found(outcome.document, url)
    except ValueError as error:
        log.error("a downloader's text is not believed: %s", error)
        return Text(url, TextState.UNKNOWN, reason=UNBELIEVABLE)
