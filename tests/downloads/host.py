"""A host of model files of the tests' own: real sockets, real TLS, and every way to misbehave."""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

NAME = "files.example.com"
CONTENT = random.Random(7).randbytes(300_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OTHER = random.Random(8).randbytes(300_000)
OTHER_DIGEST = hashlib.sha256(OTHER).hexdigest()
TAG = '"v1"'


@dataclass
class Exchange:
    """One request, and the socket to answer it on. `number` counts the requests of its path from 1."""

    host: AssetHost
    path: str
    headers: Mapping[str, str]
    number: int
    wire: socket.socket
    keep: bool = True

    def head(self, status: int, headers: Mapping[str, object]) -> None:
        lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers.items())]
        self.send("\r\n".join((*lines, "", "")).encode("latin-1"))

    def send(self, data: bytes) -> None:
        self.wire.sendall(data)

    def drop(self, *, reset: bool = False) -> None:
        self.keep = False
        if reset:
            self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.wire.close()

    def rest(self) -> int | None:
        """Where a Range asks to begin."""
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(match[1]) if match else None

    def until_stopped(self) -> bool:
        return not self.host.stopping.wait(0.05)


Answer = Callable[[Exchange], None]


def file(content: bytes = CONTENT, *, cut: Mapping[int, int] | None = None, **headers: object) -> Answer:
    """A well-behaved file with ranges; `cut` says after how many bytes the nth request breaks off."""
    named = {"ETag": TAG, **{name.replace("_", "-"): value for name, value in headers.items()}}

    def answer(exchange: Exchange) -> None:
        shown = {name: value for name, value in named.items() if value is not None}
        start = exchange.rest()
        body = content
        if start is not None and exchange.headers.get("if-range") in (
            shown.get("ETag"),
            shown.get("Last-Modified"),
        ):
            body = content[start:]
            shown["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            exchange.head(206, {"Content-Length": len(body), **shown})
        else:
            exchange.head(200, {"Content-Length": len(body), **shown})
        length = (cut or {}).get(exchange.number)
        exchange.send(body[:length])
        if length is not None:
            exchange.drop()

    return answer


def status(code: int, body: bytes = b"no\n", **headers: object) -> Answer:
    def answer(exchange: Exchange) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        exchange.head(code, {"Content-Length": len(body), **named})
        exchange.send(body)

    return answer


def in_turn(*answers: Answer) -> Answer:
    """Another answer for each request; the last one stays."""

    def answer(exchange: Exchange) -> None:
        answers[min(exchange.number, len(answers)) - 1](exchange)

    return answer


def raw(data: bytes) -> Answer:
    """These bytes, and the end of the connection."""

    def answer(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.drop()

    return answer


@dataclass
class AssetHost:
    """Serves `routes` over HTTP and HTTPS, for whatever name it is called by."""

    certificates: Path
    routes: dict[str, Answer] = field(default_factory=dict)
    seen: list[Exchange] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)
    connections: int = 0
    #: Where to listen, plainly and securely.
    places: tuple[tuple[str, int], tuple[str, int]] = (("127.0.0.1", 0), ("127.0.0.1", 0))

    def __enter__(self) -> AssetHost:
        self._lock = threading.Lock()
        self._context = self._tls("good")
        self._context.sni_callback = self._choose
        self._faulty = {kind: self._tls(kind) for kind in ("wrong-name", "expired", "self-signed")}
        self._listeners = [socket.create_server(place) for place in self.places]
        for listener, secure in zip(self._listeners, (False, True), strict=True):
            threading.Thread(target=self._accept, args=(listener, secure), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    @property
    def ca(self) -> str:
        return str(self.certificates / "ca.pem")

    @property
    def connect_to(self) -> str:
        plain, secure = (listener.getsockname()[1] for listener in self._listeners)
        return f":443:127.0.0.1:{secure},:80:127.0.0.1:{plain}"

    def count(self, path: str) -> int:
        return sum(exchange.path == path for exchange in self.seen)

    def _tls(self, kind: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificates / f"{kind}.pem", self.certificates / f"{kind}.key")
        return context

    def _choose(self, wire: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        kind = (name or "").partition(".")[0]
        if kind in self._faulty:
            wire.context = self._faulty[kind]

    def _accept(self, listener: socket.socket, secure: bool) -> None:
        with contextlib.suppress(OSError):
            while True:
                wire, _ = listener.accept()
                threading.Thread(target=self._serve, args=(wire, secure), daemon=True).start()

    def _serve(self, wire: socket.socket, secure: bool) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
            stack.callback(wire.close)
            if secure:
                wire = self._context.wrap_socket(wire, server_side=True)
                stack.callback(wire.close)
            with self._lock:
                self.connections += 1
            with wire.makefile("rb") as stream:
                while self._exchange(wire, stream.readline):
                    pass

    def _exchange(self, wire: socket.socket, readline: Callable[[], bytes]) -> bool:
        line = readline()
        if not line:
            return False
        headers = {}
        while (header := readline()) not in (b"\r\n", b""):
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        path = line.decode("latin-1").split()[1]
        with self._lock:
            exchange = Exchange(self, path, headers, self.count(path) + 1, wire)
            self.seen.append(exchange)
        self.routes.get(path, status(404))(exchange)
        return exchange.keep and headers.get("connection") != "close"


def make_certificates(folder: Path) -> Path:
    """An authority, a good certificate, and one of each bad kind."""

    def openssl(*arguments: str) -> None:
        subprocess.run(("openssl", *arguments), cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=tests")
    for kind, names, days in (
        ("good", "DNS:*.example.com,DNS:example.com,IP:127.0.0.1", "2"),
        ("wrong-name", "DNS:elsewhere.example.net", "2"),
        ("expired", "DNS:*.example.com", "-1"),
    ):
        (folder / f"{kind}.ext").write_text(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n")
        openssl("req", "-new", *key, "-keyout", f"{kind}.key", "-out", f"{kind}.csr", "-subj", f"/CN={kind}")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", f"{kind}.ext")
        openssl("x509", "-req", "-in", f"{kind}.csr", *signed, "-days", days, "-out", f"{kind}.pem")
    alone = ("-days", "2", "-subj", "/CN=self", "-addext", "subjectAltName=DNS:*.example.com")
    openssl("req", "-x509", *key, "-keyout", "self-signed.key", "-out", "self-signed.pem", *alone)
    return folder
