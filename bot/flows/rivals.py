"""Other open pull requests that add the same pages, as far as their reviews have told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping

from bot.errors import ForgeError
from bot.flows.run import Run
from bot.model import PullRef, PullRequest, PullState, Report
from bot.store.store import Store
from bot.store.work import review_request

log = logging.getLogger("hubbot.review")

#: Our own choice: pull requests asked after in one review, each with one request to the forge.
MAX_ASKED = 5
#: The rule that names them.
RIVAL_PAGE = "MSH505"


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


def ask_rivals(run: Run, pull: PullRequest, found: Report) -> None:
    """Has the other pull requests that a report knows of reviewed again, unless they know of some rival.

    Not of this one: no report names all where there are many, and those left out would ask for ever.
    """
    addresses = named(found)
    for summary in run.world.store.pulls() if addresses else ():
        report = summary.report
        if report.url in addresses and report.ref != pull.ref and not named(report):
            run.world.queue.put(review_request(report.ref, supersede=False), run.world.now())


def ask_rivals_of(run: Run, pull: PullRequest) -> None:
    """Has those reviewed again that waited for a decision between them and this one, which is not open.

    Only open ones: two that are closed would have each other reviewed for ever.
    """
    for summary in run.world.store.pulls():
        waits = summary.ref != pull.ref and pull.url in named(summary.report)
        if waits and run.forge.pull_request(summary.ref).state is PullState.OPEN:
            run.world.queue.put(review_request(summary.ref, supersede=False), run.world.now())


def named(report: Report) -> frozenset[str]:
    """The addresses of the rivals that a report knows of."""
    return frozenset(
        address
        for finding in report.findings
        if finding.rule == RIVAL_PAGE
        for address in finding.values.get("pulls", "").split(", ")
    )
