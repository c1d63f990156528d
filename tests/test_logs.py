"""Logs: JSON lines without secrets."""

from __future__ import annotations

import io
import json
import logging
import re
import time
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus

import pytest

from bot import logs
from tests.loglines import logged

log = logging.getLogger("hubbot.test")


@pytest.mark.parametrize(
    "text",
    [
        "the token is ghs_1234567890abcdef",
        "GET /x?access_token=abcdef123&b=1",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\n-----END RSA PRIVATE KEY-----",
        "value hunter2hunter2 here",
        "sent: Bearer 1234567890abcdef0",
        "sent: token 1234567890abcdef0",
        "github_pat_1234567890abcdef_x",
        "eyJ1234567890abcdef.eyJhbGciOiJSUzI1NiJ9.c2ln",
    ],
)
def test_credentials_are_blanked(text: str) -> None:
    shown = logs.redact(text, ("hunter2hunter2",))
    assert "[redacted]" in shown
    for secret in ("1234567890abcdef", "abcdef123", "MIIEabc", "hunter2"):
        assert secret not in shown


def test_a_line_is_an_object_with_its_ids() -> None:
    with logged("c4nary-secret") as lines:
        try:
            raise ValueError("c4nary-secret")
        except ValueError:
            log.exception("broken by %s", "c4nary-secret", extra={"job": "review 1"})
    (row,) = lines()
    assert (row["level"], row["job"]) == ("error", "review 1")
    assert "ValueError" in row["error"]
    assert "c4nary" not in str(row)


QUOTED = "c4nary\"with\\both'and/é"


@pytest.mark.parametrize(
    "text",
    [
        QUOTED,
        json.dumps(QUOTED),
        json.dumps(QUOTED, ensure_ascii=False),
        repr(QUOTED),
        quote(QUOTED, safe=""),
        quote_plus(QUOTED),
        "-" * (logs.MAX_MESSAGE - 7) + QUOTED,
    ],
)
def test_a_known_secret_is_blanked_however_it_is_spelt_or_cut(text: str) -> None:
    with logged("c4nary", QUOTED) as lines:
        log.warning("said %s", text)
        log.warning("said so", extra={"delivery": text})
        try:
            raise ValueError(text + "-" * (logs.MAX_MESSAGE - 12))
        except ValueError:
            log.exception("broken")
    rows = lines()
    assert len(rows) == 3
    for word in ("c4n", "both", "and/"):
        assert word not in json.dumps(rows)
    assert all(len(value) <= logs.MAX_MESSAGE for row in rows for value in row.values())


def test_a_password_of_an_address_is_blanked_as_it_is_typed() -> None:
    with logged("p%40ss-c4nary") as lines:
        log.warning("p@ss-c4nary and p%40ss-c4nary")
    assert lines()[0]["message"] == "[redacted] and [redacted]"


def test_times_are_utc_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        with logged() as lines:
            log.warning("now")
            now = datetime.now(UTC)
    finally:
        monkeypatch.undo()
        time.tzset()
    at = lines()[0]["at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", at)
    assert abs((datetime.fromisoformat(at) - now).total_seconds()) < 600


def test_lines_name_what_they_are_about() -> None:
    with logged() as lines:
        with logs.about(job="review 1", delivery=""):
            logs.mention(run="r1")
            log.warning("one")
            with logs.about(job="within"):
                logs.mention(run="r2")
                log.warning("two", extra={"pull": "github/o/n/1"})
            log.warning("three")
        log.warning("four")
    named = [{name: row[name] for name in logs.FIELDS if name in row} for row in lines()]
    assert named == [
        {"run": "r1", "job": "review 1"},
        {"run": "r2", "job": "within", "pull": "github/o/n/1"},
        {"run": "r1", "job": "review 1"},
        {},
    ]


class Terminal(io.StringIO):
    """Standard error that somebody watches."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_no_secret_either() -> None:
    terminal = Terminal()
    with logged(QUOTED, stream=terminal):
        log.warning("-" * (logs.MAX_MESSAGE - 30) + QUOTED)
    assert "WARNING" in terminal.getvalue()
    assert "c4n" not in terminal.getvalue()
