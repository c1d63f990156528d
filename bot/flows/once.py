"""One review outside the queue's endless loop: the same flow, run to its end by the caller."""

from __future__ import annotations

import threading
from dataclasses import replace

from bot.commands import offered
from bot.flows import review as flow
from bot.flows.run import Run
from bot.model import PullRef, Report
from bot.review import render
from bot.review.words import rule_words
from bot.store.queue import REVIEW, review_request
from bot.wiring import World

WORKER = "once"


def review(world: World, ref: PullRef, cancelled: threading.Event) -> Report | None:
    """The finished report, or None where the pull request is not open. Errors are the caller's."""
    now = world.now()
    world.queue.beat(WORKER, now)
    world.queue.put(review_request(ref, supersede=True), now)
    lease = world.queue.lease(WORKER, (REVIEW,), now)
    if lease is None:
        raise RuntimeError("the review just asked for is not there")
    done = threading.Event()
    keeper = threading.Thread(target=_keep_alive, args=(world, done), daemon=True)
    keeper.start()
    try:
        flow.review(Run(world, lease, cancelled))
    finally:
        done.set()
        keeper.join()
    found = world.store.reports(ref, 1)
    return found[0] if found else None


def summary(report: Report, language: str) -> str:
    """The comment that the bot would post."""
    return render.summary(
        replace(report, language=language), words=rule_words(), public_url="", commands=offered(language)
    )


def _keep_alive(world: World, done: threading.Event) -> None:
    while not done.wait(4):
        world.queue.beat(WORKER, world.now())
