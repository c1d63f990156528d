"""The settings as values: everything that the operator decides."""

from __future__ import annotations

from dataclasses import dataclass

#: Where figures are shown unless the operator says otherwise: they are for the machine itself.
LOOPBACK = "127.0.0.1"
#: Hosts that mean all of this machine's addresses, each with the one by which the machine reaches itself.
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to


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
    def local_url(self) -> str:
        """Where this machine itself reaches the receiver, whatever others call it."""
        return origin(EVERYWHERE.get(self.host, self.host), self.port)

    @property
    def has_forge(self) -> bool:
        return self.github is not None or self.gitee is not None


def origin(host: str, port: int) -> str:
    """The address of a server of ours; an IPv6 address stands in brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
