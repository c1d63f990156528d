"""Bounded questions to a forge or to ourselves: status, headers and JSON of any answer, words for none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3

#: Seconds to connect and between two reads: an examination is watched by somebody.
TIMEOUT = (5.0, 10.0)
#: Bytes of an answer that are read; a page of a hundred hooks is less.
MAX_ANSWER = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """Status 0 means that there was none, and `trouble` says why."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    text: str = ""
    trouble: str = ""

    def get(self, *keys: str) -> Any:
        """A value within nested objects; None where there is no such thing."""
        found = self.body
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def items(self) -> list[Mapping[str, Any]]:
        return [one for one in self.body if isinstance(one, dict)] if isinstance(self.body, list) else []

    @property
    def message(self) -> str:
        """The other side's own words, short and printable."""
        said = str(self.get("message") or self.trouble or "")[:120]
        return "".join(c if c.isprintable() else "?" for c in said)

    @property
    def date(self) -> float | None:
        """The other side's clock, in seconds since the epoch."""
        try:
            return parsedate_to_datetime(self.headers.get("Date", "")).timestamp()
        except (ValueError, TypeError, OverflowError):
            return None


def ask(
    method: str, url: str, headers: Mapping[str, str], *, sent: object = None, body: bytes | None = None
) -> Answer:
    """One request: no redirect is followed, no proxy or `.netrc` of the environment is used."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["User-Agent"] = "hubbot-doctor"
        try:
            with session.request(
                method,
                url,
                headers=dict(headers),
                json=sent,
                data=body,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                read = response.raw.read(MAX_ANSWER, decode_content=True)
                return _answer(response.status_code, dict(response.headers), read)
        except requests.exceptions.SSLError:
            return Answer(0, trouble="its certificate is not trusted or not for this name")
        except requests.Timeout:
            return Answer(0, trouble="no answer in time")
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return Answer(0, trouble=f"no connection ({type(error).__name__})")


def _answer(status: int, headers: Mapping[str, str], read: bytes) -> Answer:
    text = read.decode("utf-8", "replace")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    named = {name.title(): value for name, value in headers.items()}
    return Answer(status, named, body, text[:200])
