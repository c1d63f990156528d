"""A set-up on a database of its own, with a forge beside it that answers what a test gives."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot import settings, setup, wiring
from bot.doctor.github import PERMISSIONS
from bot.doctor.hook import EVENTS
from bot.setup.desk import Desk
from bot.web.stored import StoredWorld
from tests.doctor.servers import Site, serving
from tests.setup.visitor import FORM

REPO = "mindspore-ai/hub"
PUBLIC = "https://hubbot.example.org"
TOKEN = "canary-token-0123456789abcdef"
SECRET = "canary-secret-0123456789abcdef"
CODE = "canarycode0123456789"


@pytest.fixture(scope="session")
def pem() -> str:
    key = generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
def site(pem: str) -> Iterator[Site]:
    """Both forges at once: an App that GitHub makes and installs, a Gitee that has us as administrator."""
    with serving(Site()) as made:
        held = {"id": 5, "suspended_at": None, "permissions": {k: v[0] for k, v in PERMISSIONS.items()}}
        app = {"id": 12, "slug": "hubbot-mindspore-ai", "name": "hubbot-mindspore-ai"}
        page = f"{made.url}/apps/hubbot-mindspore-ai"
        made.answers = {
            f"POST /app-manifests/{CODE}/conversions": (
                201,
                {**app, "pem": pem, "webhook_secret": SECRET, "client_secret": "x", "html_url": page},
            ),
            "GET /app": (200, app),
            f"GET /repos/{REPO}/installation": (200, {**held, "events": list(EVENTS)}),
            "POST /app/installations/5/access_tokens": (201, {"token": TOKEN}),
            f"GET /repos/{REPO}": (
                200,
                {"default_branch": "master", "permission": {"admin": True}, "permissions": {"push": True}},
            ),
            "GET /user": (200, {"login": "hub-bot"}),
            f"GET /repos/{REPO}/hooks": (200, []),
            f"POST /repos/{REPO}/hooks": (201, {"id": 77}),
            f"POST /repos/{REPO}/hooks/77/tests": (204, ""),
        }
        yield made


@dataclass
class Visit:
    """A browser on the set-up. Every answer is kept, so that a test can look for what none may hold."""

    client: FlaskClient
    link: str
    desk: Desk
    lived: list[bool] = field(default_factory=list)
    seen: list[TestResponse] = field(default_factory=list)

    def get(self, path: str, **rest: Any) -> TestResponse:
        answer = self.client.get(path, **rest)
        self.seen.append(answer)
        return answer

    def enter(self) -> TestResponse:
        return self.get(self.link.partition("://")[2].partition("/")[2].join(("/", "")))

    def page(self, path: str, status: int = 200, **rest: Any) -> str:
        answer = self.get(path, **rest)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def send(self, path: str, status: int = 303, headers: Any = None, **fields: str) -> TestResponse:
        """Fills the form of a page in and sends it; fields of Python's words end with an underscore."""
        known = FORM.search(self.client.get(path).get_data(as_text=True))
        assert known is not None, "no form on the page"
        sent = {name.rstrip("_"): value for name, value in fields.items()}
        answer = self.client.post(path, data={"form": known[1], **sent}, headers=headers)
        self.seen.append(answer)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer

    def place(self, url: str = PUBLIC, **repos: str) -> None:
        self.send("/setup", PUBLIC_URL=url, do="next", **(repos or {"GITHUB_REPOSITORIES": REPO}))

    def text(self) -> str:
        """All that was ever answered, with every header."""
        return "\n".join(f"{one.headers}\n{one.get_data(as_text=True)}" for one in self.seen)


@pytest.fixture
def clock() -> list[float]:
    """The time, for a test to move."""
    return [float(int(time.time()))]


@pytest.fixture
def visit(tmp_path: Path, clock: list[float]) -> Iterator[Visit]:
    """A set-up that nobody has entered; its forges are nowhere until a test says where."""
    yield from opened(tmp_path, clock, {"PUBLIC_URL": PUBLIC})


@pytest.fixture
def inside(tmp_path: Path, clock: list[float], site: Site) -> Iterator[Visit]:
    """A set-up that was entered, at forges of the test's own."""
    given = {"PUBLIC_URL": PUBLIC, "GITHUB_API_URL": site.url, "GITEE_API_URL": site.url}
    for made in opened(tmp_path, clock, given):
        made.enter()
        yield made


def opened(folder: Path, clock: list[float], given: dict[str, str]) -> Iterator[Visit]:
    given = {**given, "DATABASE_URL": f"sqlite:///{folder / 'hubbot.sqlite'}"}
    received = wiring.receiver(settings.load(given, credentials=False))
    world = StoredWorld(received)
    world.now = lambda: clock[0]  # type: ignore[method-assign]  # the test's own clock
    lived: list[bool] = []
    app, link = setup.opened(world, given, lambda: lived.append(True), folder / "var" / "hubbot.env")
    with app.test_client() as client:
        yield Visit(client, link, app.extensions["hubbot-setup"], lived)
    received.store.engine.dispose()
