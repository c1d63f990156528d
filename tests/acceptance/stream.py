"""A stream of pull requests on both forges, of which it is known what each must come to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from forgesim import Sim

from tests.acceptance.pages import AssetPage, checkpoint
from tests.acceptance.world import ASSETS, AUTHOR, CONTEXTS, FORMAT, GATE, as_files

#: Seconds between two pull requests.
PAUSE = 0.7
GREEN = dict.fromkeys(CONTEXTS, "success")
KINDS: dict[str, dict[str, str]] = {
    "good": GREEN,
    "mismatch": {**GREEN, ASSETS: "failure", GATE: "failure"},
    "bad page": {**GREEN, FORMAT: "failure", GATE: "failure"},
    "mended": GREEN,
}


@dataclass
class Case:
    """A pull request and what its head must come to."""

    forge: Any
    kind: str
    pull: Any


class Stream:
    """Opens pull requests on both forges in turn, a kind after the other; the mended are pushed to later."""

    def __init__(self, sim: Sim, shelf: tuple[AssetPage, ...], count: int) -> None:
        self.sim, self.count = sim, count
        self.cases: list[Case] = []
        self._allowed = threading.Semaphore(0)
        self._pages = iter(shelf)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._failed: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def allow(self, more: int) -> None:
        """Lets so many more be opened, one after the other, and does not wait for it."""
        for _ in range(more):
            self._allowed.release()

    def finish(self) -> None:
        self._thread.join(600)
        if self._failed:
            raise self._failed

    def _run(self) -> None:
        try:
            waiting: list[Callable[[], None]] = []
            for forge, kind in self._turns():
                self._allowed.acquire()
                for later in waiting[:-1]:
                    later()
                waiting = [*waiting[-1:], *self._open(forge, kind)]
                time.sleep(PAUSE)
            for later in waiting:
                later()
        except BaseException as error:  # noqa: BLE001 - told by `finish`, in the thread that waits
            self._failed = error

    def _turns(self) -> Iterator[tuple[Any, str]]:
        kinds, forges = list(KINDS), (self.sim.github, self.sim.gitee)
        for number in range(self.count):
            yield forges[number % 2], kinds[number // 2 % len(kinds)]

    def _open(self, forge: Any, kind: str) -> list[Callable[[], None]]:
        page = next(self._pages)
        host, path = page.address
        rule = self.sim.assets.add(host, path, body=checkpoint(page.path))
        good = page.declaring(rule.sha256)
        first = {
            "good": good,
            "mismatch": page.declaring("0123456789abcdef" * 4),
            "bad page": good.changed("mindspore-version:", "mindspore-version: v1.9"),
            "mended": page.declaring("f" * 64),
        }[kind]
        pull = forge.open_pull_from_files(files=as_files([first]), author=AUTHOR)
        self.cases.append(Case(forge, kind, pull))
        return [lambda: forge.push(pull, as_files([good]))] if kind == "mended" else []


def share(count: int, parts: int, part: int) -> int:
    """How many of `count` fall to one of so many parts; together they are all."""
    return (part + 1) * count // parts - part * count // parts
