"""Merges on Gitee, with a token that is for nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.forges.base import Merged
from bot.forges.gitee import answers
from bot.forges.gitee.http import Api, RequestError, repo_path
from bot.forges.pace import Pace, Told, untold
from bot.model import PullRequest

_REFUSALS = frozenset({400, 403, 404, 405, 409, 422})


class GiteeMerger:
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
        self._api = Api(api_url, token, now=now, pace=pace, told=told)

    def merge(self, pull: PullRequest, sha: str) -> tuple[Merged, str]:
        """See the port. Gitee takes no expected head, so it is read once more right before."""
        path = f"{repo_path(pull.ref.repo)}/pulls/{pull.ref.number}"
        if answers.pull(self._api.get(path), pull.ref.repo).head_sha != sha:
            return Merged.CHANGED, ""
        try:
            self._api.put(f"{path}/merge", {})
        except RequestError as error:
            if error.status in _REFUSALS and error.retry_at is None:
                return Merged.REFUSED, str(error.status)
            raise
        return Merged.DONE, ""
