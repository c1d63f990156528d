"""The newest open pull request, reviewed without writing anything: what the bot would post on it."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from markdown_it import MarkdownIt
from markupsafe import Markup

from bot.errors import CouldNotVerify, ForgeError, UserError
from bot.flows import once
from bot.logs import redact
from bot.model import PullRequest
from bot.review.report import verdict
from bot.settings import Settings, secrets
from bot.wiring import World

log = logging.getLogger("hubbot.setup")

#: Open pull requests that are looked through for the newest. Ours: more than any hub has.
MOST_PULLS = 2000
#: Letters of a forge's own words.
MAX_DETAIL = 300
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SUMMARY = re.compile(r"<details><summary>(.*?)</summary>")


@dataclass(frozen=True, slots=True)
class Shown:
    """How far the preview is: `state` is waiting, running, done, empty or failed (with `detail`)."""

    state: str = "waiting"
    forge: str = ""
    repo: str = ""
    number: int = 0
    title: str = ""
    comment: str = ""
    language: str = "en"
    verdict: str = ""
    detail: str = ""


class Preview:
    """At most one review at a time; the last outcome stays until the next begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self.shown = Shown()

    def start(self, chosen: Settings) -> None:
        """Begins in a thread of its own unless one is under way."""
        with self._lock:
            if self.shown.state == "running":
                return
            self.shown = Shown("running")
            self._cancelled = threading.Event()
        threading.Thread(
            target=self._run, args=(chosen, self._cancelled), daemon=True, name="preview"
        ).start()

    def cancel(self) -> None:
        self._cancelled.set()

    def forget(self) -> None:
        """What was shown belongs to settings that have changed."""
        with self._lock:
            if self.shown.state != "running":
                self.shown = Shown()

    def _run(self, chosen: Settings, cancelled: threading.Event) -> None:
        try:
            self.shown = reviewed(replace(chosen, dry_run=True), cancelled, self._tell)
        except (ForgeError, CouldNotVerify, UserError) as error:
            self.shown = replace(
                self.shown, state="failed", detail=redact(str(error), secrets(chosen))[:MAX_DETAIL]
            )
        except Exception as error:  # noqa: BLE001 - the edge: a defect ends the preview, not the set-up
            log.error("the preview ended with %s", type(error).__name__)
            self.shown = replace(self.shown, state="failed", detail=type(error).__name__)

    def _tell(self, shown: Shown) -> None:
        self.shown = shown


def reviewed(chosen: Settings, cancelled: threading.Event, tell: Callable[[Shown], None]) -> Shown:
    """Finds and reviews it. Raises `ForgeError` and `CouldNotVerify` as the forges and the review do."""
    signed = chosen.github is not None and bool(chosen.github.token or chosen.github.app_id)
    with once.apart(chosen, compares_tree=signed) as world:
        pull = newest(world)
        if pull is None:
            return Shown("empty")
        about = Shown("running", pull.ref.forge, pull.ref.repo, pull.ref.number, pull.title)
        tell(about)
        alone = world if pull.ref.forge == "github" else replace(world, compares_tree=False)
        report = once.review(alone, pull.ref, cancelled)
    if report is None:
        return Shown("empty")
    language = report.language
    return replace(
        about,
        state="done",
        comment=once.summary(report, language),
        language=language,
        verdict=verdict(report).value,
    )


def newest(world: World) -> PullRequest | None:
    """Of the first repository that has one open, the one that was opened last."""
    for forge, repos in world.repositories.items():
        for repo in repos:
            found: PullRequest | None = None
            for number, pull in enumerate(world.forges[forge].open_pulls(repo)):
                found = pull
                if number == MOST_PULLS:
                    break
            if found is not None:
                return found
    return None


def rendered(comment: str) -> Markup:
    """The comment nearly as a forge shows it: no HTML of anybody passes, and our own folds are opened."""
    text = _SUMMARY.sub(
        r"**\1**",
        _COMMENT.sub("", comment.encode("utf-8", "backslashreplace").decode()).replace("</details>", ""),
    )
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = parser.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            # A comment stands by itself; here it stands below the heading of a page.
            token.tag = f"h{max(2, int(token.tag[1]) - 1)}"
        elif token.type == "th_open":
            token.attrSet("scope", "col")
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 - it escapes what is not its own
