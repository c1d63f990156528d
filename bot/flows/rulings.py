"""What people have decided, brought into a report, and what follows from it for the record."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from bot.commands.recheck import CEILING
from bot.flows.run import Run
from bot.model import AuditEntry, PullRef, Report, Rulings
from bot.review import approvals, gate, waivers
from bot.review.catalogue import known_language
from bot.wiring import World

SECONDS_AN_HOUR = 3600.0


def rulings(world: World, ref: PullRef, head_sha: str) -> Rulings:
    """Everything decided about a pull request as it stands now, and the policy by which it counts."""
    book, policy = world.store.rulebook, world.policy
    count, _ = book.rechecks(ref, head_sha)
    return Rulings(
        waivers=book.waivers(ref),
        approvals=book.approvals(ref),
        holds=book.holds(ref),
        approvals_needed=policy.approvals_needed,
        never_waived=policy.never_waived,
        fresh_for=policy.fresh_hours * SECONDS_AN_HOUR or None,
        judged_at=world.now(),
        escalated=count >= CEILING,
    )


def ruled(world: World, report: Report) -> Report:
    """The report by what is decided now, in the language that somebody chose."""
    chosen = world.store.rulebook.language(report.ref)
    language = known_language(chosen) if chosen else report.language
    return replace(report, rulings=rulings(world, report.ref, report.head_sha), language=language)


def conclude(run: Run, report: Report) -> None:
    """Binds decisions to what they were about, and records how the gate stands where that has changed."""
    book = run.world.store.rulebook
    if report.finished_at is not None and not report.trouble:
        for waiver in report.rulings.waivers:
            if (bound := waivers.bound(waiver, report)) != waiver:
                book.bind(bound)
        for approval in report.rulings.approvals:
            if (kept := approvals.bound(approval, report)) != approval:
                book.bind(kept)
    for lost in approvals.void(report):
        detail = {"approved": lost.head_sha, "by": lost.by.login}
        record(run, report, "void", "approval", detail, occasion(f"void {lost.id} {report.head_sha}"))
    missing = sorted(gate.unmet(report))
    outcome = "closed" if missing else "open"
    last = book.last(report.ref, "gate")
    detail = {"unmet": " ".join(missing), "report": report.id}
    was = None if last is None else (last.outcome, last.head_sha, last.detail.get("unmet"))
    if was != (outcome, report.head_sha, detail["unmet"]):
        key = occasion(f"gate {report.ref} {report.id} {report.rulings.judged_at} {outcome}")
        record(run, report, "gate", outcome, detail, key)


def record(run: Run, report: Report, action: str, outcome: str, detail: dict[str, str], key: str) -> bool:
    """An entry of the bot's own; False where it was recorded before."""
    entry = AuditEntry(report.ref, run.world.now(), action, outcome, report.head_sha, None, detail, key)
    return run.world.store.rulebook.record(entry)


def occasion(text: str) -> str:
    """A key of bounded length for what happens once."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]
