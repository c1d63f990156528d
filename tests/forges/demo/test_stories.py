"""The demo's pages: good ones keep to the hub's vocabulary, spoilt ones are spoilt as their story says."""

from __future__ import annotations

import re

import pytest
import yaml

from bot.forges.demo.pages import FAILING_HOST, Card, file_path, link, path, render
from bot.forges.demo.stories import (
    AGED,
    DIFFERENT,
    GONE,
    PUBLISHED,
    REPLACED,
    STORIES,
    UNANSWERED,
    edition,
    hosted,
)

REQUIRED = (
    "model-name",
    "backbone-name",
    "module-type",
    "fine-tunable",
    "model-version",
    "author",
    "update-time",
    "repo-link",
    "user-id",
    "used-for",
    "mindspore-version",
    "license",
    "summary",
    "train-dataset",
)
#: Those of the hub's words that the demo's pages use.
DATASETS = {"mnist", "cifar10", "imagenet2012", "coco2017", "squad", "voc2012", "chnsenticorp"}
MODULE_TYPES = {
    "cv-classification",
    "cv-object_detection",
    "cv-semantic_segmentation",
    "nlp-question_answering",
    "nlp-sentiment_analysis",
}
GOOD = [*PUBLISHED, *(card for number in (1, 5) for card in STORIES[number - 1].cards)]
GOOD += [card for story in STORIES for card in story.fix]


def header(card: Card) -> dict[str, object]:
    """The header with every scalar as its text."""
    title, fields, _ = re.split(r"^---$", render(card), maxsplit=2, flags=re.MULTILINE)
    assert title.strip() == f"# {card.name}"
    loaded = yaml.load(fields, Loader=yaml.BaseLoader)
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize("card", GOOD, ids=path)
def test_a_good_page_keeps_to_the_vocabulary(card: Card) -> None:
    found = header(card)
    assert [key for key in REQUIRED if not found.get(key)] == []
    assert found["train-dataset"] in DATASETS
    assert found["module-type"] in MODULE_TYPES
    assert found["author"] == "MindSpore team"
    assert found["license"] == "Apache2.0"
    assert found["model-version"] == found["mindspore-version"] == card.version
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(found["update-time"]))
    assert f"/tree/r{card.version}/" in str(found["repo-link"])
    assert found["asset"] == [
        {"file-format": "ckpt", "asset-link": f"<{link(card)}>", "asset-sha256": card.model.sha256()}
    ]
    assert path(card) == f"mshub_res/assets/mindspore/{card.version}/{card.name}_{card.dataset}.md"
    assert f'model = "mindspore/{card.version}/{card.name}_{card.dataset}"' in render(card)
    assert str(found["evaluation"]) in link(card)


def test_no_two_good_pages_share_a_file_or_a_summary() -> None:
    cards = {path(card): card for card in GOOD}.values()
    assert len({card.model for card in cards}) == len({card.summary for card in cards}) == len(cards)


def test_sizes_are_those_of_real_files_at_both_ends() -> None:
    sizes = [model.size() for model in hosted().models.values()]
    assert 100_000 <= min(sizes) < 200_000
    assert 30_000_000 <= max(sizes) < 31_000_000


def test_the_second_pull_request_has_the_slips_it_promises() -> None:
    yolo, bert = (header(card) for card in STORIES[1].cards)
    assert yolo["mindspore-version"] == "v1.9"
    assert yolo["module-type"] == "vc-object_detection"
    assert yolo["train-dataset"] == "coco-2017"
    assert isinstance(yolo["asset"], list)
    (asset,) = yolo["asset"]
    assert asset["asset-sha256"] == STORIES[1].cards[0].model.sha256().upper()
    assert "license" not in bert
    assert 'model = "mindspore/1.9/bert_squad"' in render(STORIES[1].cards[1])


def test_the_third_states_the_digest_of_another_file() -> None:
    (card,) = STORIES[2].cards
    assert card.model.sha256() not in render(card)
    assert re.search(r"asset-sha256: [0-9a-f]{64}$", render(card), re.MULTILINE)
    assert card.model.sha256() in render(STORIES[2].fix[0])


def test_only_the_fourth_is_on_the_host_that_fails() -> None:
    failing = hosted().failing
    assert {address[0] for address in failing} == {FAILING_HOST}
    assert failing == {(FAILING_HOST, file_path(card)) for card in (*STORIES[3].cards, UNANSWERED)}


def test_what_was_published_before_has_come_to_something_each() -> None:
    held = hosted()
    assert (GONE.host, file_path(GONE)) not in held.models
    (at,) = held.later
    assert held.later[at].sha256() != held.models[at].sha256() == REPLACED.model.sha256()
    assert REPLACED.model.sha256() in render(REPLACED)
    assert DIFFERENT.model.sha256() not in render(DIFFERENT)
    assert {path(card) for card in AGED}.isdisjoint(path(card) for story in STORIES for card in story.cards)


def test_the_fifth_brings_forty_pages_and_the_sixth_speaks_chinese() -> None:
    assert len({path(card) for card in STORIES[4].cards}) == 40
    assert re.search(r"[\u4e00-\u9fff]", STORIES[5].title)


def test_a_fix_mends_the_same_paths() -> None:
    for story in STORIES:
        if story.fix:
            assert [path(card) for card in story.fix] == [path(card) for card in story.cards]


def test_the_edition_is_stable() -> None:
    assert edition() == edition()
    assert re.fullmatch(r"[0-9a-f]{64}", edition())
