"""The demo's pull requests: what each one brings, and the push that would mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from bot.forges.demo import catalogue
from bot.forges.demo.models import Model
from bot.forges.demo.pages import FAILING_HOST, Card, file_path, path, render
from bot.model import Permission, User

REPOSITORY = "mindspore-demo/hub"

LIN, ANNA, WEI, MAINTAINER = (
    User(11, "lin-xia"),
    User(12, "anna-k"),
    User(13, "wei-h"),
    User(20, "hub-maintainer"),
)
PERMISSIONS = {MAINTAINER.id: Permission.ADMIN}


@dataclass(frozen=True, slots=True)
class Story:
    """One pull request: its pages, and in `fix` the pages as a later push would have them."""

    number: int
    title: str
    body: str
    author: User
    cards: tuple[Card, ...]
    fix: tuple[Card, ...] = ()


_GOOD = Story(
    1,
    "Add GoogLeNet on CIFAR-10 and ResNet-50 on ImageNet",
    "Both were trained again for MindSpore 1.9. The checkpoints are on the download server.",
    ANNA,
    (catalogue.GOOGLENET, catalogue.RESNET50),
)

_SLIPS = Story(
    2,
    "Add YOLOv5s and BERT",
    "My first pages here; please tell me if something is missing.",
    LIN,
    (
        replace(
            catalogue.YOLOV5,
            header={
                "module-type": "vc-object_detection",
                "train-dataset": "coco-2017",
                "model-version": "v1.9",
                "mindspore-version": "v1.9",
            },
            upper_case=True,
        ),
        replace(catalogue.BERT, header={"license": ""}, uid="mindspore/1.9/bert_squad"),
    ),
    fix=(catalogue.YOLOV5, catalogue.BERT),
)

#: The page of this one states the digest of the file as it was before somebody built it again.
_STALE = Story(
    3,
    "Add MobileNetV2 for small devices",
    "The digest was computed with `hubbot sha256` before the upload.",
    WEI,
    (replace(catalogue.MOBILENET, stated=Model("mobilenetv2", 9 * catalogue.MEGABYTE)),),
    fix=(catalogue.MOBILENET,),
)

_OUTAGE = Story(
    4,
    "Add DeepLabV3 for semantic segmentation",
    "The model file is on the mirror.",
    ANNA,
    (replace(catalogue.DEEPLAB, host=FAILING_HOST),),
)

_MANY = Story(
    5,
    "Add forty classification networks for 1.10",
    "All of them were trained again with the same settings.",
    WEI,
    catalogue.SERIES,
)

_CHINESE = Story(
    6,
    "新增 ERNIE 情感分析模型（ChnSentiCorp）",
    "模型在中文酒店、图书和电脑评论数据上微调，请帮忙检视。",
    LIN,
    (replace(catalogue.ERNIE, header={"update-time": "2022-11-8"}),),
    fix=(catalogue.ERNIE,),
)

STORIES = (_GOOD, _SLIPS, _STALE, _OUTAGE, _MANY, _CHINESE)
PUBLISHED = (catalogue.LENET,)


def _older(card: Card) -> Card:
    """The page of a release before, with a smaller file of its own."""
    model = Model(f"{card.name}, an older release", card.model.weights // 5)
    return replace(card, version="1.8", model=model, summary=f"{card.summary}, as released before")


#: Published long ago, for the audit: what has become of their files is the file server's doing.
SOUND = tuple(_older(card) for card in (catalogue.GOOGLENET, catalogue.BERT, catalogue.ERNIE))
REPLACED, GONE = _older(catalogue.RESNET50), _older(catalogue.YOLOV5)
DIFFERENT = replace(_older(catalogue.MOBILENET), stated=Model("mobilenetv2, as first built", 1_000))
UNANSWERED = replace(_older(catalogue.DEEPLAB), host=FAILING_HOST)
AGED = (*SOUND, REPLACED, GONE, DIFFERENT, UNANSWERED)


def base_files() -> dict[str, str]:
    """The files of the hub before any of the pull requests."""
    return {
        "README.md": "# A made-up model hub\n\nIt belongs to a demonstration; nothing in it is real.\n",
        "OWNERS": f"approvers:\n- {MAINTAINER.login}\n",
        **pages((*PUBLISHED, *AGED)),
    }


def pages(cards: tuple[Card, ...]) -> dict[str, str]:
    """Page text by path."""
    return {path(card): render(card) for card in cards}


@dataclass(frozen=True, slots=True)
class Hosted:
    """What the demo's file server holds: models by host and path, and the files that it fails to deliver."""

    models: Mapping[tuple[str, str], Model] = field(default_factory=dict)
    failing: frozenset[tuple[str, str]] = frozenset()
    #: Files that may be sent slowly, so that one can watch them being read.
    slow: frozenset[tuple[str, str]] = frozenset()
    #: What takes a file's place once somebody has read it.
    later: Mapping[tuple[str, str], Model] = field(default_factory=dict)


def hosted() -> Hosted:
    """Every model file that a page of the demo links to."""
    kept = [card for card in AGED if card is not GONE]
    cards = [*PUBLISHED, *kept, *(card for story in STORIES for card in (*story.cards, *story.fix))]
    models = {(card.host, file_path(card)): card.model for card in cards}
    failing = frozenset(address for address in models if address[0] == FAILING_HOST)
    slow = frozenset((card.host, file_path(card)) for card in _MANY.cards)
    later = {(REPLACED.host, file_path(REPLACED)): Model("somebody else's", REPLACED.model.weights)}
    return Hosted(models, failing, slow, later)


def edition() -> str:
    """Names this set of stories, so that a world made from another set is made anew."""
    digest = sha256()
    for story in STORIES:
        texts = pages(story.cards) | pages(story.fix)
        digest.update(
            repr((story.number, story.title, story.body, story.author, sorted(texts.items()))).encode()
        )
    digest.update(repr(sorted(base_files().items())).encode())
    return digest.hexdigest()
