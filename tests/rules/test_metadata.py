"""Cases of the rules about header fields; what must not be reported stands first in each table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules import datasets, engine, policy
from rules.engine import Subject
from rules.facts import Facts
from rules.finding import Finding
from rules.page import Page, parse

Make = Callable[..., Page]
Judge = Callable[..., list[Finding]]
ROOT = "mshub_res/assets/mindspore/1.10/"
KNOWN = datasets.by_normal(policy.default().datasets)


def case(judge: Judge, page: Page, code: str) -> tuple[str, str] | None:
    """Variant and replacement of the only finding of a rule."""
    found = judge(page, code)
    if not found:
        return None
    (finding,) = found
    return finding.variant, finding.suggestion.replacement if finding.suggestion else ""


@pytest.mark.parametrize(
    ("code", "old", "new", "expected"),
    [
        ("MSH208", "author: MindSpore team", "author: Xxxx Wang", None),
        ("MSH208", "train-dataset: mnist", "train-dataset: None", None),
        ("MSH208", "evaluation: -", "input-shape: [28, 28]", None),
        ("MSH208", "evaluation: -", "evaluation: acc [top1]", None),
        ("MSH208", "cv/lenet>", "cv/lenet>", None),
        ("MSH208", "summary: LeNet", "summary: TODO lists and how LeNet", None),
        ("MSH208", "evaluation: -", "evaluation: [98.4, 99.1]", None),
        ("MSH208", "train-dataset: mnist", "train-dataset: your own digits", None),
        ("MSH208", "author: MindSpore team", "author: []", ("left", "")),
        ("MSH208", "author: MindSpore team", "author: your team name", ("left", "")),
        ("MSH208", "author: MindSpore team", "author: <your name>", ("left", "")),
        ("MSH208", "author: MindSpore team", "author: blablabla", ("left", "")),
        ("MSH208", "author: MindSpore team", "author: ...", ("left", "")),
        ("MSH208", "author: MindSpore team", "author: xxx", ("left", "")),
        ("MSH208", "train-dataset: mnist", "train-dataset: 待补充", ("left", "")),
        ("MSH208", "train-dataset: mnist", "train-dataset: n·a", ("nearly", "N/A")),
        ("MSH209", "Apache2.0", "apache-2.0", ("near", "Apache2.0")),
        ("MSH209", "Apache2.0", "Apache", ("near", "Apache2.0")),
        ("MSH209", "Apache2.0", "MIT", ("other", "")),
        ("MSH210", "2023-02-17", '"2023-02-17"', None),
        ("MSH210", "2023-02-17", "2024-02-29", None),
        ("MSH210", "2023-02-17", "2024-8-1", ("padding", "2024-08-01")),
        ("MSH210", "2023-02-17", "2023/02/17", ("form", "2023-02-17")),
        ("MSH210", "2023-02-17", "20230217", ("form", "2023-02-17")),
        ("MSH210", "2023-02-17", "2023年2月17日", ("form", "2023-02-17")),
        ("MSH210", "2023-02-17", "17-02-2023", ("other", "")),
        ("MSH210", "2023-02-17", "2023-13-01", ("impossible", "")),
        ("MSH210", "2023-02-17", "2023-02", ("other", "")),
        ("MSH211", "evaluation: -", "accuracy: 0.984", None),
        ("MSH211", "evaluation: -", "accuracy: N/A", None),
        ("MSH211", "evaluation: -", "accuracy: 9.84e-1", None),
        ("MSH211", "evaluation: -", "accuracy: 98.4 %", ("dressed", "98.4")),
        ("MSH211", "evaluation: -", "accuracy: top1 76.18, top5 92.04", ("several", "")),
        ("MSH211", "evaluation: -", "accuracy: top1 76.18", ("other", "")),
        ("MSH212", "evaluation: -", "train-backend: GPU", None),
        ("MSH212", "evaluation: -", "train-backend: gpu/ascend", None),
        ("MSH212", "evaluation: -", "train-backend: Asend", ("near", "ascend")),
        ("MSH212", "evaluation: -", "infer-backend: tpu", ("unknown", "")),
        ("MSH213", "evaluation: -", "input-shape: [224, 224, 3]", None),
        ("MSH213", "evaluation: -", "input-shape: [[1, 3, -1, -1], [1]]", None),
        ("MSH213", "evaluation: -", "input-shape:\n- 224\n- 224", None),
        ("MSH213", "evaluation: -", "input-shape: N/A", None),
        ("MSH213", "evaluation: -", "input-shape: 224, 224", ("near", "[224, 224]")),
        ("MSH213", "evaluation: -", "input-shape: (224, 224, 3)", ("near", "[224, 224, 3]")),
        ("MSH213", "evaluation: -", "input-shape: []", ("other", "")),
        ("MSH213", "evaluation: -", "input-shape: [2.5, 3]", ("other", "")),
        ("MSH213", "evaluation: -", "input-shape: {x: 3}", ("other", "")),
        ("MSH214", "author: MindSpore team", "author: MindSpore", None),
        ("MSH214", "author: MindSpore team", "author: Noah CVLab", None),
        ("MSH214", "author: MindSpore team", "author: mindspore", ("author", "MindSpore")),
        ("MSH214", "user-id: MindSpore", "user-id: MINDSPORE", ("user-id", "MindSpore")),
        ("MSH214", "user-id: MindSpore", "user-id: MindSpore team", ("user-id", "")),
        ("MSH215", "summary: LeNet", "summary: LeNet is smaller than AlexNet and", None),
        ("MSH215", "summary: LeNet", "summary: AlexNet is larger than LeNet, which", None),
        ("MSH215", "summary: LeNet", "summary: This network is used to classify", None),
        ("MSH215", "summary: LeNet", "summary: Images are classified by", None),
        ("MSH215", "summary: LeNet", "summary: AlexNet, used to classify", ("", "")),
        ("MSH214", "user-id: MindSpore", "user-id: Noah's Ark Lab", ("other", "")),
        ("MSH216", "train-dataset: mnist", "train-dataset: COCO-2017", None),
        ("MSH216", "train-dataset: mnist", "train-dataset: 百度自建数据集", None),
        ("MSH216", "train-dataset: mnist", "train-dataset: newscrawl_gigaword_cornell", None),
        ("MSH216", "train-dataset: mnist", "train-dataset: MNIST and CIFAR-10", None),
        ("MSH216", "train-dataset: mnist", "train-dataset: MVTec AD", None),
        ("MSH216", "train-dataset: mnist", "train-dataset: Yelp Review Polarity Dataset", None),
        ("MSH216", "train-dataset: mnist", "train-dataset: UCF-10", ("near", "")),
        ("MSH216", "train-dataset: mnist", "train-dataset: imagnet2012", ("near", "imagenet2012")),
        ("MSH216", "train-dataset: mnist", "train-dataset: UCF101 | K400", ("unknown", "")),
        ("MSH217", "train-dataset: mnist", "train-dataset: MNIST", None),
        ("MSH217", "train-dataset: mnist", "train-dataset: our own digits", None),
        ("MSH217", "train-dataset: mnist", "train-dataset: cifar10, mnist", None),
        ("MSH217", "train-dataset: mnist", "train-dataset: cifar10", ("", "")),
        ("MSH218", "train-dataset: mnist", "train_dataset: mnist", None),
        ("MSH218", "train-dataset: mnist", "train-dataset:", ("named", "")),
        ("MSH219", "fine-tunable: True", "fine-tunable: FALSE", None),
        ("MSH219", "fine-tunable: True", 'fine-tunable: "true"', None),
        ("MSH219", "fine-tunable: True", "fine-tunable: off", ("word", "False")),
        ("MSH219", "fine-tunable: True", "fine-tunable: 1", ("near", "True")),
        ("MSH219", "fine-tunable: True", "fine-tunable: Flase", ("near", "False")),
        ("MSH219", "fine-tunable: True", "fine-tunable: 是", ("other", "")),
    ],
)  # fmt: skip
def test_fields(
    make: Make, judge: Judge, code: str, old: str, new: str, expected: tuple[str, str] | None
) -> None:
    assert case(judge, make((old, new)), code) == expected


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Noah's Ark Lab", None),
        ("Jane Doe", None),
        ("MindSpore team", None),
        ("noah's ark lab", ("author", "Noah's Ark Lab")),
        ("Noah CVLab", ("author", "")),
        ("noah-cvlab", ("author", "")),
    ],
)
def test_authors_of_a_publisher_who_signs_by_another_name(
    make: Make, judge: Judge, author: str, expected: tuple[str, str] | None
) -> None:
    replaced = (
        ("author: MindSpore team", f"author: {author}"),
        ("user-id: MindSpore", "user-id: noah-cvlab"),
    )
    page = make(*replaced, path="mshub_res/assets/noah-cvlab/gpu/1.10/lenet_mnist.md")
    assert case(judge, page, "MSH214") == expected


@pytest.mark.parametrize(
    ("name", "dataset", "found"),
    [
        ("resnet18_cifar10", "cifar10", False),
        ("resnet18_cifar10", "cifar100", True),
        ("yolov3_coco2014", "coco2017", True),
        ("resnet50_imagenet2012", "imagenet", False),
        ("dbnet_icdar2015", "icdar", False),
        ("squad_bert", "imagenet2012", False),
        ("retinaface_widerface", "cifar10", True),
    ],
)
def test_a_data_set_that_differs_from_the_file_name(
    make: Make, judge: Judge, name: str, dataset: str, found: bool
) -> None:
    page = make(("train-dataset: mnist", f"train-dataset: {dataset}"), path=f"{ROOT}{name}.md")
    assert bool(judge(page, "MSH217")) is found


@pytest.mark.parametrize(
    ("model", "name", "found"),
    [
        ("resnet50", "resnet50_cifar10", False),
        ("yolox", "yolox_s_coco2017", False),
        ("bert", "bertfinetune_squad", False),
        ("resnet", "resnet50_cifar10", True),
        ("resnetv2", "resnetv2152_cifar10", True),
        ("unet", "unet2d_isbichallenge", True),
    ],
)
def test_a_familys_name(make: Make, judge: Judge, model: str, name: str, found: bool) -> None:
    page = make(("model-name: lenet", f"model-name: {model}"), path=f"{ROOT}{name}.md")
    assert bool(judge(page, "MSH220")) is found


def test_a_summary_of_another_page_of_the_hub(make: Make) -> None:
    page = make(("summary: LeNet classifies", "summary: bert_base used to classify"))
    for paths, expected in (((), 0), ((f"{ROOT}bert_base_squad.md",), 1)):
        found = engine.check([Subject(page)], Facts(paths=paths), policy.default())
        assert len([one for one in found if one.rule == "MSH215"]) == expected


def test_a_summary_of_the_family(make: Make, judge: Judge) -> None:
    page = make(("summary: LeNet classifies", "summary: AlexNet is used for"), ("# LeNet", "# AlexNetV2"))
    assert judge(page, "MSH215") == []


def test_the_backend_of_the_directory(make: Make, judge: Judge) -> None:
    path = "mshub_res/assets/mindspore/gpu/1.10/lenet_mnist.md"
    page = make(("evaluation: -", "train-backend: gpu, ascend\n\ninfer-backend: ascend"), path=path)
    assert [one.variant for one in judge(page, "MSH212")] == ["infer-differs"]


def test_a_list_in_a_chinese_page_is_a_list(judge: Judge) -> None:
    header = "模型名称：lenet\n输入形状：[[1, 28], [10]]\n作者：MindSpore team"
    page = parse(f"{ROOT}lenet_mnist_cn.md", f"# LeNet\n\n---\n{header}\n---\n")
    assert page.is_cn
    assert judge(page, "MSH213") == []


def test_an_accuracy_that_broke_the_header_is_said_once(make: Make, judge: Judge) -> None:
    page = make(("evaluation: -", "accuracy: vit-base: 83.78"))
    assert {one.rule for one in judge(page)} & {"MSH101", "MSH211"} == {"MSH101"}


@pytest.mark.parametrize(
    ("name", "model", "dataset"),
    [
        ("lenet_mnist", "lenet", "mnist"),
        ("ssd_v1.1_coco2017", "ssd", "coco2017"),
        ("tacotron2_ljspeech1.1", "tacotron2", "ljspeech1.1"),
        ("crnn_icdar2013_scutforu_cocotextv2", "crnn", "icdar2013_scutforu_cocotextv2"),
        ("mnist", "mnist", ""),
        ("kohya_sd_scripts", "kohya_sd_scripts", ""),
    ],
)
def test_a_file_name_taken_apart(name: str, model: str, dataset: str) -> None:
    parts = datasets.split_name(name, KNOWN)
    assert (parts.model, parts.dataset) == (model, dataset)
