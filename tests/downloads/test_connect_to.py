"""`ASSET_CONNECT_TO` reads like curl's `--connect-to`."""

from __future__ import annotations

import pytest

from bot.downloads.connect_to import Override, find, parse
from bot.errors import UserError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" , ", ()),
        ("::127.0.0.1:8443", (Override("", 0, "127.0.0.1", 8443),)),
        ("Files.Example.com:443:mirror:80", (Override("files.example.com", 443, "mirror", 80),)),
        ("a.example::[::1]:8443", (Override("a.example", 0, "::1", 8443),)),
        ("[2606:4700::1]:443:[::1]:1", (Override("2606:4700::1", 443, "::1", 1),)),
        (":443:h:1, :80:h:2", (Override("", 443, "h", 1), Override("", 80, "h", 2))),
    ],
)
def test_entries(text: str, expected: tuple[Override, ...]) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "entry",
    [
        "127.0.0.1:8443",
        "::127.0.0.1:",
        ":::8443",
        "::127.0.0.1:0",
        "::h:65536",
        "a:x:h:1",
        "::::1:8443",
        "::[::1:1",
        "a:b",
        "x",
    ],
)
def test_a_wrong_entry_is_named(entry: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(f"::127.0.0.1:8443,{entry}")
    assert repr(entry) in str(caught.value)
    assert "ASSET_CONNECT_TO" in str(caught.value)


def test_the_first_match_counts() -> None:
    entries = parse("a.example:443:one:1,:443:two:2")
    assert [
        o and o.address
        for o in (find(entries, h, p) for h, p in (("a.example", 443), ("b.example", 443), ("a.example", 80)))
    ] == ["one", "two", None]
