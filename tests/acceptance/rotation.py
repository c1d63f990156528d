"""Every secret of a deployment changed while it runs, by the steps of docs/operations.md."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from forgesim import Sim
from forgesim.github.access import new_key

from tests.acceptance.deployment import Deployment

#: Roles of the database: the one that owns the tables, and the second that passwords are changed with.
FIRST, SECOND = "hubbot", "hubbot_next"
MERGER = "merger"
Step = tuple[str, Callable[[], None]]


@dataclass
class Keys:
    """The public keys of an App, of which the forge takes any: it may have several."""

    keys: list[Any]

    def verify(self, *arguments: Any) -> None:
        for key in self.keys[:-1]:
            with contextlib.suppress(InvalidSignature):
                key.verify(*arguments)
                return
        self.keys[-1].verify(*arguments)


@dataclass
class Rotation:
    """The operator at work. `known` are all secrets that there ever were: none may be in a log.

    `opens` is the downloaders' password of the database, the only secret that they have.
    """

    deployment: Deployment
    sim: Sim
    current: dict[str, str]
    opens: str
    known: set[str] = field(default_factory=set)

    def steps(self) -> list[Step]:
        return [
            ("GITHUB_WEBHOOK_SECRET", lambda: self._webhook("GITHUB_WEBHOOK_SECRET", self.sim.github)),
            ("GITEE_WEBHOOK_SECRET", lambda: self._webhook("GITEE_WEBHOOK_SECRET", self.sim.gitee)),
            ("GITHUB_PRIVATE_KEY", self._private_key),
            (
                "GITEE_TOKEN",
                lambda: self._token("GITEE_TOKEN", self.sim.gitee, self.sim.gitee.bot.login, True),
            ),
            ("GITHUB_MERGE_TOKEN", lambda: self._token("GITHUB_MERGE_TOKEN", self.sim.github, MERGER, False)),
            ("GITEE_MERGE_TOKEN", lambda: self._token("GITEE_MERGE_TOKEN", self.sim.gitee, MERGER, False)),
            ("the password in DATABASE_URL", self._password),
            ("the downloader's password", self._downloader),
            ("rolling restart", self._restart_all),
        ]

    def _webhook(self, name: str, forge: Any) -> None:
        new = self._made(secrets.token_hex(24))
        self.deployment.set(**{f"{name}_PREVIOUS": self.current[name], name: new})
        self.deployment.restart(*self.deployment.receivers)
        for hook in forge.hooks:
            hook.secret = new
        forge.dispatcher.wait_idle()
        self.deployment.set(**{f"{name}_PREVIOUS": None})
        self.deployment.restart(*self.deployment.receivers)
        self.current[name] = new

    def _private_key(self) -> None:
        app, new = self.sim.github.app, self._made(new_key())
        added = load_pem_private_key(new.encode(), None).public_key()
        app._public = Keys([app.public_key, added])
        self.deployment.set(GITHUB_PRIVATE_KEY=one_line(new))
        self.deployment.restart(*self.deployment.workers)
        app._public, app.private_key = added, new

    def _token(self, name: str, forge: Any, login: str, is_bot: bool) -> None:
        new = self._made(forge.add_token(login, is_bot=is_bot))
        self.deployment.set(**{name: new})
        self.deployment.restart(*self.deployment.workers)
        del (forge.tokens if forge is self.sim.gitee else forge.access.tokens)[self.current[name]]
        self.current[name] = new

    def _password(self) -> None:
        new, cluster = self._made(secrets.token_hex(24)), self.deployment.cluster
        cluster.sql(f"CREATE ROLE {SECOND} LOGIN PASSWORD '{new}' IN ROLE {FIRST};"
                    f"ALTER ROLE {SECOND} SET ROLE {FIRST};")  # fmt: skip
        self.deployment.set(DATABASE_URL=cluster.address(SECOND, new))
        self.deployment.restart(*self.deployment.receivers, *self.deployment.workers)
        cluster.sql(f"ALTER ROLE {FIRST} NOLOGIN;")

    def _downloader(self) -> None:
        self.opens = self._made(secrets.token_hex(24))
        self.deployment.cluster.grant(self.opens)
        self.deployment.set_downloader(self.opens)
        self.deployment.restart(*self.deployment.downloaders)

    def _restart_all(self) -> None:
        self.deployment.restart(*self.deployment.processes)

    def _made(self, secret: str) -> str:
        self.known.add(secret)
        return secret


def one_line(pem: str) -> str:
    r"""A key as it fits into a line of an environment file: `\n` written out."""
    return pem.strip().replace("\n", "\\n")
