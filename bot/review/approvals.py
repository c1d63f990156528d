"""Whose approval counts for which page of which head."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from bot.model import Approval, ChangedFile, Report


def content(files: Iterable[ChangedFile]) -> str:
    """The digest of all that a pull request changes: each path with the Git object that it has at the head.

    It stays the same only where each changed file stays byte for byte as it is, as in a plain rebase.
    """
    heads = {file.path: f"{file.head.mode} {file.head.oid}" if file.head else "gone" for file in files}
    lines = sorted(f"{path}\0{head}" for path, head in heads.items())
    text = f"{len(lines)}\n" + "\0\n".join(lines)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def holds(approval: Approval, report: Report) -> bool:
    """Whether an approval is of this head, or of one that changes exactly the same."""
    if not approval.head_sha or not report.head_sha:
        return False
    same = bool(approval.content) and approval.content == report.content
    return approval.head_sha == report.head_sha or same


def approvers(path: str, report: Report) -> frozenset[int]:
    """The numeric ids of those whose approval holds for a page."""
    return frozenset(
        approval.by.id
        for approval in report.rulings.approvals
        if holds(approval, report) and (not approval.paths or path in approval.paths)
    )


def is_approved(path: str, report: Report) -> bool:
    """Whether anybody's approval holds for a page."""
    return bool(approvers(path, report))


def missing(report: Report) -> int:
    """How many approvals the page that lacks most still lacks; 0 where the policy asks for none."""
    needed = report.rulings.approvals_needed
    return max([0, *(needed - len(approvers(path, report)) for path in pages(report))])


def pages(report: Report) -> frozenset[str]:
    """The pages that need approval: those at the head, and those that findings speak of, removed ones too."""
    return frozenset(report.paths) | {finding.path for finding in report.findings if finding.path}


def void(report: Report) -> tuple[Approval, ...]:
    """The approvals that a push has made void."""
    return tuple(approval for approval in report.rulings.approvals if not holds(approval, report))


def bound(approval: Approval, report: Report) -> Approval:
    """The approval with the content of the head that it names; the same on any other."""
    if approval.head_sha != report.head_sha or not report.content:
        return approval
    return replace(approval, content=report.content)
