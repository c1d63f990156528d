"""Small texts from a real host: read whole or not at all, and a missing file told from a silent server."""

from __future__ import annotations

import pytest

from bot.downloads.confs import conf_files
from bot.downloads.port import Downloads
from bot.downloads.texts import LARGEST, PATIENCE, TextState
from rules.facts import ConfFile, WantedConf
from tests.downloads.host import NAME, Answer, AssetHost, file, raw, status

pytestmark = pytest.mark.network

URL = f"https://{NAME}"


@pytest.mark.parametrize(
    ("answer", "state", "text"),
    [
        (file(b"a = 1\n"), TextState.READ, "a = 1\n"),
        (file(b"\xef\xbb\xbfa = 1\n"), TextState.READ, "a = 1\n"),
        (file(b""), TextState.READ, ""),
        (file(b"x" * LARGEST), TextState.READ, "x" * LARGEST),
        (file(b"x" * (LARGEST + 1)), TextState.UNKNOWN, ""),
        (file(b"\xff\xfe"), TextState.UNKNOWN, ""),
        (file(b"<!doctype html>\n<title>sign in</title>"), TextState.UNKNOWN, ""),
        (file(b"sign in", Content_Type="text/html"), TextState.UNKNOWN, ""),
        (file(b"a = 1\n", Content_Encoding="gzip"), TextState.UNKNOWN, ""),
        (file(b"a = 1\n", cut={1: 3}), TextState.UNKNOWN, ""),
        (status(404), TextState.ABSENT, ""),
        (status(410), TextState.ABSENT, ""),
        (status(403), TextState.UNKNOWN, ""),
        (status(503), TextState.UNKNOWN, ""),
        (status(302, Location=f"{URL}/b.py"), TextState.READ, "there\n"),
        (status(302, Location="https://127.0.0.1/b.py"), TextState.UNKNOWN, ""),
        (status(302, Location="http://files.example.com/b.py"), TextState.UNKNOWN, ""),
        (status(302, Location=f"{URL}/a.py"), TextState.UNKNOWN, ""),
        (raw(b"nonsense\r\n\r\n"), TextState.UNKNOWN, ""),
        (raw(b""), TextState.UNKNOWN, ""),
    ],
)
def test_an_answer(
    host: AssetHost, downloads: Downloads, answer: Answer, state: TextState, text: str
) -> None:
    host.routes |= {"/a.py": answer, "/b.py": file(b"there\n")}
    (found,) = downloads.texts([f"{URL}/a.py"], lambda: False)
    assert (found.state, found.text) == (state, text)
    assert bool(found.reason) is (state is not TextState.READ)


def test_an_address_is_asked_for_once_and_checked_first(host: AssetHost, downloads: Downloads) -> None:
    host.routes["/a.py"] = file(b"a")
    urls = [f"{URL}/a.py", f"{URL}/a.py", "https://localhost/a.py", "nonsense"]
    assert [text.state for text in downloads.texts(urls, lambda: False)] == [TextState.READ] + [
        TextState.UNKNOWN
    ] * 2
    assert host.count("/a.py") == 1


def test_a_failing_host_is_left_alone(host: AssetHost, downloads: Downloads) -> None:
    host.routes |= {f"/{number}.py": status(500) for number in range(6)}
    found = list(downloads.texts([f"{URL}/{number}.py" for number in range(6)], lambda: False))
    assert [text.state for text in found] == [TextState.UNKNOWN] * 6
    assert len(host.seen) == PATIENCE


def test_nothing_is_read_that_nobody_wants(host: AssetHost, downloads: Downloads) -> None:
    assert list(downloads.texts([f"{URL}/a.py"], lambda: True)) == []
    assert host.seen == []


def test_a_file_is_missing_only_beside_one_that_is_there(host: AssetHost, downloads: Downloads) -> None:
    host.routes |= {
        "/have/conf.py": file(b"x = 1\n"),
        "/lacks/README.md": file(b"# hello\n"),
        "/broken/conf.py": status(500),
    }
    wanted = [
        WantedConf(name, f"{URL}/{name}/conf.py", f"{URL}/{name}/README.md")
        for name in ("have", "lacks", "nowhere", "broken")
    ]
    found, unread = conf_files(downloads, wanted, lambda: False)
    assert found == {
        "have": ConfFile(f"{URL}/have/conf.py", True, "x = 1\n"),
        "lacks": ConfFile(f"{URL}/lacks/conf.py", False),
    }
    assert sorted(unread) == [f"{URL}/broken/conf.py", f"{URL}/nowhere/conf.py"]
