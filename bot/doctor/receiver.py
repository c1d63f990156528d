"""A loop-back delivery: a ping signed with our own secret, sent to where the forges send theirs."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping

from bot.doctor.ask import Answer, ask
from bot.doctor.check import Check, failing, ok
from bot.settings import Settings

WHY = "a delivery of the forge would fare the same, and reviews would wait for the reconciler"


def github_ping(secret: str) -> tuple[Mapping[str, str], bytes]:
    body = json.dumps({"zen": "hubbot doctor"}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": "hubbot-doctor-ping",
        "X-Hub-Signature-256": f"sha256={signature}",
    }, body


def gitee_ping(secret: str, password: str, now: float) -> tuple[Mapping[str, str], bytes]:
    stamp = str(int(now * 1000))
    signed = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-Gitee-Event": "Merge Request Hook",
        "X-Gitee-Ping": "true",
        "X-Gitee-Timestamp": stamp,
        "X-Gitee-Token": b64encode(signed).decode() if secret else password,
    }, json.dumps({"hook_name": "merge_request_hooks", "timestamp": stamp}).encode()


def loop_back(chosen: Settings, now: float) -> Iterator[Check]:
    pings = []
    if chosen.github is not None:
        pings.append(("github", github_ping(chosen.github.secrets[0])))
    if chosen.gitee is not None:
        secret = chosen.gitee.secrets[0] if chosen.gitee.secrets else ""
        pings.append(("gitee", gitee_ping(secret, chosen.gitee.password, now)))
    for forge, (headers, body) in pings:
        url = f"{chosen.public_url}/webhooks/{forge}"
        yield _judged(f"loop-back {forge}", url, ask("POST", url, headers, body=body))
    ready = ask("GET", f"{chosen.public_url}/readyz", {})
    if ready.status == 503:
        lines = [line for line in ready.text.splitlines() if line.startswith("failing")]
        yield failing(
            "readiness",
            "; ".join(lines) or "the receiver says that it is not ready",
            "what is accepted would wait",
            "start `hubbot worker`, or do what the line says",
        )
    elif ready.status == 200:
        yield ok("readiness", "receiver, database and worker are at work")


def _judged(name: str, url: str, answer: Answer) -> Check:
    if answer.status == 200 and answer.text.startswith("ping received"):
        return ok(name, f"{url} took a ping signed with our secret")
    if answer.status == 0:
        fix = "start `hubbot web` (or `serve`) and check PUBLIC_URL, the proxy in front and its certificate"
        return failing(name, f"{url}: {answer.trouble}", WHY, fix)
    if answer.status == 401:
        fix = "restart the receiver with the present secret; a proxy must pass body and headers unchanged"
        return failing(name, f"{url} refuses our own signature (401)", WHY, fix)
    if 300 <= answer.status < 400:
        fix = "set PUBLIC_URL and the webhook to the address that the redirect names; a forge follows none"
        return failing(name, f"{url} redirects ({answer.status})", WHY, fix)
    if answer.status == 404:
        fix = "PUBLIC_URL must be where the proxy passes /webhooks/ on to the receiver"
        return failing(name, f"{url} is not known there (404)", WHY, fix)
    fix = "look into the receiver's and the proxy's log"
    return failing(name, f"{url} answered {answer.status}, not like a receiver of ours", WHY, fix)
