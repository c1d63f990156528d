"""A forge on the loopback interface that knows only issues, in GitHub's way or in Gitee's."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bot.forges.base import Tracker
from bot.forges.gitee.client import GiteeForge
from bot.forges.github.client import token_client
from bot.forges.pace import Pace

REPO = "mindspore/hub"
BOT, STRANGER = {"id": 7, "login": "hub-bot", "type": "User"}, {"id": 8, "login": "passer-by", "type": "User"}
FORGES = ("github", "gitee")


@dataclass
class IssueServer:
    """`lose` answers to writes are lost after they took effect; `before` runs before each write.

    `keeps_markers` False drops hidden text, as a forge may; `hides` issues are not listed yet.
    """

    kind: str
    issues: list[dict[str, Any]] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    lose: int = 0
    hides: int = 0
    keeps_markers: bool = True
    before: Callable[[], None] = lambda: None

    def add(self, title: str, body: str, author: dict[str, Any] = BOT, **more: Any) -> dict[str, Any]:
        """What somebody has written there past the bot."""
        count = len(self.issues) + 1
        number = count if self.kind == "github" else f"I1AB{count}"
        made = {"id": 900 + count, "number": number, "title": title, "body": body, "user": author}
        self.issues.append({**made, "state": "open", "html_url": f"https://f.example/{number}", **more})
        return self.issues[-1]

    def answer(self, method: str, target: str, sent: Any) -> tuple[int, Any]:
        url = urlsplit(target)
        path, query = url.path.removeprefix("/api/v5"), dict(parse_qsl(url.query))
        if path == "/user":
            return 200, BOT
        if method == "GET" and path == f"/repos/{REPO}/issues":
            assert query["state"] == "all"
            listed = [one for one in self.issues if one["user"]["login"] == query["creator"]]
            page, size = int(query["page"]), int(query["per_page"])
            listed = listed[: len(listed) - self.hides] if self.hides else listed
            return 200, listed[(page - 1) * size : page * size]
        if method in ("POST", "PATCH"):
            return self._write(method, path, sent)
        return 404, {"message": "Not Found"}

    def _write(self, method: str, path: str, sent: dict[str, Any]) -> tuple[int, Any]:
        self.before()
        owner = REPO.partition("/")[0]
        base = f"/repos/{REPO}/issues" if self.kind == "github" else f"/repos/{owner}/issues"
        if self.kind == "gitee":
            assert sent.pop("repo") == "hub"
        else:
            sent.pop("state_reason", None)
        body = sent["body"] if self.keeps_markers else sent["body"].partition("-->\n")[2].strip()
        self.writes.append(f"{method} {path.removeprefix(base)}")
        if method == "POST" and path == base:
            return 201, self.add(sent["title"], body)
        number = path.removeprefix(f"{base}/")
        found = next((one for one in self.issues if str(one["number"]) == number), None)
        if found is None:
            return 404, {"message": "Not Found"}
        found.update({**sent, "body": body})
        return 200, found


@contextmanager
def serving(kind: str) -> Iterator[tuple[IssueServer, Tracker]]:
    """The server, and the real client of such a forge that talks to it."""
    fake = IssueServer(kind)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else None
            status, value = fake.answer(self.command, self.path, sent)
            if self.command != "GET" and fake.lose:
                fake.lose -= 1
                self.close_connection = True
                return
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = serve  # noqa: N815 - the names that the server calls

        def log_message(self, *args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    pace = Pace(sleep=lambda seconds: None, burst=10_000)
    github = token_client(address, "the-token", pace=pace)
    gitee = GiteeForge(f"{address}/api/v5", "the-token", sleep=lambda seconds: None, pace=pace)
    try:
        yield fake, github.tracker() if kind == "github" else gitee.tracker()
    finally:
        github.close()
        gitee.close()
        server.shutdown()
        server.server_close()
