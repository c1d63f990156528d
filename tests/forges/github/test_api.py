"""Redirects: the credential stays with the scheme, host and port that it was made for."""

from __future__ import annotations

import pytest

from bot.errors import ForgeError
from bot.forges.github.api import redirected

SIGNED = {"Accept": "application/octet-stream", "Authorization": "token secret"}
PLAIN = {"Accept": "application/octet-stream"}


@pytest.mark.parametrize(
    ("url", "location", "target", "headers"),
    [
        (
            "https://api.github.com/x",
            "https://codeload.github.com/y?token=1",
            "https://codeload.github.com/y?token=1",
            PLAIN,
        ),
        ("https://api.github.com/x", "//evil.example/y", "https://evil.example/y", PLAIN),
        ("https://api.github.com/x", "https://api.github.com:8443/y", "https://api.github.com:8443/y", PLAIN),
        (
            "https://api.github.com/x",
            "https://api.github.com@evil.example/y",
            "https://api.github.com@evil.example/y",
            PLAIN,
        ),
        ("https://api.github.com/x", "https://api.github.com/y", "https://api.github.com/y", SIGNED),
        ("https://api.github.com/x", "/y", "https://api.github.com/y", SIGNED),
        ("http://127.0.0.1:9001/x", "http://127.0.0.1:9001/y", "http://127.0.0.1:9001/y", SIGNED),
        ("http://127.0.0.1:9001/x", "https://127.0.0.1:9001/y", "https://127.0.0.1:9001/y", PLAIN),
    ],
)
def test_the_credential_stays_at_home(url: str, location: str, target: str, headers: dict[str, str]) -> None:
    assert redirected(url, SIGNED, location) == (target, headers)


@pytest.mark.parametrize(
    "location", ["http://api.github.com/y", "http://127.0.0.1/", "file:///etc/passwd", "ftp://x/"]
)
def test_only_https_leads_elsewhere(location: str) -> None:
    with pytest.raises(ForgeError, match="not https"):
        redirected("https://api.github.com/x", SIGNED, location)


def test_once_away_the_credential_does_not_come_back() -> None:
    target, headers = redirected("https://api.github.com/x", SIGNED, "https://codeload.github.com/y")
    assert redirected(target, headers, "https://api.github.com/z") == ("https://api.github.com/z", PLAIN)
