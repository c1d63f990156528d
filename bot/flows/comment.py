"""Answers a comment: commands and permission as the forge tells them now, then their effects."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.commands import decide, parse
from bot.commands.command import Command, Effects, Rerun
from bot.errors import ForgeError
from bot.flows.post import Poster
from bot.flows.review import begin
from bot.flows.run import Run
from bot.model import Comment, Permission, PullRequest, Report, User
from bot.review.language import language
from bot.review.outages import worth_a_try
from bot.store.hostrows import let_try
from bot.store.queue import LEASE, review_request
from bot.store.store import ANSWERED

log = logging.getLogger("hubbot.comment")

#: Replies that only acknowledge share one comment, edited in place, so that nobody is flooded.
ACKNOWLEDGED = "acknowledged"


def answer(run: Run) -> None:
    """Does what the commands of one comment ask, where its author may; stays silent where there are none."""
    if not parse(run.lease.payload["body"]):
        return
    pull = run.forge.pull_request(run.ref)
    # What the delivery says may be forged (Gitee signs no body) or edited since: the forge's own word counts.
    comment = run.forge.comment(pull, run.lease.payload["id"])
    if comment is None or comment.author.id == run.forge.me().id:
        return
    commands = parse(comment.body)
    # A delivery and a look at the forge may both tell of it: it is answered once.
    done = f"{ANSWERED} {run.ref} {comment.id}"
    if not commands or run.world.store.note(done):
        return
    permission = _permission(run, comment.author)
    last = next(iter(run.world.store.reports(run.ref, 1)), None)
    for command in commands:
        _obey(run, pull, comment, command, permission, last)
    run.world.store.save_note(done, comment.author.login, run.world.now())


def _obey(
    run: Run,
    pull: PullRequest,
    comment: Comment,
    command: Command,
    permission: Permission | None,
    last: Report | None,
) -> None:
    effects = decide(
        command,
        comment.author,
        pull,
        permission,
        last,
        language=language(pull.title, pull.body, run.forge.default_language),
        public_url=run.world.public_url,
    )
    log.info(
        "/%s by %s on %s: %s",
        command.name,
        comment.author.login,
        run.ref,
        effects.refused or "obeyed",
        extra={"pull": str(run.ref)},
    )
    if effects.rerun is not None:
        if last is not None:
            let_try(run.world.store.engine, worth_a_try(last.files), run.world.now())
        _rerun(run, pull, effects.rerun)
    if not run.world.dry_run:
        _tell(run, pull, comment, effects)


def _rerun(run: Run, pull: PullRequest, rerun: Rerun) -> None:
    """Asks for the review, shows it as pending, and only then lets it begin.

    So what the run shows comes after, however short it is; and should this job die in between and find its
    comment gone, the review still begins by itself, instead of standing as pending for ever.
    """
    request, jobs = review_request(run.ref, supersede=False, fresh=rerun.fresh), run.world.queue
    generation = jobs.put(replace(request, due_at=run.world.now() + LEASE), run.world.now())
    if not run.world.dry_run:
        Poster(run, pull).pending(begin(run, pull, request.key, generation))
    jobs.put(request, run.world.now())


def _tell(run: Run, pull: PullRequest, comment: Comment, effects: Effects) -> None:
    run.guard()
    if effects.reaction is not None and run.forge.has_reactions:
        run.forge.react(pull, comment, effects.reaction)
    if effects.reply:
        run.forge.reply(pull, effects.reply, effects.reply_key)
    elif effects.acknowledgement and not run.forge.has_reactions:
        run.forge.reply(pull, effects.acknowledgement, ACKNOWLEDGED)


def _permission(run: Run, author: User) -> Permission | None:
    """None where the forge cannot tell: then only what needs no permission is done."""
    try:
        return run.forge.permission(run.ref.repo, author)
    except ForgeError as error:
        log.warning("the permission of %s could not be looked up: %s", author.login, error)
        return None
