"""GitHub's manifest flow: what the App is asked to be, and what GitHub gives for the code that comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bot.doctor.ask import Answer, ask
from bot.doctor.github import API, PERMISSIONS, QUEUE_PERMISSIONS
from bot.doctor.hook import EVENTS, QUEUE_EVENTS
from bot.setup.fields import is_loopback
from bot.wiring import site_of

#: What GitHub sends back; anything else is not asked about.
CODE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_PLAIN = re.compile(r"https?://[A-Za-z0-9.:-]+(?:/[A-Za-z0-9._-]+)*")


@dataclass(frozen=True, slots=True)
class Made:
    """An App as GitHub made it. `secret` is empty where it has no webhook; `page` may be empty."""

    app_id: str
    name: str
    private_key: str
    secret: str
    page: str


def manifest(name: str, public_url: str, back: str, *, queue: bool) -> Mapping[str, Any]:
    """The App in GitHub's words: what the bot uses and no more; private, so that nobody else installs it.

    GitHub refuses a webhook on this machine, and events without a webhook, so that both are left out there.
    """
    rights = {what: level for what, (level, _) in PERMISSIONS.items()}
    asked: dict[str, Any] = {
        "name": name,
        "url": public_url,
        "description": "Reviews pull requests that add model pages, and verifies the files they link to.",
        "public": False,
        "redirect_url": f"{back}/setup/github",
        "default_permissions": {**rights, **(QUEUE_PERMISSIONS if queue else {})},
    }
    if not is_loopback(public_url):
        asked["hook_attributes"] = {"url": f"{public_url}/webhooks/github", "active": True}
        asked["default_events"] = [*EVENTS, *(QUEUE_EVENTS if queue else ())]
    return asked


def registration(site: str, organization: str) -> str:
    """Where the manifest is sent to: the organisation's settings, or those of whoever is signed in."""
    owner = f"organizations/{quote(organization, safe='')}/" if organization else ""
    return f"{site}/{owner}settings/apps/new"


def convert(api_url: str, code: str) -> Made | Answer:
    """Exchanges the code, which is good once and for an hour; GitHub's answer where that is no App."""
    answer = ask("POST", f"{api_url}/app-manifests/{quote(code, safe='')}/conversions", API)
    number, key = answer.get("id"), answer.get("pem")
    if answer.status != 201 or not isinstance(number, int) or not isinstance(key, str):
        return answer
    secret, page = str(answer.get("webhook_secret") or ""), str(answer.get("html_url") or "")
    within = page.startswith(site_of(api_url) + "/") and _PLAIN.fullmatch(page)
    return Made(str(number), str(answer.get("name") or ""), key, secret, page if within else "")
