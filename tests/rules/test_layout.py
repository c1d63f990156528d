"""Cases of the rules about layout and names; what must not be reported stands first in each table."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest

from rules import engine, policy
from rules.engine import Subject
from rules.facts import Facts, TreeAsset
from rules.finding import Finding, Severity
from rules.page import Page, parse

Make = Callable[..., Page]
Judge = Callable[..., list[Finding]]
ROOT = "mshub_res/assets/mindspore/1.10/"
OTHER = "mshub_res/assets/MindSpore/1.10/lenet_mnist.md"
SOUND = f"{ROOT}lenet_mnist.md"


def cases(judge: Judge, page: Page, code: str) -> list[str]:
    return [finding.variant for finding in judge(page, code)]


@pytest.mark.parametrize(
    ("code", "old", "new", "expected"),
    [
        ("MSH103", "small convolutional network.", "small convolutional network.  \nAnd old.", []),
        ("MSH103", "small convolutional network.", "small convolutional network. \nAnd old.", ["blanks"]),
        ("MSH103", "small convolutional network.", "small convolutional network.  \n\nAnd old.", ["blanks"]),
        ("MSH103", "# LeNet\n", "# LeNet  \n", ["blanks"]),
        ("MSH104", "small convolutional", "small 卷积\u3000网络 😀 👩\u200d🔬 naïve", []),
        ("MSH104", "small convolutional", "می\u200cخواهم", []),
        ("MSH104", "small convolutional", "small\u200dconvolutional", ["unseen"]),
        ("MSH104", "small convolutional", "small\u00adconvolutional", ["unseen"]),
        ("MSH104", "small convolutional", "\u2067small convolutional\u2069", ["turning"]),
        ("MSH105", "## Usage", " ---\n\n## Usage", []),
        ("MSH105", "## Usage", "***\n\n## Usage", []),
        ("MSH105", "## Usage", "-- x\n\n## Usage", []),
        ("MSH105", "## Usage", "-----\n\n## Usage", ["rule"]),
        ("MSH105", "## Usage", "--- | --- |\n\n## Usage", ["table"]),
        ("MSH105", "## Usage", "---> see\n\n## Usage", ["text"]),
        ("MSH106", "# LeNet\n", "\n\n#  LeNet #5\n\n", []),
        ("MSH106", "# LeNet\n", "#LeNet\n", ["level"]),
        ("MSH106", "# LeNet\n", "# \n", ["other"]),
        ("MSH106", "# LeNet\n", "Networks\n\n# LeNet\n", ["other", "more"]),
        ("MSH107", "author: MindSpore team", "author: José Müller", []),
        ("MSH107", "train-dataset: mnist", "train-dataset: Cornell电影对白语料库", []),
        ("MSH107", "train-dataset: mnist", "train-dataset: N·A", []),
        ("MSH107", "used-for: inference", "used-for: inference\u00a0", []),
        ("MSH107", "model-name: lenet", "model-name: β-lenet", ["foreign"]),
        ("MSH107", "used-for: inference", "used-for: inference，transfer-learning", ["twin"]),
        ("MSH108", "train-dataset: mnist", "train-dataset: '-'", []),
        ("MSH108", "summary: LeNet", "summary: - LeNet", []),
        ("MSH109", "## Usage", "# a: b\n\n````text\n```\n# x:\n````\n\n## Usage", []),
        ("MSH109", "## Usage", "See ```code``` here\n\n## Usage", []),
        ("MSH109", "## Usage\n", "## 用法：\n", ["heading"]),
        ("MSH112", "model-name: lenet", "model-name: LE-NET", []),
        ("MSH112", "model-name: lenet", "model-name: lenet_base_224", []),
        ("MSH112", "model-name: lenet", "model-name: metric_learn", [""]),
        ("MSH115", "# LeNet", "# lenet_mnist", []),
        ("MSH115", "# LeNet", "# LeNett", []),
        ("MSH115", "# LeNet", "# 手写数字", [""]),
    ],
)  # fmt: skip
def test_layout(make: Make, judge: Judge, code: str, old: str, new: str, expected: list[str]) -> None:
    assert cases(judge, make((old, new)), code) == expected


def test_a_repair_that_would_break_the_header_is_not_suggested(make: Make, judge: Judge) -> None:
    page = make(("used-for: inference", "used-for: inference： all"))
    assert [one.suggestion for one in judge(page, "MSH107")] == [None]


def test_the_custom_of_a_bare_evaluation_is_left_alone_unless_the_policy_wants_it(make: Make) -> None:
    severities = "severities:\n  MSH108/evaluation: {changed: notice, untouched: off}"
    strict = policy.load(policy.DEFAULT.read_text(encoding="utf-8").replace("severities: {}", severities))
    for chosen, expected in ((policy.default(), []), (strict, [Severity.NOTICE])):
        found = engine.check([Subject(make())], Facts(), chosen)
        assert [one.severity for one in found if one.rule == "MSH108"] == expected


@pytest.mark.parametrize(
    ("name", "dataset", "expected"),
    [
        ("lenet_mnist", "mnist", []),
        ("lenet_mnist", "MNIST", []),
        ("lenet_v1.1_mnist", "mnist", []),
        ("animatediff", "N/A", []),
        ("animatediff", "none", []),
        ("textrcnn_agnews", "AG", []),
        ("crnn_vgg7_lmdbd", "LMDBDataset", []),
        ("slowfast_ava", "ava2.2", []),
        ("poseestnet_veir", "VeRi", []),
        ("shufflenetv2_oxfordpets", "Oxford-IIIT Pet", []),
        ("crnn_mjst", "MJSynth|SynthText", []),
        ("lenet", "mnist", ["lacking"]),
        ("efficientnet_v1.1", "imagenet2012", ["lacking"]),
        ("bit_resnet50", "ImageNet2012", ["lacking"]),
        ("kohya_sd_scripts", "pokemon_blip", ["unknown"]),
    ],
)
def test_the_data_set_in_the_file_name(
    make: Make, judge: Judge, name: str, dataset: str, expected: list[str]
) -> None:
    page = make(("train-dataset: mnist", f"train-dataset: {dataset}"), path=f"{ROOT}{name}.md")
    assert cases(judge, page, "MSH111") == expected


def test_the_proposed_name_is_a_sound_one(make: Make, judge: Judge) -> None:
    page = make(("train-dataset: mnist", "train-dataset: UCF101 | COCO Caption"), path=f"{ROOT}x.md")
    assert [one.values["target"] for one in judge(page, "MSH111")] == ["x_UCF101_COCOCaption.md"]


@pytest.mark.parametrize("name", ["lenet_mnist", "LeNet-5_ljspeech1.1", "squeezenet1_0_imagenet2012_cn"])
def test_sound_file_names(make: Make, judge: Judge, name: str) -> None:
    assert cases(judge, make(path=f"{ROOT}{name}.md"), "MSH110") == []


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("lenet mnist", "lenet_mnist.md"),
        ("lénet_mnist", "lenet_mnist.md"),
        ("模型", None),
        ("a（1）", "a_1.md"),
    ],
)
def test_a_sound_name_is_proposed(make: Make, judge: Judge, name: str, target: str | None) -> None:
    (finding,) = judge(make(path=f"{ROOT}{name}.md"), "MSH110")
    assert (finding.variant, finding.values.get("target")) == ("other" if target else "nothing", target)


def twins(page: Page, facts: Facts) -> list[tuple[str, str]]:
    found = engine.check([Subject(page)], facts, policy.default())
    return [(one.rule, one.values["other"]) for one in found if one.rule in ("MSH113", "MSH114")]


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([SOUND], []),
        ([f"{ROOT}lenet_mnist_cn.md", f"{ROOT}lenet_mnist2.md"], []),
        (["mshub_res/assets/mindspore/1.9/LeNet_mnist.md"], []),
        ([f"{ROOT}LENET_MNIST.md"], [("MSH113", f"{ROOT}LENET_MNIST.md")]),
        ([OTHER], [("MSH113", OTHER)]),
        ([f"{ROOT}lenet-mnist.md"], [("MSH114", f"{ROOT}lenet-mnist.md")]),
        ([f"{ROOT}Le.Net_mnist.md"], [("MSH114", f"{ROOT}Le.Net_mnist.md")]),
    ],
)  # fmt: skip
def test_twins(make: Make, others: Sequence[str], expected: list[tuple[str, str]]) -> None:
    assert twins(make(), Facts(paths=tuple(others))) == expected
    tree = {path: (TreeAsset(path, "https://download.mindspore.cn/a.ckpt", ""),) for path in others}
    assert twins(make(), Facts(tree=tree)) == expected


def test_both_pages_of_one_pull_request_are_twins(make: Make) -> None:
    subjects = [Subject(make()), Subject(make(path=f"{ROOT}LeNet_mnist.md"))]
    found = engine.check(subjects, Facts(), policy.default())
    assert [one.path for one in found if one.rule == "MSH113"] == [f"{ROOT}LeNet_mnist.md", SOUND]


@pytest.mark.parametrize("line", ["\u200b", "---", "- `", "`" * 90, "# x:", " " * 80])
def test_a_flood_is_judged_quickly(judge: Judge, line: str) -> None:
    started = time.process_time()
    long = "# x\n\n---\nauthor: x\n---\n" + f"{line}\n" * (400_000 // (len(line) + 1)) + line * 2_000
    judge(parse(SOUND, long))
    assert time.process_time() - started < 4
