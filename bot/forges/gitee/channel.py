"""How results are shown in a repository of Gitee, by what the token may do there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from enum import Enum

from bot.forges.gitee.http import RequestError
from bot.model import Permission

log = logging.getLogger("hubbot.gitee")

#: Seconds after which the role is asked for again: an administrator may have given or taken it. Ours.
ROLE_FRESH = 3600.0


class Channel(Enum):
    """What the token may write, in the operator's words."""

    CHECKS = "check runs, labels and the summary"
    LABELS = "labels and the summary"
    SUMMARY = "the summary only"


_BY_ROLE = {Permission.ADMIN: Channel.CHECKS, Permission.WRITE: Channel.LABELS}


class Channels:
    """Remembers each repository's channel for a while; `role` asks for the bot's permission there."""

    def __init__(self, role: Callable[[str], Permission], now: Callable[[], float]) -> None:
        self._role, self._now = role, now
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Channel, float]] = {}

    def of(self, repo: str) -> Channel:
        """The channel now; where the role cannot be told, the first refusal tells (see `step_down`)."""
        with self._lock:
            known = self._known.get(repo)
        if known is not None and self._now() - known[1] < ROLE_FRESH:
            return known[0]
        found = self._asked(repo)
        self._remember(repo, found)
        return found

    def step_down(self, repo: str, error: RequestError, channel: Channel) -> None:
        """Remembers a refusal for want of rights; raises any other error."""
        if error.status != 403 or error.retry_at is not None:
            raise error
        self._remember(repo, channel)

    def _asked(self, repo: str) -> Channel:
        try:
            return _BY_ROLE.get(self._role(repo), Channel.SUMMARY)
        except RequestError as error:
            if error.status != 403 or error.retry_at is not None:
                raise
            return Channel.CHECKS

    def _remember(self, repo: str, channel: Channel) -> None:
        with self._lock:
            before = self._known.get(repo)
            self._known[repo] = (channel, self._now())
        if before is None or before[0] is not channel:
            log.info("results on gitee/%s are shown by %s", repo, channel.value)
