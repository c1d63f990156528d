"""`hubbot new`: a page that passes at once, by flags or by questions on a real terminal."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from bot.cli import scaffold
from bot.cli.questions import QUESTIONS, complaint, hint
from rules import engine, policy
from rules.conf import Answer, ask
from rules.facts import Facts
from rules.page import parse
from tests.cli.processes import ROOT, hubbot
from tests.cli.terminals import answered

PAGE = "mshub_res/assets/mindspore/1.9/googlenet_cifar10.md"
LINK = "https://download.mindspore.cn/models/r1.9/googlenet_ascend_v190_cifar10_official_cv_acc92.1.ckpt"
FLAGS = {
    "model": "googlenet",
    "dataset": "cifar10",
    "version": "1.9",
    "module-type": "cv-classification",
    "asset-link": LINK,
    "evaluation": "acc92.1",
    "summary": "googlenet is used for cv",
    "paper": "Going Deeper with Convolutions",
    "paper-link": "https://arxiv.org/pdf/1409.4842.pdf",
}


def flags(**more: str) -> list[str]:
    given = {**FLAGS, **{name.replace("_", "-"): text for name, text in more.items()}}
    return [part for name, text in given.items() for part in (f"--{name}", text)]


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    (tmp_path / "mshub_res/assets").mkdir(parents=True)
    (tmp_path / "model.ckpt").write_bytes(b"a checkpoint")
    return tmp_path


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_flags_make_a_page_that_passes_at_once(hub: Path, lang: str) -> None:
    done = hubbot("new", *flags(file="model.ckpt"), "--lang", lang, cwd=hub)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (hub / PAGE).read_text("utf-8")
    assert sha256(b"a checkpoint").hexdigest() in text
    assert 'model = "mindspore/1.9/googlenet_cifar10"' in text
    assert done.stdout.splitlines()[0].endswith(PAGE)
    again = hubbot("check", "--fail-on", "warning", PAGE, cwd=hub)
    assert again.returncode == 0, again.stdout


def test_a_page_is_not_written_over(hub: Path) -> None:
    given = flags(sha256="0" * 63 + "1")
    assert hubbot("new", *given, cwd=hub).returncode == 0
    before = (hub / PAGE).read_bytes()
    done = hubbot("new", *flags(sha256="0" * 63 + "2"), cwd=hub)
    assert (done.returncode, (hub / PAGE).read_bytes()) == (2, before)
    assert "--force" in done.stderr
    assert hubbot("new", *flags(sha256="0" * 63 + "2"), "--force", cwd=hub).returncode == 0


def test_what_is_missing_is_named_all_at_once(hub: Path) -> None:
    done = hubbot("new", "--model", "googlenet", cwd=hub)
    assert done.returncode == 2
    assert "--dataset --version --module-type --asset-link --sha256 --summary --paper" in done.stderr
    assert "--backbone" not in done.stderr
    assert list(hub.rglob("*.md")) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("version", "1.9.0"),
        ("version", "v1.9"),
        ("module-type", "cv-clasification"),
        ("sha256", "ABC"),
        ("asset-link", "http://a.b/c.ckpt"),
        ("model", "goog/le"),
        ("model", "../../x"),
        ("summary", "two\nlines"),
        ("fine-tunable", "maybe"),
        ("paper", " "),
    ],
)
def test_a_wrong_answer_is_refused(hub: Path, name: str, text: str) -> None:
    done = hubbot("new", *flags(sha256="0" * 64), f"--{name}", text, cwd=hub)
    assert done.returncode == 2
    assert done.stderr.startswith("hubbot: ")
    assert list(hub.rglob("*.md")) == []


def test_a_near_miss_is_named() -> None:
    known = {question.name: question for question in QUESTIONS}
    assert "cv-classification" in complaint(known["module-type"], "cv-clasification", "en")
    assert "imagenet2012" in hint(known["dataset"], "imagenet2021", "zh").lower()
    assert hint(known["dataset"], "Cifar10", "en") == ""


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "1.10",
        "a: b",
        "# hash",
        "no",
        "'quoted'",
        '"',
        "- item",
        "中文：值",
        "{x}",
        "&a",
        "%",
        "x #y",
    ],
)
def test_any_answer_is_read_back_unchanged(text: str) -> None:
    page = parse(PAGE, f"# x\n\n---\n\nsummary: {scaffold.scalar(text)}\n\n---\n")
    assert (page.text("summary"), page.troubles) == (text, ())


def test_the_hub_is_found_from_below_it(hub: Path) -> None:
    below = hub / "mshub_res"
    assert hubbot("new", *flags(sha256="0" * 64), cwd=below).returncode in (0, 1)
    assert (hub / PAGE).exists()


def test_a_page_can_be_printed_only(hub: Path) -> None:
    done = hubbot("new", *flags(sha256="0" * 63 + "1"), "--print", cwd=hub)
    assert done.returncode == 0
    findings = engine.check([engine.Subject(parse(PAGE, done.stdout))], Facts(), policy.default())
    assert findings == []
    assert list(hub.rglob("*.md")) == []


@pytest.mark.parametrize("name", ["googlenet", "GoogLeNet", "yolo-v5", "3d_unet"])
def test_the_conf_file_takes_the_models_name(name: str, hub: Path) -> None:
    done = hubbot("new", "--conf", "--model", name, cwd=hub)
    assert done.returncode == 0
    compile(done.stdout, "mindspore_hub_conf.py", "exec")
    assert ask(done.stdout, name).answer is Answer.ACCEPTS
    assert ask(done.stdout, "another").answer is Answer.REFUSES


ANSWERS = ["googlenet", "cifar10", "", "1.9", "cv-classification", "", LINK, "model.ckpt", "acc92.1", "",
           "googlenet is used for cv", "Going Deeper with Convolutions", ""]  # fmt: skip


def on_a_terminal(hub: Path, answers: list[str], lang: str = "en") -> tuple[int, str]:
    return answered(["new"], answers, hub, PYTHONPATH=str(ROOT), LANG=f"{lang}.UTF-8")


@pytest.mark.parametrize("lang", ["en_US", "zh_CN"])
def test_questions_make_a_page_that_passes(hub: Path, lang: str) -> None:
    code, shown = on_a_terminal(hub, ANSWERS, lang)
    assert code == 0, shown
    assert (hub / PAGE).exists()
    assert ("模型名称" if lang == "zh_CN" else "Model name") in shown


def test_a_wrong_answer_is_asked_for_again(hub: Path) -> None:
    code, shown = on_a_terminal(hub, [*ANSWERS[:3], "1.9.0", *ANSWERS[3:]])
    assert code == 0, shown
    assert "two numbers, as 1.9" in shown


def test_a_file_that_is_not_there_costs_no_other_answer(hub: Path) -> None:
    code, shown = on_a_terminal(hub, [*ANSWERS[:7], "modell.ckpt", *ANSWERS[7:]])
    assert code == 0, shown
    assert "There is no file modell.ckpt" in shown


def test_half_a_type_is_completed_by_words(hub: Path) -> None:
    code, shown = on_a_terminal(hub, [*ANSWERS[:4], "cv", *ANSWERS[4:]])
    assert code == 0, shown
    assert "cv is one half" in shown


@pytest.mark.parametrize(("key", "code"), [("\x03", 130), ("\x04", 2)])
def test_who_stops_leaves_nothing_behind(hub: Path, key: str, code: int) -> None:
    ended, shown = on_a_terminal(hub, ["googlenet", key])
    assert ended == code, shown
    assert "Traceback" not in shown
    assert list(hub.rglob("*.md")) == []
