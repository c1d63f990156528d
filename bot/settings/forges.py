"""The settings of GitHub and Gitee: what belongs together, and what is missing or contradicts itself."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from bot.errors import UserError
from bot.settings.kinds import Reader, address, flag, number, seconds, token
from bot.settings.names import VARIABLES
from bot.settings.values import GiteeSettings, GitHubSettings

#: Seconds that Gitee's documents allow between a delivery's timestamp and its arrival.
GITEE_TOLERANCE = 3600
#: Characters of a label: Gitee's limits.
GITEE_LABEL = (2, 20)
OWN_LABELS = tuple(f"hubbot:{word}" for word in ("verified", "needs-fix", "waived", "hold", "escalated"))


def github(read: Reader, credentials: bool) -> GitHubSettings | None:
    if not read.any_of(*(v for v in VARIABLES if v.startswith("GITHUB_") and v != "GITHUB_API_URL")):
        return None
    if not credentials:
        api = address(read, "GITHUB_API_URL", "https://api.github.com")
        return GitHubSettings(api, "", "", "", _secrets(read, "GITHUB"), _repositories(read, "GITHUB"))
    signed, app_id = token(read, "GITHUB_TOKEN"), read("GITHUB_APP_ID")
    key = _private_key(read("GITHUB_PRIVATE_KEY"))
    if signed and app_id:
        raise UserError(
            "GITHUB_TOKEN and GITHUB_APP_ID are both set; keep the App (check runs) or the token (statuses)."
        )
    if not signed and not app_id:
        raise UserError(
            "GITHUB_TOKEN is missing; set it, or GITHUB_APP_ID and GITHUB_PRIVATE_KEY for a GitHub App."
        )
    if key and not app_id:
        raise UserError(
            "GITHUB_PRIVATE_KEY is set without GITHUB_APP_ID, so it would not be used; "
            "set the id or unset the key."
        )
    if app_id and not (app_id.isascii() and app_id.isdigit()):
        raise UserError(f"GITHUB_APP_ID is {app_id!r}; it is the number on the App's settings page.")
    if app_id and not key:
        raise UserError(
            "GITHUB_PRIVATE_KEY is missing; set it to the App's key (PEM text, base64 of it, or a path)."
        )
    return GitHubSettings(
        api_url=address(read, "GITHUB_API_URL", "https://api.github.com"),
        token=signed,
        app_id=app_id,
        private_key=key,
        secrets=_secrets(read, "GITHUB"),
        repositories=_repositories(read, "GITHUB"),
        merge_token=_merge_token(read, "GITHUB"),
        audit_issue=_audit_issue(read, "GITHUB"),
    )


def gitee(read: Reader, credentials: bool) -> GiteeSettings | None:
    if not read.any_of(*(v for v in VARIABLES if v.startswith("GITEE_") and v != "GITEE_API_URL")):
        return None
    if credentials and not read("GITEE_TOKEN"):
        raise UserError(
            "GITEE_TOKEN is missing; make a personal access token of the bot's account and set it."
        )
    password = token(read, "GITEE_WEBHOOK_PASSWORD")
    secrets = () if password and not read("GITEE_WEBHOOK_SECRET") else _secrets(read, "GITEE")
    return GiteeSettings(
        api_url=address(read, "GITEE_API_URL", "https://gitee.com/api/v5"),
        token=token(read, "GITEE_TOKEN") if credentials else "",
        secrets=secrets,
        password=password,
        repositories=_repositories(read, "GITEE"),
        window=seconds(read, "GITEE_WEBHOOK_WINDOW", 600, 1, GITEE_TOLERANCE),
        negative_label=_label(read, "GITEE_NEGATIVE_LABEL"),
        test_state=flag(read, "GITEE_TEST_STATE"),
        poll=seconds(read, "GITEE_POLL_SECONDS", 300, 2, 3600),
        merge_token=_merge_token(read, "GITEE") if credentials else "",
        audit_issue=_audit_issue(read, "GITEE") if credentials else "",
    )


def _secrets(read: Reader, forge: str) -> tuple[str, ...]:
    """The present webhook secret and, during a rotation, the previous one."""
    name = f"{forge}_WEBHOOK_SECRET"
    present, previous = read(name), read(f"{name}_PREVIOUS")
    if not present:
        raise UserError(
            f"{name} is missing; without it anybody could send deliveries. Set it to the webhook's secret."
        )
    if present == previous:
        raise UserError(
            f"{name} and {name}_PREVIOUS are the same, so nothing is being changed; "
            f"put the new secret into {name}, or unset {name}_PREVIOUS."
        )
    return (present, previous) if previous else (present,)


def _audit_issue(read: Reader, forge: str) -> str:
    """The repository that has the issue; only an audit has anything to say there."""
    name = f"{forge}_AUDIT_ISSUE"
    repo = read(name)
    if repo:
        _require_repository(name, repo)
        if not number(read, "AUDIT_EVERY_HOURS", 0):
            raise UserError(
                f"{name} is set without AUDIT_EVERY_HOURS, so nothing would ever be written there; "
                "set AUDIT_EVERY_HOURS, for example to 168."
            )
    return repo


def _merge_token(read: Reader, forge: str) -> str:
    """A credential that is not the reporter's: what reads strangers' pages must not be able to merge."""
    name = f"{forge}_MERGE_TOKEN"
    merging = token(read, name)
    if merging and merging == read(f"{forge}_TOKEN"):
        raise UserError(f"{name} is the same as {forge}_TOKEN; make a token of another account for merging.")
    return merging


def _repositories(read: Reader, forge: str) -> tuple[str, ...]:
    name = f"{forge}_REPOSITORIES"
    found = tuple(part for part in read(name).replace(",", " ").split() if part)
    if not found:
        raise UserError(f"{name} is missing; list the repositories to review, as owner/name.")
    for repo in found:
        _require_repository(name, repo)
    return found


def _require_repository(name: str, repo: str) -> None:
    owner, slash, rest = repo.partition("/")
    if not (owner and slash and rest) or "/" in rest:
        raise UserError(f"{name} holds {repo!r}, which is not of the form owner/name.")


def _label(read: Reader, name: str) -> str:
    text, (least, most) = read(name), GITEE_LABEL
    if text in OWN_LABELS:
        raise UserError(f"{name} is {text!r}, which the bot sets by rules of its own; choose another name.")
    if text and (not least <= len(text) <= most or "," in text or not text.isprintable()):
        raise UserError(
            f"{name} is {text!r}; a label of Gitee has {least} to {most} characters and no comma."
        )
    return text


def _private_key(value: str) -> str:
    r"""PEM text from PEM, PEM with `\n` written out, base64 of PEM, or a path to a PEM file."""
    if not value:
        return ""
    if "-----BEGIN" in value:
        return value.replace("\\n", "\n") + "\n"
    try:
        decoded = base64.b64decode("".join(value.split()), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    if "-----BEGIN" in decoded:
        return decoded
    try:
        text = Path(value).read_text(encoding="ascii")
    except (OSError, ValueError):
        text = ""
    if "-----BEGIN" not in text:
        raise UserError(
            "GITHUB_PRIVATE_KEY is neither PEM text, nor base64 of it, nor the path of a readable PEM file."
        )
    return text
