"""A report as text and back, and the verdict that everything shown is derived from."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, cast

from bot.model import Approval, Condition, Excerpt, Hold, PullRef, Report, Rulings, User, Waiver
from bot.review.counts import Counts, counts
from bot.review.gate import MAINTAINERS, NOBODYS, conditions, is_open, is_verified, unmet
from bot.review.waivers import waived
from rules.facts import RemoteFile, RemoteState, Tensor
from rules.finding import Fault, Finding, Severity, Span, Suggestion

__all__ = [
    "STOPPED",
    "SUPERSEDED",
    "Counts",
    "Verdict",
    "counts",
    "from_json",
    "is_spotless",
    "is_started_only",
    "to_json",
    "verdict",
]

#: The word in `Report.trouble` of a run that a newer head cut short; such a run shows nothing.
SUPERSEDED = "superseded"
#: The words there of runs that are not tried again by themselves: somebody stopped it, or we broke each time.
STOPPED = frozenset({"cancelled", "bot"})

Word = TypeVar("Word", bound=StrEnum)


class Verdict(StrEnum):
    """What a report comes to, in one stable word."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    UNVERIFIED = "unverified"
    NOTHING_TO_CHECK = "nothing-to-check"
    SUPERSEDED = "superseded"


def verdict(report: Report) -> Verdict:
    """`PASSED` and `NOTHING_TO_CHECK` exactly where the gate is open.

    Otherwise, what an author can mend outweighs what nobody could verify.
    """
    if report.trouble == SUPERSEDED:
        return Verdict.SUPERSEDED
    if report.finished_at is None and not report.trouble:
        return Verdict.RUNNING
    tally = counts(report)
    if is_open(conditions(report)):
        known = report.paths or report.wanted or report.findings
        return Verdict.PASSED if known else Verdict.NOTHING_TO_CHECK
    return Verdict.FAILED if tally.must_fix or waits_for_maintainer(report) else Verdict.UNVERIFIED


def waits_for_maintainer(report: Report) -> bool:
    """Whether a word of a maintainer is all that is missing, as far as is known."""
    missing = unmet(report)
    return bool(missing & MAINTAINERS) and not missing & NOBODYS


def is_spotless(report: Report) -> bool:
    """Whether an open gate leaves nothing to say: no advice, no waiver, every file the one declared."""
    return not counts(report).should_fix and not waived(report) and all(map(is_verified, report.files))


def is_started_only(report: Report) -> bool:
    """Whether nothing is known yet: a running report names its paths once the static rules have run."""
    return verdict(report) is Verdict.RUNNING and not report.paths


def to_json(report: Report) -> str:
    """The report as ASCII JSON, safe for any text column."""
    return json.dumps(plain_value(report), ensure_ascii=True, separators=(",", ":"))


def from_json(text: str) -> Report:
    """The report of `to_json`, of this or another version of the program.

    Keys unknown here are left out, absent ones take their defaults, and a word unknown here becomes the one
    that keeps the gate closed. Raises `ValueError` for text that is not a report.
    """
    try:
        data = json.loads(text)
        ref = data["ref"]
        known = known_keys(Report, data)
        known["ref"] = PullRef(str(ref["forge"]), str(ref["repo"]), int(ref["number"]))
        known["paths"] = tuple(known.get("paths", ()))
        known["would"] = tuple(str(line) for line in known.get("would", ()))
        known["findings"] = tuple(finding(item) for item in known.get("findings", ()))
        known["files"] = tuple(remote_file(item) for item in known.get("files", ()))
        known["conditions"] = tuple(
            Condition(**known_keys(Condition, item)) for item in known.get("conditions", ())
        )
        known["excerpts"] = tuple(Excerpt(**known_keys(Excerpt, item)) for item in known.get("excerpts", ()))
        known["rulings"] = rulings(known.get("rulings", {}))
        return Report(**known)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(f"not a stored report: {type(error).__name__}") from error


def rulings(data: Mapping[str, Any]) -> Rulings:
    known = known_keys(Rulings, data)
    known["waivers"] = tuple(waiver(item) for item in known.get("waivers", ()))
    known["approvals"] = tuple(approval(item) for item in known.get("approvals", ()))
    known["holds"] = tuple(hold(item) for item in known.get("holds", ()))
    known["never_waived"] = tuple(known.get("never_waived", ()))
    return Rulings(**known)


def waiver(data: Mapping[str, Any]) -> Waiver:
    known = known_keys(Waiver, data) | {"by": user(data["by"])}
    return Waiver(**known | {"fingerprints": tuple(known.get("fingerprints", ()))})


def approval(data: Mapping[str, Any]) -> Approval:
    known = known_keys(Approval, data) | {"by": user(data["by"])}
    return Approval(**known | {"paths": tuple(known.get("paths", ()))})


def hold(data: Mapping[str, Any]) -> Hold:
    return Hold(**known_keys(Hold, data) | {"by": user(data["by"])})


def user(data: Mapping[str, Any]) -> User:
    return User(int(data["id"]), str(data["login"]), bool(data.get("is_bot", False)))


def finding(data: Mapping[str, Any]) -> Finding:
    known = known_keys(Finding, data)
    known["severity"] = word(Severity, data.get("severity"), Severity.ERROR)
    known["fault"] = word(Fault, data.get("fault"), Fault.BOT)
    known["span"] = Span(**known_keys(Span, data["span"]))
    if data.get("suggestion") is not None:
        suggestion = data["suggestion"]
        span = Span(**known_keys(Span, suggestion["span"]))
        known["suggestion"] = Suggestion(span, str(suggestion["replacement"]))
    return Finding(**known)


def remote_file(data: Mapping[str, Any]) -> RemoteFile:
    known = known_keys(RemoteFile, data)
    known["state"] = word(RemoteState, data.get("state"), RemoteState.UNVERIFIED)
    if data.get("fault") is not None:
        known["fault"] = word(Fault, data["fault"], Fault.BOT)
    known["tensors"] = tuple(
        Tensor(str(item["name"]), str(item["type"]), tuple(item["dims"])) for item in known.get("tensors", ())
    )
    return RemoteFile(**known)


def word(kind: type[Word], value: object, unknown: Word) -> Word:
    """The member of `kind` called `value`, or `unknown` for a word of another version."""
    return _words(kind).get(value, unknown) if isinstance(value, str) else unknown


def known_keys(kind: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of `data` that `kind` has a field for."""
    names = _names(cast(Hashable, kind))
    return {name: value for name, value in data.items() if name in names}


@cache
def _names(kind: Hashable) -> frozenset[str]:
    return frozenset(field.name for field in fields(cast("type[Any]", kind)))


@cache
def _words(kind: type[Word]) -> Mapping[str, Word]:
    return {member.value: member for member in kind}


def plain_value(value: Any) -> Any:
    """Dataclasses and mappings as dicts, sequences as lists, all else as it is."""
    if is_dataclass(value):
        return {field.name: plain_value(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain_value(item) for item in value]
    return value
