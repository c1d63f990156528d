"""The only reader of the environment: typed settings, and a refusal by name for every one that is wrong."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import UserError
from bot.misspelt import misspelt
from bot.model import PullRef

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
#: Where figures are shown unless the operator says otherwise: they are for the machine itself.
LOOPBACK = "127.0.0.1"
#: Who opens the addresses of pages: the worker itself, or `hubbot downloader`.
INLINE, SEPARATE = "inline", "separate"

DEFAULT_DATABASE = "sqlite:///var/hubbot.sqlite"
#: Seconds that Gitee's documents allow between a delivery's timestamp and its arrival.
GITEE_TOLERANCE = 3600
#: Characters of a label: Gitee's limits.
GITEE_LABEL = (2, 20)
OWN_LABELS = tuple(f"hubbot:{word}" for word in ("verified", "needs-fix", "waived", "hold", "escalated"))
#: By name, so that nothing that somebody adds to an environment one day comes along. `PG…` is libpq's.
_FOR_DOWNLOADER = re.compile(
    r"(DATABASE_URL|ASSET_CONNECT_TO|ASSET_CA_BUNDLE)(_FILE)?"
    r"|PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|PYTHON[A-Z]+|VIRTUAL_ENV|SSL_CERT_(FILE|DIR)|PG[A-Z]+"
)
TRUE, FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class GitHubSettings:
    """Credentials of GitHub: a token, or an App's id and private key (PEM text).

    `merge_token` is another account's that merges; without it nothing is ever merged.
    `audit_issue` names the repository that has the issue about published pages, nothing for none.
    """

    api_url: str
    token: str
    app_id: str
    private_key: str
    secrets: tuple[str, ...]
    repositories: tuple[str, ...]
    merge_token: str = ""
    audit_issue: str = ""


@dataclass(frozen=True, slots=True)
class GiteeSettings:
    """Gitee: credentials, and its customs. `password` is set only where hooks still use password mode.

    `window` (how far a delivery's timestamp may be off) and `poll` (between two looks) are in seconds;
    `negative_label` stands while the gate is closed, nothing where it is empty.
    """

    api_url: str
    token: str
    secrets: tuple[str, ...]
    password: str
    repositories: tuple[str, ...]
    window: float = 600.0
    negative_label: str = ""
    test_state: bool = False
    poll: float = 300.0
    merge_token: str = ""
    audit_issue: str = ""


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """How often the published pages are verified, in seconds: all files whole, and whether they are there.

    `every` 0 is off. `pause` is the least time between two files.
    """

    every: float = 0.0
    alive: float = 24 * 3600.0
    pause: float = 1.0


@dataclass(frozen=True, slots=True)
class DownloaderSettings:
    """What a process that only downloads needs to know. `metrics_port` is None where none is named."""

    database_url: str
    connect_to: str
    ca_bundle: str
    metrics_port: int | None = None
    metrics_host: str = LOOPBACK


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the operator decides. `github` and `gitee` are None where nothing of them is set."""

    database_url: str
    host: str
    port: int
    public_url: str
    metrics_port: int
    github: GitHubSettings | None
    gitee: GiteeSettings | None
    connect_to: str
    ca_bundle: str
    dry_run: bool
    audit: AuditSettings = AuditSettings()
    #: Whether a process of its own, without any credential, opens the addresses of pages.
    separate_downloads: bool = False
    metrics_host: str = LOOPBACK

    @property
    def has_forge(self) -> bool:
        return self.github is not None or self.gitee is not None


def load(environment: Mapping[str, str], *, credentials: bool = True) -> Settings:
    """Settings from the environment. Raises `UserError` that names the variable, the reason and the fix.

    Without `credentials` no token or key is read or asked for: the receiver calls no forge.
    """
    for name, meant in misspelt(environment, VARIABLES):
        raise UserError(f"{name} is not a setting; did you mean {meant}? Rename or unset it.")
    read = _Reader(environment)
    host, port, metrics_port = (
        read("HOST", "127.0.0.1"),
        _port(read, "PORT", 8000),
        _port(read, "METRICS_PORT", 9000),
    )
    if port == metrics_port:
        raise UserError(
            f"PORT and METRICS_PORT are both {port}; metrics need a port of their own: change one."
        )
    return Settings(
        database_url=_database(read("DATABASE_URL", DEFAULT_DATABASE)),
        host=host,
        port=port,
        public_url=_address(read, "PUBLIC_URL", f"http://{host}:{port}"),
        metrics_port=metrics_port,
        github=_github(read, credentials),
        gitee=_gitee(read, credentials),
        connect_to=read("ASSET_CONNECT_TO"),
        ca_bundle=_readable(read, "ASSET_CA_BUNDLE"),
        dry_run=_flag(read, "DRY_RUN"),
        audit=AuditSettings(
            every=_number(read, "AUDIT_EVERY_HOURS", 0) * 3600,
            alive=_number(read, "AUDIT_ALIVE_HOURS", 24) * 3600,
            pause=_number(read, "AUDIT_PAUSE_SECONDS", 1),
        ),
        separate_downloads=_is_separate(read),
        metrics_host=_interface(read, "METRICS_HOST"),
    )


def for_one_pull(environment: Mapping[str, str], ref: PullRef, *, post: bool) -> Settings:
    """Settings to review one pull request by hand: a token if there is one, no secrets, no repositories."""
    read = _Reader(environment)
    token = read(f"{ref.forge.upper()}_TOKEN")
    if post and not token:
        raise UserError(f"--post needs {ref.forge.upper()}_TOKEN: a token of the account that is to write.")
    is_github = ref.forge == "github"
    api = "https://api.github.com" if is_github else "https://gitee.com/api/v5"
    api_url = _address(read, f"{ref.forge.upper()}_API_URL", api)
    return Settings(
        database_url="",
        host="",
        port=0,
        public_url=_address(read, "PUBLIC_URL", "") if read("PUBLIC_URL") else "",
        metrics_port=0,
        github=GitHubSettings(api_url, token, "", "", (), (ref.repo,)) if is_github else None,
        gitee=None if is_github else GiteeSettings(api_url, token, (), "", (ref.repo,)),
        connect_to=read("ASSET_CONNECT_TO"),
        ca_bundle=_readable(read, "ASSET_CA_BUNDLE"),
        dry_run=not post,
    )


def for_database(environment: Mapping[str, str]) -> str:
    """`DATABASE_URL` alone: whoever only looks after the database is given nothing else."""
    return _database(_Reader(environment)("DATABASE_URL", DEFAULT_DATABASE))


def for_downloads(environment: Mapping[str, str]) -> tuple[str, str]:
    """`ASSET_CONNECT_TO` and `ASSET_CA_BUNDLE` alone: a publisher's environment may hold any token."""
    read = _Reader(environment)
    return read("ASSET_CONNECT_TO"), _readable(read, "ASSET_CA_BUNDLE")


def for_downloader(environment: Mapping[str, str]) -> DownloaderSettings:
    """Settings of a process that opens strangers' addresses. Raises `UserError` if it holds a credential."""
    for name, meant in misspelt(environment, VARIABLES):
        raise UserError(f"{name} is not a setting; did you mean {meant}? Rename or unset it.")
    read = _Reader(environment)
    for name in CREDENTIALS:
        if read.any_of(name):
            raise UserError(
                f"{name} is set, but a downloader opens strangers' addresses and must hold no credential; "
                "start it with DATABASE_URL, ASSET_CONNECT_TO and ASSET_CA_BUNDLE alone."
            )
    return DownloaderSettings(
        database_url=_database(read("DATABASE_URL", DEFAULT_DATABASE)),
        connect_to=read("ASSET_CONNECT_TO"),
        ca_bundle=_readable(read, "ASSET_CA_BUNDLE"),
        metrics_port=_port(read, "METRICS_PORT", 9000) if read("METRICS_PORT") else None,
        metrics_host=_interface(read, "METRICS_HOST"),
    )


def downloader_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a downloader may have: what it reads, and what any program needs to run."""
    return {name: value for name, value in environment.items() if _FOR_DOWNLOADER.fullmatch(name)}


class _Reader:
    """A variable's value, or the content of the file that NAME_FILE names."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def __call__(self, name: str, default: str = "") -> str:
        value = self.environment.get(name, "")
        path = self.environment.get(f"{name}_FILE", "")
        if value and path:
            raise UserError(f"{name} and {name}_FILE are both set; keep one of them.")
        if path:
            try:
                value = Path(path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                reason = type(error).__name__
                raise UserError(
                    f"{name}_FILE names {path}, which cannot be read ({reason}); "
                    "check that it exists and that this user may read it."
                ) from None
        return value.strip() or default

    def any_of(self, *names: str) -> bool:
        return any(self.environment.get(n) or self.environment.get(f"{n}_FILE") for n in names)


def _github(read: _Reader, credentials: bool) -> GitHubSettings | None:
    if not read.any_of(*(v for v in VARIABLES if v.startswith("GITHUB_") and v != "GITHUB_API_URL")):
        return None
    if not credentials:
        api = _address(read, "GITHUB_API_URL", "https://api.github.com")
        return GitHubSettings(api, "", "", "", _secrets(read, "GITHUB"), _repositories(read, "GITHUB"))
    token, app_id = read("GITHUB_TOKEN"), read("GITHUB_APP_ID")
    key = _private_key(read("GITHUB_PRIVATE_KEY"))
    if token and app_id:
        raise UserError(
            "GITHUB_TOKEN and GITHUB_APP_ID are both set; keep the App (check runs) or the token (statuses)."
        )
    if not token and not app_id:
        raise UserError(
            "GITHUB_TOKEN is missing; set it, or GITHUB_APP_ID and GITHUB_PRIVATE_KEY for a GitHub App."
        )
    if key and not app_id:
        raise UserError(
            "GITHUB_PRIVATE_KEY is set without GITHUB_APP_ID, so it would not be used; "
            "set the id or unset the key."
        )
    if app_id and not app_id.isdigit():
        raise UserError(f"GITHUB_APP_ID is {app_id!r}; it is the number on the App's settings page.")
    if app_id and not key:
        raise UserError(
            "GITHUB_PRIVATE_KEY is missing; set it to the App's key (PEM text, base64 of it, or a path)."
        )
    return GitHubSettings(
        api_url=_address(read, "GITHUB_API_URL", "https://api.github.com"),
        token=token,
        app_id=app_id,
        private_key=key,
        secrets=_secrets(read, "GITHUB"),
        repositories=_repositories(read, "GITHUB"),
        merge_token=_merge_token(read, "GITHUB"),
        audit_issue=_audit_issue(read, "GITHUB"),
    )


def _gitee(read: _Reader, credentials: bool) -> GiteeSettings | None:
    if not read.any_of(*(v for v in VARIABLES if v.startswith("GITEE_") and v != "GITEE_API_URL")):
        return None
    if credentials and not read("GITEE_TOKEN"):
        raise UserError(
            "GITEE_TOKEN is missing; make a personal access token of the bot's account and set it."
        )
    password = read("GITEE_WEBHOOK_PASSWORD")
    secrets = () if password and not read("GITEE_WEBHOOK_SECRET") else _secrets(read, "GITEE")
    return GiteeSettings(
        api_url=_address(read, "GITEE_API_URL", "https://gitee.com/api/v5"),
        token=read("GITEE_TOKEN") if credentials else "",
        secrets=secrets,
        password=password,
        repositories=_repositories(read, "GITEE"),
        window=_seconds(read, "GITEE_WEBHOOK_WINDOW", 600, 1, GITEE_TOLERANCE),
        negative_label=_label(read, "GITEE_NEGATIVE_LABEL"),
        test_state=_flag(read, "GITEE_TEST_STATE"),
        poll=_seconds(read, "GITEE_POLL_SECONDS", 300, 2, 3600),
        merge_token=_merge_token(read, "GITEE") if credentials else "",
        audit_issue=_audit_issue(read, "GITEE") if credentials else "",
    )


def _secrets(read: _Reader, forge: str) -> tuple[str, ...]:
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


def _repositories(read: _Reader, forge: str) -> tuple[str, ...]:
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


def _audit_issue(read: _Reader, forge: str) -> str:
    """The repository that has the issue; only an audit has anything to say there."""
    name = f"{forge}_AUDIT_ISSUE"
    repo = read(name)
    if repo:
        _require_repository(name, repo)
        if not _number(read, "AUDIT_EVERY_HOURS", 0):
            raise UserError(
                f"{name} is set without AUDIT_EVERY_HOURS, so nothing would ever be written there; "
                "set AUDIT_EVERY_HOURS, for example to 168."
            )
    return repo


def _merge_token(read: _Reader, forge: str) -> str:
    """A credential that is not the reporter's: what reads strangers' pages must not be able to merge."""
    name = f"{forge}_MERGE_TOKEN"
    token = read(name)
    if token and token == read(f"{forge}_TOKEN"):
        raise UserError(f"{name} is the same as {forge}_TOKEN; make a token of another account for merging.")
    return token


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


def _database(url: str) -> str:
    scheme = url.partition(":")[0]
    if scheme == "postgres":
        return "postgresql" + url.removeprefix("postgres")
    if scheme not in ("sqlite", "postgresql"):
        raise UserError("DATABASE_URL must begin with sqlite:/// or postgresql://.")
    return url


def _address(read: _Reader, name: str, default: str) -> str:
    value = read(name, default).rstrip("/")
    parts = urlsplit(value)
    if "@" in parts.netloc:
        raise UserError(
            f"{name} holds a user name or password, which would be shown; give the address alone."
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise UserError(f"{name} is {value!r}; it must be an http:// or https:// address without a query.")
    return value


def _port(read: _Reader, name: str, default: int) -> int:
    text = read(name, str(default))
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise UserError(f"{name} is {text!r}; it must be a port number from 1 to 65535.")
    return int(text)


def _interface(read: _Reader, name: str) -> str:
    text = read(name, LOOPBACK)
    try:
        ip_address(text)
    except ValueError:
        raise UserError(
            f"{name} is {text!r}; it must be an address of this machine such as {LOOPBACK}, or 0.0.0.0."
        ) from None
    return text


def _seconds(read: _Reader, name: str, default: int, least: int, most: int) -> float:
    text = read(name, str(default))
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
        raise UserError(f"{name} is {text!r}; it must be a number of seconds from {least} to {most}.")
    return float(text)


def _label(read: _Reader, name: str) -> str:
    text, (least, most) = read(name), GITEE_LABEL
    if text in OWN_LABELS:
        raise UserError(f"{name} is {text!r}, which the bot sets by rules of its own; choose another name.")
    if text and (not least <= len(text) <= most or "," in text or not text.isprintable()):
        raise UserError(
            f"{name} is {text!r}; a label of Gitee has {least} to {most} characters and no comma."
        )
    return text


def _number(read: _Reader, name: str, default: float) -> float:
    text = read(name, str(default))
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,5})?", text):
        raise UserError(f"{name} is {text!r}; it must be a number such as 24 or 0.5.")
    return float(text)


def _readable(read: _Reader, name: str) -> str:
    path = read(name)
    if path and not Path(path).is_file():
        raise UserError(f"{name} names {path}, which is not a file.")
    return path


def _is_separate(read: _Reader) -> bool:
    text = read("DOWNLOADS", INLINE).lower()
    if text not in (INLINE, SEPARATE):
        raise UserError(f"DOWNLOADS is {text!r}; say {INLINE} or {SEPARATE}.")
    return text == SEPARATE


def _flag(read: _Reader, name: str) -> bool:
    text = read(name).lower()
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise UserError(f"{name} is {text!r}; say 1 or 0.")


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


def password_of(database_url: str) -> tuple[str, ...]:
    """The password in the address of a database, if it has one."""
    password = urlsplit(database_url).password if "@" in database_url else None
    return (password,) if password else ()
