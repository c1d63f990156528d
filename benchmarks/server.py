"""An nginx of the benchmark's own: files in memory over HTTP and HTTPS, and one slow way to them."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

NAME = "files.example.com"
#: Names of the slow ways, which limit each connection: one near, and one far.
LIMITED_NAME, SLOW_NAME = "limited.example.com", "slow.example.com"
MIB = 1 << 20
#: Checkpoints of many tensors are what most real files are: the walk over them is part of the measurement.
_TENSOR = 512 << 10
#: Larger files are mostly holes, which take no memory; to TLS and the hash all bytes are alike.
_DENSE = 1024 * MIB

_CONFIGURATION = """
user root; worker_processes 2; daemon off; pid {folder}/pid; error_log {folder}/errors crit;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000;
  default_type application/octet-stream;
  server {{
    listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/cert.key;
    root {folder}/files;
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """Where the files are: `http` and `https` are ports on loopback, `ca` the certificate to trust."""

    folder: Path
    http: int
    https: int
    #: HTTP again, over the slow ways.
    limited: int
    slow: int

    @property
    def ca(self) -> Path:
        return self.folder / "cert.pem"

    @property
    def connect_to(self) -> str:
        slow = f"{LIMITED_NAME}:80:127.0.0.1:{self.limited},{SLOW_NAME}:80:127.0.0.1:{self.slow}"
        return f"{slow},:443:127.0.0.1:{self.https},:80:127.0.0.1:{self.http}"

    def url(self, scheme: str, path: str) -> str:
        return f"{scheme}://{NAME}/{path}"


@contextlib.contextmanager
def serving(near: int, far: int, trip: float) -> Iterator[Server]:
    """An nginx until the end of the block; a connection of a slow way gets so many bytes a second.

    `trip` is how many seconds a request needs for its way to the `far` one and back.
    """
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="hubbot-") as name:
        folder = Path(name)
        (folder / "files").mkdir()
        server = Server(folder, *(free_port() for _ in range(4)))
        _certificate(folder)
        (folder / "nginx.conf").write_text(
            _CONFIGURATION.format(folder=folder, http=server.http, https=server.https)
        )
        nginx = subprocess.Popen(["nginx", "-c", folder / "nginx.conf", "-p", folder])
        ways = ((server.limited, server.http, near, 0.0), (server.slow, server.http, far, trip))
        throttles = [
            subprocess.Popen([sys.executable, "-m", "benchmarks.throttle", *map(str, way)]) for way in ways
        ]
        try:
            _wait_for(server.http)
            _wait_for(server.limited)
            _wait_for(server.slow)
            yield server
        finally:
            for process in (nginx, *throttles):
                process.terminate()
                process.wait()


def missing_programs() -> list[str]:
    """The programs without which there is nothing to compare with."""
    return [name for name in ("nginx", "curl", "openssl", "sha256sum", "xargs") if not shutil.which(name)]


def write_checkpoint(path: Path, size: int) -> None:
    """A checkpoint of random weights of about `size` bytes; of zeroes if it is large."""
    block = random.Random(size).randbytes(_TENSOR)
    with path.open("wb") as file:
        for number in range(max(1, size // _TENSOR)):
            entry = tensor_entry(f"network.layers.{number}.attention.weight".encode(), block)
            if size <= _DENSE:
                file.write(entry)
            else:
                file.write(entry[:-_TENSOR])
                file.seek(_TENSOR, os.SEEK_CUR)
        file.truncate()


def tensor_entry(name: bytes, content: bytes) -> bytes:
    """One tensor as a checkpoint holds it."""
    inner = b"\x08\x80\x04\x08\x80\x02" + _field(0x12, b"Float32") + _field(0x1A, content)
    return _field(0x0A, _field(0x0A, name) + _field(0x12, inner))


def _field(key: int, content: bytes) -> bytes:
    left, head = len(content), bytearray((key,))
    while left > 0x7F:
        head.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes(head) + bytes((left,)) + content


def _certificate(folder: Path) -> None:
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    files = ("-keyout", folder / "cert.key", "-out", folder / "cert.pem")
    names = ("-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}")
    subprocess.run(("openssl", "req", "-x509", *key, *files, *names), check=True, capture_output=True)


def _wait_for(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit(f"nginx did not start (user {os.getuid()})")
