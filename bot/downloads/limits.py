"""How much a download may cost: sizes in bytes, times in seconds, rates in bytes a second."""

from __future__ import annotations

from dataclasses import dataclass

from bot.hosts import Courtesy

KIB, GIB = 1 << 10, 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """What the fetcher grants one file, one host, and all of them together.

    The defaults are ours unless a comment names who imposes them.
    """

    #: The hub's own client refuses anything larger.
    largest: int = 5 * GIB
    #: Every asset link of the real hub is https; over plain http anybody on the way could forge a verdict.
    plain_http: bool = False
    redirects: int = 5
    #: A name may have many addresses; more than this many are not tried one after another.
    addresses: int = 3

    dns_seconds: float = 10.0
    connect_seconds: float = 10.0
    #: From the first packet to the end of the response's header, for every hop.
    answer_seconds: float = 30.0
    #: A body that brings less than `window_rate` in any window is stalled.
    window_seconds: float = 30.0
    window_rate: int = 16 * KIB
    #: One whole reading with retries: `base_seconds` + length / `average_rate`, at most `longest_seconds`.
    base_seconds: float = 300.0
    average_rate: int = 512 * KIB
    longest_seconds: float = 3 * 3600.0

    #: Requests for one whole reading; a resumed body counts as one more.
    attempts: int = 5
    backoff_seconds: float = 0.5
    backoff_longest: float = 15.0
    #: A host that asks for more patience is left alone until the next review: this one must end.
    retry_after_longest: float = 10.0
    #: How often a file is looked at until two looks agree.
    looks: int = 3
    #: How long the end of the stream is waited for when the length is in doubt.
    linger_seconds: float = 2.0

    parallel: int = 16
    #: A politeness that all reviews share: connections to one host, further ones for one large file included.
    per_host: int = 8
    #: A file of which at least so much is left, and of which one connection brings less than so much a second
    #: in such a time, is read over further connections while nobody else waits for them.
    pieces_from: int = 32 << 20
    pieces_below: int = 24 << 20
    pieces_seconds: float = 0.1
    piece: int = 2 << 20
    #: How many pieces may wait for the hash beyond those asked for, which are two on each connection: the
    #: window that memory pays for.
    pieces_ahead: int = 8
    #: So many files in a row that failed by the host's fault make the host unavailable for a while.
    breaker_failures: int = 3
    breaker_seconds: float = 60.0
    #: Requests a second to one host in the long run, and how many may come at once, over all reviews.
    requests_rate: float = 40.0
    requests_burst: int = 240
    idle_seconds: float = 20.0
    #: The longest time for which a host's wish to be left alone puts off the next review of a file.
    retry_after_believed: float = 24 * 3600.0

    @property
    def courtesy(self) -> Courtesy:
        """What one host is granted over all reviews."""
        return Courtesy(
            connections=self.per_host,
            rate=self.requests_rate,
            burst=self.requests_burst,
            failures=self.breaker_failures,
            rest=self.breaker_seconds,
        )


#: What an audit takes of a host, far below what a review may: one connection, never a file in pieces.
AUDIT_LIMITS = Limits(parallel=4, per_host=1, pieces_below=0)
