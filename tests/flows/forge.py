"""A forge in memory for the stories of the flows; what happens meanwhile is told to it as a function."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha1
from itertools import count
from types import MappingProxyType

from bot.errors import CouldNotVerify, ForgeError
from bot.forges.base import SUMMARY_MARKER
from bot.model import (
    ChangedFile,
    ChangeKind,
    ChangeSet,
    Check,
    CheckState,
    Comment,
    Group,
    InlineComment,
    Permission,
    Posted,
    PullRef,
    PullRequest,
    PullState,
    Reaction,
    Thread,
    ThreadState,
    TreeEntry,
    User,
)

BOT, AUTHOR, STRANGER, MAINTAINER = (
    User(1, "hubbot", is_bot=True),
    User(11, "lin-xia"),
    User(12, "passer-by"),
    User(20, "hub-maintainer"),
)
REPO = "mindspore/hub"
Files = Mapping[str, str]

#: Called before and after each method of the port, as in `watch("before", "set_check")`; may do anything.
Watch = Callable[[str, str], None]


@dataclass
class Pull:
    """One pull request and all that stands on it.

    `closed` are inline comments by their index, with the answer where there are replies (`talked_about`).
    """

    number: int
    head: str
    state: PullState = PullState.OPEN
    comments: dict[str, Comment] = field(default_factory=dict)
    checks: dict[tuple[str, str], Check] = field(default_factory=dict)
    inline: list[InlineComment] = field(default_factory=list)
    closed: dict[int, str] = field(default_factory=dict)
    talked_about: set[int] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    reactions: list[tuple[str, Reaction]] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    base_ref: str = "master"

    @property
    def summaries(self) -> list[Comment]:
        return [c for c in self.comments.values() if c.author == BOT and c.body.startswith(SUMMARY_MARKER)]

    def states(self, head: str = "") -> dict[str, str]:
        """Context without its prefix to state, on `head` or the present one."""
        shown = {c: check for (sha, c), check in self.checks.items() if sha == (head or self.head)}
        return {context.removeprefix("hubbot/"): check.state.value for context, check in shown.items()}


class MemoryForge:
    """`writes` lists what was written, `calls` every method called, `lies` makes the counts disagree."""

    name = "github"
    default_language = "en"

    def __init__(self, base: Files) -> None:
        self.has_reactions = self.shares_checks = True
        self.pulls: dict[int, Pull] = {}
        self.trees: dict[str, dict[str, TreeEntry]] = {}
        self.content: dict[str, bytes] = {}
        self.base = self._commit(base)
        self.permissions: dict[int, Permission] = {MAINTAINER.id: Permission.ADMIN}
        self.watch: Watch = lambda when, method: None
        self.writes: list[tuple[str, str]] = []
        self.calls: list[str] = []
        self.lies = False
        self.counts_files = False
        #: Branches of merge queues, and the parent of each of their commits.
        self.branches: dict[str, str] = {}
        self.parents: dict[str, str] = {}
        #: The last word about each commit, and whose: context to pull request and check.
        self.commits: dict[str, dict[str, tuple[int, Check]]] = {}
        self._ids = count(100)

    # What people do.

    def open(self, number: int, files: Files) -> Pull:
        self.pulls[number] = Pull(number, "")
        return self.push(number, files)

    def push(self, number: int, files: Files) -> Pull:
        texts = {path: self.content[e.oid].decode() for path, e in self.trees[self.base].items()} | dict(
            files
        )
        self.pulls[number].head = self._commit(texts, salt=str(next(self._ids)))
        return self.pulls[number]

    def say(self, number: int, author: User, body: str) -> Comment:
        comment = Comment(str(next(self._ids)), author, body)
        self.pulls[number].comments[comment.id] = comment
        return comment

    def queue(self, number: int, files: Files = MappingProxyType({}), *, onto: str = "") -> Group:
        """Builds what a merge queue would merge: the pull request's tree, with `files` besides, on `onto`."""
        base, name = onto or self.base, f"gh-readonly-queue/master/pr-{number}-{onto or self.base}"
        tree = {**self.trees[base], **self.trees[self.pulls[number].head]}
        texts = {path: self.content[entry.oid].decode() for path, entry in tree.items()} | dict(files)
        sha = self._commit(texts, salt=str(next(self._ids)))
        self.branches[name], self.parents[sha] = sha, base
        return Group(name, sha, "master", base, number)

    def _commit(self, files: Files, salt: str = "") -> str:
        tree = {}
        for path, text in files.items():
            data = text.encode()
            oid = sha1(b"blob %d\0" % len(data) + data).hexdigest()
            self.content[oid] = data
            tree[path] = TreeEntry("100644", oid)
        sha = sha1(repr((sorted(tree.items()), salt)).encode()).hexdigest()
        self.trees[sha] = tree
        return sha

    # The port.

    def __getattribute__(self, name: str) -> object:
        found = object.__getattribute__(self, name)
        if name not in PORT:
            return found

        def watched(*args: object, **kwargs: object) -> object:
            self.calls.append(name)
            self.watch("before", name)
            answer = found(*args, **kwargs)
            self.watch("after", name)
            return answer

        return watched

    def me(self) -> User:
        return BOT

    def pull_request(self, ref: PullRef) -> PullRequest:
        if ref.number not in self.pulls or ref.repo != REPO:
            raise ForgeError("there is no such pull request", permanent=True)
        pull = self.pulls[ref.number]
        return PullRequest(
            ref, "Add LeNet", "", AUTHOR, pull.state, False, pull.head, "lin-xia/hub", self.base,
            pull.base_ref, self._count(pull), f"https://github.com/{REPO}/pull/{ref.number}",
            labels=tuple(pull.labels),
        )  # fmt: skip

    def _count(self, pull: Pull) -> int | None:
        if not self.counts_files:
            return None
        before, after = self.trees[self.base], self.trees[pull.head]
        return sum(before.get(path) != after.get(path) for path in {*before, *after})

    def open_pulls(self, repo: str) -> Iterator[PullRequest]:
        numbers = [number for number, pull in self.pulls.items() if pull.state is PullState.OPEN]
        return iter([self.pull_request(PullRef(self.name, repo, number)) for number in numbers])

    def changes(self, pull: PullRequest) -> ChangeSet:
        if self.lies:
            raise CouldNotVerify("the forge counts 3 changed files and lists 2")
        before, after = self.trees[self.base], self.trees[pull.head_sha]
        differing = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
        return ChangeSet(
            self.base, tuple(self._changed(p, before.get(p), after.get(p)) for p in differing), before
        )

    def _changed(self, path: str, old: TreeEntry | None, new: TreeEntry | None) -> ChangedFile:
        kind = ChangeKind.ADDED if old is None else ChangeKind.REMOVED if new is None else ChangeKind.MODIFIED
        sides = [self.content[e.oid].decode().splitlines() if e else [] for e in (old, new)]
        patch = "\n".join(
            line.rstrip("\n") for line in list(difflib.unified_diff(*sides, n=3, lineterm=""))[2:]
        )
        return ChangedFile(path, kind, new, old, patch)

    def branch(self, repo: str, name: str) -> str:
        return self.branches.get(name, "")

    def contains(self, repo: str, branch: str, sha: str) -> bool:
        return sha == self.base

    def between(self, repo: str, base: str, head: str) -> ChangeSet:
        if self.lies or self.parents[head] != base:
            raise CouldNotVerify("it was not built onto that")
        before, after = self.trees[base], self.trees[head]
        differing = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
        return ChangeSet(
            base, tuple(self._changed(p, before.get(p), after.get(p)) for p in differing), before
        )

    def tree(self, repo: str, sha: str) -> Mapping[str, TreeEntry]:
        return self.trees[sha]

    def tip(self, repo: str) -> str:
        return self.base

    def blobs(self, repo: str, oids: Collection[str], *, commit: str) -> Mapping[str, bytes]:
        return {oid: self.content[oid] for oid in oids}

    def permission(self, repo: str, user: User) -> Permission:
        return self.permissions.get(user.id, Permission.READ)

    def comment(self, pull: PullRequest, id: str) -> Comment | None:  # noqa: A002 - the port's name
        return self._of(pull).comments.get(id)

    def posted(self, pull: PullRequest) -> Posted:
        of = self._of(pull)
        return Posted(
            tuple(of.summaries),
            frozenset(m for n, c in enumerate(of.inline) if n not in of.closed for m in c.fingerprints),
            {context: (check.state, check.title) for context, check in self._shown(pull).items()},
            frozenset(of.labels),
            tuple(
                Thread(
                    comment.path,
                    frozenset(comment.fingerprints),
                    ThreadState.DONE if number in of.closed else ThreadState.OPEN,
                    number in of.talked_about,
                    (str(number),),
                )
                for number, comment in enumerate(of.inline)
            ),
        )

    def _shown(self, pull: PullRequest) -> dict[str, Check]:
        """What stands on the head: of another pull request where that spoke last and they share it."""
        own = {c: check for (sha, c), check in self._of(pull).checks.items() if sha == pull.head_sha}
        last = self.commits.get(pull.head_sha, {}) if self.shares_checks else {}
        return own | {c: check for c, (number, check) in last.items() if number != pull.ref.number}

    def shown(self, pull: PullRequest) -> Mapping[str, tuple[CheckState, str]]:
        return self.posted(pull).checks

    def look_again(self, pull: PullRequest) -> tuple[PullRequest, Posted]:
        return self.pull_request(pull.ref), self.posted(pull)

    def set_check(self, pull: PullRequest, check: Check) -> None:
        self._wrote(pull, f"{check.context}={check.state}")
        self._of(pull).checks[pull.head_sha, check.context] = check
        self.commits.setdefault(pull.head_sha, {})[check.context] = pull.ref.number, check

    def post_summary(self, pull: PullRequest, body: str, existing: Comment | None) -> Comment:
        self._wrote(pull, "summary")
        said = replace(existing, body=body) if existing else Comment(str(next(self._ids)), BOT, body)
        self._of(pull).comments[said.id] = said
        return said

    def delete_comment(self, pull: PullRequest, comment: Comment) -> None:
        self._wrote(pull, "delete")
        self._of(pull).comments.pop(comment.id, None)

    def post_review(
        self, pull: PullRequest, body: str, comments: Sequence[InlineComment]
    ) -> tuple[InlineComment, ...]:
        self._wrote(pull, "review")
        self._of(pull).inline.extend(comments)
        return ()

    def close_threads(self, pull: PullRequest, fixed: Sequence[Thread], answer: str) -> None:
        self._wrote(pull, "close")
        closed = {int(thread.keys[0]): answer if thread.has_replies else "" for thread in fixed}
        self._of(pull).closed |= closed

    def set_labels(self, pull: PullRequest, add: Collection[str], remove: Collection[str]) -> None:
        self._wrote(pull, "labels")
        of = self._of(pull)
        of.labels = (of.labels - set(remove)) | set(add)

    def react(self, pull: PullRequest, comment: Comment, reaction: Reaction) -> None:
        self._wrote(pull, "react")
        self._of(pull).reactions.append((comment.id, reaction))

    def reply(self, pull: PullRequest, body: str, key: str) -> None:
        self._wrote(pull, "reply")
        self._of(pull).replies[key] = body

    def _of(self, pull: PullRequest) -> Pull:
        return self.pulls[pull.ref.number]

    def _wrote(self, pull: PullRequest, what: str) -> None:
        self.writes.append((pull.head_sha, what))


PORT = frozenset(
    {
        "pull_request", "open_pulls", "changes", "tree", "tip", "blobs", "permission", "comment", "posted",
        "set_check", "post_summary", "delete_comment", "post_review", "close_threads", "set_labels", "react",
        "reply",
    }
)  # fmt: skip
WRITES = ("set_check", "post_review", "post_summary", "set_labels")
