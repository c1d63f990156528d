"""Logs: JSON lines without secrets."""

from __future__ import annotations

import io
import json
import logging

import pytest

from bot import logs


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


def test_a_line_is_an_object_with_its_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    before = logging.getLogger().handlers[:]
    try:
        logs.configure(("c4nary-secret",))
        try:
            raise ValueError("c4nary-secret")
        except ValueError:
            logging.getLogger("hubbot.test").exception(
                "broken by %s", "c4nary-secret", extra={"job": "review 1"}
            )
    finally:
        logging.getLogger().handlers[:] = before
    row = json.loads(stream.getvalue())
    assert (row["level"], row["job"]) == ("error", "review 1")
    assert "ValueError" in row["error"]
    assert "c4nary" not in stream.getvalue()
