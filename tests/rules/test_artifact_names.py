"""What rules about links, names and digests must not report, and what they must."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules import engine, policy
from rules.artifacts.names import hex_tags, metrics, version_tag
from rules.facts import Facts, TreeAsset
from rules.finding import Finding, Severity
from rules.page import Page
from rules.rule import Subject

Make = Callable[..., Page]
Judge = Callable[..., list[Finding]]
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
NAME = "lenet_ascend_v1100_mnist_research_cv_acc98.ckpt"
LINK = f"https://download.mindspore.cn/models/r1.10/{NAME}"
REPO = "https://gitee.com/mindspore/models/tree/r1.10/research/cv/lenet"
HUB = "mshub_res/assets/"


@pytest.mark.parametrize(
    ("name", "version", "tags"),
    [
        ("lenet_ascend_v1100_mnist.ckpt", "1.10", []),
        ("lenet_ascend_v180_mnist.ckpt", "1.8", []),
        ("lenet_v100_mnist.ckpt", "", []),
        ("yolov5_ascend_v15_coco.ckpt", "", []),
        ("vgg19-5104d1ea-910v2.ckpt", "", ["5104d1ea"]),
        ("vgg19-20230217.ckpt", "", []),
        ("defaced.ckpt", "", []),
        ("vgg19-" + "a" * 13 + ".ckpt", "", []),
    ],
)
def test_tags_in_names(name: str, version: str, tags: list[str]) -> None:
    assert version_tag(name) == version
    assert hex_tags(name) == tags


def test_a_metric_that_is_given_twice_says_nothing() -> None:
    assert {name: str(number) for name, number in metrics(["acc1", "Acc2", "top1acc77.5", "x"]).items()} == {
        "top1acc": "77.5"
    }


@pytest.mark.parametrize(
    ("code", "old", "new", "expected"),
    [
        ("MSH307", "evaluation: -", "accuracy: 98", []),
        ("MSH308", LINK, f"{LINK} x", []),
        ("MSH309", DIGEST, "short", []),
        ("MSH310", LINK, LINK.replace("r1.10/lenet_ascend_v1100", "lenet"), []),
        ("MSH310", LINK, LINK.replace("download.", "mirror.").replace("r1.10", "r1.9"), []),
        ("MSH310", LINK, LINK.replace("r1.10", "r1.1"), [("directory", Severity.ERROR)]),
        ("MSH310", LINK, LINK.replace("v1100", "v190"), [("older-tag", Severity.WARNING)]),
        ("MSH310", LINK, LINK.replace("v1100", "v1110"), [("tag", Severity.ERROR)]),
        ("MSH311", "train-dataset: mnist", "train-dataset: N/A", []),
        ("MSH311", "train-dataset: mnist", "train-dataset: M-NIST", []),
        ("MSH311", LINK, LINK.replace("_v1100", ""), []),
        ("MSH312", "evaluation: -", "evaluation: top1acc98 | acc98.0", []),
        ("MSH312", "evaluation: -", "evaluation: acc97.96", []),
        ("MSH312", "evaluation: -", "evaluation: 92.5", []),
        ("MSH312", "evaluation: -", "evaluation: Acc97.4", [("", Severity.WARNING)]),
        ("MSH313", LINK, LINK.replace("lenet_", "temp_lenet_"), []),
        ("MSH313", LINK, LINK.replace("models/", "templates/"), []),
        ("MSH313", LINK, LINK.replace("models/", "TMP/"), [("", Severity.ERROR)]),
        ("MSH315", f"<{REPO}>", REPO, []),
        ("MSH315", REPO, "https://github.com/mindspore-lab/mindyolo/tree/v0.5.0", []),
        ("MSH315", f"<{REPO}>", "", []),
        ("MSH315", REPO, REPO.replace("gitee", "me@gitee"), [("malformed", Severity.ERROR)]),
        ("MSH315", REPO, "https://git.example.org/a/b/tree/r1.10/c", [("host", Severity.WARNING)]),
        ("MSH316", REPO, "https://github.com/mindspore-lab/mindcv/tree/v1.9/lenet", []),
        ("MSH316", REPO, REPO.replace("r1.10", "r1.1"), [("release", Severity.WARNING)]),
    ],
)  # fmt: skip
def test_cases(
    make: Make, judge: Judge, code: str, old: str, new: str, expected: list[tuple[str, Severity]]
) -> None:
    assert [(one.variant, one.severity) for one in judge(make((old, new)), code)] == expected


@pytest.mark.parametrize(
    ("path", "file", "digest", "strange"),
    [
        ("mindspore/1.9/lenet_mnist", "lenet_ascend_v190_mnist", DIGEST, False),
        ("mindspore/1.9/LeNet5_cifar10", "lenet5_ascend_v190_cifar10", DIGEST, False),
        ("noah-cvlab/gpu/1.1/quant-lenet_v1.0_mnist", "model", DIGEST, False),
        ("mindspore/1.9/resnet152_imagenet2012", NAME.removesuffix(".ckpt"), DIGEST, False),
        ("mindspore/1.9/resnet152_imagenet2012", "resnet152_ascend_v190", DIGEST[:8], False),
        ("mindspore/1.9/resnet152_imagenet2012", "resnet152_ascend_v190", DIGEST.upper(), True),
    ],
)
def test_a_digest_on_two_pages(make: Make, path: str, file: str, digest: str, strange: bool) -> None:
    use = TreeAsset(f"{HUB}{path}.md", f"https://download.mindspore.cn/models/r1.9/{file}.ckpt", digest)
    found = engine.check([Subject(make())], Facts(tree={use.path: (use,)}), policy.default())
    assert [one.rule for one in found] == (["MSH314"] if strange else [])
