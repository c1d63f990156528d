"""Answers a merge queue: verifies the commit that it would merge as a review verifies a head."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.errors import CouldNotVerify, ForgeError
from bot.flows import judge, scope
from bot.flows.conf import confs
from bot.flows.measure import measure
from bot.flows.review import begin, findings_of, read
from bot.flows.rulings import ruled
from bot.flows.run import Run
from bot.forges.base import Queueing
from bot.model import ChangeSet, Check, Group, PullRequest, PullState, Report
from bot.review import approvals, gate, queued
from bot.store.store import QUEUED
from bot.store.work import Request, group_request, review_request

log = logging.getLogger("hubbot.group")

#: Seconds between two looks at what a group waits for, and until it waits no longer. GitHub's own queues wait
#: an hour unless told otherwise.
LOOK_AGAIN, WAIT_AT_MOST = 15.0, 3600.0
#: The notes of how a queue was answered.
OPEN, CLOSED = "open", "closed"


def verify(run: Run) -> Request | None:
    """Judges what the queue would merge; returns the request for a later look where it has to wait."""
    group = Group(**run.lease.payload["group"])
    if not _stands(run, group):
        log.info("the queue has dropped %s of %s", group.head_sha[:12], run.ref)
        return None
    pull = run.forge.pull_request(run.ref)
    put = replace(pull, head_sha=group.head_sha, base_sha=group.base_sha, base_ref=group.base_ref)
    if pull.state is not PullState.OPEN or pull.base_ref != group.base_ref:
        told: Sequence[Check] | None = queued.unverified()
    else:
        told = _judged(run, group, pull, put)
    if told is None:
        return _wait(run, put, group)
    _tell(run, put, told)
    return None


def _judged(run: Run, group: Group, pull: PullRequest, put: PullRequest) -> Sequence[Check] | None:
    """What to tell the queue; None where something else has to be known first."""
    before = _before(run, group)
    if before == CLOSED:
        return queued.unverified()
    if judge.settled(run, pull) is None:
        if not run.lease.payload["since"]:  # once: should that review fail, it comes back by itself
            run.world.queue.put(review_request(run.ref, supersede=False), run.world.now())
        return None
    if not before:
        return None
    try:
        report = _report(run, put, _queueing(run).between(run.ref.repo, group.base_sha, group.head_sha))
    except CouldNotVerify as error:
        log.warning("%s in the queue: %s", run.ref, error)
        return queued.unverified()
    # By what holds now: reading files may have taken long.
    own = judge.settled(run, run.forge.pull_request(run.ref))
    if own is None:
        return None
    own, report = (replace(one, conditions=gate.conditions(one)) for one in (own, ruled(run.world, report)))
    return queued.answer(report, own, public_url=run.world.public_url)


def bury(run: Run) -> None:
    """Tells the queue that nothing could be verified, when the run failed through a defect of ours."""
    group = Group(**run.lease.payload["group"])
    pull = run.forge.pull_request(run.ref)
    _tell(run, replace(pull, head_sha=group.head_sha), queued.unverified())


def _report(run: Run, put: PullRequest, changes: ChangeSet) -> Report:
    """All that is found out about the group's commit; kept nowhere, as it is no head of the pull request."""
    _show(run, put, queued.waiting())
    material = read(run, put, changes)
    report = begin(run, put, run.lease.key, run.lease.generation)
    # A number that no review has: what it measured in this very generation is not ours, and may be old.
    files = measure(
        run, report, material.wanted, lambda _: None, scope.Part(), generation=-run.lease.generation
    )
    code = confs(run, [subject.page for subject in material.subjects if not subject.removed])
    return replace(
        report,
        merge_base=changes.merge_base,
        paths=tuple(one.page.path for one in material.subjects if not one.removed),
        wanted=len(material.wanted),
        files=tuple(files),
        findings=tuple(findings_of(run, material, {file.url: file for file in files}, code)),
        content=approvals.content(changes.files),
        finished_at=run.world.now(),
    )


def _queueing(run: Run) -> Queueing:
    queueing = run.world.queueing.get(run.ref.forge)
    if queueing is None:
        raise ForgeError(f"{run.ref.forge} has no merge queues", permanent=True)
    return queueing


def _stands(run: Run, group: Group) -> bool:
    """Whether the queue still means to merge this commit; a delivery may be late, or not be true."""
    return _queueing(run).branch(run.ref.repo, group.head_ref) == group.head_sha


def _before(run: Run, group: Group) -> str:
    """How what the group stands on was judged: the branch itself is as it is; empty while unknown."""
    said = run.world.store.note(_note(run, group.base_sha))
    if said == OPEN or _queueing(run).contains(run.ref.repo, group.base_ref, group.base_sha):
        return OPEN
    return said


def _wait(run: Run, put: PullRequest, group: Group) -> Request | None:
    now = run.world.now()
    since = float(run.lease.payload["since"]) or now
    if now - since > WAIT_AT_MOST:
        _tell(run, put, queued.unverified())
        return None
    _show(run, put, queued.waiting())
    return group_request(run.ref, group, since=since, due_at=now + LOOK_AGAIN)


def _tell(run: Run, put: PullRequest, told: Sequence[Check]) -> None:
    """The last word to the queue: noted first, so that what is built onto this never knows less."""
    word = OPEN if queued.is_open(told) else CLOSED
    log.info("%s in the queue at %s: %s", run.ref, put.head_sha[:12], word)
    run.guard()
    run.world.store.save_note(_note(run, put.head_sha), word, run.world.now())
    _show(run, put, told)


def _show(run: Run, put: PullRequest, told: Sequence[Check]) -> None:
    """The gate is the last of the three."""
    for check in () if run.world.dry_run else told:
        run.guard()
        run.forge.set_check(put, check)


def _note(run: Run, sha: str) -> str:
    return f"{QUEUED} {run.ref.forge}/{run.ref.repo} {sha}"
