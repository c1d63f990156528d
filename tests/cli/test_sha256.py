"""`hubbot sha256` prints a digest as a page declares it, and says plainly what is missing."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import sha256
from tests.downloads.host import DIGEST, NAME, AssetHost, file, make_certificates, status


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    sha256.add_parser(parser.add_subparsers())
    args = parser.parse_args(["sha256", *arguments])
    return sha256.run(args)


@pytest.mark.parametrize("content", [b"", b"model", b"\x00" * 1_000_000])
def test_prints_the_digest_and_nothing_else(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "模型.ckpt"
    path.write_bytes(content)
    assert run(str(path)) == 0
    assert capsys.readouterr() == (f"sha256: {hashlib.sha256(content).hexdigest()}\n", "")


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nowhere.ckpt"
    for lang in ("en", "zh"):
        assert run(str(path), "--lang", lang) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert str(path) in err


@pytest.mark.parametrize("source", ["", "a\0b", "\x1b[31mred"])
def test_odd_names_are_shown_safely(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(source) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.isprintable() or err[:-1].isprintable()


def test_a_directory_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(tmp_path)) == 1
    assert "directory" in capsys.readouterr().err


def test_the_words_of_both_languages_match() -> None:
    assert sha256.WORDS["en"].keys() == sha256.WORDS["zh"].keys()


def test_a_local_file_needs_no_network_client() -> None:
    code = (
        "import sys; from bot.cli import sha256; import argparse;"
        "sha256.run(argparse.Namespace(source=sys.argv[1], lang='en', write=None));"
        "print(sorted({'urllib3', 'yaml', 'ssl', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, __file__], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "[]"


@pytest.mark.network
@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (file(), 0, f"sha256: {DIGEST}\n"),
        (status(404), 1, "(not-found: HTTP 404"),
        (status(400), 3, "answered with HTTP status 400. (status-400: HTTP 400"),
    ],
)
def test_a_remote_file_is_read_as_the_review_reads_it(
    answer: object,
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with AssetHost(make_certificates(tmp_path)) as host:
        monkeypatch.setenv("ASSET_CONNECT_TO", host.connect_to)
        monkeypatch.setenv("ASSET_CA_BUNDLE", host.ca)
        host.routes["/a.ckpt"] = answer  # type: ignore[assignment] # one of the three above
        assert run(f"https://{NAME}/a.ckpt") == code
    out, err = capsys.readouterr()
    assert (out, err) == (said, "") if code == 0 else (out == "" and said in err)


@pytest.mark.network
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(404), "处没有文件（404，已请求两次）。（not-found：HTTP 404）请上传文件或改正链接"),
        (status(400), "的服务器返回了 HTTP 状态码 400。（status-400：HTTP 400"),
    ],
)
def test_reasons_are_said_in_chinese(
    answer: object,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with AssetHost(make_certificates(tmp_path)) as host:
        monkeypatch.setenv("ASSET_CONNECT_TO", host.connect_to)
        monkeypatch.setenv("ASSET_CA_BUNDLE", host.ca)
        host.routes["/a.ckpt"] = answer  # type: ignore[assignment] # one of the two above
        run(f"https://{NAME}/a.ckpt", "--lang", "zh")
    assert said in capsys.readouterr().err
