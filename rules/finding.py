"""What a rule yields (problem) and what is reported of it (finding)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

FINGERPRINT_LENGTH = 16


class Severity(StrEnum):
    """How much a finding weighs: must fix, should fix, note."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Fault(StrEnum):
    """Whose fault a finding is; only `CONTRIBUTOR` is worded as something to fix."""

    CONTRIBUTOR = "contributor"
    HOST = "host"
    FORGE = "forge"
    BOT = "bot"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of source text: lines and columns count from 1 in characters, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A lossless repair: the text of `span` becomes `replacement`."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule yields: where, and the values that its message is filled with.

    `key` is the header field it is about (`asset[0].asset-sha256`), or a word for the part of the page.
    `variant` picks one of the rule's messages where it has several.
    `severity` and `fault` override the policy's severity and the rule's fault where the case decides.
    """

    span: Span
    key: str = ""
    variant: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    suggestion: Suggestion | None = None
    severity: Severity | None = None
    fault: Fault | None = None
    #: What tells two problems of one rule, path and key apart across pushes; never a line number.
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with its rule and path: what is shown, posted and stored."""

    rule: str
    name: str
    severity: Severity
    fault: Fault
    path: str
    span: Span
    key: str = ""
    variant: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    suggestion: Suggestion | None = None
    fingerprint: str = ""


def fingerprint(rule: str, path: str, key: str, identity: str) -> str:
    """The identity of a finding across pushes: independent of its line."""
    text = "\0".join((rule, path, key, identity))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:FINGERPRINT_LENGTH]
