"""The pages' and the endpoint's world, kept in the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ParamSpec, TypeVar

from bot.forges.base import Hooks
from bot.model import AuditEntry, Delivery, PullRef, Report
from bot.review.counts import counts
from bot.store import database
from bot.store.database import is_current
from bot.store.hubview import HubView
from bot.store.standing import SILENT, Standing, standing
from bot.store.store import PullSummary
from bot.web.opening import word
from bot.web.world import PullRow, StoreUnavailable
from bot.wiring import Receiver

P = ParamSpec("P")
T = TypeVar("T")


def _asking(method: Callable[P, T]) -> Callable[P, T]:
    """The database's failure in the words of the pages."""

    def ask(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except database.StoreUnavailable as error:
            raise StoreUnavailable(str(error)) from error

    return ask


class AskedHub(HubView):
    """The hub's health, with the database's failure in the words of the pages."""

    hubs = _asking(HubView.hubs)
    overview = _asking(HubView.overview)
    pages = _asking(HubView.pages)
    page = _asking(HubView.page)
    incidents = _asking(HubView.incidents)
    count_incidents = _asking(HubView.count_incidents)
    commit = _asking(HubView.commit)
    trend = _asking(HubView.trend)


class StoredWorld:
    """`bot.web.world.World` over the store."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.hooks: Mapping[str, Hooks] = receiver.hooks
        self.repositories = {forge: frozenset(names) for forge, names in receiver.repositories.items()}
        self.sites = receiver.sites
        self.demo = receiver.demo
        self.public_url = receiver.public_url
        self.hub = AskedHub(receiver.store.engine)

    def now(self) -> float:
        return self.receiver.now()

    @_asking
    def accept(self, delivery: Delivery, headers: Mapping[str, str], body: bytes) -> bool:
        return self.receiver.store.accept(delivery, headers, body, self.now())

    @_asking
    def report(self, id: str) -> Report | None:  # noqa: A002 - the port's name for it
        return self.receiver.store.report(id)

    @_asking
    def reports(self, ref: PullRef, limit: int) -> Sequence[Report]:
        return self.receiver.store.reports(ref, limit)

    @_asking
    def pulls(self, limit: int) -> Sequence[PullRow]:
        return [_row(summary) for summary in self.receiver.store.pulls(limit)]

    @_asking
    def audit(self, ref: PullRef, limit: int) -> Sequence[AuditEntry]:
        return self.receiver.store.rulebook.audit(ref, limit)

    @_asking
    def standing(self) -> Standing:
        return standing(self.receiver.store.engine, self.now())

    def ready(self) -> Sequence[tuple[str, bool, str]]:
        """Database, migrations, worker."""
        try:
            current = is_current(self.receiver.store.engine)
            beat = self.receiver.store.last_heartbeat() if current else None
        except database.StoreUnavailable:
            return [("database", False, "the database does not answer")]
        alive = beat is not None and self.now() - beat < SILENT
        return [
            ("database", True, ""),
            ("migrations", current, "" if current else "run `hubbot db upgrade`"),
            ("worker", alive, "" if alive else "no worker is running; start `hubbot worker`"),
        ]


def _row(summary: PullSummary) -> PullRow:
    report = summary.report
    return PullRow(
        ref=summary.ref,
        title=report.title,
        author=report.author,
        head_sha=report.head_sha,
        word=word(report),
        counts=counts(report),
        running=summary.running,
        report_id=report.id,
        done=len(report.files),
        wanted=report.wanted,
        updated_at=report.finished_at or report.started_at,
    )
