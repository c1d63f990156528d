"""Brings what stands on a pull request to what a report says, writing only the difference."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from bot import logs
from bot.commands import offered
from bot.errors import ForgeError
from bot.flows.run import Run
from bot.flows.shared import Shared
from bot.model import CONTEXTS, Check, CheckState, Comment, Posted, PullRequest, Report
from bot.review.plan import Plan, plan
from bot.review.shadow import shadow
from bot.review.words import RULE_WORDS

T = TypeVar("T")
log = logging.getLogger("hubbot.review")

#: Seconds for which what we read of our own standing review is still taken for what stands.
POSTED_FRESH = 60.0


@dataclass(slots=True)
class Poster:
    """One run's hand on its pull request: remembers what stands, so that a short run reads it once."""

    run: Run
    pull: PullRequest
    posted: Posted | None = None
    read_at: float = 0.0
    contexts: Mapping[str, tuple[CheckState, str]] | None = None
    patches: Mapping[str, str | None] = field(default_factory=dict)
    shared: Shared = field(init=False)

    def __post_init__(self) -> None:
        self.shared = Shared(self.run, self.pull)

    def checks(self, report: Report, contexts: Collection[str] = CONTEXTS) -> None:
        """Stores the report and shows only `contexts`; words wait for the end of a short run."""
        logs.mention(run=report.id)
        self.run.guard()
        self.run.world.store.save_report(report)
        if not self.run.world.dry_run:
            self.pending(report, contexts)

    def pending(self, report: Report, contexts: Collection[str] = CONTEXTS) -> None:
        """Shows `contexts` as `report` has them, without keeping the report: a run to come will."""
        if self.contexts is None:
            self.contexts = self.run.forge.shown(self.pull)
        for check in self._plan(report, Posted(checks=self.contexts)).checks:
            if check.context in contexts:
                self._show(check)

    def everything(self, report: Report) -> None:
        """Stores the report and shows all of it.

        The checks come last, the gate at the very end: whoever sees them final finds the words there.
        Where the words are refused the checks are written all the same.
        """
        logs.mention(run=report.id)
        self.run.guard()
        store = self.run.world.store
        if self.run.world.dry_run:
            would = shadow(self._plan(report, self._standing()), self._standing())
            store.save_report(replace(report, would=would))
            return
        store.save_report(report)
        wanted = self._plan(report, self._standing())
        try:
            self._words(wanted)
        finally:
            for check in wanted.checks:
                self._show(check)
        if self.shared.reports():  # another review of this very commit may have ended meanwhile
            self.pending(report)
        self._close(wanted)

    def _close(self, wanted: Plan) -> None:
        """After the gate, which never waits for it; what the forge refuses is tried by the next review."""
        if not wanted.fixed:
            return
        forge, pull = self.run.forge, self.pull
        try:
            self._write(lambda: forge.close_threads(pull, wanted.fixed, wanted.fixed_answer))
        except ForgeError as error:
            log.warning("%s: mended inline comments stay open: %s", pull.ref, error)
        self.posted = None

    def _words(self, wanted: Plan) -> None:
        forge, pull = self.run.forge, self.pull
        if wanted.inline:
            self._write(lambda: forge.post_review(pull, wanted.review_body, wanted.inline))
            said = {mark for comment in wanted.inline for mark in comment.fingerprints}
            self.posted = replace(self._standing(), fingerprints=self._standing().fingerprints | said)
        if wanted.summary is not None:
            body, existing = wanted.summary, wanted.existing
            summary = self._write(lambda: forge.post_summary(pull, body, existing))
            self.run.world.store.save_note(_note(pull), summary.id, self.run.world.now())
            self.posted = replace(self._standing(), summaries=(replace(summary, body=body),))
        for duplicate in wanted.duplicates:
            self._write(partial(forge.delete_comment, pull, duplicate))
        if wanted.add_labels or wanted.remove_labels:
            self._write(lambda: forge.set_labels(pull, wanted.add_labels, wanted.remove_labels))
            kept = (self._standing().labels - set(wanted.remove_labels)) | set(wanted.add_labels)
            self.posted = replace(self._standing(), labels=frozenset(kept))

    def look_again(self) -> PullRequest:
        """The pull request as it is now; what stands there is read along with it."""
        fresh, found = self.run.forge.look_again(self.pull)
        self._took(found)
        return fresh

    def _plan(self, report: Report, posted: Posted) -> Plan:
        return plan(
            report,
            posted,
            self.patches,
            words=RULE_WORDS,
            public_url=self.run.world.public_url,
            commands=offered(report.language),
            blob_url=_blob_url(self.pull),
            others=self.shared.reports(),
        )

    def _standing(self) -> Posted:
        if self.posted is None or self.run.world.now() - self.read_at > POSTED_FRESH:
            return self._took(self.run.forge.posted(self.pull))
        return self.posted

    def _took(self, found: Posted) -> Posted:
        self.posted = replace(found, summaries=found.summaries or self._noted())
        self.read_at, self.contexts = self.run.world.now(), found.checks
        return self.posted

    def _noted(self) -> tuple[Comment, ...]:
        """Our summary by its id, where none is found by its marker: a forge may not keep hidden text."""
        number = self.run.world.store.note(_note(self.pull))
        comment = self.run.forge.comment(self.pull, number) if number else None
        is_ours = comment is not None and comment.author.id == self.run.forge.me().id
        return (comment,) if comment is not None and is_ours else ()

    def _show(self, check: Check) -> None:
        self._write(lambda: self.run.forge.set_check(self.pull, check))
        self.contexts = {**(self.contexts or {}), check.context: (check.state, check.title)}
        if self.posted is not None:
            self.posted = replace(self.posted, checks=self.contexts)

    def _write(self, write: Callable[[], T]) -> T:
        self.run.guard()
        return write()


def _note(pull: PullRequest) -> str:
    return f"summary {pull.ref}"


def _blob_url(pull: PullRequest) -> str:
    """Where the pages at the head can be looked at, ending in a slash; nothing where the fork is gone."""
    site, _, rest = pull.url.partition(pull.ref.repo)
    if not pull.head_repo or not rest.startswith("/pull"):
        return ""
    return f"{site}{pull.head_repo}/blob/{pull.head_sha}/"
