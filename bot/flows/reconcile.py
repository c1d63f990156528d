"""Housekeeping: reviews that no webhook asked for, and the index of the hub kept warm."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from bot.commands import parse
from bot.commands.grammar import near_misses
from bot.errors import ForgeError
from bot.flows import forgery, issue
from bot.flows.run import Run
from bot.flows.thrift import short_until
from bot.flows.tree import tree_assets
from bot.forges.base import Polled, Redelivering
from bot.model import PullRef
from bot.store import work
from bot.store.work import Request, comment_request, review_request
from bot.wiring import World

log = logging.getLogger("hubbot.reconcile")

#: Seconds between two looks at the open pull requests of a repository.
EVERY = 300.0
#: Seconds that deliveries and measurements are kept; GitHub redelivers for at most 30 days.
KEEP = 45 * 86400.0
#: Seconds that reports are kept, but for each pull request's newest: links in old comments lead to them.
KEEP_REPORTS = 365 * 86400.0


def standing(world: World) -> Iterator[Request]:
    """The jobs that a worker's start makes sure of: a look at each repository now, and its index."""
    for forge, repositories in world.repositories.items():
        for repo in repositories:
            ref = PullRef(forge, repo, 0)
            yield Request(f"reconcile {forge}/{repo}", work.RECONCILE, ref, {}, work.LATER)
            yield Request(f"index {forge}/{repo}", work.INDEX, ref, {}, work.LATER)
            if world.auditor is not None:
                yield Request(f"audit {forge}/{repo}", work.AUDIT, ref, {}, work.LAST)
            if (kept := issue.request(world, ref)) is not None:
                yield kept


def reconcile(run: Run) -> Request:
    """Asks for a review of every open pull request whose head has none; comes back by itself.

    What stands on the others under our name is held against what we wrote. While the forge allows little
    more, only reviews are asked for: they are what the rest is kept for.
    """
    world, now = run.world, run.world.now()
    is_short = short_until(world, run.ref.forge, f"all but new heads of {run.ref.repo}") is not None
    for pull in run.forge.open_pulls(run.ref.repo):
        if not world.store.has_final_report(pull.ref, pull.head_sha):
            log.info("no result for the head of %s: asking for a review", pull.ref)
            # Superseding is for who knows of a newer head: a run under way finds that out by itself.
            world.queue.put(review_request(pull.ref, supersede=False), now)
        elif not world.dry_run and not is_short:
            forgery.look(run, pull)
    world.store.prune(now - KEEP, now - KEEP_REPORTS)
    lost = world.redelivering.get(run.ref.forge)
    if lost is not None and not is_short:
        _ask_again(run, lost)
    polling = world.polling.get(run.ref.forge)
    if polling is not None and not is_short:
        _listen(run, polling.source)
    due = now + (polling.every if polling else EVERY)
    return Request(run.lease.key, work.RECONCILE, run.ref, {}, work.LATER, due_at=due)


def _ask_again(run: Run, source: Redelivering) -> None:
    """Has deliveries sent again that did not arrive; the cursor moves once they are asked for."""
    world, key = run.world, f"deliveries {run.ref.forge}/{run.ref.repo}"
    before = world.store.note(key)
    try:
        asked, cursor = source.redeliver_failed(run.ref.repo, before)
    except ForgeError as error:  # what is open was looked at all the same, and the next look comes
        log.warning("%s: lost deliveries could not be asked for: %s", run.ref.repo, error)
        return
    if asked:
        log.warning("%s: %d deliveries had not arrived and are sent again", run.ref.repo, asked)
    if cursor != before:
        world.store.save_note(key, cursor, world.now())


def _listen(run: Run, source: Polled) -> None:
    """Asks for an answer to every new comment with a command; the cursor moves once they are written down."""
    world, key = run.world, f"comments {run.ref.forge}/{run.ref.repo}"
    before = world.store.note(key)
    found, cursor = source.comments_after(run.ref.repo, before)
    for ref, said in found:
        if said.author.id != run.forge.me().id and (parse(said.body) or near_misses(said.body)):
            world.queue.put(comment_request(ref, said), world.now())
    if cursor != before:
        world.store.save_note(key, cursor, world.now())


def locate(run: Run) -> None:
    """Asks for a review of the open pull requests that have the head sha of a delivery without a number."""
    head = run.lease.payload["head_sha"]
    for pull in run.forge.open_pulls(run.ref.repo):
        if pull.head_sha == head:
            run.world.queue.put(review_request(pull.ref, supersede=False, fresh=True), run.world.now())


def index(run: Run) -> None:
    """Reads the default branch's pages once, so that the first review does not wait for them."""
    if short_until(run.world, run.ref.forge, f"the index of {run.ref.repo}") is not None:
        return
    tip = run.forge.tip(run.ref.repo)
    tree_assets(run, run.ref.repo, tip, run.forge.tree(run.ref.repo, tip))
