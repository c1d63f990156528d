"""An application on a world in memory, and what tests send it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest
from flask.testing import FlaskClient

from bot.model import Intent, Report
from bot.web.app import create_app
from tests.web.worlds import SECRET, WORDS_OF_TESTS, MemoryWorld, row, samples


@pytest.fixture
def world() -> MemoryWorld:
    """A world with nothing in it."""
    return MemoryWorld()


@pytest.fixture
def reports(world: MemoryWorld) -> dict[str, Report]:
    """The sample reports, put into the world."""
    made = samples()
    world.runs.extend(made.values())
    world.rows.extend(row(report) for report in made.values())
    return made


@pytest.fixture
def client(world: MemoryWorld) -> Iterator[FlaskClient]:
    """A client of an application made for the world."""
    with create_app(world, WORDS_OF_TESTS).test_client(use_cookies=True) as made:
        yield made


@pytest.fixture
def deliver(client: FlaskClient) -> Callable[..., tuple[int, str]]:
    """Sends a delivery as the forge does; returns status and text of the answer."""

    def send(
        body: bytes, *, path: str = "/webhooks/github", delivery: str = "d-1", **headers: str
    ) -> tuple[int, str]:
        signed = {"X-Test-Signature": hmac.new(SECRET, body, sha256).hexdigest(), "X-Test-Delivery": delivery}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = client.post(path, data=body, headers={**signed, **named})
        return answer.status_code, answer.get_data(as_text=True)

    return send


@pytest.fixture
def said() -> Callable[..., bytes]:
    """The body of a delivery that asks for a review, or for what is given."""

    def write(intent: Intent = Intent.REVIEW, repo: str = "mindspore/hub", **rest: object) -> bytes:
        return json.dumps({"intent": intent.value, "repo": repo, "number": 1, **rest}).encode()

    return write
