"""PostgreSQL for the deployment story: a server that asks everybody for a password."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.acceptance.process import ROOT
from tests.ports import free_port
from tests.store.postgres import PROGRAMS

GRANTS = ROOT / "deploy" / "downloader.sql"


class Cluster:
    """PostgreSQL on a port of its own, which asks everybody for a password."""

    def __init__(self, home: Path, password: str) -> None:
        self.home, self.port, self._password = home, free_port(), password
        home.mkdir(mode=0o755)
        self._as = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        self._programs = PROGRAMS[-1].parent
        self.log = home / "log"

    def start(self) -> None:
        given = self.home / "password"
        given.write_text(self._password, encoding="ascii")
        if self._as:
            for path in (self.home, given):
                shutil.chown(path, "postgres")
        self._run("initdb", "-D", f"{self.home}/data", "-A", "scram-sha-256", "-U", "postgres", "-N",
                  f"--pwfile={given}")  # fmt: skip
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.home}"
        self._run("pg_ctl", "-D", f"{self.home}/data", "-w", "-l", str(self.log), "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", f"{self.home}/data", "-m", "immediate", "stop")

    def sql(
        self, statement: str, user: str = "postgres", password: str = "", database: str = "postgres"
    ) -> str:
        """What `psql` prints, as whoever administers the cluster."""
        environment = {"PATH": os.environ["PATH"], "PGPASSWORD": password or self._password}
        done = subprocess.run(
            ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", user, "-d", database, "-qtA"],
            input=f"\\set ON_ERROR_STOP on\n{statement}",
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def grant(self, password: str) -> None:
        """The downloader's role with this password, as deploy/downloader.sql makes and changes it."""
        address = f"postgresql://postgres@127.0.0.1:{self.port}/hubbot"
        subprocess.run(
            ["psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={GRANTS}", address],
            env={"PATH": os.environ["PATH"], "PGPASSWORD": self._password, "DOWNLOADER_PASSWORD": password},
            capture_output=True,
            timeout=60,
            check=True,
        )

    def dump(self, database: str) -> bytes:
        return subprocess.run(
            ["pg_dump", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", database],
            env={"PATH": os.environ["PATH"], "PGPASSWORD": self._password},
            capture_output=True,
            timeout=120,
            check=True,
        ).stdout

    def address(self, user: str, password: str) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/hubbot"

    def _run(self, program: str, *words: str) -> None:
        command = [*self._as, str(self._programs / program), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.home, timeout=120)
