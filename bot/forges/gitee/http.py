"""Talks JSON with Gitee's API v5: bounded in time and size, the token in a header only."""

from __future__ import annotations

import json
import re
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote
from weakref import WeakSet

import requests
import urllib3

from bot.errors import CouldNotVerify, ForgeError
from bot.forges.gitee.deadline import Deadline, DeadlineAdapter
from bot.forges.pace import Pace, Told, untold

#: Seconds to connect, and between two reads.
TIMEOUT = (5.0, 20.0)
#: Seconds that one exchange may take in all.
DEADLINE = 60.0
#: Bytes of an answer. The hub's whole tree is 1 MB, the fullest list of 300 files a few; ours to choose.
MAX_ANSWER = 32 << 20
#: Entries of a page: Gitee's maximum.
PER_PAGE = 100
#: Pages of a list: 20,000 comments is not a conversation. Ours to choose.
MAX_PAGES = 200
#: A read is tried so often in all; a write never again, since it may have worked.
READ_ATTEMPTS = 3
#: Seconds before a read is tried again, doubled each time.
PAUSE = 0.25
#: Seconds to stay away when Gitee limits us without saying how long, and at the most when it does say.
STAY_AWAY, LONGEST_STAY = 60.0, 86_400.0

#: What follows a Gitee's own address in its API's; repositories lie beside it.
API_PATH = "/api/v5"

_TOKEN = re.compile(r"[\x21-\x7e]+")
_REPOSITORY = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]+/(?!\.{1,2}$)[A-Za-z0-9_.-]+")


class RequestError(ForgeError):
    """A request that came to nothing; `status` is Gitee's, 0 when there was no answer."""

    def __init__(
        self, message: str, status: int = 0, *, retry_at: float | None = None, permanent: bool = False
    ) -> None:
        super().__init__(message, retry_at=retry_at, permanent=permanent)
        self.status = status

    @property
    def may_have_worked(self) -> bool:
        """Whether a write may have taken effect all the same."""
        return self.status == 0 or self.status >= 500 or 200 <= self.status < 300


class TooLargeError(RequestError):
    """The answer is longer than allowed; `start` is what was read of it."""

    def __init__(self, message: str, start: bytes) -> None:
        super().__init__(message, 200)
        self.start = start


class TookTooLongError(RequestError):
    """The deadline passed; trying again at once would take as long again."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def repo_path(repo: str) -> str:
    """`/repos/owner/name`. Raises `ForgeError` for what is no such name."""
    if not _REPOSITORY.fullmatch(repo):
        raise ForgeError("not a repository of Gitee: owner/name is expected", permanent=True)
    return f"/repos/{repo}"


def segment(text: str) -> str:
    """One segment of a path, `/` and `:` encoded too."""
    return quote(text, safe="")


class Api:
    """Gitee's API for one token, empty to read what is public; any thread may use it. Times in seconds."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: tuple[float, float] = TIMEOUT,
        deadline: float = DEADLINE,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        pace: Pace | None = None,
        told: Told = untold,
    ) -> None:
        if token and not _TOKEN.fullmatch(token):
            raise ValueError("the Gitee token has characters that no token has")
        self._url, self._token = url.rstrip("/"), token
        self._site, beside, _ = self._url.rpartition(API_PATH)
        self._has_git = bool(beside)
        self._timeout, self._deadline = timeout, deadline
        self._now, self._sleep = now, sleep
        self._pace, self._told = pace or Pace(now, sleep), told
        self._local = threading.local()
        self._sessions: WeakSet[requests.Session] = WeakSet()
        self._lock = threading.Lock()

    def get(self, path: str, query: Mapping[str, str] | None = None, *, limit: int = MAX_ANSWER) -> Any:
        """A read, tried again a little later when the server or the way to it fails."""
        return self._read(path, query, limit)[0]

    def pages(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Any]:
        """All items of a list, page by page; an item that slid to the next page meanwhile comes once."""
        seen: set[object] = set()
        for number in range(1, MAX_PAGES + 1):
            items, last = self.page(path, query, number)
            fresh = [item for item in items if _identity(item) not in seen]
            seen.update(_identity(item) for item in fresh if _identity(item) is not None)
            yield from fresh
            if not fresh or (last and number >= last):
                return
        raise CouldNotVerify(f"Gitee's list {path} has no end")

    def page(self, path: str, query: Mapping[str, str] | None, number: int) -> tuple[list[Any], int]:
        """One page of a list, and the number of the last one, 0 where Gitee does not tell."""
        wanted = {**(query or {}), "page": str(number), "per_page": str(PER_PAGE)}
        items, headers = self._read(path, wanted, MAX_ANSWER)
        if not isinstance(items, list):
            raise RequestError(f"Gitee answered {path} with something that is no list", 200)
        last = headers.get("total_page", "")
        return items, int(last) if re.fullmatch("[0-9]{1,6}", last) else 0

    def post(self, path: str, body: object) -> Any:
        return _decoded(self._write("POST", path, body), path)

    def patch(self, path: str, body: object) -> Any:
        return _decoded(self._write("PATCH", path, body), path)

    def put(self, path: str, body: object) -> Any:
        return _decoded(self._write("PUT", path, body), path)

    def delete(self, path: str) -> None:
        """Removes; what is gone already is removed."""
        try:
            self._write("DELETE", path, None)
        except RequestError as error:
            if error.status != 404:
                raise

    def git(self, repo: str, request: bytes, *, limit: int) -> bytes:
        """Answers one `git-upload-pack` request on the repository that lies beside the API; a read."""
        path = f"{repo_path(repo).removeprefix('/repos')}.git/git-upload-pack"
        if not self._has_git:
            raise RequestError("no Git is known beside this API", 404)
        login = b64encode(f"oauth2:{self._token}".encode("ascii")).decode("ascii")
        headers = {
            **({"Authorization": f"Basic {login}"} if self._token else {}),
            "Content-Type": "application/x-git-upload-pack-request",
            "Accept": "application/x-git-upload-pack-result",
        }
        return self._exchange("POST", path, limit, at=self._site, data=request, headers=headers).body

    def close(self) -> None:
        with self._lock:
            sessions = list(self._sessions)
        for session in sessions:
            session.close()

    def _read(self, path: str, query: Mapping[str, str] | None, limit: int) -> tuple[Any, Mapping[str, str]]:
        for attempt in range(READ_ATTEMPTS):
            last = attempt == READ_ATTEMPTS - 1
            try:
                answer = self._exchange("GET", path, limit, params=query)
                return _decoded(answer, path), answer.headers
            except (TooLargeError, TookTooLongError):
                raise
            except RequestError as error:
                if last or not error.may_have_worked or error.retry_at is not None:
                    raise
                self._sleep(PAUSE * 2**attempt)
        raise AssertionError("the loop always returns or raises")

    def _write(self, method: str, path: str, body: object) -> _Answer:
        self._pace.take()
        return self._exchange(method, path, MAX_ANSWER, json=body)

    def _exchange(self, method: str, path: str, limit: int, *, at: str = "", **sent: Any) -> _Answer:
        """One request within the deadline; `sent` is what goes along, as `requests` names it."""
        what = f"{method} {path}"
        with Deadline(self._deadline) as deadline:
            try:
                answer = self._send(method, (at or self._url) + path, limit, sent)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                if deadline.passed:
                    raise TookTooLongError(
                        f"Gitee took longer than {self._deadline:g} s for {what}"
                    ) from None
                raise RequestError(f"no answer from Gitee to {what} ({type(error).__name__})") from None
            if deadline.passed:
                raise TookTooLongError(f"Gitee took longer than {self._deadline:g} s for {what}")
        self._told(answer.headers)
        if 200 <= answer.status < 300:
            return answer
        raise self._refusal(what, answer)

    def _send(self, method: str, url: str, limit: int, sent: Mapping[str, Any]) -> _Answer:
        with self._session().request(
            method, url, timeout=self._timeout, allow_redirects=False, stream=True, **sent
        ) as response:
            read = bytearray()
            for chunk in response.iter_content(1 << 16):
                read += chunk
                if len(read) > limit:
                    where = url.removeprefix(self._url)
                    raise TooLargeError(
                        f"Gitee's answer to {method} {where} is over {limit} bytes", bytes(read)
                    )
            return _Answer(response.status_code, response.headers, bytes(read))

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            if self._token:  # what is public is read without one
                session.headers["Authorization"] = f"Bearer {self._token}"
            session.headers["Accept"] = "application/json"
            session.headers["User-Agent"] = "hubbot"
            for scheme in ("http://", "https://"):
                session.mount(scheme, DeadlineAdapter())
            self._local.session = session
            with self._lock:
                self._sessions.add(session)
        return session

    def _refusal(self, what: str, answer: _Answer) -> RequestError:
        status, said = answer.status, self._said(answer.body)
        message = f"Gitee answered {what} with {status}{said}"
        asked = self._asked_to_wait(answer.headers)
        if status in (418, 429) or (status == 403 and (asked is not None or "rate limit" in said.lower())):
            return RequestError(
                message, status, retry_at=self._now() + (STAY_AWAY if asked is None else asked)
            )
        if status >= 500:
            return RequestError(message, status, retry_at=None if asked is None else self._now() + asked)
        return RequestError(message, status, permanent=status != 404 and status != 408)

    def _said(self, body: bytes) -> str:
        """The server's own words, short and in visible characters, never with our token."""
        try:
            said = json.loads(body[:4096])["message"]
        except (ValueError, RecursionError, TypeError, KeyError):
            return ""
        shown = (str(said).replace(self._token, "…") if self._token else str(said))[:120]
        return ": " + "".join(c if c.isprintable() else "?" for c in shown)

    def _asked_to_wait(self, headers: Mapping[str, str]) -> float | None:
        value = headers.get("Retry-After", "").strip()
        if re.fullmatch("[0-9]{1,9}", value):
            return min(float(value), LONGEST_STAY)
        try:
            seconds = parsedate_to_datetime(value).timestamp() - self._now()
        except (ValueError, OverflowError):
            return None
        return min(max(seconds, 0.0), LONGEST_STAY)


def _decoded(answer: _Answer, path: str) -> Any:
    if not answer.body:
        return None
    try:
        return json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise RequestError(f"Gitee answered {path} with something that is no JSON", answer.status) from None


def _identity(item: Any) -> int | str | None:
    found = item.get("id") if isinstance(item, dict) else None
    return found if isinstance(found, int | str) else None
