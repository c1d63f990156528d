"""What can be seen without asking anybody: secrets, key, addresses, database, disk, egress guard."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy import delete, false, make_url
from sqlalchemy.exc import ArgumentError

from bot import settingsfile
from bot.allowance import Allowance
from bot.doctor.check import Check, failing, ok, skipped
from bot.doctor.clock import database_clock
from bot.downloads import Fetcher, connect_to
from bot.errors import UserError
from bot.settings import Settings
from bot.store import allowances
from bot.store.database import (
    StoreUnavailable,
    clock,
    existing_database,
    is_current,
    open_database,
    reading,
    shown,
    sqlite_file,
    writing,
)
from bot.store.orders import LEASE
from bot.store.schema import workers
from bot.store.tasks import OpenOrders
from rules.facts import RemoteState, Wanted

#: GitHub's own advice is "a random string of text with high entropy"; 16 characters of hex are 64 bits. Ours.
SHORTEST_SECRET, FEWEST_CHARACTERS = 16, 6
#: A database that cannot grow refuses deliveries; a year of a hub's reports is less than this (bytes). Ours.
LEAST_DISK = 1 << 30
LOOPBACK = ("127.0.0.1", "localhost", "::1", "0.0.0.0")  # noqa: S104 - compared with, not bound to
#: Metadata service, loopback, private: what no page may ever make us open.
FORBIDDEN = ("https://169.254.169.254/", "https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/")
NEW_SECRET = "python -c 'import secrets; print(secrets.token_hex(32))'"  # noqa: S105 - how to make one


def secrets(chosen: Settings) -> Iterator[Check]:
    held = []
    if chosen.github is not None:
        held += [("GITHUB_WEBHOOK_SECRET", chosen.github.secrets[0])]
    if chosen.gitee is not None:
        held += [("GITEE_WEBHOOK_SECRET", secret) for secret in chosen.gitee.secrets[:1]]
        if chosen.gitee.password:
            held += [("GITEE_WEBHOOK_PASSWORD", chosen.gitee.password)]
    for name, secret in held:
        yield _strength(name, secret)
    if len(held) > 1 and len({secret for _, secret in held}) < len(held):
        yield failing(
            "secrets apart",
            " and ".join(name for name, _ in held) + " are the same",
            "whoever learns the one, for instance from Gitee's hook, can forge deliveries of the other",
            f"give each a value of its own, made with: {NEW_SECRET}",
        )


def _strength(name: str, secret: str) -> Check:
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_CHARACTERS:
        return failing(
            name,
            f"{len(secret)} characters, {len(set(secret))} different ones",
            "a short secret can be found by trying, and then anybody sends deliveries",
            f"make a new one with: {NEW_SECRET}; keep the old one as {name}_PREVIOUS until the forge has it",
        )
    return ok(name, "long enough")


def settings_file(path: Path = settingsfile.PATH) -> Iterator[Check]:
    """What the set-up wrote holds secrets."""
    if settingsfile.seen_by_others(path):
        yield failing(
            "settings file",
            f"{path} can be read by other users of this machine",
            "it holds the credentials",
            f"chmod 600 {path}",
        )
    elif path.exists():
        yield ok("settings file", f"{path} is its owner's alone")


def private_key(chosen: Settings) -> Iterator[Check]:
    if chosen.github is None or not chosen.github.app_id:
        return
    try:
        key = load_pem_private_key(chosen.github.private_key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, RSAPrivateKey):
        yield ok("GITHUB_PRIVATE_KEY", f"an RSA key of {key.key_size} bits")
    else:
        yield failing(
            "GITHUB_PRIVATE_KEY",
            "not an RSA key in PEM form without a password",
            "no call to GitHub can be signed",
            "generate a key on the App's settings page and use the downloaded file as it is",
        )


def public_address(chosen: Settings) -> Iterator[Check]:
    parts = urlsplit(chosen.public_url)
    forges = [f.api_url for f in (chosen.github, chosen.gitee) if f is not None]
    local = parts.hostname in LOOPBACK
    if local and any(urlsplit(api).hostname not in LOOPBACK for api in forges):
        yield failing(
            "PUBLIC_URL",
            f"{chosen.public_url} can be reached from this machine only",
            "no delivery arrives, and the links in comments lead nowhere",
            "set PUBLIC_URL to the address that the reverse proxy serves, for example https://hubbot.example.org",
        )
    elif parts.scheme == "http" and not local:
        yield failing(
            "PUBLIC_URL",
            f"{chosen.public_url} is not encrypted",
            "a Gitee delivery can be copied on its way and sent again with another body",
            "serve it with TLS (deploy/nginx.conf) and write https:// here and in the webhooks",
        )
    else:
        yield ok("PUBLIC_URL", chosen.public_url)


def database(chosen: Settings, now: float) -> Iterator[Check]:
    name, why = "database", "an accepted delivery must be durable; without it every one is refused"
    try:
        target = make_url(chosen.database_url)
    except (ArgumentError, ValueError):
        fix = "write sqlite:///path or postgresql://user:password@host/name"
        yield failing(name, "DATABASE_URL is not the address of a database", why, fix)
        return
    if target.get_backend_name() == "sqlite":
        path = Path(target.database or "")
        if not path.exists():
            yield _folder(path)
            return
        if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
            yield failing(
                name, f"{path} or its folder is read-only", why, f"let this user write {path.parent}"
            )
            return
    yield from _opened(chosen, why, now)


def _opened(chosen: Settings, why: str, now: float) -> Iterator[Check]:
    try:
        engine = open_database(chosen.database_url)
    except UserError as error:
        yield failing("database", str(error), why, "correct DATABASE_URL")
        return
    where = shown(engine)
    try:
        if not is_current(engine):
            yield failing(
                "migrations",
                "the schema is not the one that this release was written for",
                "the receiver says that it is not ready, and a worker may fail at any query",
                "run `hubbot db upgrade`",
            )
            return
        yield ok("migrations", "the schema is current")
        with writing(engine) as connection:
            connection.execute(delete(workers).where(false()))
        yield ok("database", f"{where} can be written")
        told = clock(engine)
        if told is not None:
            yield database_clock(told, now)
        with reading(engine) as connection:
            allowed = allowances.read(connection)
        yield from (allowance(one, now) for one in allowed)
    except StoreUnavailable as trouble:
        fix = "start the database, and check host, user, password and rights in DATABASE_URL"
        yield failing("database", f"{where} cannot be used ({trouble})", why, fix)
    finally:
        engine.dispose()


def allowance(one: Allowance, now: float) -> Check:
    """What a worker was last told of the requests that its credential may still make."""
    name, seen = f"requests {one.name}", f"{one.left(now)} of {one.limit} left"
    if not one.is_low(now):
        return ok(name, seen)
    return failing(
        name,
        f"{seen} for {max(0.0, one.reset_at - now) / 60:.0f} minutes more",
        "polling, audit and the search for lost deliveries rest until then, and reviews may have to",
        "give the bot a credential that nothing else uses; poll and reconcile fewer repositories with it",
    )


def downloader(chosen: Settings, now: float) -> Iterator[Check]:
    """Whether anybody does the downloads that are left to others; `now` in seconds since the epoch."""
    if not chosen.separate_downloads:
        return
    try:
        engine = existing_database(chosen.database_url)
    except UserError:  # what is wrong with the database has been said
        yield skipped("downloader", "the database cannot be asked who is alive")
        return
    try:
        alive = int(OpenOrders(engine).figures(now)["downloaders_alive"])
    except StoreUnavailable:
        yield skipped("downloader", "the database cannot be asked who is alive")
        return
    finally:
        engine.dispose()
    if alive:
        yield ok("downloader", f"{alive} alive")
    else:
        yield failing(
            "downloader",
            f"DOWNLOADS=separate, and none was alive in the last {LEASE:.0f} seconds",
            "no model file can be verified, and every gate stays closed",
            "start `hubbot downloader` with a DATABASE_URL of the same database, or unset DOWNLOADS",
        )


def _folder(path: Path) -> Check:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return failing(
            "database",
            f"{path} cannot be made: {folder} is not a folder that this user may write",
            "nothing that a forge delivers can be stored",
            f"point DATABASE_URL to a writable folder; in a container mount a volume at {path.parent}",
        )
    return skipped("database", f"{path} does not exist yet; the first start makes it")


def disk(chosen: Settings) -> Iterator[Check]:
    path = sqlite_file(chosen.database_url) or Path()
    yield room(next((p for p in path.absolute().parents if p.is_dir()), Path("/")))


def room(folder: Path, least: int = LEAST_DISK) -> Check:
    free = shutil.disk_usage(folder).free
    if free < least:
        return failing(
            "disk",
            f"{free >> 20} MiB are free at {folder}",
            "a full disk means that deliveries are refused until there is room",
            f"make room for at least {least >> 20} MiB, or move the database",
        )
    return ok("disk", f"{free >> 30} GiB are free at {folder}")


def egress(chosen: Settings) -> Iterator[Check]:
    """Makes the downloader try what it must never open; its refusal comes before any packet."""
    try:
        everything = connect_to.find(connect_to.parse(chosen.connect_to), "no.such.host.invalid", 443)
        fetcher = Fetcher(connect_to=chosen.connect_to, ca_bundle=chosen.ca_bundle or None)
    except UserError as error:
        fix = "correct the variable that is named"
        yield failing("downloads", str(error), "no model file can be verified", fix)
        return
    if everything:
        fetcher.close()
        what = f"ASSET_CONNECT_TO sends every download to {everything.address}:{everything.to_port}"
        yield skipped("egress guard", what, "that target alone is exempt from the check of addresses")
        return
    try:
        files = list(fetcher.measure([Wanted(url) for url in FORBIDDEN], lambda: False))
    finally:
        fetcher.close()
    opened = sorted(f.url for f in files if f.state is not RemoteState.WRONG)
    if opened or len(files) != len(FORBIDDEN):
        yield failing(
            "egress guard",
            f"not refused: {', '.join(opened)}",
            "a page could make the bot read from the inside of your network",
            "stop the worker and report this as a defect; unset ASSET_CONNECT_TO if it names such an address",
        )
    else:
        yield ok("egress guard", f"{len(files)} addresses of the inside were refused")
