"""`hubbot audit`: what it prints, how it ends, and that it goes on where it was cut off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from string import Formatter

import pytest
import yaml

from bot.cli import audit, auditstate
from bot.cli.main import main
from bot.errors import UserError
from bot.review.health import History, State

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "tests/rules/fixtures/msh303/good.md"
CONTENT = b"a model " * 1000
DIGEST = sha256(CONTENT).hexdigest()
NAME = "files.example.com"


def lay(hub: Path, number: int, digest: str = DIGEST) -> str:
    """A page of a hub on disk with one asset; its address."""
    url = f"https://{NAME}/{number}.ckpt"
    head, _, rest = PAGE.read_text("utf-8").partition("asset:")
    body = rest[rest.index("\nlicense") :] if "\nlicense" in rest else "\n---\n"
    text = (
        f"{head}asset:\n-\n    file-format: ckpt\n    asset-link: <{url}>\n    asset-sha256: {digest}\n{body}"
    )
    file = hub / f"mshub_res/assets/mindspore/1.10/m{number}_mnist.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return url


def parsed(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_without_network_the_pages_alone_are_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay(tmp_path, 1)
    lay(tmp_path, 2, DIGEST[:8])
    assert main(["audit", str(tmp_path), "--no-remote"]) == 1
    text = capsys.readouterr().out
    assert "m2_mnist.md:" in text
    assert f"no whole sha256 ({DIGEST[:8]})" in text
    assert "m1_mnist.md" not in text
    assert "MSH302" in text
    assert main(["audit", str(tmp_path), "--no-remote", "--format", "json"]) == 1
    found = parsed(capsys)
    assert found["states"] == {"undeclared": 1, "waiting": 1}
    assert main(["audit", str(tmp_path), "--no-remote", "--lang", "zh"]) == 1
    assert "缺少完整的 sha256" in capsys.readouterr().out
    assert not list(tmp_path.glob("*.jsonl"))


@pytest.mark.parametrize(
    ("locale", "said", "missing"),
    [
        ("en_US.UTF-8", "3 pages, 3 assets: no whole sha256 1, no link 1", "no such file"),
        ("zh_CN.UTF-8", "3 个页面，3 个文件：缺少完整的 sha256 1，没有链接 1", "没有这个文件或目录"),
    ],
)
def test_the_language_is_that_of_the_terminal(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
    said: str,
    missing: str,
) -> None:
    monkeypatch.setenv("LANG", locale)
    lay(tmp_path, 1)
    lay(tmp_path, 2, DIGEST[:8])
    lay(tmp_path, 3)
    page = tmp_path / "mshub_res/assets/mindspore/1.10/m3_mnist.md"
    page.write_text(page.read_text("utf-8").replace("    asset-link", "    asset-lnk"), "utf-8")
    assert main(["audit", str(tmp_path), "--no-remote"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == said
    assert main(["audit", str(tmp_path / "nowhere")]) == 2
    assert missing in capsys.readouterr().err
    assert main(["audit", str(tmp_path), "--state", str(page)]) == 2
    assert "--state" in capsys.readouterr().err


def test_a_sound_hub_is_clean_without_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path, 1)
    assert main(["audit", str(tmp_path), "--no-remote"]) == 0
    assert main(["audit", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path, 1)
    diary = tmp_path / "diary"
    diary.write_text("dear diary\n", "utf-8")
    assert main(["audit", str(tmp_path), "--state", str(diary)]) == 2
    assert "left alone" in capsys.readouterr().err
    assert diary.read_text("utf-8") == "dear diary\n"


def test_the_state_survives_being_cut_off_anywhere(tmp_path: Path) -> None:
    first, path = tmp_path / "first", tmp_path / "state"
    state = auditstate.load(first)
    state.begin(1000.0)
    state.keep(History("https://h/1", checked_at=1001.0))
    state.keep(History("https://h/2", checked_at=1002.0))
    # Killed in the middle of a line, without `end`.
    path.write_bytes(first.read_bytes()[:-20])
    state.end(finished=False)
    again = auditstate.load(path)
    again.begin(2000.0)
    assert again.round_began == 1000.0
    assert again.is_done("https://h/1")
    assert not again.is_done("https://h/2")
    again.end(finished=True)
    last = auditstate.load(path)
    assert (last.finished, list(last.known)) == (True, ["https://h/1"])
    last.begin(3000.0)
    assert not last.is_done("https://h/1")
    last.end(finished=False)
    path.write_text("[]\n", "utf-8")
    with pytest.raises(UserError):
        auditstate.load(path)


def test_both_languages_say_the_same() -> None:
    words: Mapping[str, Mapping[str, str]] = yaml.safe_load(
        Path(audit.__file__).with_name("locale").joinpath("audit.yaml").read_text("utf-8")
    )
    assert list(words["en"]) == list(words["zh"])
    for key, text in words["en"].items():
        places = [{name for _, name, _, _ in Formatter().parse(t) if name} for t in (text, words["zh"][key])]
        assert places[0] == places[1]
    assert {state.value for state in State} <= set(words["en"])
