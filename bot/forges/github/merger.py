"""Merges on GitHub, with a token that is for nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.forges.base import Merged
from bot.forges.github.api import Api
from bot.forges.github.credential import PlainToken
from bot.forges.github.errors import StatusError
from bot.forges.pace import Pace, Told, untold
from bot.model import PullRequest

#: What GitHub answers where it does not merge: no right to, none such, not mergeable, not allowed so.
_REFUSALS = frozenset({403, 404, 405, 422})
#: GitHub: "Head branch was modified. Review and try the merge again."
_CHANGED = 409


class GitHubMerger:
    """One object for all threads."""

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        now: Callable[[], float] = time.time,
        pace: Pace | None = None,
        told: Told = untold,
    ) -> None:
        self._api = Api(api_url, PlainToken(token), now=now, pace=pace or Pace(), told=told)

    def merge(self, pull: PullRequest, sha: str) -> tuple[Merged, str]:
        """See the port. GitHub itself compares the head."""
        path = f"/repos/{pull.ref.repo}/pulls/{pull.ref.number}/merge"
        try:
            with self._api.wire(pull.ref.repo) as wire:
                wire.requestJsonAndCheck("PUT", path, input={"sha": sha})
        except StatusError as error:
            if error.status == _CHANGED:
                return Merged.CHANGED, ""
            if error.status in _REFUSALS and error.retry_at is None:
                return Merged.REFUSED, str(error.status)
            raise
        return Merged.DONE, ""
