"""A small Gitee on the loopback interface: keeps comments, labels and check runs; the rest as told."""

import json
import re
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

REPO = "acme/hub"
HEAD, BASE = "1" * 40, "2" * 40
BOT = {"id": 7, "login": "hub-bot"}


@dataclass
class Asked:
    method: str
    path: str
    query: dict
    headers: dict
    body: object


@dataclass
class Reply:
    """An answer with its status; `then` happens first, so that a failing write may take effect."""

    status: int = 200
    value: object = None
    headers: dict = field(default_factory=dict)
    raw: bytes | None = None

    @property
    def data(self):
        return json.dumps(self.value).encode() if self.raw is None else self.raw


def parsed(body):
    """JSON, or the bytes as they are where Git is spoken."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body


class Server(ThreadingHTTPServer):
    """Silent about clients that hang up, as they do when an answer is too long."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class FakeGitee:
    """`on` sets the answer to a request; `spoil` replaces the next answer to one, after it took effect."""

    def __init__(self):
        self.asked, self.answers, self.spoiled = [], {}, {}
        self.comments, self.labels, self.known_labels, self.runs = [], [], [], []
        self.role, self.position_base, self.per_page = "admin", 0, 100
        self.testers = []
        self.lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16

            def serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                reply = fake.answer(self.command, self.path, dict(self.headers), body)
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.data)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/v5"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def on(self, request, value):
        self.answers[request] = value if isinstance(value, Reply) else Reply(200, value)

    def spoil(self, request, *replies, before=False):
        self.spoiled[request] = (list(replies), before)

    def writes(self):
        return [f"{a.method} {a.path}" for a in self.asked if a.method != "GET"]

    def answer(self, method, target, headers, body):
        url = urlsplit(target)
        path = url.path.removeprefix("/api/v5")
        asked = Asked(method, path, dict(parse_qsl(url.query)), headers, parsed(body))
        with self.lock:
            self.asked.append(asked)
            replies, before = self.spoiled.get(f"{method} {path}", ([], False))
            if replies and before:
                return replies.pop(0)
            reply = self.answers.get(f"{method} {path}") or self.route(asked)
            return replies.pop(0) if replies else reply

    def route(self, asked):
        tail = asked.path.removeprefix(f"/repos/{REPO}")
        for pattern, handler in (
            ("GET /user", lambda a: Reply(200, BOT)),
            (r"GET /collaborators/(.+)/permission", self.permission),
            (r"(GET|POST) /pulls/5/comments", self.on_comments),
            (r"(PATCH|DELETE) /pulls/comments/([0-9]+)", self.on_comment),
            (r"(GET|POST) /pulls/5/labels", self.on_labels),
            (r"DELETE /pulls/5/labels/(.+)", self.unlabel),
            (r"(GET|POST) /labels", self.on_known_labels),
            (r"(POST|PATCH) /check-runs(?:/([0-9]+))?", self.on_run),
            (rf"GET /commits/{HEAD}/check-runs", self.list_runs),
            ("GET /pulls/comments", lambda a: self.paged(a, self.comments)),
            (r"(POST|PATCH) /pulls/5/(testers|test)", self.on_test),
        ):
            if re.fullmatch(pattern, f"{asked.method} {tail}"):
                return handler(asked)
        return Reply(404, {"message": "404 Not Found"})

    def paged(self, asked, items):
        page = int(asked.query.get("page", 1))
        chosen = items[(page - 1) * self.per_page : page * self.per_page]
        return Reply(200, chosen, {"total_page": str(max(1, -(-len(items) // self.per_page)))})

    def permission(self, _):
        return Reply(200, {**BOT, "permission": self.role})

    def say(self, body, user=BOT, **more):
        made = {"id": 100 + len(self.comments), "body": body, "user": user, "html_url": "https://g/x", **more}
        made.setdefault("comment_type", "diff_comment" if "path" in more else "pr_comment")
        self.comments.append(made)
        return made

    def on_comments(self, asked):
        if asked.method == "GET":
            kind = asked.query.get("comment_type")
            return self.paged(asked, [c for c in self.comments if kind in (None, c["comment_type"])])
        given = asked.body
        if "path" not in given:
            return Reply(201, self.say(given["body"]))
        line = self.line_at(given["path"], given["position"] - self.position_base)
        if line is None:
            return Reply(400, {"message": "position is invalid"})
        return Reply(201, self.say(given["body"], path=given["path"], new_line=line))

    def line_at(self, path, position):
        """The line of the new file at a row of the diff; this Gitee knows diffs of one hunk from line 1."""
        files = self.answers[f"GET /repos/{REPO}/pulls/5/files"].value
        rows = next(f["patch"]["diff"] for f in files if f["filename"] == path).splitlines()
        if not 1 <= position < len(rows):
            return None
        return len([row for row in rows[1 : position + 1] if row[0] in "+ "])

    def on_comment(self, asked):
        found = [c for c in self.comments if asked.path.endswith(f"/{c['id']}")]
        if not found:
            return Reply(404, {"message": "404 Not Found"})
        if asked.method == "DELETE":
            self.comments.remove(found[0])
            return Reply(204, raw=b"")
        found[0]["body"] = asked.body["body"]
        return Reply(200, found[0])

    def on_labels(self, asked):
        if self.role == "read" and asked.method == "POST":
            return Reply(403, {"message": "403 Forbidden"})
        if asked.method == "POST":
            self.labels += asked.body
        return self.paged(asked, [{"id": i, "name": name} for i, name in enumerate(self.labels)])

    def unlabel(self, asked):
        name = unquote(asked.path.rpartition("/")[2])
        if name not in self.labels:
            return Reply(404, {"message": "404 Label Not Found"})
        self.labels.remove(name)
        return Reply(204, raw=b"")

    def on_known_labels(self, asked):
        if asked.method == "POST":
            self.known_labels.append(asked.body["name"])
            return Reply(201, asked.body)
        return Reply(200, [{"id": i, "name": name} for i, name in enumerate(self.known_labels)])

    def on_run(self, asked):
        if self.role != "admin":
            return Reply(403, {"message": "403 Forbidden"})
        if asked.method == "POST":
            self.runs.append({"id": 50 + len(self.runs), **asked.body})
            return self.run(self.runs[-1])
        run = next(r for r in self.runs if asked.path.endswith(f"/{r['id']}"))
        if run.get("conclusion"):
            return Reply(400, {"message": "conclusion cannot be changed"})
        before = run.get("output", {}).get("annotations", [])
        run.update(asked.body)
        return self.run(run, before)

    def run(self, run, before=()):
        """A run's annotations are added to those that it has."""
        output = run["output"] = dict(run.get("output", {}))
        if before or output.get("annotations"):
            output["annotations"] = [*before, *output.get("annotations", [])]
            output["annotations_count"] = len(output["annotations"])
        return Reply(200, run)

    def on_test(self, asked):
        """Whoever writes may name testers; only they may pass the test, and take their own mark back."""
        if asked.method == "POST" and asked.path.endswith("/testers"):
            if self.role == "read":
                return Reply(403, {"message": "403 Forbidden"})
            self.testers.append({**BOT, "accept": False})
            return Reply(201, {})
        mine = [tester for tester in self.testers if tester["id"] == BOT["id"]]
        if not mine:
            return Reply(403, {"message": "403 Forbidden"})
        mine[0]["accept"] = asked.method == "POST"
        return Reply(204, raw=b"")

    def list_runs(self, asked):
        assert asked.query["pull_request_id"] == "9001"
        name = asked.query.get("check_name")
        return self.paged(asked, [r for r in self.runs if name in (None, r["name"])])


@pytest.fixture
def fake():
    made = FakeGitee()
    yield made
    made.close()


@pytest.fixture
def reply():
    return Reply


@pytest.fixture
def pull_json():
    """A pull request as the API tells it."""
    return {
        "id": 9001,
        "number": 5,
        "state": "open",
        "title": "Add LeNet",
        "body": None,
        "draft": False,
        "user": {"id": 11, "login": "contributor"},
        "html_url": "https://g/acme/hub/pulls/5",
        "labels": None,
        "head": {"sha": HEAD, "ref": "update", "repo": {"full_name": "contributor/hub"}},
        "base": {"sha": BASE, "ref": "master", "repo": {"full_name": REPO}},
    }
