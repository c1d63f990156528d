"""Calls to GitHub from any thread: each takes an idle connection, or opens one, and gives it back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from github.GithubException import BadAttributeException, GithubException
from github.Repository import Repository

from bot.errors import ForgeError
from bot.forges.github.credential import Credential
from bot.forges.github.errors import refusal
from bot.forges.github.shape import REPO, item, items
from bot.forges.github.wire import CHUNK, DEADLINE, NETWORK_ERRORS, PER_PAGE, TIMEOUT, Wire
from bot.forges.pace import Pace, Told, untold

#: 10,000 entries of any list; a longer one is a loop or an attack.
MAX_PAGES = 100
#: GitHub redirects an archive once, to another host.
MAX_REDIRECTS = 3

#: PyGithub makes objects of whatever JSON there is, and trips over what is missing.
_TRIPPED = (AttributeError, AssertionError, TypeError, ValueError)


class Api:
    """`now` in seconds since the epoch. Repositories are named `owner/name`."""

    def __init__(
        self,
        base_url: str,
        credential: Credential,
        *,
        now: Callable[[], float],
        pace: Pace,
        told: Told = untold,
    ) -> None:
        self.base_url, self.credential, self.now = base_url.rstrip("/"), credential, now
        self._pace, self._told, self._lock = pace, told, Lock()
        self._idle: dict[str, list[Wire]] = {}

    @contextmanager
    def wire(self, repo: str) -> Iterator[Wire]:
        """A connection signed for the repository, this thread's own until it is given back."""
        with self._lock:
            idle = self._idle.setdefault(repo, [])
            wire = idle.pop() if idle else self._open(repo)
        try:
            yield wire
        finally:
            with self._lock:
                idle.append(wire)

    @contextmanager
    def repository(self, repo: str) -> Iterator[Repository]:
        """PyGithub's repository, lazy: nothing is asked until something is written."""
        with self.wire(repo) as wire:
            try:
                yield Repository(wire, url=_base(repo))
            except (GithubException, BadAttributeException, *_TRIPPED) as error:
                raise ForgeError(f"GitHub's answer makes no sense ({type(error).__name__})") from None

    def get(self, repo: str, path: str, **parameters: str | int) -> Mapping[str, Any]:
        """One JSON object at a path below the repository."""
        with self.wire(repo) as wire:
            _, answer = wire.requestJsonAndCheck("GET", _base(repo) + path, parameters)
        return item(answer, path)

    def pages(
        self, repo: str, path: str, within: str = "", **parameters: str | int
    ) -> Iterator[Mapping[str, Any]]:
        """All entries of a list; `within` names the key that holds it where the answer is an object.

        Pages are counted here and no `Link` is followed, so that none can lead elsewhere or in a circle.
        """
        for page in range(1, MAX_PAGES + 1):
            with self.wire(repo) as wire:
                headers, answer = wire.requestJsonAndCheck(
                    "GET", _base(repo) + path, {**parameters, "per_page": PER_PAGE, "page": page}
                )
            listed = items(item(answer, path).get(within) if within else answer, path)
            yield from listed
            if len(listed) < PER_PAGE and 'rel="next"' not in str(headers.get("link", "")):
                return
        raise ForgeError(f"GitHub's list {path} has more than {MAX_PAGES * PER_PAGE} entries")

    def graphql(self, repo: str, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        with self.wire(repo) as wire:
            return wire.graphql(query, variables)

    @contextmanager
    def stream(self, repo: str, path: str, accept: str) -> Iterator[tuple[requests.Response, float]]:
        """A body to be read within the deadline that comes with it (monotonic clock).

        A redirect is followed, but the credential is never sent to another host, scheme or port.
        """
        url = self.base_url + _base(repo) + path
        with self.wire(repo) as wire:
            headers, renewed = {**wire.sign(), "Accept": accept}, False
            try:
                for _ in range(MAX_REDIRECTS + 2):
                    with wire.files.get(
                        url, headers=headers, stream=True, timeout=TIMEOUT, allow_redirects=False
                    ) as response:
                        if (
                            response.status_code == 401
                            and _at_home(headers)
                            and not renewed
                            and wire.renewed()
                        ):
                            headers, renewed = {**headers, **wire.sign()}, True
                        elif response.status_code in (301, 302, 303, 307, 308):
                            url, headers = redirected(url, headers, response.headers.get("Location", ""))
                        else:
                            self._accept(path, response)
                            yield response, time.monotonic() + DEADLINE
                            return
            except NETWORK_ERRORS as error:
                raise ForgeError(f"GitHub could not be read: {path} ({type(error).__name__})") from None
        raise ForgeError(f"GitHub redirects {path} more than {MAX_REDIRECTS} times")

    def close(self) -> None:
        """Closes what is idle; call it when no thread is at work."""
        with self._lock:
            for wires in self._idle.values():
                while wires:
                    wires.pop().close()
        self.credential.close()

    def _open(self, repo: str) -> Wire:
        return Wire(
            self.base_url,
            self.credential.auth(repo),
            now=self.now,
            pace=self._pace,
            told=self._told,
            renew=lambda refused: self.credential.renew(repo, refused),
        )

    def _accept(self, path: str, response: requests.Response) -> None:
        if response.status_code == 200:
            return
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = next(response.iter_content(CHUNK), b"").decode("utf-8", "replace")
        raise refusal(f"GET {path}", response.status_code, headers, body, self.now())


def _base(repo: str) -> str:
    if not REPO.fullmatch(repo):
        raise ForgeError("that is not the name of a repository", permanent=True)
    return f"/repos/{repo}"


def _at_home(headers: Mapping[str, str]) -> bool:
    """Another host's 401 must not bring it a new credential."""
    return "Authorization" in headers


def redirected(url: str, headers: dict[str, str], location: str) -> tuple[str, dict[str, str]]:
    """Where to go on, and with which headers: the credential does not leave scheme, host and port."""
    target = urljoin(url, location)
    old, new = urlsplit(url), urlsplit(target)
    if (old.scheme, old.netloc) == (new.scheme, new.netloc):
        return target, headers
    if new.scheme != "https":
        raise ForgeError("GitHub redirects to an address that is not https")
    return target, {name: value for name, value in headers.items() if name != "Authorization"}
