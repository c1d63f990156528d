"""Prepares everything that the demo needs besides the bot itself, and lets its first webhooks go."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from types import TracebackType

from bot.errors import ForgeError, UserError
from bot.forges.demo import deliveries, tls
from bot.forges.demo.files import FileServer
from bot.forges.demo.forge import DemoForge, create
from bot.forges.demo.stories import REPOSITORY, hosted

SECRET = "secret"  # noqa: S105 - the name of a file
DATABASE = "hubbot.sqlite"
#: Bytes of the webhook secret, from the system's randomness.
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """A prepared demo: use it as a context manager, for its file server lives in this process.

    Other processes need `workdir` (for `DemoForge`), `secret` (for `DemoHooks`) and `environment`.
    """

    workdir: Path
    secret: str
    ca_bundle: Path
    connect_to: str
    files: FileServer
    repository: str = REPOSITORY
    #: Whether nobody pushes or says anything by himself.
    still: bool = False

    @property
    def environment(self) -> Mapping[str, str]:
        """The settings under which the bot's downloads reach the demo's file server, and audits while one
        watches; and a database of its own, so that no live bot finds made-up pull requests in its own.
        """
        return {
            "DATABASE_URL": database_url(self.workdir),
            "ASSET_CONNECT_TO": self.connect_to,
            "ASSET_CA_BUNDLE": str(self.ca_bundle),
            "AUDIT_EVERY_HOURS": "1",
            "AUDIT_ALIVE_HOURS": "0.02",
        }

    def forge(self, public_url: str = "") -> DemoForge:
        return DemoForge(self.workdir, public_url)

    def close(self) -> None:
        self.files.close()

    def __enter__(self) -> DemoWorld:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def prepare(
    workdir: Path, now: Callable[[], float] = time.time, *, delay: float = 0.0, still: bool = False
) -> DemoWorld:
    """Makes hub, secret, certificates and file server in `workdir`, keeping what an earlier start left.

    The files of the largest pull request begin `delay` seconds late.
    """
    workdir = workdir.resolve()
    try:
        create(workdir)
        secret = _secret(workdir / SECRET)
        held = hosted()
        made = tls.make(workdir / "tls", {host for host, _ in held.models}, now())
        files = FileServer(held, made.server, delay)
    except OSError as error:
        raise UserError(f"The demo cannot be set up in {workdir}: {error.strerror or error}") from error
    return DemoWorld(workdir, secret, made.authority, files.connect_to(), files, still=still)


def announce(world: DemoWorld, base_url: str, sleep: Callable[[float], None] = time.sleep) -> int:
    """Sends `opened` for every pull request to `base_url`/webhooks/demo, once the receiver is ready.

    After a restart the deliveries have the ids they had before, so that the bot knows them for repetitions.
    Returns how many were taken. Raises `ForgeError` when the receiver does not get ready or stops answering.
    """
    if not deliveries.await_ready(base_url, sleep):
        raise ForgeError("the receiver did not get ready")
    taken = 0
    for pull in world.forge().open_pulls(world.repository):
        try:
            status = deliveries.send(base_url, deliveries.pull_event(world.secret, pull, "opened"))
        except OSError as error:
            raise ForgeError("the receiver stopped answering") from error
        taken += 200 <= status < 300
    return taken


def database_url(workdir: Path) -> str:
    """Where a demo keeps its jobs and reports."""
    return f"sqlite:///{workdir / DATABASE}"


def read_secret(workdir: Path) -> str:
    """The webhook secret of a prepared demo, for the process that receives."""
    return (workdir / SECRET).read_text(encoding="ascii")


def _secret(path: Path) -> str:
    """The secret of an earlier start, so that a delivery still under way stays valid, or a new one."""
    if not path.exists():
        tls.write_private(path, token_hex(SECRET_BYTES).encode())
    return path.read_text(encoding="ascii")
