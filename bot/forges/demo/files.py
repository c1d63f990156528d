"""The demo's model file server: HTTPS on loopback, answering for the hosts that the demo's pages link to."""

from __future__ import annotations

import ssl
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from threading import Event, Lock, Thread
from typing import ClassVar

from bot.forges.demo.models import Model
from bot.forges.demo.stories import Hosted

LOOPBACK = "127.0.0.1"
HTTPS_PORT = 443
#: Seconds that a client may be silent.
SILENCE = 30.0
#: Seconds after which a client that got 503 may ask again.
RETRY_AFTER = 30


class FileServer:
    """Serves `hosted` on a loopback port of its own until `close`; slow files begin `delay` seconds late."""

    def __init__(self, hosted: Hosted, certificate: Path, delay: float = 0.0) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._hosted, self._delay, self._closing = hosted, delay, Event()
        self._failing = set(hosted.failing)
        self._models = dict(hosted.models)
        self._lock = Lock()
        self._server = _Server((LOOPBACK, 0), partial(_Handler, self, context))
        self._thread = Thread(target=self._server.serve_forever, name="demo-files", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_port

    def connect_to(self) -> str:
        """`ASSET_CONNECT_TO` for this server: each of its hosts, and everything else too.

        With the last entry, which matches all, the demo reaches no server but this one.
        """
        hosts = sorted({host for host, _ in self._hosted.models})
        entries = [f"{host}:{HTTPS_PORT}:{LOOPBACK}:{self.port}" for host in hosts]
        return ",".join([*entries, f"::{LOOPBACK}:{self.port}"])

    def mend(self) -> None:
        """Ends the outage: what answered 503 is delivered from now on."""
        with self._lock:
            self._failing.clear()

    def find(self, host: str, path: str) -> Model | HTTPStatus:
        """The model behind an address, or the status to answer with."""
        with self._lock:
            if (host, path) in self._failing:
                return HTTPStatus.SERVICE_UNAVAILABLE
            return self._models.get((host, path), HTTPStatus.NOT_FOUND)

    def was_read(self, path: str) -> None:
        """After a file was read to its end; what is to take its place does so now."""
        with self._lock:
            self._models.update({at: model for at, model in self._hosted.later.items() if at[1] == path})

    def linger(self, host: str, path: str) -> None:
        """Keeps a client of a slow file waiting, as a server far away does."""
        if self._delay and (host, path) in self._hosted.slow:
            self._closing.wait(self._delay)

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is none of the demo's business."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "demo-files"
    sys_version = ""
    timeout: ClassVar[float] = SILENCE

    def __init__(self, files: FileServer, context: ssl.SSLContext, *args: object) -> None:
        self._files = files
        self._context = context
        super().__init__(*args)  # type: ignore[arg-type]  # what socketserver hands over, passed on as it is

    def setup(self) -> None:
        """The handshake belongs here, in the connection's own thread, where it holds up nobody else."""
        plain: socket = self.request
        plain.settimeout(SILENCE)
        self.request = self._context.wrap_socket(plain, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def do_GET(self) -> None:
        model = self._begin()
        if model is not None:
            for chunk in model.chunks():
                self.wfile.write(chunk)
            self._files.was_read(self.path.partition("?")[0])

    def do_HEAD(self) -> None:
        self._begin()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
        """The bot's log tells of every download already."""

    def _begin(self) -> Model | None:
        """Sends status and headers; the model whose bytes are to follow."""
        host = self.headers.get("Host", "").partition(":")[0].casefold()
        found = self._files.find(host, self.path.partition("?")[0])
        if not isinstance(found, Model):
            self.send_response(found)
            if found is HTTPStatus.SERVICE_UNAVAILABLE:
                self.send_header("Retry-After", str(RETRY_AFTER))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        self._files.linger(host, self.path.partition("?")[0])
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(found.size()))
        self.send_header("ETag", f'"{found.sha256()[:32]}"')
        self.end_headers()
        return found
