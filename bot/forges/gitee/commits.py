"""Reads commits from the repository or, where only the fork has them, from there."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping

from bot.forges.gitee import answers, trees
from bot.forges.gitee.http import Api, RequestError, repo_path, segment
from bot.model import PullRequest, TreeEntry

#: Commits whose fork is remembered.
MAX_HOMES = 1000


class Commits:
    """Merge bases and trees; remembers which fork had a commit that the repository has not."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._lock = threading.Lock()
        self._homes: OrderedDict[str, str] = OrderedDict()

    def home(self, repo: str, commit: str) -> str:
        """The repository to read the commit's objects from."""
        with self._lock:
            return self._homes.get(commit, repo)

    def merge_base(self, pull: PullRequest, base: str) -> str:
        path = f"compare/{segment(base)}...{segment(pull.head_sha)}"
        value, _ = self._from_either(pull.ref.repo, pull.head_repo, path, {})
        found = answers.obj(value, "comparison").get("merge_base_commit")
        return answers.sha(answers.obj(found, "merge base").get("sha"), "merge base")

    def tree(self, repo: str, commit: str, fork: str | None = None) -> Mapping[str, TreeEntry]:
        path = f"git/trees/{answers.sha(commit, 'commit')}"
        value, home = self._from_either(repo, fork or self.home(repo, commit), path, {"recursive": "1"})
        if home != repo:
            self._remember(commit, home)
        return trees.tree_of(value)

    def _from_either(
        self, repo: str, fork: str | None, path: str, query: Mapping[str, str]
    ) -> tuple[object, str]:
        try:
            return self._api.get(f"{repo_path(repo)}/{path}", query), repo
        except RequestError as error:
            if error.status != 404 or fork is None or fork == repo:
                raise
        return self._api.get(f"{repo_path(fork)}/{path}", query), fork

    def _remember(self, commit: str, home: str) -> None:
        with self._lock:
            self._homes[commit] = home
            while len(self._homes) > MAX_HOMES:
                self._homes.popitem(last=False)
