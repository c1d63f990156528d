"""The plain frozen values that the shell's parts hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rules.facts import RemoteFile
from rules.finding import Finding

FORMAT, ASSETS, GATE = "hubbot/format", "hubbot/assets", "hubbot/gate"
CONTEXTS = (FORMAT, ASSETS, GATE)
ASSETS_ROOT = "mshub_res/assets/"

#: How the bot knows its own sticky summary; trusted only in comments whose author is the bot.
SUMMARY_MARKER = "<!-- hubbot:summary"
#: Begins the hidden marker of an inline comment: `<!-- hubbot:finding <fingerprint> <fingerprint> … -->`.
FINDING_MARKER = "<!-- hubbot:finding"
#: Begins the hidden marker of a reply: `<!-- hubbot:reply <key> -->`.
REPLY_MARKER = "<!-- hubbot:reply"
#: Begins the hidden marker of an answer that says what an inline comment was about is mended.
FIXED_MARKER = "<!-- hubbot:fixed"
#: Begins the hidden first line of the issue about a hub: `<!-- hubbot:audit <forge>/<owner>/<name> -->`.
AUDIT_MARKER = "<!-- hubbot:audit"


@dataclass(frozen=True, slots=True, order=True)
class PullRef:
    """Which pull request: forge name, `owner/name`, number."""

    forge: str
    repo: str
    number: int

    def __str__(self) -> str:
        return f"{self.forge}/{self.repo}/{self.number}"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody on a forge; the numeric id is the identity, the login may be given to another."""

    id: int
    login: str
    is_bot: bool = False


class PullState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as the forge's API tells it, never as a webhook does.

    `changed_files` is the forge's own count, None where it gives none.
    `head_repo` is None when the fork is gone; `global_id` is Gitee's id, by which its check runs know it.
    """

    ref: PullRef
    title: str
    body: str
    author: User
    state: PullState
    draft: bool
    head_sha: str
    head_repo: str | None
    base_sha: str
    base_ref: str
    changed_files: int | None
    url: str
    global_id: int = 0
    labels: tuple[str, ...] = ()
    #: The forge's own count of the commits that the pull request adds, None where it gives none.
    commits: int | None = None


class ChangeKind(StrEnum):
    ADDED = "added"
    MODIFIED = "modified"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file of a Git tree. Only modes 100644 and 100755 are regular files."""

    mode: str
    oid: str


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One path whose Git object differs between merge base and head; a rename is a removal and an addition.

    `patch` is the forge's unified diff of the file from its first `@@`, None where the forge left it out.
    """

    path: str
    kind: ChangeKind
    head: TreeEntry | None
    base: TreeEntry | None
    patch: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """All that a pull request changes, complete: its count has been held against the forge's own.

    `base_tree` is the whole tree at the merge base (path to entry). `computes_patches` says that the forge
    was not asked for patches and takes comments wherever a diff of the texts is sure to show a line.
    """

    merge_base: str
    files: tuple[ChangedFile, ...]
    base_tree: Mapping[str, TreeEntry]
    computes_patches: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment in the conversation of a pull request. `id` is text, since forges differ."""

    id: str
    author: User
    body: str
    url: str = ""


class CheckState(StrEnum):
    """Where one of our three contexts stands. `ERROR` is "could not verify": closed, nobody to blame."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A finding as a check run shows it; may stand on any line."""

    path: str
    line: int
    end_line: int
    level: str  # failure, warning or notice
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Check:
    """One context's state on one head sha, for a status, a check run or a label."""

    context: str
    state: CheckState
    title: str  # at most 140 characters: GitHub's limit on a status description
    details_url: str = ""
    summary: str = ""
    annotations: tuple[Annotation, ...] = ()
    #: Whether a pending one has not begun.
    queued: bool = False


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that we wrote. `id` is text: those of Gitee are like `I1ABC`."""

    id: str
    title: str
    body: str
    is_open: bool
    url: str = ""


@dataclass(frozen=True, slots=True)
class InlineComment:
    """A review comment on a line of the diff; `body` carries its fingerprint in a hidden marker.

    `start_line` is the first line that it is about, 0 where that is `line` itself.
    """

    path: str
    line: int
    body: str
    fingerprints: tuple[str, ...]
    start_line: int = 0


class ThreadState(StrEnum):
    """What became of an inline comment: `DONE` by us, since it was mended; `DISMISSED` by somebody else."""

    OPEN = "open"
    DONE = "done"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Thread:
    """An inline comment of ours and what stands below it. `keys` are the forge's own names for it, opaque."""

    path: str
    fingerprints: frozenset[str]
    state: ThreadState = ThreadState.OPEN
    has_replies: bool = False
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Posted:
    """What of ours stands on a pull request, from comments whose author is the bot only.

    `summaries` are the sticky comments found by marker, oldest first; `fingerprints` those said inline, but
    for what is done; `checks` maps context to (state, title) on the present head where the forge can tell;
    `foreign` are those of our contexts whose newest word there is somebody else's; `threads` are the inline
    comments one by one where the forge can close them.
    """

    summaries: tuple[Comment, ...] = ()
    fingerprints: frozenset[str] = frozenset()
    checks: Mapping[str, tuple[CheckState, str]] = field(default_factory=dict)
    labels: frozenset[str] = frozenset()
    threads: tuple[Thread, ...] = ()
    foreign: frozenset[str] = frozenset()


class Permission(StrEnum):
    """What somebody may do in a repository, by live lookup."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    @property
    def may_write(self) -> bool:
        return self in (Permission.WRITE, Permission.ADMIN)


class Reaction(StrEnum):
    """How a command is acknowledged without words."""

    SEEN = "eyes"
    DONE = "rocket"
    CONFUSED = "confused"


class Intent(StrEnum):
    """What a delivery asks of us."""

    REVIEW = "review"  # opened, pushed, reopened, base changed: supersedes a running review
    RERUN = "rerun"  # review again what has not changed
    COMMENT = "comment"
    GROUP = "group"  # a merge queue asks whether what it would merge may be merged
    CLOSED = "closed"
    PING = "ping"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Group:
    """What a merge queue would make of a branch: the commit `head_sha` at `head_ref`, put onto `base_sha`.

    Refs are named as Git does without `refs/heads/`; `number` is the pull request that the queue adds.
    """

    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    number: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook request after verification: a hint, from which only ids and what was said are taken.

    `reason` says in words why a delivery is ignored. `head_sha` is a hint for a re-run that names no pull
    request (a fork's check suite lists none): `number` is 0 then, and the caller looks the sha up.
    """

    forge: str
    id: str
    event: str
    action: str
    intent: Intent
    repo: str = ""
    number: int = 0
    sender: str = ""
    comment: Comment | None = None
    reason: str = ""
    head_sha: str = ""
    group: Group | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of the gate: met or not, in a stable word; words are the renderer's."""

    name: str
    met: bool
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A maintainer's word that findings of one rule do not hold up this pull request.

    It covers what the rule finds on `path` (every path where that is empty) of the head that it names, and on
    later heads only the findings with `fingerprints`, which are those of that head with their values.
    Times are in seconds since the epoch; `until` None is for good. `id` is the store's.
    """

    rule: str
    path: str
    reason: str
    by: User
    head_sha: str
    at: float
    until: float | None = None
    fingerprints: tuple[str, ...] = ()
    id: int = 0


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's word that a head may be merged.

    It holds for another head only where `content`, the digest of all that the pull request changes, is the
    same. `paths` are those that its author may approve; none means all.
    """

    by: User
    head_sha: str
    at: float
    content: str = ""
    paths: tuple[str, ...] = ()
    id: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Somebody's word that the pull request is not to be merged for now, whatever its head."""

    by: User
    reason: str
    at: float
    id: int = 0
    #: Whether a maintainer set it: then only a maintainer lifts it.
    firm: bool = False


@dataclass(frozen=True, slots=True)
class Rulings:
    """What people have decided about a pull request, and the policy by which it counts, as of `judged_at`.

    `fresh_for` is how many seconds a verification lasts, None for ever. `never_waived` are rules' codes.
    `escalated` says that a head was rechecked so often that a maintainer should look.
    """

    waivers: tuple[Waiver, ...] = ()
    approvals: tuple[Approval, ...] = ()
    holds: tuple[Hold, ...] = ()
    approvals_needed: int = 0
    never_waived: tuple[str, ...] = ()
    fresh_for: float | None = None
    judged_at: float = 0.0
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of a pull request's record, which is only ever added to.

    `action` is a command's name or what the bot did or noticed (`gate`, `forged`, `void`, `merged`).
    `outcome` is a stable word for how it ended, `detail` evidence that may hold a contributor's text.
    `actor` is None where it was the bot itself. `key` names the occasion, so that it is recorded once.
    """

    ref: PullRef
    at: float
    action: str
    outcome: str
    head_sha: str = ""
    actor: User | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line of a page at the head, kept to show a finding where it stands; lines count from 1."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one run found out about one head: the only source of summary, checks, labels and pages.

    Times are seconds since the epoch. `finished_at` is None while remote files are still being read.
    `trouble` is set when the run could not finish: a stable word for what failed (`counts`, `forge`, `bot`),
    `cancelled` where somebody asked for that, or `superseded` where a newer head took its place.
    `content` is the digest of all that the pull request changes; `rulings` are what people decided about it.
    """

    id: str
    ref: PullRef
    title: str
    url: str
    author: str
    language: str
    head_sha: str
    merge_base: str
    started_at: float
    finished_at: float | None = None
    paths: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    files: tuple[RemoteFile, ...] = ()
    wanted: int = 0
    trouble: str = ""
    trouble_detail: str = ""
    retry_at: float | None = None
    conditions: tuple[Condition, ...] = ()
    #: Counts the runs of this pull request, as people are told; 0 where it is not known.
    run: int = 0
    content: str = ""
    rulings: Rulings = field(default_factory=Rulings)
    #: What a dry run would have written, a line each; empty otherwise.
    would: tuple[str, ...] = ()
    #: Lines of the pages that findings stand on, within bounds.
    excerpts: tuple[Excerpt, ...] = ()
