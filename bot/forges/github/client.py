"""GitHub behind the `Forge` port, with a token or as a GitHub App."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from urllib.parse import quote

from bot.errors import ForgeError
from bot.forges.github import (
    blobs,
    changes,
    checks,
    comments,
    deliveries,
    look,
    pulls,
    reviews,
    threads,
    trees,
)
from bot.forges.github.api import Api
from bot.forges.github.credential import Anonymous, App, PlainToken
from bot.forges.github.errors import StatusError
from bot.forges.github.hooks import NAME
from bot.forges.github.issues import GitHubTracker
from bot.forges.github.shape import item, number, part, sha, text, user
from bot.forges.pace import Pace, Told, untold
from bot.model import (
    ChangeSet,
    Check,
    CheckState,
    Comment,
    InlineComment,
    Permission,
    Posted,
    PullRef,
    PullRequest,
    Reaction,
    Thread,
    ThreadState,
    TreeEntry,
    User,
)

#: Seconds for which what stands is not asked again: only we write it, and one pull request is at work in one
#: worker at a time.
STANDING_SECONDS = 60.0
#: Heads whose standing is kept in mind.
STANDING_KEPT = 256
#: Seconds for which a look that found nothing said is believed: the time of one paced write.
LOOK_SECONDS = 20.0
#: Trees kept in mind: most pull requests of a day start from the same commit. A tree of the hub is 1 MB.
TREES_KEPT = 4


def token_client(
    api_url: str,
    token: str,
    *,
    now: Callable[[], float] = time.time,
    pace: Pace | None = None,
    told: Told = untold,
) -> GitHubForge:
    """Writes as the token's account with commit statuses; `api_url` may end in `/api/v3`.

    Without a token it reads what is public, and cannot write.
    """
    credential = PlainToken(token) if token else Anonymous()
    return GitHubForge(Api(api_url, credential, now=now, pace=pace or Pace(), told=told))


def app_client(
    api_url: str,
    app_id: int | str,
    private_key: str,
    *,
    now: Callable[[], float] = time.time,
    pace: Pace | None = None,
    told: Told = untold,
) -> GitHubAppForge:
    """Writes as the App, with check runs. `private_key` is PEM text; raises `UserError` where it is not."""
    app = App(api_url, app_id, private_key, now=now)
    return GitHubAppForge(Api(api_url, app, now=now, pace=pace or Pace(), told=told), app)


@dataclass(frozen=True, slots=True)
class Seen:
    """What stood on a head at a moment: our contexts, and those whose newest word is somebody else's."""

    read_at: float
    stands: Mapping[str, checks.Standing]
    foreign: frozenset[str]


class GitHubForge:
    """One object for all threads; `close` it when none is at work."""

    name = NAME
    default_language = "en"
    has_reactions = True
    shares_checks = True

    def __init__(self, api: Api) -> None:
        self._api, self._lock = api, Lock()
        self._me: User | None = None
        self._standing: dict[tuple[str, str, int], Seen] = {}
        self._trees: dict[tuple[str, str], Mapping[str, TreeEntry]] = {}
        # What a last look has found nothing of, so that it may be written without looking once more.
        self._unsaid: dict[tuple[str, PullRef], float] = {}

    def me(self) -> User:
        if self._me is None:
            self._me = _who(self._api)
        return self._me

    def _learn(self, writer: User) -> None:
        """Who the bot is stands in the answer to what it writes, so that it need not ask."""
        if self._me is None and writer.id:
            self._me = writer

    def pull_request(self, ref: PullRef) -> PullRequest:
        return pulls.read_pull(self._api, ref)

    def open_pulls(self, repo: str) -> Iterator[PullRequest]:
        return pulls.open_pulls(self._api, repo)

    def changes(self, pull: PullRequest) -> ChangeSet:
        return changes.changes(self._api, pull, self.tree)

    def between(self, repo: str, base: str, head: str) -> ChangeSet:
        return changes.between(self._api, repo, base, head, self.tree)

    def contains(self, repo: str, branch: str, sha: str) -> bool:
        return changes.contains(self._api, repo, branch, sha)

    def branch(self, repo: str, name: str) -> str:
        try:
            answer = self._api.get(repo, f"/git/ref/heads/{quote(name)}")
        except StatusError as error:
            if error.status == 404:
                return ""
            raise
        return sha(part(answer, "object"), "sha")

    def tree(self, repo: str, sha: str) -> Mapping[str, TreeEntry]:
        """A commit's tree never changes, so the last few are kept."""
        with self._lock:
            found = self._trees.pop((repo, sha), None)
        found = trees.tree(self._api, repo, sha) if found is None else found
        with self._lock:
            self._trees[repo, sha] = found
            while len(self._trees) > TREES_KEPT:
                del self._trees[next(iter(self._trees))]
        return found

    def tip(self, repo: str) -> str:
        branch = text(self._api.get(repo, ""), "default_branch")
        ref = self._api.get(repo, f"/git/ref/heads/{quote(branch)}")
        return sha(part(ref, "object"), "sha")

    def blobs(self, repo: str, oids: Collection[str], *, commit: str) -> Mapping[str, bytes]:
        return blobs.blobs(self._api, repo, oids, commit=commit)

    def permission(self, repo: str, user: User) -> Permission:
        """By a live look-up that must name the same account id: a login can be given to another."""
        try:
            answer = self._api.get(repo, f"/collaborators/{quote(user.login, safe='')}/permission")
        except StatusError as error:
            if error.status == 404:
                return Permission.NONE
            raise
        if number(part(answer, "user"), "id") != user.id:
            return Permission.NONE
        word = text(answer, "permission")
        return Permission(word) if word in {known.value for known in Permission} else Permission.NONE

    def comment(self, pull: PullRequest, id: str) -> Comment | None:  # noqa: A002 - the port's name
        return comments.one(self._api, pull.ref, id)

    def posted(self, pull: PullRequest) -> Posted:
        return self._posted(pull, threads.said(self._api, pull.ref, self.me()), None)

    def shown(self, pull: PullRequest) -> Mapping[str, tuple[CheckState, str]]:
        seen = self._stands(pull)
        self._keep(pull, seen)
        return {context: (one.state, one.title) for context, one in seen.stands.items()}

    def look_again(self, pull: PullRequest) -> tuple[PullRequest, Posted]:
        """One request for a pull request on which we have said nothing inline."""
        if isinstance(self._api.credential, Anonymous):  # to strangers GraphQL tells nothing
            return self.pull_request(pull.ref), Posted()
        found, seen_at = look.look(self._api, pull, self.me()), self._api.now()
        if found.pull.head_sha != pull.head_sha or found.pull.base_ref != pull.base_ref:
            return self.pull_request(pull.ref), Posted()
        said = threads.said(self._api, pull.ref, self.me()) if found.has_threads else []
        posted = self._posted(found.pull, said, found.own)
        with self._lock:
            self._unsaid = {key: at for key, at in self._unsaid.items() if seen_at - at < LOOK_SECONDS}
            if not posted.summaries:
                self._unsaid["summary", pull.ref] = seen_at
            if not posted.threads:
                self._unsaid["inline", pull.ref] = seen_at
        return found.pull, posted

    def _posted(
        self, pull: PullRequest, inline: Sequence[threads.Said], own: Sequence[Comment] | None
    ) -> Posted:
        said = threads.told(self._api, pull.ref, self.me(), inline)
        return Posted(
            summaries=comments.summaries(self._api, pull.ref, self.me(), own),
            fingerprints=frozenset(
                mark for one in said if one.state is not ThreadState.DONE for mark in one.fingerprints
            ),
            checks=self.shown(pull),
            labels=frozenset(pull.labels),
            threads=threads.threads(said),
            foreign=self._stands(pull).foreign,
        )

    def set_check(self, pull: PullRequest, check: Check) -> None:
        seen = self._stands(pull)
        self._forget(pull)  # should the answer be lost, nobody knows what stands
        shown = checks.show(self._api, pull, check, seen.stands.get(check.context), self._learn)
        stands, foreign = {**seen.stands, check.context: shown}, seen.foreign - {check.context}
        self._keep(pull, Seen(seen.read_at, stands, foreign), alone=True)

    def post_summary(self, pull: PullRequest, body: str, existing: Comment | None) -> Comment:
        unsaid = self._is_unsaid("summary", pull)
        return comments.upsert_summary(self._api, pull.ref, self.me(), body, existing, unsaid=unsaid)

    def delete_comment(self, pull: PullRequest, comment: Comment) -> None:
        comments.delete(self._api, pull.ref, comment)

    def post_review(
        self, pull: PullRequest, body: str, comments: Sequence[InlineComment]
    ) -> tuple[InlineComment, ...]:
        unsaid = self._is_unsaid("inline", pull)
        return reviews.review(self._api, pull, self.me(), body, comments, unsaid=unsaid)

    def close_threads(self, pull: PullRequest, fixed: Sequence[Thread], answer: str) -> None:
        threads.close(self._api, pull, fixed, answer)

    def set_labels(self, pull: PullRequest, add: Collection[str], remove: Collection[str]) -> None:
        """GitHub makes a label that the repository lacks; one that is not on is as good as removed."""
        path = f"/repos/{pull.ref.repo}/issues/{pull.ref.number}/labels"
        with self._api.repository(pull.ref.repo) as repo:
            if add:
                repo.get_issue(pull.ref.number).add_to_labels(*sorted(add))
        for label in sorted(set(remove) - set(add)):
            try:
                with self._api.wire(pull.ref.repo) as wire:  # PyGithub does not encode the slash of a label
                    wire.requestJsonAndCheck("DELETE", f"{path}/{quote(label, safe='')}")
            except StatusError as error:
                if error.status != 404:
                    raise

    def react(self, pull: PullRequest, comment: Comment, reaction: Reaction) -> None:
        comments.react(self._api, pull.ref, comment, reaction)

    def reply(self, pull: PullRequest, body: str, key: str) -> None:
        comments.upsert_reply(self._api, pull.ref, self.me(), body, key)

    def tracker(self) -> GitHubTracker:
        """Issues, written by the same account."""
        return GitHubTracker(self._api, self.me)

    def close(self) -> None:
        self._api.close()

    def _is_unsaid(self, what: str, pull: PullRequest) -> bool:
        """Whether a look just found nothing: true once, as an answer that is lost may be to what was said."""
        with self._lock:
            seen_at = self._unsaid.pop((what, pull.ref), float("-inf"))
        return 0 <= self._api.now() - seen_at < LOOK_SECONDS

    def _stands(self, pull: PullRequest) -> Seen:
        with self._lock:
            seen = self._standing.get(_head(pull))
        if seen is not None and 0 <= self._api.now() - seen.read_at < STANDING_SECONDS:
            return seen
        read_at = self._api.now()
        return Seen(read_at, *checks.standing_and_foreign(self._api, pull, self.me))

    def _keep(self, pull: PullRequest, seen: Seen, *, alone: bool = False) -> None:
        """`alone` forgets what other pull requests with this head were seen to show: it counts no more."""
        repo, head, _ = key = _head(pull)
        with self._lock:
            self._standing.pop(key, None)
            if alone:
                self._standing = {k: one for k, one in self._standing.items() if k[:2] != (repo, head)}
            self._standing[_head(pull)] = seen
            while len(self._standing) > STANDING_KEPT:
                del self._standing[next(iter(self._standing))]

    def _forget(self, pull: PullRequest) -> None:
        with self._lock:
            self._standing.pop(_head(pull), None)


class GitHubAppForge(GitHubForge):
    """An App also learns which of its deliveries were lost."""

    def __init__(self, api: Api, app: App) -> None:
        super().__init__(api)
        self._app = app

    def redeliver_failed(self, repo: str, cursor: str) -> tuple[int, str]:
        identity = number(self._api.get(repo, ""), "id")
        return deliveries.redeliver_failed(self._app.call, identity, cursor, self._api.now())


def _head(pull: PullRequest) -> tuple[str, str, int]:
    return pull.ref.repo, pull.head_sha, pull.ref.number


def _who(api: Api) -> User:
    """An App writes as the account `slug[bot]`, whose id only the account itself tells."""
    login = api.credential.login()
    with api.wire("") as wire:
        _, answer = wire.requestJsonAndCheck("GET", f"/users/{quote(login, safe='')}" if login else "/user")
    found = user(item(answer, "account"))
    if not found.id:
        raise ForgeError("GitHub does not say who the bot is")
    return found
