"""The demo's servers: model files over real TLS, and webhooks to a real receiver."""

from __future__ import annotations

import socket
import ssl
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bot.errors import ForgeError, UserError
from bot.forges.base import Refused
from bot.forges.demo import deliveries
from bot.forges.demo.forge import DemoForge
from bot.forges.demo.hooks import DemoHooks
from bot.forges.demo.life import SCENES, play
from bot.forges.demo.models import Model
from bot.forges.demo.pages import FAILING_HOST, HOST, file_path
from bot.forges.demo.stories import LIN, STORIES, hosted
from bot.forges.demo.world import DemoWorld, announce, prepare
from bot.model import Delivery, Intent, PullRef

pytestmark = pytest.mark.network

CARDS = {story.number: story.cards for story in STORIES}


class Receiver:
    """A small receiver as the bot's is: `/readyz`, and `/webhooks/demo` that knows repetitions by id."""

    def __init__(self, secret: str, not_ready: int = 0) -> None:
        self.taken: list[Delivery] = []
        self.repeated = self.refused = 0
        self.not_ready = not_ready
        receiver, hooks = self, DemoHooks(secret)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                receiver.not_ready -= 1
                self.answer(503 if receiver.not_ready >= 0 else 200)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    hooks.verify(self.headers, body, 0.0)  # type: ignore[arg-type]  # a mapping in all that counts
                    delivery = hooks.parse(self.headers, body)  # type: ignore[arg-type]  # as above
                except Refused as refused:
                    receiver.refused += 1
                    return self.answer(refused.status)
                if delivery.id in {seen.id for seen in receiver.taken}:
                    receiver.repeated += 1
                    return self.answer(200)
                receiver.taken.append(delivery)
                return self.answer(202)

            def answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def receiving(secret: str, not_ready: int = 0) -> Iterator[Receiver]:
    receiver = Receiver(secret, not_ready)
    thread = Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWorld]:
    with prepare(tmp_path_factory.mktemp("world") / "demo") as made:
        yield made


class Connected(HTTPSConnection):
    """An HTTPS client that goes to the world's server, as `ASSET_CONNECT_TO` makes the bot go."""

    def __init__(self, world: DemoWorld, host: str) -> None:
        self.trust = ssl.create_default_context(cafile=str(world.ca_bundle))
        self.target = ("127.0.0.1", world.files.port)
        super().__init__(host, timeout=10, context=self.trust)

    def connect(self) -> None:
        plain = socket.create_connection(self.target, timeout=10)
        self.sock = self.trust.wrap_socket(plain, server_hostname=self.host)


@contextmanager
def fetched(world: DemoWorld, host: str, path: str, method: str = "GET") -> Iterator[HTTPResponse]:
    connection = Connected(world, host)
    try:
        connection.request(method, path)
        yield connection.getresponse()
    finally:
        connection.close()


def test_every_file_of_a_good_pull_request_has_the_digest_its_page_gives(world: DemoWorld) -> None:
    for card in CARDS[1]:
        with fetched(world, card.host, file_path(card)) as answer:
            body = answer.read()
        assert answer.status == 200
        assert len(body) == int(answer.headers["Content-Length"]) == card.model.size()
        assert sha256(body).hexdigest() == card.model.sha256()


def test_the_stale_page_gives_another_digest_than_its_file_has(world: DemoWorld) -> None:
    (card,) = CARDS[3]
    assert card.stated is not None
    with fetched(world, HOST, file_path(card)) as answer:
        assert sha256(answer.read()).hexdigest() != card.stated.sha256()


def test_one_connection_serves_many_files(world: DemoWorld) -> None:
    connection = Connected(world, HOST)
    for card in CARDS[5][:5]:
        connection.request("GET", file_path(card))
        assert sha256(connection.getresponse().read()).hexdigest() == card.model.sha256()
    connection.close()


def test_the_failing_host_asks_to_come_back_until_it_is_mended(tmp_path: Path) -> None:
    with prepare(tmp_path / "demo") as world:
        (card,) = CARDS[4]
        with fetched(world, FAILING_HOST, file_path(card)) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
        world.files.mend()
        with fetched(world, FAILING_HOST, file_path(card)) as answer:
            assert sha256(answer.read()).hexdigest() == card.model.sha256()


@pytest.mark.parametrize(
    ("host", "path", "method", "status"),
    [
        (HOST, "/nothing", "GET", 404),
        (HOST, "/../../etc/passwd", "GET", 404),
        (FAILING_HOST, file_path(CARDS[1][0]), "GET", 404),
        (HOST, file_path(CARDS[1][0]), "HEAD", 200),
        (HOST, file_path(CARDS[1][0]), "POST", 501),
    ],
)
def test_other_requests(world: DemoWorld, host: str, path: str, method: str, status: int) -> None:
    with fetched(world, host, path, method) as answer:
        assert answer.status == status


def test_a_client_that_does_not_trust_the_authority_gets_nothing(world: DemoWorld) -> None:
    context = ssl.create_default_context()
    with (
        socket.create_connection(("127.0.0.1", world.files.port), timeout=10) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(plain, server_hostname=HOST)
    with fetched(world, HOST, "/nothing") as answer:
        assert answer.status == 404


def test_the_certificate_is_for_the_demo_hosts_only(world: DemoWorld) -> None:
    with pytest.raises(ssl.SSLCertVerificationError), fetched(world, "example.org", "/"):
        pass


def test_the_settings_send_every_host_to_this_server(world: DemoWorld) -> None:
    port = world.files.port
    entries = world.environment["ASSET_CONNECT_TO"].split(",")
    assert entries == [
        f"{FAILING_HOST}:443:127.0.0.1:{port}",
        f"{HOST}:443:127.0.0.1:{port}",
        f"::127.0.0.1:{port}",
    ]
    assert Path(world.environment["ASSET_CA_BUNDLE"]).read_bytes().startswith(b"-----BEGIN CERTIFICATE")


def test_secrets_are_for_the_owner_and_stay_over_a_restart(world: DemoWorld) -> None:
    for name in ("secret", "tls/server.pem"):
        assert stat.S_IMODE((world.workdir / name).stat().st_mode) == 0o600
    assert b"PRIVATE" not in world.ca_bundle.read_bytes()
    with prepare(world.workdir.parent / "demo") as again:
        assert again.secret == world.secret
        assert len(again.secret) == 64


def test_certificates_made_long_ago_are_no_longer_good(tmp_path: Path) -> None:
    with (
        prepare(tmp_path / "demo", now=lambda: 1_000_000_000.0) as world,
        pytest.raises(ssl.SSLCertVerificationError, match="expired"),
        fetched(world, HOST, "/"),
    ):
        pass


def test_a_place_that_cannot_be_written_is_told_to_the_person(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="cannot be set up"):
        prepare(tmp_path / "file" / "demo")


def test_announce_waits_and_sends_every_pull_request_once(world: DemoWorld) -> None:
    pauses: list[float] = []
    with receiving(world.secret, not_ready=3) as receiver:
        assert announce(world, receiver.url, sleep=pauses.append) == len(STORIES)
        assert announce(world, receiver.url, sleep=pauses.append) == len(STORIES)
    assert len(pauses) == 3
    assert [delivery.number for delivery in receiver.taken] == [story.number for story in STORIES]
    assert {delivery.intent for delivery in receiver.taken} == {Intent.REVIEW}
    assert (receiver.repeated, receiver.refused) == (len(STORIES), 0)


def test_announce_gives_up_where_nobody_listens(world: DemoWorld) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(ForgeError, match="ready"):
            announce(world, base_url, sleep=lambda _: None)


def test_deliveries_never_leave_this_machine(world: DemoWorld) -> None:
    for base_url in (
        "http://example.org",
        "https://127.0.0.1",
        "ftp://127.0.0.1",
        "",
        "http://127.0.0.1@example.org",
        "http://192.0.2.7",
        "http://[2001:db8::7]",
    ):
        with pytest.raises(UserError):
            announce(world, base_url, sleep=lambda _: None)


def test_a_push_and_a_comment_reach_the_receiver(tmp_path: Path) -> None:
    with prepare(tmp_path / "demo") as world, receiving(world.secret) as receiver:
        forge = world.forge(receiver.url)
        pull = forge.push(2, {"note.txt": "x\n"}, "Push")
        comment = forge.say(2, LIN, "/recheck")
        for request in (
            deliveries.pull_event(world.secret, pull, "pushed"),
            deliveries.comment_event(world.secret, pull, comment),
        ):
            assert deliveries.send(receiver.url, request) == 202
        assert deliveries.send(receiver.url, deliveries.pull_event("another secret", pull, "opened")) == 401
        pushed, said = receiver.taken
        assert (pushed.intent, pushed.number) == (Intent.REVIEW, 2)
        assert said.comment == comment
        ref = PullRef("demo", said.repo, said.number)
        assert DemoForge(world.workdir).pull_request(ref).head_sha == pull.head_sha


def test_the_demo_comes_to_life_once(tmp_path: Path) -> None:
    pauses: list[float] = []
    with prepare(tmp_path / "demo") as world, receiving(world.secret) as receiver:
        before = world.forge().pull_request(PullRef("demo", world.repository, 2)).head_sha
        assert play(world, receiver.url, pauses.append, lambda: False) == len(SCENES)
        assert [delivery.number for delivery in receiver.taken] == [scene.number for scene in SCENES]
        assert [bool(delivery.comment) for delivery in receiver.taken] == [
            bool(scene.says) for scene in SCENES
        ]
        assert world.forge().pull_request(PullRef("demo", world.repository, 2)).head_sha != before
        ((host, path), *_) = hosted().failing
        assert isinstance(world.files.find(host, path), Model)
        assert play(world, receiver.url, pauses.append, lambda: False) == 0
    assert pauses == [scene.after for scene in SCENES]


def test_the_demo_ends_in_the_middle_of_a_scene(tmp_path: Path) -> None:
    with prepare(tmp_path / "demo") as world, receiving(world.secret) as receiver:
        assert play(world, receiver.url, lambda _: None, lambda: True) == 0
        assert receiver.taken == []


def test_slow_files_keep_their_client_waiting_until_the_end(tmp_path: Path) -> None:
    with prepare(tmp_path / "demo", delay=3600.0) as world:
        ((host, path), *_) = hosted().slow
        waiting = Thread(target=world.files.linger, args=(host, path))
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        world.files.linger(host, "/another")
    waiting.join(30)
    assert not waiting.is_alive()
