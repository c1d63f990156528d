"""The examination: what needs nobody first, then what a forge, a resolver and our own receiver say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot import settings, settingsfile
from bot.doctor import offline
from bot.doctor.check import Check, State, failing, ok, skipped
from bot.doctor.gitee import examine_gitee
from bot.doctor.github import examine_github
from bot.doctor.receiver import loop_back
from bot.downloads import connect_to
from bot.downloads.outcome import Trouble
from bot.downloads.resolver import Resolve, lookup, system_resolve
from bot.errors import UserError
from bot.logs import redact
from bot.settings import Settings

#: The hub's own file server: if its name is not found, no name of a file host will be.
ASSET_HOST = "download.mindspore.cn"
#: Seconds for a name; downloads give a resolver as long.
RESOLVE_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Examination:
    """What to look at, by which clock (seconds since the epoch) and which resolver.

    `file` is what the set-up wrote, below the environment.
    """

    environment: Mapping[str, str]
    online: bool = True
    write_probe: bool = False
    now: Callable[[], float] = time.time
    resolve: Resolve = system_resolve
    file: Path = settingsfile.PATH


def examine(asked: Examination) -> Iterator[Check]:
    """Every check in turn; a check that fails by a defect of ours is a failing check, not the end."""
    try:
        chosen = settings.load(settingsfile.environment(asked.environment, asked.file))
        hidden = settings.secrets(chosen)
    except UserError as error:
        what, _, fix = str(error).partition("; ")
        why = "nothing starts with it"
        yield failing("configuration", what, why, fix or "correct the variable that is named")
        return
    except Exception as error:  # noqa: BLE001 - the edge: even then monitoring gets its object
        yield _defect(error)
        return
    yield ok("configuration", "every setting is understood")
    if not chosen.has_forge:
        yield skipped("forges", "none is configured: `hubbot serve` shows the demo")
    for part in _parts(asked, chosen):
        try:
            for check in part:
                yield _safe(check, hidden)
        except Exception as error:  # noqa: BLE001 - the edge: one broken check must not hide the others
            yield _defect(error)


def _defect(error: Exception) -> Check:
    return failing("doctor", f"a check ended with {type(error).__name__}", "a defect of ours", "report it")


def _parts(asked: Examination, chosen: Settings) -> Iterator[Iterator[Check]]:
    yield offline.secrets(chosen)
    yield offline.settings_file(asked.file)
    yield offline.private_key(chosen)
    yield offline.public_address(chosen)
    yield offline.database(chosen, asked.now())
    yield offline.disk(chosen)
    yield offline.egress(chosen)
    yield offline.downloader(chosen, asked.now())
    if not asked.online:
        return
    yield resolver(chosen, asked.resolve)
    yield examine_github(chosen, asked.now(), write_probe=asked.write_probe)
    yield examine_gitee(chosen, asked.now())
    if chosen.has_forge:
        yield loop_back(chosen, asked.now())


def resolver(chosen: Settings, resolve: Resolve) -> Iterator[Check]:
    try:
        overrides = connect_to.parse(chosen.connect_to)
    except UserError:  # which the look at the egress guard has said
        yield skipped("resolver", "ASSET_CONNECT_TO, which may say where asset hosts are, is wrong")
        return
    if connect_to.find(overrides, ASSET_HOST, 443):
        yield skipped("resolver", "ASSET_CONNECT_TO says where asset hosts are")
        return
    try:
        found = lookup(resolve, ASSET_HOST, 443, RESOLVE_WITHIN, threading.Event())
    except Trouble as trouble:
        yield failing(
            "resolver",
            f"{ASSET_HOST} is not found ({trouble})",
            "no model file can be verified, and every gate stays closed",
            "mend DNS on this machine (`/etc/resolv.conf`), or allow port 53 out",
        )
        return
    yield ok("resolver", f"{ASSET_HOST} has {len(found)} addresses")


def _safe(check: Check, hidden: tuple[str, ...]) -> Check:
    """Whatever another side said, no secret of ours is printed."""
    return Check(
        check.name, check.state, *(redact(text, hidden) for text in (check.what, check.why, check.fix))
    )


def worst(checks: list[Check]) -> int:
    """The exit code: 1 where anything fails."""
    return int(any(check.state is State.FAILING for check in checks))
