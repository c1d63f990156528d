"""A forge, the asset servers and the bot, running; what a case may do with them and ask of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from forgesim import Sim

from tests.acceptance.pages import AssetPage, Hub, checkpoint
from tests.acceptance.process import Bot
from tests.ports import free_port

FORMAT, ASSETS, GATE = CONTEXTS = ("hubbot/format", "hubbot/assets", "hubbot/gate")
SUMMARY = "<!-- hubbot:summary"
SECRET = "acceptance-secret"
AUTHOR = "contributor"
#: Seconds for a review of a few small files, with room for a machine of two busy cores.
SOON = 60.0
#: Seconds without a request that count as the end of a run: a bot may keep a second between two writes.
SETTLED = 2.2
COULD_NOT_VERIFY = re.compile(r"could not (?:be )?verif|(?:无法|未能)验证", re.IGNORECASE)

Outcome = dict[str, Any]


@dataclass(frozen=True)
class Mode:
    """How the bot is connected: which forge, with which credential, and whether webhooks tell it anything.

    `role` is what a Gitee token may do in the repository.
    """

    forge: str
    credential: str
    role: str = "admin"
    hooked: bool = True

    def __str__(self) -> str:
        parts = (self.forge, self.credential, "" if self.role == "admin" else self.role)
        return "-".join((*filter(None, parts), *(() if self.hooked else ("poll",))))


MODES = (Mode("github", "token"), Mode("github", "app"), Mode("gitee", "token"))
#: Seconds between two looks where no webhook tells of anything; more than `SETTLED`, or it is never quiet.
POLL = 4


def environment(mode: Mode, sim: Sim, port: int, folder: Path) -> dict[str, str]:
    """The bot's settings for a simulator."""
    forge, prefix = getattr(sim, mode.forge), mode.forge.upper()
    address, asset_port = sim.assets.https_address
    settings = {
        "DATABASE_URL": f"sqlite:///{folder / 'bot.sqlite'}",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "METRICS_PORT": str(free_port()),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        f"{prefix}_API_URL": forge.url if mode.forge == "github" else forge.api_url,
        f"{prefix}_WEBHOOK_SECRET": SECRET,
        f"{prefix}_REPOSITORIES": forge.repo.full_name,
        "ASSET_CONNECT_TO": f"::{address}:{asset_port}",
        "ASSET_CA_BUNDLE": sim.assets.ca_file,
    }
    if mode.credential == "app":
        return {**settings, "GITHUB_APP_ID": str(forge.app.id), "GITHUB_PRIVATE_KEY": forge.app.private_key}
    if not mode.hooked:
        settings[f"{prefix}_POLL_SECONDS"] = str(POLL)
    return {**settings, f"{prefix}_TOKEN": forge.bot_token}


class World:
    """One mode's simulator and bot, shared by all cases of that mode; each case takes pages of its own."""

    def __init__(
        self, mode: Mode, hub: Hub, folder: Path, python: str, app_key: str, extra: Mapping[str, str] = {}
    ) -> None:
        self.mode, self.hub = mode, hub
        port = free_port()
        options = {"app_key": app_key} if mode.forge == "github" else {"bot_role": mode.role}
        self.sim = Sim(
            repo=hub.path,
            target=f"http://127.0.0.1:{port}",
            forges=(mode.forge,),
            mode=mode.credential,
            secret=SECRET,
            workdir=folder / "simulator",
            **{mode.forge: options},
        )
        self.forge = getattr(self.sim, mode.forge)
        if not mode.hooked:
            self.forge.hooks.clear()
        self.bot = Bot(python, folder, {**environment(mode, self.sim, port, folder), **extra})
        self.pulls: list[Any] = []
        self.tolerated: set[str] = set()
        self._taken = 0

    # -- what a case does ---------------------------------------------------
    def take(self, count: int) -> tuple[AssetPage, ...]:
        """Pages that no other case has."""
        start, self._taken = self._taken, self._taken + count
        assert self._taken <= len(self.hub.shelf), "the shelf is too small"
        return self.hub.shelf[start : self._taken]

    def serve(self, page: AssetPage, *, size: int = 4096, **options: Any) -> tuple[AssetPage, Any]:
        """Serves the file of a page with one asset; the page with its true digest, and the server's rule."""
        host, path = page.address
        if "kind" not in options:
            options["body"] = checkpoint(page.path, size)
        rule = self.sim.assets.add(host, path, **options)
        return page.declaring(rule.sha256), rule

    def serve_all(self, pages: Iterable[AssetPage]) -> tuple[list[AssetPage], list[Any]]:
        """The same for any number of pages and assets, one rule an address."""
        rules: dict[str, Any] = {}
        served = []
        for page in pages:
            for link in page.links:
                parts = urlsplit(link)
                if link not in rules:
                    rules[link] = self.sim.assets.add(parts.netloc, parts.path, body=checkpoint(link, 1024))
            served.append(page.declaring(*(rules[link].sha256 for link in page.links)))
        return served, list(rules.values())

    def open(self, pages: Iterable[AssetPage] | Mapping[str, Any], **options: Any) -> Any:
        pull = self.forge.open_pull_from_files(files=as_files(pages), **{"author": AUTHOR, **options})
        self.pulls.append(pull)
        return pull

    def push(self, pull: Any, pages: Iterable[AssetPage] | Mapping[str, Any]) -> None:
        self.forge.push(pull, as_files(pages))

    # -- what a case asks ---------------------------------------------------
    def wait(self, pull: Any, until: Callable[[Outcome], bool], within: float = SOON) -> Outcome:
        """The outcome once it satisfies `until` and the forge has been quiet for a moment."""
        try:
            return self.sim.wait(pull, timeout=within, settle=SETTLED, until=until)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{states(self.forge.outcome(pull))}\n{self.bot.tail()}") from None

    def final(self, pull: Any, within: float = SOON) -> Outcome:
        return self.wait(pull, is_final, within)

    def seen(self, pull: Any, condition: Callable[[Outcome], bool], within: float = SOON) -> Outcome:
        """The outcome as soon as it satisfies the condition, without waiting for quiet."""
        end = time.monotonic() + within
        while True:
            outcome: Outcome = self.forge.outcome(pull)
            if condition(outcome):
                return outcome
            assert time.monotonic() < end, f"not within {within} s: {states(outcome)}\n{self.bot.tail()}"
            time.sleep(0.02)

    def history(self, pull: Any, sha: str, context: str) -> list[str]:
        """Every state that a context had on a commit, oldest first (a check run: its last)."""
        given = [s.state for s in pull.repo.statuses.get(sha, []) if s.context == context]
        runs = sorted(pull.repo.check_runs.values(), key=lambda run: run.id)
        return given + [run_state(r.status, r.conclusion) for r in runs if r.sha == sha and r.name == context]

    def violations(self, since: float) -> list[str]:
        """What the bot did that the forge's own rules forbid or frown on, in this case.

        A run that stops because its pull request was closed rightly leaves its contexts pending.
        """
        mine = {pull.number for pull in self.pulls}
        closed = {pull.number for pull in self.pulls if pull.state != "open"}
        return [
            f"{note.severity} {note.kind}: {note.message}"
            for note in self.sim.violations("warning", since)
            if (note.pull is None or note.pull in mine)
            and note.kind not in self.tolerated
            and not (note.kind == "left-pending" and note.pull in closed)
        ]


def as_files(pages: Iterable[AssetPage] | Mapping[str, Any]) -> dict[str, Any]:
    return dict(pages) if isinstance(pages, Mapping) else {page.path: page.text for page in pages}


def run_state(status: str, conclusion: str | None) -> str:
    """A check run in the words of statuses; neutral and skipped, never allowed, show as they are."""
    if status != "completed":
        return "pending"
    known = {"success": "success", "failure": "failure", "timed_out": "error", "action_required": "error"}
    return known.get(conclusion or "", str(conclusion))


def states(outcome: Outcome) -> dict[str, str]:
    """Our contexts' states on the head, whether shown as statuses or as check runs."""
    found = {name: shown["state"] for name, shown in outcome["statuses"].items()}
    for run in outcome["check_runs"]:
        found[run["name"]] = run_state(run["status"], run["conclusion"])
    return {name: state for name, state in found.items() if name in CONTEXTS}


def titles(outcome: Outcome) -> str:
    return "\n".join(
        [str(shown["description"]) for shown in outcome["statuses"].values()]
        + [f"{run['title']}\n{run['summary']}" for run in outcome["check_runs"]]
    )


def is_final(outcome: Outcome) -> bool:
    found = states(outcome)
    return set(found) == set(CONTEXTS) and "pending" not in found.values()


def is_green(outcome: Outcome) -> bool:
    return states(outcome) == dict.fromkeys(CONTEXTS, "success")


def summaries(outcome: Outcome) -> list[dict[str, Any]]:
    return [comment for comment in outcome["comments"] if SUMMARY in comment["body"]]


def inline_places(outcome: Outcome) -> set[tuple[str, int]]:
    return {(comment["path"], comment["line"]) for comment in outcome["inline"]}
