"""A GitHub of the tests' own on the loopback interface: scripted answers, and a record of calls."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.forges.github.client import GitHubForge, token_client
from bot.forges.pace import Pace
from bot.model import PullRef, PullRequest, PullState, User

NOW = 1_700_000_000.0
REPO = "hub/pages"
BASE, HEAD, MERGE_BASE = "b" * 40, "a" * 40, "c" * 40
ME = {"id": 9, "login": "hubbot", "type": "User"}
AUTHOR = {"id": 5, "login": "alice", "type": "User"}


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Reply:
    """An answer other than 200 with JSON; `drop` closes the connection without one."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False

    def data(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


Answer = Reply | Callable[[Call], object] | object


class FakeGitHub:
    """`on` says how a route answers: one answer after the other, the last of them for ever."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._routes: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                fake._serve(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the names that the server calls

            def log_message(self, *args: object) -> None:
                return None

        class Server(ThreadingHTTPServer):
            def handle_error(self, *args: object) -> None:
                """A client that hangs up in the middle is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def on(self, route: str, *answers: Answer) -> None:
        """`route` is "METHOD path" as it is sent; a path without a slash in front is below the repository."""
        method, _, path = route.partition(" ")
        self._routes[f"{method} {path if path.startswith('/') else f'/repos/{REPO}/{path}'}"] = list(answers)

    def names(self, method: str = "") -> list[str]:
        prefix = f"/repos/{REPO}/"
        return [
            f"{c.method} {c.path.removeprefix(prefix)}" for c in self.calls if c.method.startswith(method)
        ]

    def bodies(self, route: str) -> list[Any]:
        method, _, path = route.partition(" ")
        return [c.body for c in self.calls if c.method == method and c.path == f"/repos/{REPO}/{path}"]

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        url, length = urlsplit(handler.path), int(handler.headers.get("Content-Length") or 0)
        sent = handler.rfile.read(length)
        call = Call(
            handler.command,
            url.path,
            dict(parse_qsl(url.query, keep_blank_values=True)),
            {name.lower(): value for name, value in handler.headers.items()},
            json.loads(sent) if sent else None,
        )
        with self._lock:
            self.calls.append(call)
            script = self._routes.get(call.name)
            answer = Reply(404, {"message": "Not Found"}) if not script else script[0]
            if script and len(script) > 1:
                script.pop(0)
        made = answer(call) if callable(answer) else answer
        reply = made if isinstance(made, Reply) else Reply(200, made)
        if reply.drop:
            handler.close_connection = True
            return
        data = reply.data()
        handler.send_response(reply.status)
        for name, value in {"Content-Length": str(len(data)), **reply.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    fake = FakeGitHub()
    fake.on("GET /user", ME)
    yield fake
    fake.close()


@pytest.fixture
def forge(github: FakeGitHub) -> Iterator[GitHubForge]:
    """With a token; writes are paced by a clock that never makes them wait."""
    client = token_client(github.url, "the-token", now=lambda: NOW, pace=free_pace())
    yield client
    client.close()


def free_pace() -> Pace:
    return Pace(now=lambda: NOW, sleep=lambda seconds: None, burst=10_000)


@pytest.fixture
def pull() -> PullRequest:
    return PullRequest(
        ref=PullRef("github", REPO, 7),
        title="Add LeNet",
        body="",
        author=User(5, "alice"),
        state=PullState.OPEN,
        draft=False,
        head_sha=HEAD,
        head_repo="alice/pages",
        base_sha=BASE,
        base_ref="master",
        changed_files=1,
        url="https://github.com/hub/pages/pull/7",
    )


@pytest.fixture
def pull_answer() -> dict[str, Any]:
    """`GET /repos/{owner}/{repo}/pulls/{number}`, as far as it is read."""
    return {
        "id": 900_001,
        "number": 7,
        "state": "open",
        "title": "Add LeNet",
        "body": None,
        "draft": False,
        "merged": False,
        "merged_at": None,
        "user": AUTHOR,
        "head": {"sha": HEAD, "ref": "lenet", "repo": {"full_name": "alice/pages"}},
        "base": {"sha": BASE, "ref": "master", "repo": {"full_name": REPO}},
        "changed_files": 1,
        "html_url": "https://github.com/hub/pages/pull/7",
        "labels": [{"name": "hubbot:verified"}],
    }


@pytest.fixture
def with_count(pull: PullRequest) -> Callable[[int | None], PullRequest]:
    return lambda count: replace(pull, changed_files=count)
