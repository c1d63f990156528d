"""The only reader of the environment: typed settings, and a refusal by name for every one that is wrong."""

from __future__ import annotations

from collections.abc import Mapping

from bot.errors import UserError
from bot.misspelt import misspelt
from bot.model import PullRef
from bot.settings import forges, kinds
from bot.settings.database import DEFAULT_DATABASE, database, password_of
from bot.settings.kinds import Reader
from bot.settings.names import (
    CREDENTIALS,
    INLINE,
    SEPARATE,
    VARIABLES,
    demo_environment,
    downloader_environment,
)
from bot.settings.values import (
    AuditSettings,
    DownloaderSettings,
    GiteeSettings,
    GitHubSettings,
    Settings,
    origin,
)

__all__ = [
    "CREDENTIALS",
    "INLINE",
    "SEPARATE",
    "VARIABLES",
    "AuditSettings",
    "DownloaderSettings",
    "GitHubSettings",
    "GiteeSettings",
    "Settings",
    "demo_environment",
    "downloader_environment",
    "for_database",
    "for_downloader",
    "for_downloads",
    "for_one_pull",
    "load",
    "password_of",
    "secrets",
]


def load(environment: Mapping[str, str], *, credentials: bool = True) -> Settings:
    """Settings from the environment. Raises `UserError` that names the variable, the reason and the fix.

    Without `credentials` no token or key is read or asked for: the receiver calls no forge.
    """
    for name, meant in misspelt(environment, VARIABLES):
        raise UserError(f"{name} is not a setting; did you mean {meant}? Rename or unset it.")
    read = Reader(environment)
    host, port, metrics_port = (
        kinds.host(read),
        kinds.port(read, "PORT", 8000),
        kinds.port(read, "METRICS_PORT", 9000),
    )
    if port == metrics_port:
        raise UserError(
            f"PORT and METRICS_PORT are both {port}; metrics need a port of their own: change one."
        )
    return Settings(
        database_url=database(read("DATABASE_URL", DEFAULT_DATABASE)),
        host=host,
        port=port,
        public_url=kinds.address(read, "PUBLIC_URL", origin(host, port)),
        metrics_port=metrics_port,
        github=forges.github(read, credentials),
        gitee=forges.gitee(read, credentials),
        connect_to=read("ASSET_CONNECT_TO"),
        ca_bundle=kinds.readable(read, "ASSET_CA_BUNDLE"),
        dry_run=kinds.flag(read, "DRY_RUN"),
        audit=AuditSettings(
            every=kinds.number(read, "AUDIT_EVERY_HOURS", 0) * 3600,
            alive=kinds.number(read, "AUDIT_ALIVE_HOURS", 24) * 3600,
            pause=kinds.number(read, "AUDIT_PAUSE_SECONDS", 1),
        ),
        separate_downloads=kinds.is_separate(read),
        metrics_host=kinds.interface(read, "METRICS_HOST"),
    )


def for_one_pull(environment: Mapping[str, str], ref: PullRef, *, post: bool) -> Settings:
    """Settings to review one pull request by hand: a token if there is one, no secrets, no repositories."""
    read = Reader(environment)
    token = kinds.token(read, f"{ref.forge.upper()}_TOKEN")
    if post and not token:
        raise UserError(f"--post needs {ref.forge.upper()}_TOKEN: a token of the account that is to write.")
    is_github = ref.forge == "github"
    api = "https://api.github.com" if is_github else "https://gitee.com/api/v5"
    api_url = kinds.address(read, f"{ref.forge.upper()}_API_URL", api)
    return Settings(
        database_url="",
        host="",
        port=0,
        public_url=kinds.address(read, "PUBLIC_URL", ""),
        metrics_port=0,
        github=GitHubSettings(api_url, token, "", "", (), (ref.repo,)) if is_github else None,
        gitee=None if is_github else GiteeSettings(api_url, token, (), "", (ref.repo,)),
        connect_to=read("ASSET_CONNECT_TO"),
        ca_bundle=kinds.readable(read, "ASSET_CA_BUNDLE"),
        dry_run=not post,
    )


def for_database(environment: Mapping[str, str]) -> str:
    """`DATABASE_URL` alone: whoever only looks after the database is given nothing else."""
    return database(Reader(environment)("DATABASE_URL", DEFAULT_DATABASE))


def for_downloads(environment: Mapping[str, str]) -> tuple[str, str]:
    """`ASSET_CONNECT_TO` and `ASSET_CA_BUNDLE` alone: a publisher's environment may hold any token."""
    read = Reader(environment)
    return read("ASSET_CONNECT_TO"), kinds.readable(read, "ASSET_CA_BUNDLE")


def for_downloader(environment: Mapping[str, str]) -> DownloaderSettings:
    """Settings of a process that opens strangers' addresses. Raises `UserError` if it holds a credential."""
    for name, meant in misspelt(environment, VARIABLES):
        raise UserError(f"{name} is not a setting; did you mean {meant}? Rename or unset it.")
    read = Reader(environment)
    for name in CREDENTIALS:
        if read.any_of(name):
            raise UserError(
                f"{name} is set, but a downloader opens strangers' addresses and must hold no credential; "
                "start it with DATABASE_URL, ASSET_CONNECT_TO and ASSET_CA_BUNDLE alone."
            )
    return DownloaderSettings(
        database_url=database(read("DATABASE_URL", DEFAULT_DATABASE)),
        connect_to=read("ASSET_CONNECT_TO"),
        ca_bundle=kinds.readable(read, "ASSET_CA_BUNDLE"),
        metrics_port=kinds.port(read, "METRICS_PORT", 9000) if read("METRICS_PORT") else None,
        metrics_host=kinds.interface(read, "METRICS_HOST"),
    )


def secrets(chosen: Settings) -> tuple[str, ...]:
    """Every secret value among the settings, for the log filter."""
    found: list[str] = []
    if chosen.github is not None:
        found += [chosen.github.token, chosen.github.private_key.strip(), *chosen.github.secrets]
        found.append(chosen.github.merge_token)
    if chosen.gitee is not None:
        found += [chosen.gitee.token, chosen.gitee.password, *chosen.gitee.secrets]
        found.append(chosen.gitee.merge_token)
    found += password_of(chosen.database_url)
    return tuple(value for value in found if value)
