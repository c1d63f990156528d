"""The variables by name: what is read, what is a credential, and what of an environment others may have."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.misspelt import misspelt

#: Every variable that is read; each also as NAME_FILE, whose content is the value.
VARIABLES = (
    "DATABASE_URL",
    "HOST",
    "PORT",
    "PUBLIC_URL",
    "METRICS_HOST",
    "METRICS_PORT",
    "GITHUB_API_URL",
    "GITHUB_TOKEN",
    "GITHUB_APP_ID",
    "GITHUB_PRIVATE_KEY",
    "GITHUB_WEBHOOK_SECRET",
    "GITHUB_WEBHOOK_SECRET_PREVIOUS",
    "GITHUB_REPOSITORIES",
    "GITHUB_MERGE_TOKEN",
    "GITHUB_AUDIT_ISSUE",
    "GITEE_API_URL",
    "GITEE_TOKEN",
    "GITEE_WEBHOOK_SECRET",
    "GITEE_WEBHOOK_SECRET_PREVIOUS",
    "GITEE_WEBHOOK_PASSWORD",
    "GITEE_WEBHOOK_WINDOW",
    "GITEE_REPOSITORIES",
    "GITEE_NEGATIVE_LABEL",
    "GITEE_TEST_STATE",
    "GITEE_POLL_SECONDS",
    "GITEE_MERGE_TOKEN",
    "GITEE_AUDIT_ISSUE",
    "DOWNLOADS",
    "ASSET_CONNECT_TO",
    "ASSET_CA_BUNDLE",
    "AUDIT_EVERY_HOURS",
    "AUDIT_ALIVE_HOURS",
    "AUDIT_PAUSE_SECONDS",
    "DRY_RUN",
)

#: What a process that opens addresses of strangers must not hold, where downloads are apart.
CREDENTIALS = (
    "GITHUB_TOKEN",
    "GITHUB_PRIVATE_KEY",
    "GITHUB_WEBHOOK_SECRET",
    "GITHUB_WEBHOOK_SECRET_PREVIOUS",
    "GITHUB_MERGE_TOKEN",
    "GITEE_TOKEN",
    "GITEE_WEBHOOK_SECRET",
    "GITEE_WEBHOOK_SECRET_PREVIOUS",
    "GITEE_WEBHOOK_PASSWORD",
    "GITEE_MERGE_TOKEN",
)
#: Who opens the addresses of pages: the worker itself, or `hubbot downloader`.
INLINE, SEPARATE = "inline", "separate"
#: By name, so that nothing that somebody adds to an environment one day comes along. `PG…` is libpq's.
_FOR_DOWNLOADER = re.compile(
    r"(DATABASE_URL|ASSET_CONNECT_TO|ASSET_CA_BUNDLE)(_FILE)?"
    r"|PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|PYTHON[A-Z]+|VIRTUAL_ENV|SSL_CERT_(FILE|DIR)|PG[A-Z]+"
)
#: What the demo has of its own: database, forge, file servers, audit; and it always writes to its forge.
_OF_DEMO = ("DATABASE_URL", "DRY_RUN", "GITHUB_", "GITEE_", "ASSET_", "AUDIT_")


def downloader_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a downloader may have: what it reads, and what any program needs to run."""
    return {name: value for name, value in environment.items() if _FOR_DOWNLOADER.fullmatch(name)}


def demo_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment says how the demo runs: everything but settings that it has of its own.

    A slip in the name of a setting is left out, too: the demo is for whoever is about to learn them.
    """
    own = {name for known in VARIABLES if known.startswith(_OF_DEMO) for name in (known, f"{known}_FILE")}
    slips = {name for name, _ in misspelt(environment, VARIABLES)}
    return {name: value for name, value in environment.items() if name not in own | slips}
