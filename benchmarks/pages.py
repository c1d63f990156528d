"""How long the server takes for the page of a report of 479 pages, and how large it is."""

from __future__ import annotations

import argparse
import gzip
import tempfile
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from bot.model import PullRef, Report
from bot.review import gate
from bot.review.excerpts import excerpts
from bot.settings import load
from bot.web.app import create_app
from bot.web.stored import StoredWorld
from bot.wiring import receiver
from rules import engine
from rules.engine import Subject
from rules.facts import Facts, RemoteFile, RemoteState, Tensor
from rules.page import parse
from rules.policy import default

#: Pages of the largest pull request that a hub has seen in one go.
PAGES = 479
#: What a page's server time and size may come to.
LIMIT_SECONDS, LIMIT_BYTES = 0.2, 300_000
REF = PullRef("github", "mindspore/hub", 479)
NOW = 1_764_000_000.0
LINK = "https://download.mindspore.cn/models/r1.9/model{n}_ascend_v190_imagenet2012_official_cv_acc{n}.ckpt"


def text(n: int) -> str:
    """A page as people write them, with mistakes of its own: a module type, a date, in a third a digest."""
    digest = sha256(str(n).encode()).hexdigest()
    return f"""# model{n}

---

model-name: model{n}

backbone-name: model{n}

module-type: cv-clasification{n}

fine-tunable: True

model-version: 1.9

train-dataset: imagenet2012

author: MindSpore team

update-time: 2022-13-{n % 28 + 1:02}

repo-link: <https://gitee.com/mindspore/models/tree/r1.9/official/cv/model{n}>

user-id: MindSpore

used-for: inference

train-backend: Ascend

infer-backend: Ascend

mindspore-version: 1.9

license: Apache2.0

accuracy: {n % 100}.2

summary: A model that stands for number {n}.

asset:
  -
    file-format: ckpt
    asset-link: <{LINK.format(n=n)}>
    asset-sha256: {digest if n % 3 else digest[:40]}

---

## Introduction

Number {n}.

## Citation

None.
"""


def report(count: int = PAGES) -> Report:
    """A finished report of so many pages, each with findings and a file, some not as declared."""
    subjects = [
        Subject(parse(f"mshub_res/assets/mindspore/1.9/model{n}_imagenet.md", text(n).encode()))
        for n in range(count)
    ]
    files = {}
    for want in engine.wanted([subject.page for subject in subjects]):
        observed = sha256(want.url.encode()).hexdigest() if "0_ascend" in want.url else want.sha256
        tensors = (Tensor("conv1.weight", "Float32", (64, 3, 7, 7)),) * 2
        files[want.url] = RemoteFile(
            want.url, RemoteState.MEASURED, want.sha256, observed, 102_400_000, want.url,
            reads=1, seconds=2.5, measured_at=NOW, content="ckpt", tensors=tensors, tensor_count=267,
        )  # fmt: skip
    findings = tuple(engine.check(subjects, Facts(files), default()))
    found = Report(
        "479" * 6, REF, "Add the pages of r1.9", "https://github.com/mindspore/hub/pull/479", "lin-xiaoyu",
        "en", "a" * 40, "b" * 40, NOW, NOW + 600, tuple(s.page.path for s in subjects), findings,
        tuple(files.values()), len(files), run=3,
        excerpts=excerpts(findings, {s.page.path: s.page.lines for s in subjects}),
    )  # fmt: skip
    return replace(found, conditions=gate.conditions(found))


def measure(workdir: Path, count: int = PAGES, times: int = 5, lang: str = "en") -> tuple[float, bytes]:
    """Processor seconds of the fastest answer, with earlier reviews in the store; and the page."""
    made = receiver(load({"DATABASE_URL": f"sqlite:///{workdir / 'pages.sqlite'}"}))
    found = report(count)
    for n in range(4):
        made.store.save_report(replace(found, id=f"older{n}", started_at=NOW - 3600 * (n + 1)))
    made.store.save_report(found)
    client = create_app(StoredWorld(made)).test_client()
    spells, page = [], b""
    for _ in range(times):
        begun = time.process_time()
        page = client.get(f"/reports/{found.id}?lang={lang}").data
        spells.append(time.process_time() - begun)
    made.store.engine.dispose()
    return min(spells), page


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=PAGES)
    count = parser.parse_args().pages
    with tempfile.TemporaryDirectory() as folder:
        seconds, page = measure(Path(folder), count)
    print(f"{count} pages: {seconds * 1000:.0f} ms, {len(page):,} bytes, {len(gzip.compress(page)):,} packed")
    return int(seconds > LIMIT_SECONDS or len(page) > LIMIT_BYTES)


if __name__ == "__main__":
    raise SystemExit(main())
