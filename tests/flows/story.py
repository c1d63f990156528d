"""A worker's world without processes: a forge in memory, a real SQLite file, and a clock that tests move."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Engine

from bot.downloads import Fetcher
from bot.downloads.texts import Text, TextState
from bot.flows.attempt import attempt
from bot.flows.run import Run
from bot.model import Comment, Delivery, Intent, PullRef, Report, User
from bot.store import work as kinds
from bot.store.queue import Lease, Queue
from bot.store.store import Store
from bot.wiring import World
from rules import policy
from rules.facts import RemoteFile, RemoteState, Tensor, Wanted
from rules.finding import Fault
from tests.flows.forge import AUTHOR, REPO, MemoryForge

NOW = 1_764_000_000.0
KINDS = (kinds.REVIEW, kinds.GROUP, kinds.COMMENT, kinds.LOCATE, kinds.RECONCILE, kinds.INDEX)
PAGE = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
HOST = "https://download.mindspore.cn/models/r1.10/"
NAME = "lenet_ascend_v1100_mnist_research_cv_acc98.ckpt"
_GOOD = (Path(__file__).parents[1] / "rules/fixtures/msh303/good.md").read_text("utf-8")
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_ENTRY = f"-\n    file-format: ckpt\n    asset-link: <{HOST}{NAME}>\n    asset-sha256: {_DIGEST}\n"


def links(files: int = 1, folder: str = "") -> list[str]:
    return [f"{HOST}{folder}{number}/{NAME}" for number in range(files)]


def digest(url: str) -> str:
    return sha256(url.encode()).hexdigest()


def page(files: int = 1, *, slip: bool = False, folder: str = "") -> str:
    """A page in order with so many files below `folder`; `slip` spells its module type wrong."""
    entries = "".join(
        f"-\n    file-format: ckpt\n    asset-link: <{url}>\n    asset-sha256: {digest(url)}\n\n"
        for url in links(files, folder)
    )
    assert _ENTRY in _GOOD
    text = _GOOD.replace(_ENTRY, entries.removesuffix("\n"))
    return text.replace("cv-classification", "vc-classification") if slip else text


def path_of(number: int) -> str:
    """The path of a page of which there is one for each number."""
    return PAGE.replace("lenet_mnist", f"lenet{number}_mnist")


def page_of(number: int, files: int = 1, *, slip: bool = False) -> str:
    """The page that belongs there, with files of its own."""
    return page(files, slip=slip, folder=f"p{number}/").replace("lenet_mnist", f"lenet{number}_mnist")


@dataclass
class FakeFetcher:
    """Every file as its page declares it, but for those in `down`; `asked` lists what was read."""

    now: Callable[[], float]
    asked: list[str] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    code: dict[str, str] = field(default_factory=dict)
    stops_after: int | None = None
    reason: str = "status-503"
    #: What every file is found to hold.
    tensors: tuple[Tensor, ...] = ()
    #: When a host that is down asks to be asked again.
    retry_at: float | None = None
    #: What the last measurement was told of files that were read before.
    known: dict[str, RemoteFile] = field(default_factory=dict)
    meanwhile: Callable[[str], None] = lambda url: None

    def measure(
        self,
        wanted: Sequence[Wanted],
        cancelled: Callable[[], bool],
        known: Mapping[str, RemoteFile] = {},
    ) -> Iterator[RemoteFile]:
        self.known = dict(known)
        for number, want in enumerate(wanted):
            if cancelled() or number == self.stops_after:
                return
            self.asked.append(want.url)
            yield replace(known[want.url], confirmed_at=self.now()) if want.url in known else self._file(want)
            self.meanwhile(want.url)

    def texts(self, urls: Sequence[str], cancelled: Callable[[], bool]) -> Iterator[Text]:
        """The code of repositories: what `code` has, and nothing is known of the rest."""
        for url in urls:
            known = url in self.code
            yield Text(url, TextState.READ if known else TextState.UNKNOWN, self.code.get(url, ""))

    def _file(self, want: Wanted) -> RemoteFile:
        if want.url in self.down:
            return RemoteFile(
                want.url, RemoteState.UNVERIFIED, want.sha256, reason=self.reason, fault=Fault.HOST,
                measured_at=self.now(), retry_at=self.retry_at,
            )  # fmt: skip
        return RemoteFile(
            want.url, RemoteState.MEASURED, want.sha256, digest(want.url), 4, want.url, reads=2,
            measured_at=self.now(), etag='"1"', first_bytes="00" * 4,
            tensors=self.tensors, tensor_count=len(self.tensors),
        )  # fmt: skip


class Story:
    """What tests tell: deliveries come in, jobs are worked off one at a time, people look at the result."""

    def __init__(self, engine: Engine, *, dry_run: bool = False) -> None:
        self.time = NOW
        self.forge = MemoryForge({"README.md": "hub\n"})
        self.fetcher = FakeFetcher(lambda: self.time)
        self.store, self.queue = Store(engine), Queue(engine)
        self.ref = PullRef("github", REPO, 1)
        self.ids = count()
        self.world = World(
            forges={"github": cast(Any, self.forge)},
            repositories={"github": (REPO,)},
            store=self.store,
            queue=self.queue,
            fetcher=cast(Fetcher, self.fetcher),
            policy=policy.default(),
            public_url="https://bot.example",
            dry_run=dry_run,
            now=lambda: self.time,
            queueing={"github": self.forge},
        )

    @property
    def pull(self):
        return self.forge.pulls[1]

    @property
    def reports(self) -> Sequence[Report]:
        """Newest first."""
        return self.store.reports(self.ref)

    def open(self, text: str | None = None) -> None:
        self.forge.open(1, {PAGE: page() if text is None else text})
        self.deliver(Intent.REVIEW)

    def push(self, text: str) -> None:
        self.forge.push(1, {PAGE: text})
        self.deliver(Intent.REVIEW)

    def say(self, body: str, author: User = AUTHOR) -> Comment:
        comment = self.forge.say(1, author, body)
        self.deliver(Intent.COMMENT, comment=comment)
        return comment

    def deliver(self, intent: Intent, *, number: int = 1, **hints: Any) -> bool:
        delivery = Delivery("github", f"d{next(self.ids)}", "event", "", intent, REPO, number, **hints)
        return self.store.accept(delivery, {}, b"{}", self.time)

    def lease(self, worker: str = "w") -> Lease | None:
        self.time += 0.001
        self.queue.beat(worker, self.time)
        return self.queue.lease(worker, KINDS, self.time)

    def take(self, worker: str = "w") -> Lease:
        lease = self.lease(worker)
        assert lease is not None, "nothing is due"
        return lease

    def run(self, lease: Lease, cancelled: threading.Event | None = None) -> bool:
        """One attempt, its lease released as the worker's watch would; whether it ended by itself."""
        ended = attempt(Run(self.world, lease, cancelled or threading.Event()))
        if not ended:
            self.queue.release(lease)
        return ended

    def settle(self, limit: int = 60) -> None:
        """Works until nothing is due."""
        for _ in range(limit):
            lease = self.lease()
            if lease is None:
                return
            self.run(lease)
        raise AssertionError(f"still busy after {limit} jobs")

    def later(self, seconds: float) -> None:
        self.time += seconds
        self.settle()


def failing(method: str, when: str, error: Exception, nth: int = 1) -> Callable[[str, str], None]:
    """A watch that raises `error` once, at the `nth` call of `method`, before or after its effect."""
    calls = count(1)

    def watch(now: str, called: str) -> None:
        if (now, called) == (when, method) and next(calls) == nth:
            raise error

    return watch
