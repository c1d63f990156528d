"""Labels of a pull request, and the two that stand for the gate where no check run may be written."""

from __future__ import annotations

import threading
from collections.abc import Collection

from bot.forges.gitee import answers
from bot.forges.gitee.comments import path_of
from bot.forges.gitee.http import Api, RequestError, repo_path, segment
from bot.model import CheckState, PullRequest

#: Characters of a label: Gitee's limits.
SHORTEST, LONGEST = 2, 20
VERIFIED, NEEDS_FIX = "hubbot:verified", "hubbot:needs-fix"
#: Colours of the labels that are made when the repository has none of that name.
COLOURS = {
    VERIFIED: "2da44e",
    NEEDS_FIX: "d1242f",
    "hubbot:waived": "8250df",
    "hubbot:hold": "bf8700",
    "hubbot:escalated": "bc4c00",
}
PLAIN = "6e7781"


def projection(state: CheckState) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels to add and to remove for a state of the gate; while it is pending, what was to fix stays so."""
    match state:
        case CheckState.SUCCESS:
            return (VERIFIED,), (NEEDS_FIX,)
        case CheckState.FAILURE:
            return (NEEDS_FIX,), (VERIFIED,)
        case CheckState.ERROR:
            return (), (VERIFIED, NEEDS_FIX)
        case CheckState.PENDING:
            return (), (VERIFIED,)


def blocking(name: str, state: CheckState) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The label that forbids merging, to add or to remove: it stands unless the gate is open."""
    if not name:
        return (), ()
    return ((), (name,)) if state is CheckState.SUCCESS else ((name,), ())


def on(api: Api, pull: PullRequest) -> frozenset[str]:
    return frozenset(answers.label_names(list(api.pages(f"{path_of(pull)}/labels"))))


class Labeller:
    """Sets labels, and makes those that the repository does not have yet."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._known: set[tuple[str, str]] = set()

    def change(self, pull: PullRequest, add: Collection[str], remove: Collection[str]) -> None:
        for name in (*add, *remove):
            if not SHORTEST <= len(name) <= LONGEST:
                raise ValueError(f"a label has {SHORTEST} to {LONGEST} characters on Gitee: {name!r}")
        if not add and not remove:
            return
        present = on(self._api, pull)
        for name in sorted(present.intersection(remove)):
            self._api.delete(f"{path_of(pull)}/labels/{segment(name)}")
        missing = sorted(set(add) - present)
        if missing:
            self._make(pull.ref.repo, missing)
            self._api.post(f"{path_of(pull)}/labels", missing)

    def _make(self, repo: str, names: list[str]) -> None:
        with self._lock:
            if all((repo, name) in self._known for name in names):
                return
        base = f"{repo_path(repo)}/labels"
        existing = answers.label_names(self._api.get(base))
        for name in names:
            if name not in existing:
                self._make_one(base, name)
        with self._lock:
            self._known.update((repo, name) for name in names)

    def _make_one(self, base: str, name: str) -> None:
        try:
            self._api.post(base, {"name": name, "color": COLOURS.get(name, PLAIN)})
        except RequestError as error:
            if error.status not in (400, 409, 422):  # made by another run meanwhile
                raise
