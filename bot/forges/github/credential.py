"""The two ways to sign in: a plain token, or a GitHub App that mints a token for each repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Protocol
from urllib.parse import quote

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github.Auth import AppAuth, Auth, Token

from bot.errors import ForgeError, UserError
from bot.forges.github.errors import StatusError
from bot.forges.github.shape import item, items, number, text
from bot.forges.github.wire import Wire

#: Seconds before its end at which an installation token is replaced: longer than any single call takes.
MARGIN = 120.0


class Credential(Protocol):
    """Who the bot is; `app_id` is empty for a plain token, as GitHub lets only Apps write check runs."""

    app_id: str

    def auth(self, repo: str) -> Auth:
        """What signs the calls about one repository."""

    def renew(self, repo: str, refused: str) -> bool:
        """GitHub refused the token `refused`: forgets it, and says whether to try once more."""

    def login(self) -> str:
        """The login to look up, or nothing where the token itself says who it is."""

    def close(self) -> None: ...


class Nobody(Auth):
    """Signs nothing: GitHub answers anybody about public repositories, sixty times an hour."""

    token_type, token = "", ""

    def authentication(self, headers: dict[str, Any]) -> None:
        """Leaves a request as it is."""


class Anonymous:
    """No credential at all: reads what is public, and writes nothing."""

    app_id = ""

    def auth(self, repo: str) -> Auth:  # noqa: ARG002 - the same for all
        return Nobody()

    def renew(self, repo: str, refused: str) -> bool:  # noqa: ARG002 - there is none
        return False

    def login(self) -> str:
        return ""

    def close(self) -> None:
        pass


class PlainToken:
    """A person's or machine account's token: commit statuses, no check runs."""

    app_id = ""

    def __init__(self, token: str) -> None:
        self._auth = Token(token)

    def auth(self, repo: str) -> Auth:  # noqa: ARG002 - one token for all
        return self._auth

    def renew(self, repo: str, refused: str) -> bool:  # noqa: ARG002 - there is no other
        """GitHub refuses good tokens too in its bad minutes: no job should be set aside for that."""
        return True

    def login(self) -> str:
        return ""

    def close(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class _Minted:
    token: str
    expires: float


class App:
    """A GitHub App; the token of each repository is good for that repository only, for an hour at most."""

    def __init__(
        self, base_url: str, app_id: int | str, private_key: str, *, now: Callable[[], float]
    ) -> None:
        self.app_id = str(app_id)
        if not self.app_id:
            raise UserError("the GitHub App's id is empty")
        auth = AppAuth(self.app_id, sign_func=_signer(private_key))
        self._wire, self._now, self._lock = Wire(base_url, auth, now=now), now, Lock()
        self._installations: dict[str, int] = {}
        self._minted: dict[str, _Minted] = {}

    def auth(self, repo: str) -> Auth:
        return _InstallationAuth(self, repo)

    def renew(self, repo: str, refused: str) -> bool:
        with self._lock:
            held = self._minted.get(repo)
            if held is not None and held.token == refused:
                del self._minted[repo]
        return True

    def token(self, repo: str) -> str:
        """A token that is good for at least `MARGIN` more; an empty `repo` means any installation."""
        with self._lock:
            held = self._minted.get(repo)
            if held is None or held.expires - MARGIN < self._now():
                try:
                    held = self._mint(repo)
                except StatusError as error:  # a 404 here must not be taken for one of what was asked for
                    raise ForgeError(str(error), retry_at=error.retry_at, permanent=error.permanent) from None
                self._minted[repo] = held
            return held.token

    def login(self) -> str:
        with self._lock:
            _, answer = self._wire.requestJsonAndCheck("GET", "/app")
        return text(item(answer, "App"), "slug") + "[bot]"

    def call(self, verb: str, path: str, parameters: dict[str, str | int]) -> tuple[Mapping[str, Any], Any]:
        """A call about the App itself: headers with lower-case names, and the JSON."""
        with self._lock:
            return self._wire.requestJsonAndCheck(verb, path, parameters)

    def close(self) -> None:
        self._wire.close()

    def _mint(self, repo: str) -> _Minted:
        known = repo in self._installations
        installation = self._installations.get(repo) or self._installation(repo)
        body = {"repositories": [repo.partition("/")[2]]} if repo else None
        try:
            _, answer = self._wire.requestJsonAndCheck(
                "POST", f"/app/installations/{installation}/access_tokens", input=body
            )
        except StatusError as error:
            self._installations.pop(repo, None)
            if error.status == 404 and known:  # the App was removed and installed again
                return self._mint(repo)
            raise
        self._installations[repo] = installation
        of = item(answer, "installation token")
        try:
            expires = datetime.fromisoformat(text(of, "expires_at")).timestamp()
        except ValueError:
            raise ForgeError("GitHub's installation token has no expiry") from None
        return _Minted(text(of, "token"), expires)

    def _installation(self, repo: str) -> int:
        if not repo:
            _, listed = self._wire.requestJsonAndCheck("GET", "/app/installations", {"per_page": 1})
            found = items(listed, "installations")
            if not found:
                raise ForgeError("the GitHub App is not installed anywhere", permanent=True)
            return number(found[0], "id")
        try:
            _, answer = self._wire.requestJsonAndCheck("GET", f"/repos/{quote(repo)}/installation")
        except StatusError as error:
            if error.status == 404:
                raise ForgeError(f"the GitHub App is not installed on {repo}", permanent=True) from None
            raise
        return number(item(answer, "installation"), "id")


def _signer(private_key: str) -> Callable[[dict[str, Any]], str]:
    """Reads the key once: checking it takes longer than a hundred signatures."""
    try:
        key = load_pem_private_key(private_key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise UserError("the GitHub App's private key is not an RSA key in PEM form without a password")
    return lambda claims: jwt.encode(claims, key, "RS256")


class _InstallationAuth(Auth):
    """Asks the App for the token at each call, so that a renewed one is used at once."""

    def __init__(self, app: App, repo: str) -> None:
        self._app, self._repo = app, repo

    @property
    def token_type(self) -> str:
        return "token"

    @property
    def token(self) -> str:
        return self._app.token(self._repo)
