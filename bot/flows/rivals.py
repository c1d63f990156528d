"""Other open pull requests that add the same pages, as far as their reviews have told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping

from bot.errors import ForgeError
from bot.model import PullRef, PullRequest, PullState
from bot.store.store import Store

log = logging.getLogger("hubbot.review")

#: Our own choice: pull requests asked after in one review, each with one request to the forge.
MAX_ASKED = 5


def rivals(
    store: Store, ask: Callable[[PullRef], PullRequest], pull: PullRequest, added: Collection[str]
) -> Mapping[str, tuple[str, ...]]:
    """The path of each added page that others add too, with the addresses of those pull requests.

    `ask` reads a pull request from the forge: whether it is still open, and onto which branch.
    """
    wanted = set(added)
    found: dict[str, tuple[str, ...]] = {}
    asked = 0
    for summary in store.pulls() if wanted else ():
        other = summary.ref
        shared = wanted.intersection(summary.report.paths)
        if not shared or other == pull.ref or (other.forge, other.repo) != (pull.ref.forge, pull.ref.repo):
            continue
        if asked == MAX_ASKED:
            break
        asked += 1
        try:
            now = ask(other)
        except ForgeError as error:  # a note about others must not fail this review
            log.info("could not ask after %s: %s", other, error)
            continue
        if now.state is PullState.OPEN and now.base_ref == pull.base_ref:
            found |= {path: (*found.get(path, ()), now.url) for path in shared}
    return found
