"""Answers a comment: commands and permission as the forge tells them now, then their effects."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.commands import decide, parse
from bot.commands.command import Command, Effects, Owned, Rerun, Standing
from bot.commands.decision import broken, near_miss
from bot.commands.grammar import near_misses
from bot.errors import CouldNotVerify, ForgeError
from bot.flows.owners import owned
from bot.flows.post import Poster
from bot.flows.review import address, begin
from bot.flows.rulings import conclude, occasion, ruled, rulings
from bot.flows.run import Run
from bot.model import AuditEntry, Comment, Permission, PullRequest, Reaction, Report, User
from bot.review import gate
from bot.review.language import language
from bot.review.outages import worth_a_try
from bot.review.report import plain_value
from bot.store.hostrows import let_try
from bot.store.queue import LEASE
from bot.store.rulings import OBEYED, Kind
from bot.store.store import ANSWERED
from bot.store.work import judge_request, review_request

log = logging.getLogger("hubbot.comment")

#: Replies that only acknowledge share one comment, edited in place, so that nobody is flooded.
ACKNOWLEDGED = "acknowledged"
#: Seconds between two rechecks of one head: the later one is shown as pending, and waits for its turn.
COOL_DOWN = 15.0


@dataclass(frozen=True, slots=True)
class Said:
    """A comment with what its author may do: `permission` None where the forge cannot tell."""

    pull: PullRequest
    comment: Comment
    permission: Permission | None
    owned: Owned
    report: Report | None
    language: str


def answer(run: Run) -> None:
    """Does what the commands of one comment ask, where its author may; stays silent where there are none."""
    told = run.lease.payload["body"]
    if not parse(told) and not near_misses(told):
        return
    pull = run.forge.pull_request(run.ref)
    # What the delivery says may be forged (Gitee signs no body) or edited since: the forge's own word counts.
    comment = run.forge.comment(pull, run.lease.payload["id"])
    if comment is None or comment.author.id == run.forge.me().id:
        return
    commands, misses = parse(comment.body), near_misses(comment.body)
    # A delivery and a look at the forge may both tell of it: it is answered once.
    done = f"{ANSWERED} {run.ref} {comment.id}"
    if not (commands or misses) or run.world.store.note(done):
        return
    said = _said(run, pull, comment)
    as_told = {(command.name, command.arguments, command.text) for command in parse(told)}
    for command in commands:
        is_edited = (command.name, command.arguments, command.text) not in as_told
        _obey(run, said, command, is_edited)
    for written, meant in misses:
        effects = near_miss(written, meant, comment.author, pull, said.report, language=said.language)
        if not run.world.dry_run:
            _tell(run, pull, comment, effects)
    run.world.store.save_note(done, comment.author.login, run.world.now())


def bury(run: Run) -> None:
    """Says honestly that the commands of a comment were not carried out through a defect of ours.

    Asks for nothing that `answer` could have broken at, such as who may do what. What an attempt may have
    left as pending, though no review follows, is brought back to what the last report says.
    """
    pull = run.forge.pull_request(run.ref)
    comment = run.forge.comment(pull, run.lease.payload["id"])
    if comment is None or comment.author.id == run.forge.me().id:
        return
    names = [command.name for command in parse(comment.body)]
    if not names or run.world.store.note(f"{ANSWERED} {run.ref} {comment.id}"):
        return
    run.world.queue.put(judge_request(run.ref), run.world.now())
    if not run.world.dry_run:
        _tell(run, pull, comment, broken(names, comment.author, pull, language=_spoken(run, pull)))


def _spoken(run: Run, pull: PullRequest) -> str:
    return run.world.store.rulebook.language(run.ref) or language(
        pull.title, pull.body, run.forge.default_language
    )


def _said(run: Run, pull: PullRequest, comment: Comment) -> Said:
    report = next(iter(run.world.store.reports(run.ref, 1)), None)
    if report is not None:
        report = ruled(run.world, report)
    permission, mine = _permission(run, pull, comment.author, report)
    return Said(pull, comment, permission, mine, report, _spoken(run, pull))


def _obey(run: Run, said: Said, command: Command, is_edited: bool) -> None:
    key = occasion(f"{run.ref} {said.comment.id} {command.line}")
    before = run.world.store.rulebook.recorded(run.ref, key)
    effects = decide(
        command,
        said.comment.author,
        said.pull,
        said.permission,
        said.report,
        language=said.language,
        public_url=run.world.public_url,
        standing=_standing(run, said, counts=before is None),
    )
    if effects == Effects():
        return
    if is_edited and (effects.decides or effects.cancel):
        # Whoever may write can edit another's comment: a decision must be in the words that were sent.
        effects = Effects(refused="edited")
    if before is not None and before.outcome == OBEYED and command.name not in ("status", "help", "explain"):
        # Decided by an attempt that ended before it could say so; a recheck is asked for once more.
        effects = Effects(rerun=effects.rerun, reaction=before_reaction(effects))
        run.world.queue.put(judge_request(run.ref), run.world.now())
    log.info(
        "/%s by %s on %s: %s",
        command.name,
        said.comment.author.login,
        run.ref,
        effects.refused or OBEYED,
    )
    _do(run, said, command, effects, key)
    if not run.world.dry_run:
        _tell(run, said.pull, said.comment, effects)


def before_reaction(effects: Effects) -> Reaction:
    """How a command that was obeyed by an earlier attempt is acknowledged."""
    return Reaction.SEEN if effects.rerun is not None else Reaction.DONE


def _standing(run: Run, said: Said, *, counts: bool) -> Standing:
    known = rulings(run.world, run.ref, said.pull.head_sha)
    number, _ = run.world.store.rulebook.rechecks(run.ref, said.pull.head_sha)
    return Standing(
        rulings=known,
        owned=said.owned,
        now=run.world.now(),
        rechecks=number if counts else 0,
        merges=run.ref.forge in run.world.mergers,
        busy=run.world.queue.busy(f"review {run.ref}"),
    )


def _do(run: Run, said: Said, command: Command, effects: Effects, key: str) -> None:
    """Writes the decision down with its record, then asks for what follows from it."""
    now, book = run.world.now(), run.world.store.rulebook
    _, last = book.rechecks(run.ref, said.pull.head_sha)
    entry = AuditEntry(
        run.ref,
        now,
        command.name,
        effects.refused or OBEYED,
        said.pull.head_sha,
        said.comment.author,
        {"text": command.text, "comment": said.comment.url or said.comment.id},
        key,
    )
    book.rule(entry, _made(said, effects), effects.withdrawn)
    if effects.rerun is not None:
        if said.report is not None:
            let_try(run.world.store.engine, worth_a_try(said.report.files), now)
        _rerun(run, said.pull, effects.rerun, max(now, last + COOL_DOWN) if last else now)
    if effects.cancel:
        _cancel(run, said)
    elif effects.decides:
        run.world.queue.put(judge_request(run.ref), now)


def _made(said: Said, effects: Effects) -> list[tuple[Kind, Mapping[str, Any]]]:
    """The decisions to store."""
    made: list[tuple[Kind, Mapping[str, Any]]] = []
    for kind, ruling in (
        (Kind.WAIVER, effects.waiver),
        (Kind.APPROVAL, effects.approval),
        (Kind.HOLD, effects.hold),
    ):
        if ruling is not None:
            made.append((kind, plain_value(ruling)))
    if effects.language:
        made.append((Kind.LANGUAGE, {"language": effects.language}))
    if effects.merge:
        made.append((Kind.MERGE, {"head_sha": effects.merge, "by": plain_value(said.comment.author)}))
    return made


def _rerun(run: Run, pull: PullRequest, rerun: Rerun, due_at: float) -> None:
    """Asks for the review, shows it as pending, and only then lets it begin.

    So what the run shows comes after, however short it is; and should this job die in between and find its
    comment gone, the review still begins by itself, instead of standing as pending for ever.
    """
    request = review_request(
        run.ref,
        supersede=False,
        fresh=rerun.fresh,
        scope=rerun.scope.value,
        target=rerun.target,
        due_at=due_at,
    )
    jobs, now = run.world.queue, run.world.now()
    generation = jobs.put(replace(request, due_at=max(due_at, now + LEASE)), now)
    if not run.world.dry_run:
        Poster(run, pull).pending(begin(run, pull, request.key, generation))
    jobs.put(request, run.world.now())


def _cancel(run: Run, said: Said) -> None:
    """Stops the review and says so in its place: closed, until somebody asks for another."""
    key = f"review {run.ref}"
    run.world.queue.cancel(key)
    now = run.world.now()
    report = begin(run, said.pull, key, 0)
    report = replace(
        report,
        id=address(f"cancel {said.comment.id}", 0, said.pull.head_sha),
        trouble="cancelled",
        finished_at=now,
    )
    report = replace(report, conditions=gate.conditions(report))
    Poster(run, said.pull).everything(report)
    conclude(run, report)


def _tell(run: Run, pull: PullRequest, comment: Comment, effects: Effects) -> None:
    run.guard()
    if effects.reaction is not None and run.forge.has_reactions:
        run.forge.react(pull, comment, effects.reaction)
    if effects.reply:
        run.forge.reply(pull, effects.reply, effects.reply_key)
    elif effects.acknowledgement and not run.forge.has_reactions:
        run.forge.reply(pull, effects.acknowledgement, ACKNOWLEDGED)


def _permission(
    run: Run, pull: PullRequest, author: User, report: Report | None
) -> tuple[Permission | None, Owned]:
    """None where the forge cannot tell: then only what needs no permission is done."""
    try:
        permission = run.forge.permission(run.ref.repo, author)
        is_writer, is_author = permission.may_write, author.id == pull.author.id
        if is_writer or is_author or report is None or report.head_sha != pull.head_sha:
            return permission, Owned()
        paths = {*report.paths, *(finding.path for finding in report.findings if finding.path)}
        return permission, owned(run, pull, author, paths)
    except (CouldNotVerify, ForgeError) as error:
        log.warning("the permission of %s could not be looked up: %s", author.login, error)
        return None, Owned()
