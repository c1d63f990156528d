"""`hubbot new`: a page that passes at once, by flags or by questions on a real terminal."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest

from bot.cli import scaffold
from bot.cli.questions import QUESTIONS, complaint, hint, tidied
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
    ("given", "flag"),
    [
        (flags(sha256="0" * 64, asset_link="https://download.mindspore.cn/baz.tar.gz"), "--format"),
        (flags(sha256="0" * 64, publisher="somebody"), "--author"),
        (["--conf"], "--model"),
    ],
)
@pytest.mark.parametrize(("lang", "said"), [("en", "give also"), ("zh", "还需要指定")])
def test_what_is_not_usual_this_time_is_named_too(
    hub: Path, given: list[str], flag: str, lang: str, said: str
) -> None:
    done = hubbot("new", *given, "--print", "--lang", lang, cwd=hub, HOME=str(hub), GIT_CONFIG_NOSYSTEM="1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("hubbot: ")
    assert said in done.stderr
    assert re.findall("--[a-z0-9-]+", done.stderr) == [flag]


def test_a_digest_and_a_file_must_agree(hub: Path) -> None:
    digest = sha256(b"a checkpoint").hexdigest()
    done = hubbot("new", *flags(file="model.ckpt", sha256="0" * 64), cwd=hub)
    assert (done.returncode, list(hub.rglob("*.md"))) == (2, [])
    assert digest in done.stderr
    done = hubbot("new", *flags(file="model.ckpt", sha256=digest.upper()), cwd=hub)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        ("../../../../evil", "googlenet_.._.._.._.._evil"),
        ("MS COCO/2017", "googlenet_mscoco_2017"),
        ("coco|voc", "googlenet_coco_voc"),
        ("coco | voc", "googlenet_coco_voc"),
        ("数据集", "googlenet"),
        ("MVTec\\AD", "googlenet_mvtec_ad"),
        ("none", "googlenet"),
    ],
)
def test_the_file_has_a_name_that_the_hub_takes(hub: Path, dataset: str, name: str) -> None:
    done = hubbot("new", *flags(dataset=dataset, sha256="0" * 63 + "1"), "--root", ".", cwd=hub)
    assert done.returncode in (0, 1), done.stderr
    assert [file.relative_to(hub) for file in hub.rglob("*.md")] == [Path(PAGE).with_name(f"{name}.md")]
    assert "MSH110" not in done.stdout


def test_a_name_that_the_system_refuses_is_named(hub: Path) -> None:
    done = hubbot("new", *flags(dataset="x" * 300, sha256="0" * 64), cwd=hub)
    assert done.returncode == 3
    assert done.stderr.startswith("hubbot: cannot write ")


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
        ("model", "_"),
        ("model", ".hidden"),
        ("publisher", ".."),
        ("publisher", "."),
        ("publisher", ".x"),
        ("publisher", "a/b"),
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


DIGEST = sha256(b"a checkpoint").hexdigest()


@pytest.mark.parametrize(
    "pasted",
    [
        DIGEST,
        f" {DIGEST.upper()} ",
        f"sha256: {DIGEST}",
        f"SHA256:{DIGEST.upper()}",
        f"{DIGEST}  model.ckpt",
        f"SHA256          {DIGEST.upper()}       C:\\model.ckpt",
        f"SHA2-256(model.ckpt)= {DIGEST}",
    ],
)
def test_a_digest_is_taken_as_it_was_pasted(pasted: str) -> None:
    question = next(question for question in QUESTIONS if question.name == "sha256")
    assert tidied(question, pasted) == DIGEST
    assert complaint(question, tidied(question, pasted), "en") == ""


@pytest.mark.parametrize("text", ["model.ckpt", DIGEST[:62], f"{DIGEST}0", "sha256:", ""])
def test_what_is_no_digest_is_left_as_it_is(text: str) -> None:
    question = next(question for question in QUESTIONS if question.name == "sha256")
    assert tidied(question, f" {text} ") == text


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


@pytest.mark.parametrize("lang", ["en_US", "zh_CN"])
def test_a_pasted_digest_is_no_file(hub: Path, lang: str) -> None:
    """Get-FileHash prints capitals; a digest of which two digits were not copied is said to be too short."""
    code, shown = on_a_terminal(hub, [*ANSWERS[:7], DIGEST[:62], DIGEST.upper(), *ANSWERS[8:]], lang)
    assert code == 0, shown
    assert ("这里有 62 个字符" if lang == "zh_CN" else "this has 62") in shown
    assert ("找不到" in shown, "no file" in shown) == (False, False)
    assert f"asset-sha256: {DIGEST}\n" in (hub / PAGE).read_text("utf-8")


@pytest.mark.parametrize("lang", ["en_US", "zh_CN"])
def test_who_has_no_digest_yet_loses_no_answer(hub: Path, lang: str) -> None:
    code, shown = on_a_terminal(hub, [*ANSWERS[:7], "no.ckpt", DIGEST[:62], "none.ckpt", *ANSWERS[8:]], lang)
    assert code == 1, shown
    assert f"--write {PAGE}" in shown
    assert "asset-sha256" not in (hub / PAGE).read_text("utf-8")
    assert hubbot("sha256", "model.ckpt", "--write", PAGE, cwd=hub).returncode == 0
    assert hubbot("check", PAGE, cwd=hub).returncode == 0


@pytest.mark.parametrize("lang", ["en_US", "zh_CN"])
def test_a_format_that_the_address_does_not_tell_is_asked_for(hub: Path, lang: str) -> None:
    link = LINK.replace(".ckpt", ".tar.gz")
    answers = [*ANSWERS[:6], link, "zip", "CKPT", "ckpt", *ANSWERS[7:]]
    code, shown = on_a_terminal(hub, answers, lang)
    assert "Traceback" not in shown
    assert ("文件格式" if lang == "zh_CN" else "Format of the file") in shown
    text = (hub / PAGE).read_text("utf-8")
    assert (code in (0, 1), "file-format: ckpt\n" in text, link in text) == (True, True, True), shown


def test_one_may_be_wrong_as_often_as_one_likes(hub: Path) -> None:
    code, shown = on_a_terminal(hub, [*ANSWERS[:3], *["1.9.0"] * 5, *ANSWERS[3:]])
    assert code == 0, shown


def test_answers_that_cannot_be_written_are_printed(hub: Path) -> None:
    (hub / PAGE).parent.mkdir(parents=True)
    (hub / PAGE).write_text("mine\n")
    code, shown = on_a_terminal(hub, ANSWERS)
    assert (code, (hub / PAGE).read_text()) == (2, "mine\n")
    assert "summary: googlenet is used for cv" in shown
    assert "--force" in shown


def test_a_wrong_flag_is_said_before_anything_is_asked(hub: Path) -> None:
    code, shown = answered(
        ["new", "--license", "mine"], ["googlenet"], hub, PYTHONPATH=str(ROOT), LANG="en_US.UTF-8"
    )
    assert code == 2, shown
    assert "Model name" not in shown


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
