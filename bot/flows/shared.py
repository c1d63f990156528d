"""Other open pull requests with the same head: on a forge that shows contexts on commits they share them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.flows.run import Run
from bot.model import PullRequest, PullState, Report
from bot.store.work import judge_request

#: Ours: so many are asked after, with one request each; of more it is taken for granted that they are open.
MAX_ASKED = 5


class Shared:
    """The others with a pull request's head, each asked after once."""

    def __init__(self, run: Run, pull: PullRequest) -> None:
        self._run, self._pull = run, pull
        self._live: dict[int, bool] = {}

    def reports(self) -> Sequence[Report]:
        """Their newest reports of this head as they are now, by their numbers."""
        if not self._run.forge.shares_checks:
            return ()
        found = self._run.world.store.sharing(self._pull.ref, self._pull.head_sha)
        return [report for report in found if self._is_live(report)]

    def _is_live(self, report: Report) -> bool:
        number = report.ref.number
        if number not in self._live and len(self._live) < MAX_ASKED:
            other = self._run.forge.pull_request(report.ref)
            self._live[number] = other.state is PullState.OPEN and other.head_sha == self._pull.head_sha
        return self._live.get(number, True)


def leave(run: Run, pull: PullRequest) -> None:
    """Has those judged again that shared a head with this pull request until it was closed or pushed to."""
    last = next(iter(run.world.store.reports(run.ref, 1)), None)
    if not run.forge.shares_checks or last is None:
        return
    if pull.state is PullState.OPEN and pull.head_sha == last.head_sha:
        return
    # Only open ones: two that are closed would have each other judged for ever.
    for other in run.world.store.sharing(run.ref, last.head_sha):
        now = run.forge.pull_request(other.ref)
        if now.state is PullState.OPEN and now.head_sha == last.head_sha:
            run.world.queue.put(judge_request(other.ref), run.world.now())
