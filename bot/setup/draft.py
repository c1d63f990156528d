"""What has been chosen so far: settings by the names of their variables, in memory until they are written."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex

from bot import logs, settings, wiring
from bot.forges.base import Hooks, Refused
from bot.model import Delivery
from bot.settings import Settings
from bot.setup.manifest import Made

#: Bytes of a webhook's secret that is made here.
SECRET_BYTES = 32
FORGES = ("github", "gitee")
#: What may be shown of the settings; everything else is a secret.
OPEN = frozenset(
    (
        "PUBLIC_URL",
        "GITHUB_APP_ID",
        "GITHUB_REPOSITORIES",
        "GITEE_REPOSITORIES",
        "GITEE_POLL_SECONDS",
        "DRY_RUN",
    )
)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at: a state of `hubbot doctor`, whose sentence it is, about what.

    `detail` is in the examination's own words, which are English.
    """

    kind: str
    state: str
    subject: str = ""
    detail: str = ""


@dataclass
class Draft:
    """One set-up. `given` is the real environment, which wins over what is typed here.

    `back` is where GitHub sends people back to; `wish` is what was last typed about an App to be made, `hook`
    how Gitee tells of what happens (`make`, `paste` or `poll`).
    """

    given: Mapping[str, str]
    back: str
    now: Callable[[], float] = time.time
    values: dict[str, str] = field(default_factory=dict)
    state: str = ""
    wish: dict[str, str] = field(default_factory=dict)
    app: Made | None = None
    hook: str = ""
    lines: dict[str, Sequence[Line]] = field(default_factory=dict)
    received: dict[str, float] = field(default_factory=dict)
    hooks: Mapping[str, Hooks] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def repositories(self, forge: str) -> tuple[str, ...]:
        return tuple(filter(None, self.values.get(f"{forge.upper()}_REPOSITORIES", "").split(",")))

    def connected(self, forge: str) -> bool:
        """Whether there is all that the forge's settings need."""
        prefix = forge.upper()
        signed = f"{prefix}_TOKEN" in self.values or f"{prefix}_APP_ID" in self.values
        return bool(signed and self.repositories(forge) and f"{prefix}_WEBHOOK_SECRET" in self.values)

    def wanted(self) -> tuple[str, ...]:
        """The forges of which repositories were named."""
        return tuple(forge for forge in FORGES if self.repositories(forge))

    def complete(self) -> bool:
        return bool(self.wanted()) and all(map(self.connected, self.wanted()))

    def api(self, forge: str) -> str:
        """The address of a forge's API, which only the environment can change."""
        # What is wrong with it was refused at the start.
        default = {"github": "https://api.github.com", "gitee": "https://gitee.com/api/v5"}[forge]
        return (self.given.get(f"{forge.upper()}_API_URL", "").strip() or default).rstrip("/")

    def written(self) -> dict[str, str]:
        """What would be written: the settings of every forge that is connected, and the address."""
        prefixes = tuple(f"{forge.upper()}_" for forge in FORGES if self.connected(forge))
        return {
            name: value
            for name, value in self.values.items()
            if name.startswith(prefixes) or not name.startswith(("GITHUB_", "GITEE_"))
        }

    def settings(self, **more: str) -> Settings:
        """The settings as a start would read them. Raises `UserError`."""
        return settings.load({**self.written(), **more, **{k: v for k, v in self.given.items() if v}})

    @property
    def url(self) -> str:
        """Where the bot is reached, as far as it was chosen."""
        return self.values.get("PUBLIC_URL", self.back)

    def take(self, forge: str, values: Mapping[str, str]) -> None:
        """Puts a forge's credential in place of the one before. Raises `UserError`, changing nothing."""
        prefix, kept = forge.upper(), dict(self.values)
        repositories = f"{prefix}_REPOSITORIES"
        with self.lock:
            before = self.values
            self.values = {k: v for k, v in kept.items() if not k.startswith(prefix) or k == repositories}
            self.values |= values
            try:
                self._heed()
            except BaseException:
                self.values = before
                raise
            self.lines.pop(forge, None)
            self.received.pop(forge, None)

    def place(self, values: Mapping[str, str]) -> None:
        """The address and the repositories."""
        with self.lock:
            self.values |= values
            self.values = {name: value for name, value in self.values.items() if value}
            self._heed()
            self.lines.clear()

    def _heed(self) -> None:
        """From now on deliveries are verified with what is known, and nothing of it gets into a log."""
        chosen = self.settings()
        logs.configure(settings.secrets(chosen))
        self.hooks = wiring.verifiers(chosen)


class Listening:
    """`Hooks` that take note of the first delivery which is signed rightly, and ask for nothing."""

    def __init__(self, draft: Draft, forge: str) -> None:
        self._draft, self._forge = draft, forge

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        hooks = self._draft.hooks.get(self._forge)
        if hooks is None:
            raise Refused(401, "no secret has been chosen yet")
        hooks.verify(headers, body, now)

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        delivery = self._draft.hooks[self._forge].parse(headers, body)
        self._draft.received[self._forge] = self._draft.now()
        return delivery

    def redact(self, body: bytes) -> bytes:
        return self._draft.hooks[self._forge].redact(body)


def new_secret() -> str:
    return token_hex(SECRET_BYTES)


def of_app(made: Made) -> dict[str, str]:
    """An App's settings; the key on one line, as it stands in a file."""
    return {
        "GITHUB_APP_ID": made.app_id,
        "GITHUB_PRIVATE_KEY": base64.b64encode(made.private_key.encode()).decode(),
        "GITHUB_WEBHOOK_SECRET": made.secret or new_secret(),
    }
