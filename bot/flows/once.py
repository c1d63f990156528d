"""One review outside the queue's endless loop: the same flow, run to its end by the caller."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bot.commands import offered
from bot.flows import review as flow
from bot.flows.run import Run
from bot.model import PullRef, Report
from bot.review import render
from bot.review.report import Verdict, verdict
from bot.review.words import RULE_WORDS
from bot.settings import Settings
from bot.store.work import REVIEW, review_request
from bot.wiring import World, world

WORKER = "once"
#: Heads that are reviewed one after the other when the author pushes meanwhile.
PUSHES = 3


@contextmanager
def apart(chosen: Settings, *, compares_tree: bool) -> Iterator[World]:
    """A world for reviews whose results nobody keeps: its database goes with it.

    Comparing with every page of a hub is too much for one review of a Gitee page by page, or without a token.
    """
    with tempfile.TemporaryDirectory(prefix="hubbot-") as folder:
        database = f"sqlite:///{Path(folder) / 'once.sqlite'}"
        with world(replace(chosen, database_url=database)) as made:
            yield replace(made, compares_tree=compares_tree)


def review(world: World, ref: PullRef, cancelled: threading.Event) -> Report | None:
    """The finished report, or None where the pull request is not open. Errors are the caller's."""
    done = threading.Event()
    keeper = threading.Thread(target=_keep_alive, args=(world, done), daemon=True)
    keeper.start()
    try:
        for _ in range(PUSHES):
            report = _head(world, ref, cancelled)
            if report is None or verdict(report) is not Verdict.SUPERSEDED:
                break
    finally:
        done.set()
        keeper.join()
    return report


def _head(world: World, ref: PullRef, cancelled: threading.Event) -> Report | None:
    """Reviews the present head."""
    now = world.now()
    world.queue.beat(WORKER, now)
    world.queue.put(review_request(ref, supersede=False), now)
    lease = world.queue.lease(WORKER, (REVIEW,), now)
    if lease is None:
        raise RuntimeError("the review just asked for is not there")
    flow.review(Run(world, lease, cancelled))
    world.queue.finish(lease, now=world.now())
    found = world.store.reports(ref, 1)
    return found[0] if found else None


def summary(report: Report, language: str) -> str:
    """The comment that the bot would post."""
    return render.summary(
        replace(report, language=language), words=RULE_WORDS, public_url="", commands=offered(language)
    )


def _keep_alive(world: World, done: threading.Event) -> None:
    while not done.wait(4):
        world.queue.beat(WORKER, world.now())
