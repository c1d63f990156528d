"""The straight path: read a pull request, judge its pages, measure its files, post what changed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType

from bot.errors import CouldNotVerify
from bot.flows import judge, scope
from bot.flows.conf import confs
from bot.flows.measure import measure
from bot.flows.post import Poster
from bot.flows.rivals import ask_rivals, ask_rivals_of, rivals
from bot.flows.rulings import conclude, ruled
from bot.flows.run import Run, TooLarge
from bot.flows.shared import leave
from bot.flows.tree import REGULAR, is_page, tree_assets
from bot.model import (
    ASSETS,
    CONTEXTS,
    FORMAT,
    GATE,
    ChangedFile,
    ChangeSet,
    Excerpt,
    PullRequest,
    PullState,
    Report,
)
from bot.review import approvals, gate
from bot.review.certain import certain
from bot.review.excerpts import excerpts
from bot.review.language import language
from bot.review.report import SUPERSEDED, Verdict, verdict
from bot.store.store import FORGE_REFUSED
from bot.store.work import JUDGE, Request, retry_request, review_request
from rules import engine
from rules.engine import Subject
from rules.facts import ConfFile, Facts, RemoteFile, TreeAsset, Wanted
from rules.finding import Finding
from rules.page import Page, parse

log = logging.getLogger("hubbot.review")

#: Seconds until what could not be verified is tried again, by the number of reports of this head so far.
RETRIES = (300.0, 900.0, 3600.0, 6 * 3600.0)
#: Ours: with more files to read than this a review takes minutes, and counts as bulk work.
BULK_FILES = 30
#: Reports of one head that end unverified before only a person asks again.
MAX_RETRIES = 12
#: Counts the reviews that came to no verdict through a defect of ours.
BROKEN = "runs_broken_total"
#: Seconds for which a finished review of the same head and base is not repeated for a delivery alone.
SETTLED = 600.0


@dataclass(frozen=True, slots=True)
class Material:
    """What was read of a pull request: its changes, the pages to judge, the rest of the tree, and who else
    adds the same pages.
    """

    changes: ChangeSet
    subjects: tuple[Subject, ...]
    wanted: tuple[Wanted, ...]
    tree: Mapping[str, tuple[TreeAsset, ...]]
    paths: tuple[str, ...]
    rivals: Mapping[str, tuple[str, ...]]


def review(run: Run) -> Request | None:
    """Reviews the present head; returns the request for a later try where something could not be verified."""
    pull = run.forge.pull_request(run.ref)
    leave(run, pull)
    if pull.state is not PullState.OPEN:
        log.info("%s is %s: nothing to review", run.ref, pull.state)
        run.guard()
        run.world.store.supersede(run.ref, run.world.now())
        ask_rivals_of(run, pull)
        return None
    if _asks_to_judge(run, pull) and (known := judge.settled(run, pull)) is not None:
        return judge.judge(run, pull, known)
    is_partial = run.lease.payload.get("scope") in scope.PARTS
    past = run.world.store.reports(run.ref) if is_partial else ()
    before = next((known for known in past if is_result(known, pull)), None)
    poster = Poster(run, pull)
    report = begin(run, pull, run.lease.key, run.lease.generation)
    # A bulk pull request is kept to few writes: that it is under way is said once, by what closes it.
    is_bulk = (pull.changed_files or 0) > BULK_FILES
    poster.checks(report, (GATE,) if is_bulk else CONTEXTS)
    log.info("reviewing %s at %s", run.ref, pull.head_sha[:12])
    run.world.store.supersede(run.ref, run.world.now(), but=report.id)
    try:
        material = read(run, pull, run.forge.changes(pull))
    except CouldNotVerify as error:
        return _end(poster, replace(report, trouble="counts", trouble_detail=str(error)))
    static = tuple(findings_of(run, material, {}))
    report = replace(
        report,
        merge_base=material.changes.merge_base,
        paths=tuple(subject.page.path for subject in material.subjects if not subject.removed),
        wanted=len(material.wanted),
        findings=static,
        excerpts=_excerpts(material, static),
        content=approvals.content(material.changes.files),
    )
    poster.patches = _patches(material)
    if material.wanted:
        poster.checks(report, (FORMAT,) if is_bulk else (FORMAT, ASSETS))
    if len(material.wanted) > BULK_FILES and not run.enlarge():
        raise TooLarge
    part = scope.of(run.lease.payload, material.subjects, before)
    files = measure(run, report, material.wanted, poster.everything, part)
    code = confs(run, [subject.page for subject in material.subjects if not subject.removed])
    findings = findings_of(run, material, {file.url: file for file in files}, code)
    found = replace(
        report, findings=tuple(findings), files=tuple(files), excerpts=_excerpts(material, findings)
    )
    again = _end(poster, found)
    ask_rivals(run, pull, found)
    return again


def is_result(report: Report, pull: PullRequest) -> bool:
    """Whether a report is a whole one of the present head."""
    return report.head_sha == pull.head_sha and report.finished_at is not None and not report.trouble


def _asks_to_judge(run: Run, pull: PullRequest) -> bool:
    """Whether nothing has to be read anew: a decision asks, or a delivery of what was reviewed a moment ago.

    Deliveries come twice, and on Gitee whoever has seen one can send others (decision 0005).
    """
    world, payload = run.world, run.lease.payload
    if payload.get("scope") == JUDGE:
        return True
    last = next(iter(world.store.reports(run.ref, 1)), None)
    if not payload.get("hint") or last is None or last.finished_at is None:
        return False
    same = last.head_sha == pull.head_sha and world.store.note(_base(pull)) == pull.base_ref
    verified = not last.trouble and verdict(last) is not Verdict.UNVERIFIED
    return same and verified and world.now() - last.finished_at < SETTLED


def _base(pull: PullRequest) -> str:
    return f"base {pull.ref}"


def bury(run: Run) -> None:
    """Says honestly that a run failed through a defect of ours, so that nothing waits for it for ever."""
    pull = run.forge.pull_request(run.ref)
    if pull.state is PullState.OPEN:
        report = begin(run, pull, run.lease.key, run.lease.generation)
        report = replace(report, trouble="bot", finished_at=run.world.now())
        Poster(run, pull).everything(replace(report, conditions=gate.conditions(report)))
        run.world.store.count({BROKEN: 1})
        run.world.store.supersede(run.ref, run.world.now())


def give_up(run: Run) -> None:
    """Ends the stored report of a run that the forge would not let finish; it is said nowhere else."""
    lease = run.lease
    for report in run.world.store.reports(run.ref, 1):
        if report.id == address(lease.key, lease.generation, report.head_sha):
            ended = replace(report, trouble=FORGE_REFUSED, finished_at=run.world.now(), retry_at=None)
            run.world.store.save_report(replace(ended, conditions=gate.conditions(ended)))


def address(key: str, generation: int, head_sha: str) -> str:
    """The id of a report: every attempt at a job's generation has the same for the same head."""
    return sha256(f"{key}\0{generation}\0{head_sha}".encode()).hexdigest()[:20]


def begin(run: Run, pull: PullRequest, key: str, generation: int) -> Report:
    """A report of which nothing is known yet."""
    report = Report(
        id=address(key, generation, pull.head_sha),
        ref=pull.ref,
        title=pull.title,
        url=pull.url,
        author=pull.author.login,
        language=language(pull.title, pull.body, run.forge.default_language),
        head_sha=pull.head_sha,
        merge_base="",
        started_at=run.world.now(),
        run=generation,
    )
    return ruled(run.world, report)


def read(run: Run, pull: PullRequest, changes: ChangeSet) -> Material:
    """Everything that is judged of these changes. Raises `CouldNotVerify` where something cannot be read."""
    pages = [file for file in changes.files if is_page(file.path)]
    heads = _parsed(run, pages, pull.head_sha, "head")
    bases = _parsed(run, pages, changes.merge_base, "base")
    standing = tuple(Subject(heads[path], bases.get(path)) for path in sorted(heads))
    removed = tuple(Subject(bases[path], removed=True) for path in sorted(bases.keys() - heads.keys()))
    gone = {file.path for file in changes.files}
    tree: Mapping[str, tuple[TreeAsset, ...]] = {}
    if standing and run.world.compares_tree:
        tree = tree_assets(run, run.ref.repo, changes.merge_base, changes.base_tree, without=gone)
    paths = tuple(path for path in changes.base_tree if is_page(path) and path not in gone)
    wanted = engine.wanted([subject.page for subject in standing])
    others = rivals(run.world.store, run.forge.pull_request, pull, heads.keys() - bases.keys())
    return Material(changes, standing + removed, wanted, tree, paths, others)


def _parsed(run: Run, files: Sequence[ChangedFile], commit: str, side: str) -> dict[str, Page]:
    """The pages of one side, parsed; what is no regular file has no content that could pass."""
    entries = {file.path: entry for file in files if (entry := getattr(file, side)) is not None}
    regular = {path: entry.oid for path, entry in entries.items() if entry.mode in REGULAR}
    found = run.forge.blobs(run.ref.repo, set(regular.values()), commit=commit)
    missing = [path for path, oid in regular.items() if oid not in found]
    if missing:
        raise CouldNotVerify(f"the content of {missing[0]} at {commit[:12]} could not be read")
    return {path: parse(path, found[regular[path]] if path in regular else b"") for path in entries}


def _patches(material: Material) -> dict[str, str | None]:
    """The forge's patches, or what any patch would be sure to show."""
    patches = {file.path: file.patch for file in material.changes.files}
    if material.changes.computes_patches:
        for one in material.subjects:
            old = one.base.lines if one.base is not None else None
            patches[one.page.path] = None if one.removed else certain(old, one.page.lines)
    return patches


def _excerpts(material: Material, findings: Sequence[Finding]) -> tuple[Excerpt, ...]:
    return excerpts(findings, {one.page.path: one.page.lines for one in material.subjects if not one.removed})


def findings_of(
    run: Run,
    material: Material,
    files: Mapping[str, RemoteFile],
    found: Mapping[str, ConfFile] = MappingProxyType({}),
) -> list[Finding]:
    """What the rules say of the material by what is known of its remote files and their code."""
    facts = Facts(files, material.tree, material.paths, material.rivals, found)
    return engine.check(material.subjects, facts, run.world.policy)


def _end(poster: Poster, report: Report) -> Request | None:
    """Concludes on the head that was read, unless it is not the head any more."""
    run, pull, now = poster.run, poster.pull, poster.run.world.now()
    report = ruled(run.world, replace(report, finished_at=now))
    again = None
    if verdict(report) is Verdict.UNVERIFIED or report.trouble:
        again = _later(run, report, now)
        report = replace(report, retry_at=again.due_at if again else None)
    report = replace(report, conditions=gate.conditions(report))
    fresh = poster.look_again()
    moved = fresh.head_sha != pull.head_sha or fresh.base_ref != pull.base_ref
    if moved or fresh.state is not PullState.OPEN:
        log.info("%s is %s at %s after its review", run.ref, fresh.state, fresh.head_sha[:12])
        run.guard()
        run.world.store.supersede(run.ref, now)
        return review_request(run.ref, supersede=False) if fresh.state is PullState.OPEN else None
    poster.everything(report)
    log.info("%s at %s is reviewed: %s", run.ref, pull.head_sha[:12], verdict(report))
    _count(run, report)
    run.world.store.save_note(_base(pull), pull.base_ref, now)
    conclude(run, report)
    return judge.merge(run, pull, report) or again


def _count(run: Run, report: Report) -> None:
    """For the metrics: what the run came to, and whose faults it found."""
    faults = Counter(f"findings_{finding.fault}_total" for finding in report.findings)
    run.world.store.count({f"verdicts_{verdict(report).replace('-', '_')}_total": 1, **faults})


def _later(run: Run, report: Report, now: float) -> Request | None:
    """When to try again by ourselves what could not be verified."""
    before = [
        past
        for past in run.world.store.reports(run.ref)
        if past.head_sha == report.head_sha
        and past.id != report.id
        and past.finished_at
        and (verdict(past) is Verdict.UNVERIFIED or past.trouble not in ("", SUPERSEDED))
    ]
    if len(before) >= MAX_RETRIES:
        return None
    delay = RETRIES[min(len(before), len(RETRIES) - 1)]
    # Not before the last of the hosts wants to be asked: without it the gate stays closed anyway.
    wishes = [file.retry_at for file in report.files if file.retry_at is not None]
    return retry_request(run.ref, max(now + delay, *wishes, 0.0))
