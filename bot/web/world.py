"""What the endpoint and the pages need of the rest: the integrator's store implements it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.forges.base import Hooks
from bot.model import AuditEntry, Delivery, PullRef, Report
from bot.review.counts import Counts
from bot.store.hubview import HubView
from bot.store.standing import Standing


class StoreUnavailable(Exception):
    """The database cannot be written or read just now; the text is for the log, never for the answer.

    `retry_after` is in seconds, for the header of that name.
    """

    def __init__(self, message: str = "", *, retry_after: int = 30) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class PullRow:
    """One line of the dashboard: a pull request with what its latest run found.

    `word` is that of `bot.web.opening.word`. `running` says that a run is under way, also while `word` and
    `counts` still tell of the one before; `done` of `wanted` files have been read.
    `updated_at` is in seconds since the epoch.
    """

    ref: PullRef
    title: str
    author: str
    head_sha: str
    word: str
    report_id: str
    counts: Counts = field(default_factory=Counts)
    running: bool = False
    done: int = 0
    wanted: int = 0
    updated_at: float | None = None


class World(Protocol):
    """Every method that reads or writes the database may raise `StoreUnavailable`."""

    @property
    def hooks(self) -> Mapping[str, Hooks]:
        """The forges that may send deliveries, by name."""

    @property
    def repositories(self) -> Mapping[str, frozenset[str]]:
        """The repositories served, `owner/name` by forge; compared without regard to case."""

    @property
    def sites(self) -> Mapping[str, str]:
        """Where people read a forge's files, by name; a forge without such pages is missing."""

    @property
    def demo(self) -> bool:
        """Whether everything shown is the built-in example."""

    @property
    def public_url(self) -> str:
        """Where the outside reaches these pages; empty when nobody has said."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def accept(self, delivery: Delivery, headers: Mapping[str, str], body: bytes) -> bool:
        """Stores a delivery durably with the work it asks for: True stored, False known already."""

    def report(self, id: str) -> Report | None: ...  # noqa: A002 (the column is called so everywhere)

    def reports(self, ref: PullRef, limit: int) -> Sequence[Report]:
        """The runs on one pull request, newest first."""

    def pulls(self, limit: int) -> Sequence[PullRow]:
        """The pull requests that have a run, those that changed last first."""

    def audit(self, ref: PullRef, limit: int) -> Sequence[AuditEntry]:
        """The newest entries of a pull request's record, oldest first."""

    @property
    def hub(self) -> HubView:
        """What the audit of published pages has found."""

    def standing(self) -> Standing:
        """What waits, what runs, who works, and which file hosts are in trouble."""

    def ready(self) -> Sequence[tuple[str, bool, str]]:
        """What must work before deliveries are welcome: name, whether it does, what is wrong in words."""
