"""A forge and a receiver on the loopback interface, as an examination sees them: answers by path."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bot.forges.base import Hooks, Refused


@dataclass
class Site:
    """Answers by `METHOD path` (no query); what is not there is 404. `hooks` verify deliveries for real."""

    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    hooks: dict[str, Hooks] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    #: Repeats the credential in every refusal, as a careless proxy might.
    echo: bool = False
    clock: float = 0.0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            site.asked.append(f"{self.command} {path}")
            forge = path.removeprefix("/webhooks/")
            if forge in site.hooks:
                self._say(*self._received(site.hooks[forge], body))
            else:
                self._say(*site.answers.get(f"{self.command} {path}", (404, self._not_found())))

        do_POST = do_PATCH = do_GET  # noqa: N815 - the base class calls it by this name

        def _not_found(self) -> dict[str, str]:
            said = f" {self.headers.get('Authorization', '')}" if site.echo else ""
            return {"message": f"Not Found{said}"}

        def _received(self, hooks: Hooks, body: bytes) -> tuple[int, str]:
            try:
                hooks.verify(dict(self.headers), body, time.time())
                return 200, f"{hooks.parse(dict(self.headers), body).intent} received\n"
            except Refused as refused:
                return refused.status, "refused\n"

        def _say(self, status: int, said: Any) -> None:
            sent = (said if isinstance(said, str) else json.dumps(said)).encode()
            self.send_response_only(status)
            self.send_header("Date", formatdate(time.time() + site.clock, usegmt=True))
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
