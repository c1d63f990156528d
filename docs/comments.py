"""Writes the comments of a few made-up pull requests as Markdown, and takes their pictures with Chromium.

`python docs/comments.py` writes the texts that the tests hold the renderer to, and docs/images/comment-*.png.
Everything is made by the real rules, the real plan and the real renderer from the demo's pages, so that the
pictures can show nothing that the bot would not write. `--texts` leaves the pictures as they are.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from bot.commands import offered
from bot.forges.demo import catalogue
from bot.forges.demo.models import Model
from bot.forges.demo.pages import FAILING_HOST, Card, file_path, link, path, render
from bot.model import Posted, PullRef, Report
from bot.review import gate
from bot.review.health import DAY, Declared, History, State
from bot.review.issue import Trouble, wanted
from bot.review.plan import Plan, plan
from bot.review.words import RULE_WORDS
from rules import engine, policy
from rules.engine import Subject
from rules.facts import Facts, RemoteFile, RemoteState
from rules.finding import Fault
from rules.page import parse

DOCS = Path(__file__).parent
IMAGES = DOCS / "images"
TEXTS = DOCS.parent / "tests" / "review" / "golden"
LANGUAGES = ("en", "zh")
PUBLIC_URL = "https://hubbot.example.org"
HEAD = "3f2a9c1047be5d60812c9e77a4d0f3b65e8891ac"
#: 2026-03-17 08:30 UTC.
STARTED = 1_773_736_200.0
#: One of the files read so far could not be verified, so the summary counts 137.
PAGES_OF_BULK, READ_SO_FAR = 479, 138
#: Pixels: GitHub's column for a comment, and as high as a picture may be.
WIDTH, HEIGHT = 860, 1600
#: Stands between comments of one text.
BETWEEN = "\n---\n\n"
FRAME = (
    '<div class="comment"><div class="head"><b>hubbot</b> <i>bot</i> commented</div>'
    '<div class="body">{body}</div></div>'
)
MEASURE = (
    "<script>document.body.dataset.height = Math.ceil("
    "document.body.lastElementChild.previousElementSibling.getBoundingClientRect().bottom + 16)</script>"
)

SLIPS = (
    replace(
        catalogue.YOLOV5,
        header={"module-type": "vc-object_detection", "train-dataset": "coco-2017", "model-version": "v1.9"},
        upper_case=True,
    ),
    replace(catalogue.BERT, header={"license": ""}, uid="mindspore/1.9/bert_squad"),
    replace(catalogue.MOBILENET, stated=Model("mobilenetv2", 9 * catalogue.MEGABYTE)),
)
GOOD = (catalogue.GOOGLENET, catalogue.RESNET50)
OUTAGE = (catalogue.GOOGLENET, replace(catalogue.DEEPLAB, host=FAILING_HOST))


def bulk() -> tuple[Card, ...]:
    """As many pages as the hub's largest pull request had, with the slips that such ones have."""
    cards = []
    for number in range(PAGES_OF_BULK):
        card = catalogue.SERIES[number % len(catalogue.SERIES)]
        name = f"{card.name}r{number // len(catalogue.SERIES)}"
        made = replace(card, name=name, model=Model(name, 4_000))
        if number % 2:
            made = replace(made, header={"model-version": "v1.10"})
        elif number % 38 == 0:
            made = replace(made, header={"license": ""})
        elif number == 8:
            made = replace(made, stated=Model(f"{name}, rebuilt", 4_000))
        elif number % 200 == 4:
            made = replace(made, host=FAILING_HOST)
        cards.append(made)
    return tuple(cards)


def reports() -> dict[str, Report]:
    """One report for each picture, in English."""
    many = bulk()
    running = report(many, "Add 479 networks for 1.10", 3, read=READ_SO_FAR)
    return {
        "failing": report(SLIPS, "Add YOLOv5s, BERT and MobileNetV2", 3),
        "green": report(GOOD, "Add GoogLeNet and ResNet-50", 1),
        "unverified": report(OUTAGE, "Add GoogLeNet and DeepLabV3", 2),
        "bulk": report(many, "Add 479 networks for 1.10", 3),
        "running": replace(running, finished_at=None, retry_at=None, conditions=()),
    }


def report(cards: Sequence[Card], title: str, run: int, read: int | None = None) -> Report:
    """What a review of these pages finds out; of their files, `read` have been read so far."""
    subjects = tuple(Subject(parse(path(card), render(card).encode())) for card in cards)
    files = tuple(measured(card) for card in cards)[:read]
    facts = Facts({file.url: file for file in files} if read is None else {})
    findings = tuple(engine.check(subjects, facts, policy.default()))
    unknown = any(file.state is RemoteState.UNVERIFIED for file in files)
    made = Report(
        id=sha256(title.encode()).hexdigest()[:20],
        ref=PullRef("github", "mindspore-ai/hub", 1046),
        title=title,
        url="https://github.com/mindspore-ai/hub/pull/1046",
        author="lin-xia",
        language="en",
        head_sha=HEAD,
        merge_base="c41f" * 10,
        started_at=STARTED,
        finished_at=STARTED + 14,
        paths=tuple(sorted(path(card) for card in cards)),
        findings=findings,
        files=files,
        wanted=len(cards),
        retry_at=STARTED + 314 if unknown else None,
        run=run,
    )
    return replace(made, conditions=gate.conditions(made))


def measured(card: Card) -> RemoteFile:
    """The file of a page, read to its end unless its host is the one that fails."""
    url, stated = link(card), (card.stated or card.model).sha256()
    if card.host == FAILING_HOST:
        return RemoteFile(url, RemoteState.UNVERIFIED, stated, reason="status-503", fault=Fault.HOST, reads=1)
    final = f"https://obs.cn-north-4.myhuaweicloud.com{file_path(card)}" if card.stated else url
    return RemoteFile(
        url, RemoteState.MEASURED, stated, card.model.sha256(), card.model.size(), final,
        reads=2 if card.stated else 1, content="ckpt",
    )  # fmt: skip


def planned(given: Report, cards: Sequence[Card] = ()) -> Plan:
    """What the bot would write about a report; `cards` are needed for comments on lines."""
    patches = {path(card): added(render(card)) for card in cards}
    return plan(
        given,
        Posted(),
        patches,
        words=RULE_WORDS,
        public_url=PUBLIC_URL,
        commands=offered(given.language),
        blob_url=f"https://github.com/lin-xia/hub/blob/{HEAD}/",
    )


def added(text: str) -> str:
    """The diff of a new file."""
    lines = text.splitlines()
    return "\n".join([f"@@ -0,0 +1,{len(lines)} @@", *(f"+{line}" for line in lines)])


def texts() -> Iterator[tuple[str, str]]:
    """Every comment by its name: summaries, and in `inline` those on lines."""
    for name, made in reports().items():
        for language in LANGUAGES:
            yield f"{name}.{language}", planned(replace(made, language=language)).summary or ""
    for language in LANGUAGES:
        said = planned(replace(report(SLIPS, "Slips", 3), language=language), SLIPS).inline
        yield f"inline.{language}", BETWEEN.join(comment.body for comment in said)
        yield f"issue.{language}", wanted("gitee/mindspore/hub", troubles(), language, PUBLIC_URL).body


def troubles() -> Iterator[Trouble]:
    """What an audit of published pages may come to."""
    other, week = sha256(b"somebody else's").hexdigest(), STARTED - 9 * DAY
    for card, state, known in (
        (catalogue.GOOGLENET, State.CHANGED, {"digest": other, "changed_at": STARTED}),
        (
            catalogue.RESNET50,
            State.DEAD,
            {"misses": 2, "first_miss": STARTED - DAY, "reason": "not-found"},
        ),
        (catalogue.MOBILENET, State.DIFFERS, {"baseline": other, "digest": other}),
        (catalogue.BERT, State.UNDECLARED, {}),
        (catalogue.DEEPLAB, State.SILENT, {"failing_since": week}),
    ):
        stated = card.model.sha256()
        declared = Declared(link(card), "" if state is State.UNDECLARED else stated, "ckpt")
        history = replace(History(link(card), baseline=stated, digest=stated), **known)
        yield Trouble(path(card).split("/")[2], path(card), declared, state, history)


def take(pictures: Mapping[str, str]) -> None:
    """A picture of each comment as GitHub would show it."""
    import cmarkgfm
    from cmarkgfm.cmark import Options

    style = (DOCS / "comments.css").read_text(encoding="utf-8")
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS
    with tempfile.TemporaryDirectory() as folder:
        for name, markdown in pictures.items():
            body = "".join(
                FRAME.format(body=cmarkgfm.github_flavored_markdown_to_html(part, options=options))
                for part in markdown.split(BETWEEN)
            )
            page = Path(folder, f"{name}.html")
            page.write_text(
                f'<!doctype html><meta charset="utf-8"><style>{style}</style>{body}{MEASURE}', "utf-8"
            )
            shoot(page, IMAGES / f"comment-{name}.png")


def shoot(page: Path, image: Path) -> None:
    """Chromium measures the page, then takes its picture just as high."""
    shown = chromium("--dump-dom", f"--window-size={WIDTH},400", page.as_uri())
    height = min(int(re.findall(r'data-height="(\d+)"', shown)[-1]), HEIGHT)
    chromium(f"--screenshot={image}", f"--window-size={WIDTH},{height}", page.as_uri())


def chromium(*arguments: str) -> str:
    """What a browser without a window prints."""
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    command = ["chromium", *options, "--lang=zh-CN", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, timeout=120, text=True)  # noqa: S603 - no shell, our own files
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", action="store_true", help="write no pictures")
    arguments = parser.parse_args()
    made = dict(texts())
    TEXTS.mkdir(exist_ok=True)
    for name, text in made.items():
        (TEXTS / f"{name}.md").write_text(text, encoding="utf-8")
    if not arguments.texts:
        take(made)


if __name__ == "__main__":
    main()
