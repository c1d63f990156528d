"""How a report opens: its word, what was found in a few sentences, what to do next, and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from bot.model import Report
from bot.review import gate
from bot.review.counts import Counts, counts
from bot.review.report import STOPPED, Verdict, is_spotless, verdict
from bot.review.waivers import waived
from bot.store.store import FORGE_REFUSED
from bot.web.reportview import outcome

#: The word of a report in which nothing has to be mended and only people's decisions are missing.
WAITING = "waiting"
#: Digits of a mark: it only has to differ from the one before.
MARK = 12

#: A text of the catalogue below `sentence.` and the number that it tells.
Said = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands in the panel of a report; `state` is the word that gives its colour and picture."""

    word: str
    state: str
    title: Said
    lines: tuple[Said, ...] = ()


def word(report: Report) -> str:
    """The verdict as pages show it: that of the review, or `waiting` where nothing has to be mended."""
    found = verdict(report)
    return WAITING if found is Verdict.FAILED and not counts(report).must_fix else found.value


def opening(report: Report) -> Opening:
    """The head of a report's page."""
    said = word(report)
    if _is_trouble(report, said):
        return Opening(said, "unverified", ("trouble", 0))
    if said == "passed":
        title = "passed" if is_spotless(report) else "passed_open"
        return Opening(said, said, (title, 0), _good(report))
    return Opening(said, said, _title(report, said, counts(report)))


def steps(report: Report, said: str) -> tuple[str, ...]:
    """What to do next, as keys of the catalogue below `next.`, most useful first."""
    if _is_trouble(report, said):
        return (_after_trouble(report),)
    if said == "failed":
        return _mending(report)
    if said == WAITING:
        return _deciding(report)
    return {
        "running": ("running",),
        "passed": ("passed-advice" if counts(report).should_fix else "passed-nothing", "passed-maintainer"),
        "unverified": ("unverified-nothing", "unverified-retry" if report.retry_at else "unverified-tired"),
        "nothing-to-check": ("nothing",),
        "superseded": ("superseded",),
    }.get(said, ())


def turn(report: Report, condition: str) -> str:
    """Who can bring a condition of the gate about, as a key of the catalogue below `gate.by.`."""
    if condition == gate.COMPLETE and report.trouble in STOPPED:
        return f"{condition}-{report.trouble}"
    if condition in (gate.COMPLETE, gate.KNOWN, gate.MEASURED) and _is_tired(report):
        return "later"
    if condition == gate.FREE and not is_firm(report):
        return f"{condition}-author"
    return condition


def is_running(report: Report) -> bool:
    """Whether more is going to be known of a report."""
    return report.finished_at is None and not report.trouble


def mark(report: Report) -> str:
    """A word that changes when there is more to read than that further files are done."""
    prints = [finding.fingerprint for finding in report.findings]
    known = (report.id, report.finished_at, report.trouble, bool(report.paths), prints)
    return sha256(repr(known).encode()).hexdigest()[:MARK]


def is_firm(report: Report) -> bool:
    """Whether a maintainer holds the pull request, so that its author cannot let it go."""
    return any(hold.firm for hold in report.rulings.holds)


def _is_trouble(report: Report, said: str) -> bool:
    return bool(report.trouble) and said != "superseded"


def _is_tired(report: Report) -> bool:
    """Whether an ended run is not tried again by itself; what the forge refused is found again by looking."""
    return report.finished_at is not None and report.retry_at is None and report.trouble != FORGE_REFUSED


def _good(report: Report) -> tuple[Said, ...]:
    """What may be said of an open gate, and no more."""
    answered = len(waived(report))
    pages = "checked_pages" if answered or counts(report).should_fix else "passed_pages"
    files = "passed_files" if all(map(gate.is_verified, report.files)) else "read_files"
    said = ((pages, len(report.paths)), (files, report.wanted), ("waived", answered))
    return tuple((key, number) for key, number in said if number)


def _title(report: Report, said: str, tally: Counts) -> Said:
    if said == "failed":
        return said, tally.must_fix
    if said == "unverified":
        return (said, tally.unverified) if tally.unverified else ("unverified_some", 0)
    if said == WAITING:
        missing = gate.unmet(report)
        names = {gate.DECIDED: "decision", gate.APPROVED: "approval", gate.FREE: "held"}
        return next(key for name, key in names.items() if name in missing), 0
    return said, 0


def _after_trouble(report: Report) -> str:
    if report.trouble in STOPPED:
        return f"trouble-{report.trouble}"
    if report.retry_at:
        return "trouble-retry"
    return "trouble-tired" if _is_tired(report) else "trouble-wait"


def _mending(report: Report) -> tuple[str, ...]:
    found = ["fix"]
    if any(outcome(file) == "differs" for file in report.files):
        found.append("digest")
    if report.wanted:
        found.append("recheck")
    return (*found, "local")


def _deciding(report: Report) -> tuple[str, ...]:
    free = "free-maintainer" if is_firm(report) else "free-author"
    names = {gate.DECIDED: "decision", gate.APPROVED: "approval", gate.FREE: free}
    missing = gate.unmet(report)
    return tuple(step for name, step in names.items() if name in missing)
