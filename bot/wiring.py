"""The composition root: the only module that names drivers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

from sqlalchemy import Engine

from bot.downloads.port import Downloads
from bot.downloads.separate import Separate
from bot.fetchers import fetchers
from bot.forges.base import Forge, Hooks, Merger, Polled, Queueing, Redelivering, Tracker
from bot.forges.demo.forge import DemoForge
from bot.forges.demo.hooks import DemoHooks
from bot.forges.demo.stories import REPOSITORY
from bot.forges.demo.world import read_secret
from bot.forges.gitee.client import GiteeForge
from bot.forges.gitee.hooks import GiteeHooks
from bot.forges.gitee.merger import GiteeMerger
from bot.forges.github.client import GitHubAppForge, GitHubForge, app_client, token_client
from bot.forges.github.hooks import GitHubHooks
from bot.forges.github.merger import GitHubMerger
from bot.forges.pace import Pace, Told
from bot.orders import Errand
from bot.settings import AuditSettings, GiteeSettings, GitHubSettings, Settings
from bot.store.allowances import Account
from bot.store.audits import AuditStore
from bot.store.database import open_database, upgrade
from bot.store.orders import PlacedOrders
from bot.store.queue import Queue
from bot.store.served import served
from bot.store.store import Store
from rules import policy
from rules.policy import Policy

DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where a forge's issue about published pages is kept."""

    tracker: Tracker
    repo: str


@dataclass(frozen=True, slots=True)
class Auditor:
    """What the audit of published pages works with, apart from what reviews use."""

    chosen: AuditSettings
    fetcher: Downloads
    store: AuditStore
    #: By forge; none where the operator has not asked for an issue.
    keeping: Mapping[str, Keeping] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receiver:
    """What endpoint and pages work with: no forge, no download, no credential but the webhooks' secrets."""

    hooks: Mapping[str, Hooks]
    repositories: Mapping[str, tuple[str, ...]]
    store: Store
    public_url: str
    demo: bool
    now: Callable[[], float] = time.time
    #: Where people read a forge's files, by name.
    sites: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Polling:
    """How a forge is looked at besides its webhooks: every so many seconds, its comments too."""

    source: Polled
    every: float


@dataclass(frozen=True, slots=True)
class World:
    """What the worker works with."""

    forges: Mapping[str, Forge]
    repositories: Mapping[str, tuple[str, ...]]
    store: Store
    queue: Queue
    fetcher: Downloads
    policy: Policy
    public_url: str
    dry_run: bool
    #: Whether a pull request is compared with every page of the hub, which is read once and then kept.
    compares_tree: bool = True
    #: What merges, by forge; none where the operator has not asked for it.
    mergers: Mapping[str, Merger] = field(default_factory=dict)
    now: Callable[[], float] = time.time
    polling: Mapping[str, Polling] = field(default_factory=dict)
    #: None where published pages are not audited.
    auditor: Auditor | None = None
    #: Forges with merge queues.
    queueing: Mapping[str, Queueing] = field(default_factory=dict)
    #: Forges that are asked for lost deliveries.
    redelivering: Mapping[str, Redelivering] = field(default_factory=dict)


def receiver(settings: Settings, demo: Path | None = None) -> Receiver:
    """Opens the database, bringing it up to date, and makes the verifiers of webhooks."""
    hooks = verifiers(settings)
    if demo is not None:
        hooks[DEMO] = DemoHooks(read_secret(demo))
    return Receiver(
        hooks,
        _repositories(settings, demo),
        _store(settings.database_url),
        settings.public_url,
        demo is not None,
        sites={
            name: site_of(chosen.api_url)
            for name, chosen in (("github", settings.github), ("gitee", settings.gitee))
            if chosen is not None
        },
    )


def site_of(api_url: str) -> str:
    """Where people use the forge whose API is at an address: the same host where it has a path of its own."""
    parts = urlsplit(api_url)
    host = parts.netloc if parts.path.strip("/") else parts.netloc.removeprefix("api.")
    return f"{parts.scheme}://{host}"


def verifiers(settings: Settings) -> dict[str, Hooks]:
    """What verifies the deliveries of every forge that is set."""
    hooks: dict[str, Hooks] = {}
    if settings.github is not None:
        hooks["github"] = GitHubHooks(settings.github.secrets)
    if settings.gitee is not None:
        hooks["gitee"] = GiteeHooks(settings.gitee.secrets, settings.gitee.password, settings.gitee.window)
    return hooks


@contextmanager
def world(settings: Settings, demo: Path | None = None) -> Iterator[World]:
    """Opens the database, bringing it up to date, and makes the forges' clients and the fetcher."""
    store = _store(settings.database_url)
    forges: dict[str, Forge] = {}
    queueing: dict[str, Queueing] = {}
    redelivering: dict[str, Redelivering] = {}
    keeping: dict[str, Keeping] = {}
    if settings.github is not None:
        github = _github(settings.github, store)
        forges["github"] = queueing["github"] = github
        if isinstance(github, GitHubAppForge):
            redelivering["github"] = github
        if settings.github.audit_issue:
            keeping["github"] = Keeping(github.tracker(), settings.github.audit_issue)
    polling: dict[str, Polling] = {}
    if settings.gitee is not None:
        gitee = _gitee(settings.gitee, store)
        forges["gitee"], polling["gitee"] = gitee, Polling(gitee, settings.gitee.poll)
        if settings.gitee.audit_issue:
            keeping["gitee"] = Keeping(gitee.tracker(), settings.gitee.audit_issue)
    if demo is not None:
        forges[DEMO] = DemoForge(demo, settings.public_url)
    try:
        with downloads(settings, store.engine) as (fetcher, slow):
            audited, repositories = settings.audit.every > 0, _repositories(settings, demo)
            ours = served(repositories)
            yield World(
                forges,
                repositories,
                store,
                Queue(store.engine, ours),
                fetcher,
                policy.default(),
                settings.public_url,
                settings.dry_run,
                polling=polling,
                mergers=_mergers(settings, store),
                auditor=Auditor(settings.audit, slow, AuditStore(store.engine, ours), keeping)
                if audited
                else None,
                queueing=queueing,
                redelivering=redelivering,
            )
    finally:
        store.engine.dispose()


@contextmanager
def downloads(settings: Settings, engine: Engine) -> Iterator[tuple[Downloads, Downloads]]:
    """What opens the addresses of pages, for reviews and for audits: this process, or another."""
    if settings.separate_downloads:
        orders = PlacedOrders(engine)
        with closing(Separate(orders)) as reviews, closing(Separate(orders, Errand.AUDIT)) as audits:
            yield reviews, audits
    else:
        with fetchers(settings.connect_to, settings.ca_bundle, engine) as opened:
            yield opened


def _github(settings: GitHubSettings, store: Store) -> GitHubForge:
    kept = _kept(store, "github")
    if settings.app_id:
        return app_client(settings.api_url, settings.app_id, settings.private_key, **kept)
    return token_client(settings.api_url, settings.token, **kept)


def _gitee(settings: GiteeSettings, store: Store) -> GiteeForge:
    return GiteeForge(
        settings.api_url,
        settings.token,
        negative_label=settings.negative_label,
        test_state=settings.test_state,
        **_kept(store, "gitee"),
    )


class _Kept(TypedDict):
    pace: Pace
    told: Told


def _kept(store: Store, name: str) -> _Kept:
    """The account that all processes keep of one credential of a forge."""
    account = Account(store.engine, name)
    return {"pace": Pace(spend=account.spend), "told": account.told}


def _mergers(settings: Settings, store: Store) -> Mapping[str, Merger]:
    found: dict[str, Merger] = {}
    if settings.github is not None and settings.github.merge_token:
        found["github"] = GitHubMerger(
            settings.github.api_url, settings.github.merge_token, **_kept(store, "github merge")
        )
    if settings.gitee is not None and settings.gitee.merge_token:
        found["gitee"] = GiteeMerger(
            settings.gitee.api_url, settings.gitee.merge_token, **_kept(store, "gitee merge")
        )
    return found


def _store(database_url: str) -> Store:
    engine = open_database(database_url)
    upgrade(engine)
    return Store(engine)


def _repositories(settings: Settings, demo: Path | None) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    if settings.github is not None:
        found["github"] = settings.github.repositories
    if settings.gitee is not None:
        found["gitee"] = settings.gitee.repositories
    if demo is not None:
        found[DEMO] = (REPOSITORY,)
    return found
