"""The file that the set-up writes: whole or not at all, for its owner, never over another; and read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import settings, settingsfile
from bot.errors import UserError

VALUES = {"PUBLIC_URL": "https://hubbot.example.org", "GITHUB_TOKEN": "t0ken=with=equals"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "hubbot.env"


def test_what_is_written_is_read(path: Path) -> None:
    settingsfile.write(VALUES, path)
    assert settingsfile.read(path) == VALUES
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["hubbot.env"]
    assert not settingsfile.seen_by_others(path)


def test_nothing_is_written_over(path: Path) -> None:
    settingsfile.write(VALUES, path)
    with pytest.raises(FileExistsError):
        settingsfile.write({"PUBLIC_URL": "http://other.example"}, path)
    assert settingsfile.read(path) == VALUES
    assert [one.name for one in path.parent.iterdir()] == ["hubbot.env"]


def test_a_link_that_leads_nowhere_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        settingsfile.write(VALUES, path)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("value", ["two\nlines", "a\rb", "nul\0"])
def test_a_value_cannot_set_another(path: Path, value: str) -> None:
    with pytest.raises(ValueError, match="several lines"):
        settingsfile.write({"GITHUB_TOKEN": value}, path)
    assert not path.exists()


def test_without_a_file_the_environment_is_all(path: Path) -> None:
    assert settingsfile.environment({"PORT": "80"}, path) == {"PORT": "80"}
    assert not settingsfile.seen_by_others(path)


def test_the_environment_wins(path: Path) -> None:
    settingsfile.write({**VALUES, "GITEE_TOKEN": "from-the-file"}, path)
    found = settingsfile.environment(
        {"PUBLIC_URL": "http://x.example", "GITEE_TOKEN_FILE": "/a", "GITHUB_TOKEN": ""}, path
    )
    assert found["PUBLIC_URL"] == "http://x.example"
    assert found["GITEE_TOKEN_FILE"] == "/a"
    assert "GITEE_TOKEN" not in found
    assert found["GITHUB_TOKEN"] == VALUES["GITHUB_TOKEN"], "an empty variable is none"


def test_what_is_read_starts_a_bot(path: Path) -> None:
    values = {**VALUES, "GITHUB_WEBHOOK_SECRET": "s" * 20, "GITHUB_REPOSITORIES": "a/b"}
    settingsfile.write(values, path)
    assert settings.load(settingsfile.environment({}, path)).github is not None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("PATH=/evil", "line 1"),
        ("# fine\n\nGITHUB_TOKEN", "line 3"),
        ("LD_PRELOAD=/evil.so", "line 1"),
        ("GITHUB_TOKEN=" + "x" * 70_000, "larger"),
    ],
)
def test_a_wrong_file_is_refused_by_line_and_repeats_nothing(path: Path, text: str, named: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(UserError, match=named) as told:
        settingsfile.environment({}, path)
    assert "evil" not in str(told.value)


def test_a_file_that_cannot_be_read_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(UserError, match=r"hubbot\.env cannot be read"):
        settingsfile.environment({}, path)


def test_a_file_that_others_may_read_is_noticed(path: Path) -> None:
    settingsfile.write(VALUES, path)
    path.chmod(0o640)
    assert settingsfile.seen_by_others(path)
