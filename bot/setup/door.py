"""Who may set hubbot up: whoever read the link at the start of the program, once."""

from __future__ import annotations

import hmac
import threading
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from secrets import token_bytes, token_urlsafe

#: Bytes of the token, of the key that signs and of a state: out of reach of trying. Ours.
STRENGTH = 32
#: Seconds that the link works; GitHub gives the whole of its manifest flow as long.
LINK_LIFE = 3600.0
#: Seconds that a set-up may take once it was begun. Ours: an evening's coffee included.
VISIT_LIFE = 3 * 3600.0
#: Wrong tokens within so many seconds after which none is looked at: a person mistypes twice. Ours.
TRIES, TRIES_WITHIN = 5, 60.0
#: The cookie, which is sent to these pages only.
COOKIE, PATH = "setup", "/setup"


class TooMany(Exception):
    """Too many wrong tokens in a short time; `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class Door:
    """One token, good once and for an hour, exchanged for one signed cookie; all of it in memory only."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._lock = now, threading.Lock()
        self.token = token_urlsafe(STRENGTH)
        self._wanted = _digest(self.token)
        self._used = False
        self._until = now() + LINK_LIFE
        self._key = token_bytes(STRENGTH)
        self._wrong: deque[float] = deque(maxlen=TRIES)

    def enter(self, given: str) -> str:
        """The cookie's value for the right token, empty for any other. Raises `TooMany`."""
        now = self._now()
        with self._lock:
            while self._wrong and not now - TRIES_WITHIN < self._wrong[0] <= now:
                self._wrong.popleft()
            if len(self._wrong) == TRIES:
                raise TooMany(int(self._wrong[0] + TRIES_WITHIN - now) + 1)
            right = hmac.compare_digest(_digest(given), self._wanted)
            if not right or self._used or now >= self._until:
                self._wrong.append(now)
                return ""
            self._used = True
        self.token = ""
        ends = str(int(now + VISIT_LIFE))
        return f"{ends}.{self._sign('visit', ends)}"

    def knows(self, cookie: str) -> bool:
        """Whether a cookie is the one that this door gave, and still good."""
        ends, _, signature = cookie.partition(".")
        good = hmac.compare_digest(_digest(signature), _digest(self._sign("visit", ends)))
        return good and ends.isascii() and ends.isdigit() and self._now() < int(ends[:12])

    def form(self, cookie: str) -> str:
        """What a form carries, so that no page of others can send it."""
        return self._sign("form", cookie)

    def sent_from_here(self, cookie: str, given: str) -> bool:
        return hmac.compare_digest(_digest(given), _digest(self.form(cookie)))

    def _sign(self, purpose: str, text: str) -> str:
        said = f"{purpose}:{text}".encode("utf-8", "surrogatepass")
        return hmac.new(self._key, said, sha256).hexdigest()


def _digest(text: str) -> bytes:
    """Of one length whatever was given, so that a comparison takes one time."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
