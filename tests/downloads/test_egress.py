"""What is connected to is what was checked: whatever a resolver, a host or a certificate says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from bot.downloads import Fetcher
from bot.downloads.connection import is_own
from bot.errors import UserError
from rules.facts import RemoteFile, RemoteState, Wanted
from rules.finding import Fault
from tests.downloads.conftest import QUICK
from tests.downloads.host import DIGEST, NAME, AssetHost, file, status

pytestmark = pytest.mark.network

PUBLIC = "93.184.216.34"
URL = f"https://{NAME}/a.ckpt"


class Net:
    """Answers lookups in turn and records what is connected to; nothing leaves the machine."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked, self.connected = list(answers), list[str](), list[str]()

    def resolve(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def connect(self, _sock: socket.socket, address: str, port: int) -> None:
        self.connected.append(f"{address} {port}")
        raise ConnectionRefusedError(111, "Connection refused")

    def measure(self, url: str = URL, own: str = "") -> RemoteFile:
        fetcher = Fetcher(
            QUICK, resolve=self.resolve, connect=self.connect, own_address=lambda address: address == own
        )
        with closing(fetcher):
            (found,) = fetcher.measure([Wanted(url)], lambda: False)
        return found


def refused(found: RemoteFile) -> bool:
    return (found.state, found.reason) == (RemoteState.WRONG, "address-refused")


def test_rebinding_reaches_only_the_first_address() -> None:
    net = Net([PUBLIC], ["127.0.0.1"])
    found = net.measure()
    assert refused(found)
    assert net.connected == [f"{PUBLIC} 443"]


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        [PUBLIC, "127.0.0.1"],
        [PUBLIC, PUBLIC, PUBLIC, PUBLIC, "10.0.0.1"],
        ["2606:4700::1111", "::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%eth0"],
        ["168.63.129.16"],
        ["100.100.100.200"],
        ["not an address"],
    ],
)
def test_one_forbidden_answer_refuses_the_name(answer: list[str]) -> None:
    net = Net(answer)
    found = net.measure()
    assert refused(found)
    assert net.connected == []
    assert all(address not in found.detail for address in answer), "nobody learns our network's names from us"


def test_this_machine_is_refused() -> None:
    net = Net([PUBLIC])
    assert refused(net.measure(own=PUBLIC))
    assert net.connected == []


def test_a_bound_address_is_own() -> None:
    assert is_own("127.0.0.1")


def test_literal_addresses_are_not_resolved() -> None:
    net = Net(["127.0.0.1"])
    assert net.measure(f"https://{PUBLIC}/a").reason == "connect"
    assert net.asked == []
    assert set(net.connected) == {f"{PUBLIC} 443"}


def test_few_addresses_are_tried() -> None:
    net = Net([f"93.184.216.{number}" for number in range(1, 9)])
    found = net.measure()
    assert (found.reason, found.fault) == ("connect", Fault.HOST)
    assert len(net.connected) == QUICK.addresses * QUICK.attempts


def test_the_peer_is_verified(host: AssetHost) -> None:
    """A connection that ends up elsewhere, by whatever trick, is not spoken on."""
    host.routes["/a.ckpt"] = file()

    def astray(sock: socket.socket, _address: str, _port: int) -> None:
        sock.connect(("127.0.0.1", int(host.connect_to.split(",")[0].rpartition(":")[2])))

    fetcher = Fetcher(
        QUICK, ca_bundle=host.ca, resolve=lambda *_: [PUBLIC], connect=astray, own_address=lambda _: False
    )
    with closing(fetcher):
        (found,) = fetcher.measure([Wanted(URL)], lambda: False)
    assert refused(found)
    assert host.seen == []


@pytest.mark.parametrize(
    ("error", "fault"),
    [(OSError(24, "Too many open files"), Fault.BOT), (OSError(113, "No route to host"), Fault.HOST)],
)
def test_our_own_troubles_are_ours(error: OSError, fault: Fault) -> None:
    def fails(*_: object) -> None:
        raise error

    fetcher = Fetcher(QUICK, resolve=lambda *_: [PUBLIC], connect=fails, own_address=lambda _: False)
    with closing(fetcher):
        (found,) = fetcher.measure([Wanted(URL)], lambda: False)
    assert (found.state, found.reason, found.fault) == (RemoteState.UNVERIFIED, "connect", fault)


@pytest.mark.parametrize(
    "error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")]
)
def test_a_name_that_does_not_resolve_blames_nobody(error: Exception) -> None:
    def fails(*_: object) -> list[str]:
        raise error

    with closing(Fetcher(QUICK, resolve=fails)) as fetcher:
        (found,) = fetcher.measure([Wanted(URL)], lambda: False)
    assert (found.state, found.reason, found.fault) == (RemoteState.UNVERIFIED, "dns", Fault.HOST)


def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    hanging = threading.Event()

    def hangs(*_: object) -> list[str]:
        hanging.wait(5)
        return [PUBLIC]

    with closing(Fetcher(replace(QUICK, dns_seconds=0.1), resolve=hangs)) as fetcher:
        (found,) = fetcher.measure([Wanted(URL)], lambda: False)
    hanging.set()
    assert (found.reason, found.fault) == ("dns", Fault.HOST)
    assert found.seconds < 2


def test_plain_http_where_it_is_granted(host: AssetHost) -> None:
    host.routes["/a.ckpt"] = file()
    url = URL.replace("https", "http")
    for limits, outcome in ((QUICK, "url-refused"), (replace(QUICK, plain_http=True), "")):
        with closing(Fetcher(limits, connect_to=host.connect_to)) as fetcher:
            (found,) = fetcher.measure([Wanted(url, DIGEST)], lambda: False)
        assert found.reason == outcome
    assert found.sha256 == DIGEST


def test_redirects_within_connect_to_are_still_checked(host: AssetHost) -> None:
    """Only the operator's target is exempt from the address check, not what a page or a host names."""
    host.routes["/a.ckpt"] = status(302, Location="https://127.0.0.1/secret")
    with closing(Fetcher(QUICK, connect_to=host.connect_to, ca_bundle=host.ca)) as fetcher:
        found = {
            f.url: f for f in fetcher.measure([Wanted(URL), Wanted("https://127.0.0.1/x")], lambda: False)
        }
    assert refused(found[URL])
    assert refused(found["https://127.0.0.1/x"])
    assert {exchange.path for exchange in host.seen} == {"/a.ckpt"}


def test_connect_to_leaves_other_hosts_alone(host: AssetHost) -> None:
    only = host.connect_to.split(",")[0].replace(":443", f"{NAME}:443", 1)
    host.routes["/a.ckpt"] = file()
    net = Net(["127.0.0.1"])
    fetcher = Fetcher(QUICK, connect_to=only, ca_bundle=host.ca, resolve=net.resolve)
    with closing(fetcher):
        found = {
            f.url: f for f in fetcher.measure([Wanted(URL), Wanted("https://b.example.com/")], lambda: False)
        }
    assert found[URL].sha256 == DIGEST
    assert refused(found["https://b.example.com/"])
    assert net.asked == ["b.example.com"]


@pytest.mark.parametrize("kind", ["wrong-name", "expired", "self-signed"])
def test_a_bad_certificate_is_never_accepted(kind: str, host: AssetHost) -> None:
    host.routes["/a.ckpt"] = file()
    with closing(Fetcher(QUICK, connect_to=host.connect_to, ca_bundle=host.ca)) as fetcher:
        (found,) = fetcher.measure([Wanted(f"https://{kind}.example.com/a.ckpt", DIGEST)], lambda: False)
    assert (found.state, found.reason, found.fault) == (RemoteState.UNVERIFIED, "tls", Fault.HOST)
    assert "certificate" in found.detail
    assert host.seen == []


def test_an_unknown_authority_is_never_accepted(host: AssetHost) -> None:
    with closing(Fetcher(QUICK, connect_to=host.connect_to)) as fetcher:
        (found,) = fetcher.measure([Wanted(URL, DIGEST)], lambda: False)
    assert found.reason == "tls"


@pytest.mark.parametrize("path", ["/nowhere/ca.pem", __file__])
def test_an_unreadable_ca_bundle_is_named(path: str) -> None:
    with pytest.raises(UserError, match="ASSET_CA_BUNDLE"):
        Fetcher(ca_bundle=path)
