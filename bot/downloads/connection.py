"""Opens connections, only to addresses that were checked: the check and the connect see the same numbers."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.downloads.addresses import refusal
from bot.downloads.connect_to import Override, find
from bot.downloads.limits import Limits
from bot.downloads.line import Line, PlainConnection, SecureConnection, receiver
from bot.downloads.outcome import Cancelled, Refused, Trouble
from bot.downloads.resolver import Resolve, lookup
from bot.downloads.urls import Target
from bot.downloads.watchdog import Guard, Watchdog
from bot.errors import UserError
from rules.finding import Fault

#: Connects a fresh socket to a numeric address and port; raises `OSError`.
Connect = Callable[[socket.socket, str, int], None]

#: Failures to connect that are this machine's, not the host's.
OURS = frozenset(
    (
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOMEM,
        errno.EADDRNOTAVAIL,
        errno.ENETDOWN,
        errno.ENETUNREACH,
    )
)


@dataclass(frozen=True, slots=True)
class Dialer:
    """Everything that opening a connection needs."""

    limits: Limits
    overrides: Sequence[Override]
    context: ssl.SSLContext
    watchdog: Watchdog
    clock: Callable[[], float]
    resolve: Resolve
    connect: Connect
    is_own: Callable[[str], bool]

    def dial(self, target: Target, stop: threading.Event) -> Line:
        """A connection ready for a request. Raises `Refused`, `Trouble` and `Cancelled`."""
        deadline = self.clock() + self.limits.answer_seconds
        override = find(self.overrides, target.host, target.port)
        if override:
            addresses, port = self._override_addresses(override, stop), override.to_port
        else:
            addresses, port = self._checked_addresses(target, stop), target.port
        sock, guard = self._first(addresses, port, override is None, stop, deadline)
        try:
            return self._line(target, sock, guard)
        except BaseException:
            self.watchdog.forget(guard)
            sock.close()
            raise

    def hang_up(self, line: Line) -> None:
        """Closes a connection for good; may be called again."""
        self.watchdog.forget(line.guard)
        line.connection.close()
        line.sock.close()

    def _override_addresses(self, override: Override, stop: threading.Event) -> list[str]:
        if _is_numeric(override.address):
            return [override.address]
        return lookup(self.resolve, override.address, override.to_port, self.limits.dns_seconds, stop)

    def _checked_addresses(self, target: Target, stop: threading.Event) -> list[str]:
        """The addresses of a name; a single forbidden one refuses the name, whatever the others are."""
        if _is_numeric(target.host):
            found = [target.host]
        else:
            found = lookup(self.resolve, target.host, target.port, self.limits.dns_seconds, stop)
        for address in found:
            if refusal(address) or self.is_own(address):
                # Which one stays unsaid: anybody could ask us for names of the operator's network.
                raise Refused("address-refused", f"{target.host} leads to an address that is not public")
        return found[: self.limits.addresses]

    def _first(
        self, addresses: Sequence[str], port: int, guarded: bool, stop: threading.Event, deadline: float
    ) -> tuple[socket.socket, Guard]:
        trouble: Trouble | None = None
        for address in addresses:
            try:
                return self._opened(address, port, guarded, stop, deadline)
            except Trouble as error:
                trouble = error
        assert trouble is not None
        raise trouble

    def _opened(
        self, address: str, port: int, guarded: bool, stop: threading.Event, deadline: float
    ) -> tuple[socket.socket, Guard]:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            raise _no_connection(error) from None
        guard: Guard | None = None
        try:
            guard = self.watchdog.watch(sock, stop, deadline)
            sock.settimeout(self.limits.connect_seconds)
            self.connect(sock, address, port)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if guarded:
                _verify_peer(sock, address)
        except BaseException as error:
            fired = guard is not None and guard.fired
            if guard:
                self.watchdog.forget(guard)
            sock.close()
            if stop.is_set():
                raise Cancelled from None
            if isinstance(error, OSError):
                raise _no_connection(TimeoutError() if fired else error) from None
            raise
        return sock, guard

    def _line(self, target: Target, sock: socket.socket, guard: Guard) -> Line:
        connection: PlainConnection | SecureConnection
        timeout = self.limits.window_seconds
        if target.scheme == "https":
            connection = SecureConnection(
                target.host,
                target.port,
                timeout=timeout,
                ssl_context=self.context,
                cert_reqs=ssl.CERT_REQUIRED,
            )
        else:
            connection = PlainConnection(target.host, target.port, timeout=timeout)
        connection.opened = sock
        try:
            connection.connect()
        except (OSError, ValueError) as error:
            if guard.stopped:
                raise Cancelled from None
            if guard.fired:
                raise Trouble("timeout", "no TLS handshake in time") from None
            raise Trouble("tls", _tls_words(error)) from None
        assert isinstance(connection.sock, socket.socket)
        opened = connection.sock
        return Line((target.scheme, target.host, target.port), connection, opened, guard, receiver(opened))


def tls_context(ca_bundle: str | None) -> ssl.SSLContext:
    """Verifies always: against the system's authorities, or those of `ca_bundle`. Raises `UserError`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not ca_bundle:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(cafile=ca_bundle)
    except OSError as error:
        words = error.strerror or "no certificate in it"
        raise UserError(f"ASSET_CA_BUNDLE: cannot read certificates from {ca_bundle}: {words}") from None
    return context


def system_connect(sock: socket.socket, address: str, port: int) -> None:
    sock.connect((address, port))


def is_own(address: str) -> bool:
    """Whether packets to the address would leave from it: then it is one of this machine's. Sends nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((address, 9))
        return str(probe.getsockname()[0]) == address
    return False


def _verify_peer(sock: socket.socket, address: str) -> None:
    """The peer must be the address that was checked, and must still pass."""
    peer = str(sock.getpeername()[0])
    if ipaddress.ip_address(peer) != ipaddress.ip_address(address) or refusal(peer):
        raise Refused("address-refused", "the connection led to another address than the one checked")


def _is_numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _no_connection(error: OSError) -> Trouble:
    words = error.strerror or ("timed out" if isinstance(error, TimeoutError) else type(error).__name__)
    return Trouble("connect", words, fault=Fault.BOT if error.errno in OURS else Fault.HOST)


def _tls_words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no handshake in time"
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__)
