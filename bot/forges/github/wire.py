"""PyGithub's requester made harmless: bounded answers, no retries, sleeps or redirects, one kind of error."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from github.Auth import Auth
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester

from bot.errors import ForgeError
from bot.forges.github.errors import TooLongError, limit, refusal
from bot.forges.pace import Pace, Told, untold

USER_AGENT = "hubbot"
API_VERSION = "2022-11-28"
#: Seconds without a byte before a call is given up; GitHub itself ends a call after 10 s.
TIMEOUT = 20
#: Seconds for one whole answer, however slowly it drips.
DEADLINE = 60.0
#: A tree of the whole hub is 1 MB, a page of 100 files with their patches at most a few; ours to choose.
MAX_ANSWER = 32 << 20
PER_PAGE = 100
#: A repository renamed twice redirects twice.
MAX_MOVES = 2
CHUNK = 1 << 16

#: What `requests`, `urllib3` and the socket below them raise when the network fails.
NETWORK_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


class Answer:
    """What the requester wants of a response: status, headers and the body as text, read within bounds."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self._body = status, headers, body

    def getheaders(self) -> Iterable[tuple[str, str]]:
        return self.headers.items()

    def read(self) -> str:
        if self.status >= 300:
            return self._body.decode("utf-8", "replace")
        return self._body.decode("utf-8")


class Moved(Exception):
    """A reading that is to go on at another address, as after a repository was renamed."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self.location = location


class _Http(HTTPRequestsConnectionClass):
    def getresponse(self) -> Answer:  # type: ignore[override]  # the requester uses nothing but these three members
        return _exchange(self)


class _Https(HTTPSRequestsConnectionClass):
    def getresponse(self) -> Answer:  # type: ignore[override]  # the requester uses nothing but these three members
        return _exchange(self)


class Wire(Requester):
    """One connection to GitHub, for one thread at a time: a call ends with JSON or with a `ForgeError`.

    `renew` is told of a credential that was refused and says whether there is another to try.
    """

    _Requester__httpConnectionClass = _Http
    _Requester__httpsConnectionClass = _Https

    def __init__(
        self,
        base_url: str,
        auth: Auth,
        *,
        now: Callable[[], float],
        pace: Pace | None = None,
        told: Told = untold,
        renew: Callable[[str], bool] | None = None,
    ) -> None:
        super().__init__(
            auth=auth,
            base_url=base_url,
            timeout=TIMEOUT,
            user_agent=USER_AGENT,
            per_page=PER_PAGE,
            verify=True,
            retry=None,
            pool_size=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            api_version=API_VERSION,
        )
        self.files = requests.Session()
        self.files.auth = Requester.noopAuth
        self._signer, self._now, self._pace, self._renew = auth, now, pace, renew
        self._told = told

    def close(self) -> None:
        self.files.close()
        super().close()

    def sign(self) -> dict[str, str]:
        """The headers of a call that does not go through the requester."""
        headers = {"User-Agent": USER_AGENT, "X-GitHub-Api-Version": API_VERSION}
        self._signer.authentication(headers)
        return headers

    def renewed(self) -> bool:
        """After a 401: whether there is another credential to try."""
        return self._renew is not None and self._renew(self._signer.token)

    def requestJsonAndCheck(  # noqa: N802 - PyGithub's name: all of its objects call through here
        self,
        verb: str,
        url: str,
        parameters: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        input: Any | None = None,  # noqa: A002 - PyGithub's name
        follow_302_redirect: bool = False,  # noqa: ARG002 - never followed here
    ) -> tuple[dict[str, Any], Any]:
        """Headers (lower-case names) and the JSON of a successful answer; None for an empty one."""
        path = urlsplit(url).path
        call = f"{verb} {path}"
        if self._pace is not None and verb != "GET" and not path.endswith("/graphql"):
            self._pace.take()
        status, answered, body = self._ask(call, verb, url, parameters, headers, input)
        if status == 401 and self.renewed():
            status, answered, body = self._ask(call, verb, url, parameters, headers, input)
        if status >= 300:
            raise refusal(call, status, answered, body, self._now())
        return answered, _json(call, body)

    def graphql(self, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `data` of a query; errors of single fields are left to the caller, who finds the field null."""
        sent = {"query": query, "variables": dict(variables)}
        headers, answer = self.requestJsonAndCheck("POST", self.graphql_url, input=sent)
        if not isinstance(answer, dict):
            raise ForgeError("GitHub's GraphQL answer is not an object")
        errors = answer.get("errors")
        if isinstance(errors, list) and any(
            isinstance(e, dict) and e.get("type") == "RATE_LIMITED" for e in errors
        ):
            raise limit("GraphQL", headers, self._now())
        data = answer.get("data")
        if not isinstance(data, dict):
            raise ForgeError("GitHub's GraphQL answer has no data")
        return data

    def _within(self, call: str, location: str) -> str:
        """The path and query of a new address, which must be GitHub's own API: the credential goes along."""
        old, new = urlsplit(self.base_url), urlsplit(location)
        if (new.scheme, new.netloc) != (old.scheme, old.netloc) or not new.path.startswith(old.path):
            raise ForgeError(f"GitHub redirects {call} to another host", permanent=True)
        return location

    def _ask(
        self,
        call: str,
        verb: str,
        url: str,
        parameters: dict[str, Any] | None,
        headers: dict[str, str] | None,
        body: Any,
    ) -> tuple[int, dict[str, Any], str]:
        try:
            for _ in range(MAX_MOVES + 1):
                try:
                    answer = self.requestJson(verb, url, dict(parameters or {}), dict(headers or {}), body)
                    self._told(answer[1])
                    return answer
                except Moved as moved:
                    # What the new address asks for stands in it whole; parameters would be sent twice.
                    url, parameters = self._within(call, moved.location), None
            raise ForgeError(f"GitHub redirects {call} more than {MAX_MOVES} times")
        except NETWORK_ERRORS as error:
            raise ForgeError(f"GitHub could not be reached for {call} ({type(error).__name__})") from None
        except (AssertionError, AttributeError, TypeError, ValueError, RuntimeError):
            raise ForgeError(f"GitHub's answer to {call} makes no sense") from None


def read_bounded(response: requests.Response, most: int, deadline: float) -> tuple[bytes, bool]:
    """At most `most` bytes of a body, and whether it ended there; `deadline` by the monotonic clock.

    Reads what each packet brings, so that a dripping body cannot outlast the deadline by more than `TIMEOUT`.
    """
    parts: list[bytes] = []
    size = 0
    while size < most:
        part = response.raw.read1(min(CHUNK, most - size), decode_content=True)
        if not part:
            return b"".join(parts), True
        parts.append(part)
        size += len(part)
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(parts), False


def _exchange(link: HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass) -> Answer:
    call = f"{link.verb} {urlsplit(link.url).path}"
    deadline = time.monotonic() + DEADLINE
    with link.session.request(
        link.verb,
        f"{link.protocol}://{link.host}:{link.port}{link.url}",
        headers=link.headers,
        data=link.input,
        timeout=link.timeout,
        verify=link.verify,
        allow_redirects=False,
        stream=True,
    ) as response:
        if response.status_code == 202 and link.verb == "GET":  # the requester would wait and ask for ever
            raise ForgeError(f"GitHub is still preparing its answer to {call}")
        # The requester would follow without end, and repeat writes: only a reading goes on, in `_ask`.
        if response.status_code in (301, 307, 308) and link.verb == "GET":
            raise Moved(response.headers.get("Location", ""))
        if response.status_code in (301, 307, 308):
            raise ForgeError(
                f"GitHub says that {call} has moved: was the repository renamed?", permanent=True
            )
        body, ended = read_bounded(response, MAX_ANSWER + 1, deadline)
        if not ended:
            raise TooLongError(f"GitHub's answer to {call} is longer than {MAX_ANSWER} bytes")
        return Answer(response.status_code, response.headers, body)


def _json(call: str, body: str) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ForgeError(f"GitHub's answer to {call} is not JSON") from None
