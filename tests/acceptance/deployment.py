"""The deployment that docs/operations.md describes: two receivers behind nginx, two workers, downloaders.

All of it is real and on loopback; settings are in environment files, as systemd reads them.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.acceptance.cluster import Cluster
from tests.acceptance.process import ROOT, STOPPED_WITHIN, until
from tests.ports import free_port

SITE = ROOT / "deploy" / "nginx.conf"
UP_WITHIN = 60.0
#: The settings that the receiver does not get.
CREDENTIALS = (
    "GITHUB_APP_ID",
    "GITHUB_PRIVATE_KEY",
    "GITHUB_MERGE_TOKEN",
    "GITEE_TOKEN",
    "GITEE_MERGE_TOKEN",
)
#: The environment files that the unit of each command names.
FILES = {
    "web": ("common.env",),
    "worker": ("common.env", "worker.env"),
    "downloader": ("downloader.env",),
}


class Process:
    """One `hubbot web`, `worker` or `downloader`, with the port by which it is seen to be up."""

    def __init__(self, folder: Path, command: str, number: int) -> None:
        self.command, self.port = command, free_port()
        self.log = folder / f"{command}-{number}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.codes: list[int] = []

    def start(self, program: list[str], folder: Path, environment: Mapping[str, str]) -> None:
        port = "PORT" if self.command == "web" else "METRICS_PORT"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*program, self.command],
                cwd=folder,
                env={**environment, port: str(self.port)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        path = "/healthz" if self.command == "web" else "/metrics"

        def up() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, f"{self.command} ended:\n{self.tail()}"
            return status(f"http://127.0.0.1:{self.port}{path}") == 200

        until(up, UP_WITHIN, f"{self.command} is up")

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.codes.append(self.process.wait(STOPPED_WITHIN))
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def tail(self) -> str:
        return self.log.read_text("utf-8", "replace")[-3000:]


class Deployment:
    """All of it. `set` writes a setting into its file; only a restart makes a process read it."""

    def __init__(self, folder: Path, program: list[str], password: str, downloaders: int = 1) -> None:
        self.folder, self.program = folder, program
        self.cluster = Cluster(folder / "postgresql", password)
        self.receivers = [Process(folder, "web", number) for number in (1, 2)]
        self.workers = [Process(folder, "worker", number) for number in (1, 2)]
        self.downloaders = [Process(folder, "downloader", number + 1) for number in range(downloaders)]
        self.port = free_port()
        self.restarts = 0
        self._settings: dict[str, str] = {"DOWNLOADS": "separate"}
        self.proxy: subprocess.Popen[bytes] | None = None

    @property
    def processes(self) -> list[Process]:
        """In the order in which they are started, and restarted where all are."""
        return [*self.receivers, *self.downloaders, *self.workers]

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def set(self, **changes: str | None) -> None:
        """Changes settings in `common.env` and `worker.env`; None unsets."""
        for name, value in changes.items():
            if value is None:
                self._settings.pop(name, None)
            else:
                self._settings[name] = value
        secret = {name: value for name, value in self._settings.items() if name in CREDENTIALS}
        common = {name: value for name, value in self._settings.items() if name not in CREDENTIALS}
        _write(self.folder / "common.env", common)
        _write(self.folder / "worker.env", secret)

    def set_downloader(self, password: str, **settings: str) -> None:
        """Writes `downloader.env`, of which only the password is a secret."""
        address = self.cluster.address("hubbot_downloader", password)
        kept = settings or _read(self.folder / "downloader.env")
        _write(self.folder / "downloader.env", {**kept, "DATABASE_URL": address})

    def environment(self, command: str) -> dict[str, str]:
        """What systemd would give a process: the files named in its unit."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        if "-m" in self.program:  # not installed: the tree that this stands in
            kept["PYTHONPATH"] = str(ROOT)
        return {**kept, **{k: v for file in FILES[command] for k, v in _read(self.folder / file).items()}}

    def start(self, downloader_password: str) -> None:
        upgraded = subprocess.run(
            [*self.program, "db", "upgrade"], env=self.environment("web"), cwd=self.folder, timeout=120,
            capture_output=True, check=False,
        )  # fmt: skip
        (self.folder / "upgrade.log").write_bytes(upgraded.stdout + upgraded.stderr)
        assert upgraded.returncode == 0, upgraded.stderr.decode()
        self.cluster.grant(downloader_password)
        for process in self.processes:
            process.start(self.program, self.folder, self.environment(process.command))
        self.proxy = start_nginx(self.folder, self.port, [process.port for process in self.receivers])
        until(lambda: status(f"{self.url}/readyz") == 200, UP_WITHIN, "/readyz through nginx")

    def restart(self, *processes: Process) -> None:
        """One by one: each is up again before the next is ended."""
        for process in processes:
            process.stop()
            process.start(self.program, self.folder, self.environment(process.command))
            self.restarts += 1

    def stop(self) -> None:
        if self.proxy:
            self.proxy.send_signal(signal.SIGQUIT)
            self.proxy.wait(30)
        for process in reversed(self.processes):
            process.stop()

    def logs(self) -> list[Path]:
        return [*self.folder.glob("*.log"), self.cluster.log]


@contextmanager
def running(deployment: Deployment, prepare: str, downloader_password: str) -> Iterator[Deployment]:
    """The deployment, its database made by the statements `prepare`."""
    deployment.cluster.start()
    try:
        deployment.cluster.sql(prepare)
        try:
            deployment.start(downloader_password)
            yield deployment
        finally:
            deployment.stop()
    finally:
        deployment.cluster.stop()


def start_nginx(folder: Path, port: int, receivers: list[int]) -> subprocess.Popen[bytes]:
    """nginx with deploy/nginx.conf, of which ports, name and certificate are changed, as it says."""
    key, pem = folder / "privkey.pem", folder / "fullchain.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=127.0.0.1",
    ]
    subprocess.run(
        [*made, "-keyout", str(key), "-out", str(pem)], check=True, capture_output=True, timeout=60
    )
    site = SITE.read_text(encoding="utf-8")
    changes = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "hubbot.example.org": "127.0.0.1",
        "/etc/ssl/hubbot": str(folder),
        "127.0.0.1:8000": f"127.0.0.1:{receivers[0]}",
        "127.0.0.1:8001": f"127.0.0.1:{receivers[1]}",
    }
    for old, new in changes.items():
        assert old in site, f"deploy/nginx.conf has no {old}"
        site = site.replace(old, new)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    main.write_text(
        f"pid {folder}/nginx.pid; error_log {folder}/nginx-error.log; daemon off; worker_processes 1;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ access_log {folder}/nginx-access.log; {paths}\n{site}\n}}\n",
        encoding="utf-8",
    )
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "nginx is not installed"
    return subprocess.Popen([program, "-c", str(main), "-p", str(folder)])


def status(url: str) -> int:
    """Status of a page; 0 when nobody answers."""
    parts = urlsplit(url)
    assert parts.hostname
    if parts.scheme == "https":
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=10, context=trusting)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _write(path: Path, settings: Mapping[str, str]) -> None:
    path.touch(mode=0o640)
    path.write_text(
        "".join(f"{name}={value}\n" for name, value in sorted(settings.items())), encoding="utf-8"
    )


def _read(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}
