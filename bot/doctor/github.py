"""What GitHub says of us: credential, permissions, events, webhook, and whether our gate is required."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import jwt

from bot.doctor.ask import Answer, ask
from bot.doctor.check import Check, failing, ok, skipped
from bot.doctor.clock import clock
from bot.doctor.hook import EVENTS, github_hook
from bot.doctor.tracker import judge_tracker
from bot.model import GATE
from bot.settings import GitHubSettings, Settings

#: What the calls of `bot.forges.github` need, each with what it is for.
PERMISSIONS = {
    "checks": ("write", "results are shown as check runs"),
    "statuses": ("write", "results are shown as statuses where check runs cannot be"),
    "contents": ("read", "pages are read"),
    "issues": ("write", "the summary and replies are comments"),
    "pull_requests": ("write", "review comments are written on lines"),
}
#: What is needed besides where the hub has a merge queue.
QUEUE_PERMISSIONS = {"merge_queues": "read"}
#: What a bot that only reviews must not be able to do.
EXCESSIVE = ("administration", "contents", "workflows", "secrets", "members", "organization_administration")
LEVELS = {"read": 1, "write": 2, "admin": 3}
#: Seconds that our signature of an App is good for; GitHub allows ten minutes.
JWT_LIFE = 300
API = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


@dataclass(frozen=True, slots=True)
class GitHub:
    """Asks as whoever `authorization` says. `now` in seconds since the epoch."""

    settings: GitHubSettings
    public_url: str
    now: float

    def get(self, path: str, authorization: str) -> Answer:
        return ask("GET", self.settings.api_url + path, {**API, "Authorization": authorization})

    def post(self, path: str, authorization: str, sent: Mapping[str, Any]) -> Answer:
        url, headers = self.settings.api_url + path, {**API, "Authorization": authorization}
        return ask("POST", url, headers, sent=sent)


def examine_github(chosen: Settings, now: float, *, write_probe: bool) -> Iterator[Check]:
    if chosen.github is None:
        return
    hub = GitHub(chosen.github, chosen.public_url, now)
    yield from _app(hub, write_probe) if chosen.github.app_id else _token(hub, write_probe)


def _app(hub: GitHub, write_probe: bool) -> Iterator[Check]:
    claims = {"iat": int(hub.now) - 60, "exp": int(hub.now) + JWT_LIFE, "iss": hub.settings.app_id}
    try:
        signed = "Bearer " + jwt.encode(claims, hub.settings.private_key, "RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        yield skipped("App", "without a key that works GitHub cannot be asked")
        return
    answer = hub.get("/app", signed)
    if answer.status == 0:
        yield unreachable("GitHub", hub.settings.api_url, answer)
        return
    yield clock("GitHub", answer, hub.now)
    yield _identity(hub, answer)
    if answer.status != 200:
        return
    yield github_hook(hub.get("/app/hook/config", signed), hub.public_url, "the App's settings page")
    for repo in hub.settings.repositories:
        yield from _installation(hub, repo, signed, write_probe)
    if hub.settings.audit_issue:
        yield _tracker(hub, signed)


def _identity(hub: GitHub, answer: Answer) -> Check:
    why = "the App cannot sign in, so nothing is read or written"
    if answer.status != 200:
        return failing(
            "App",
            f"GitHub answered {answer.status}: {answer.message}",
            why,
            "take App ID and private key from the same App's settings page, and mend the clock if it is off",
        )
    if str(answer.get("id")) != hub.settings.app_id:
        fix = f"set GITHUB_APP_ID to {answer.get('id')}, or use the key of the App that you mean"
        return failing("App", f"the key belongs to App {answer.get('id')}", why, fix)
    return ok("App", f"signed in as {answer.get('slug')}")


def _installation(hub: GitHub, repo: str, signed: str, write_probe: bool) -> Iterator[Check]:
    answer = hub.get(f"/repos/{quote(repo)}/installation", signed)
    name = f"installation {repo}"
    if answer.status != 200:
        yield failing(
            name,
            f"the App is not installed on {repo} ({answer.status})",
            "no delivery comes from there and nothing can be read",
            f"install the App on {repo}, or correct GITHUB_REPOSITORIES",
        )
        return
    if answer.get("suspended_at"):
        fix = "unsuspend it on the installation's page"
        yield failing(name, "the installation is suspended", "every call is refused", fix)
        return
    yield ok(name, "installed")
    yield permissions(repo, answer.get("permissions") or {})
    yield events(repo, answer.get("events") or [])
    minted = _minted(hub, repo, signed, answer)
    if minted.status != 201 or not minted.get("token"):
        what = f"GitHub gives no token for {repo} ({minted.status}: {minted.message})"
        fix = "look at the installation's repository selection"
        yield failing(name, what, "every call is refused", fix)
        return
    token = f"token {minted.get('token')}"
    yield from _gate(hub, repo, token)
    if write_probe:
        yield _write(hub, repo, token)


def _minted(hub: GitHub, repo: str, signed: str, installation: Answer) -> Answer:
    """A token for one repository."""
    path = f"/app/installations/{installation.get('id')}/access_tokens"
    return hub.post(path, signed, {"repositories": [repo.partition("/")[2]]})


def _tracker(hub: GitHub, signed: str) -> Check:
    """The repository of the issue about published files, as the App sees it."""
    repo = hub.settings.audit_issue
    answer = hub.get(f"/repos/{quote(repo)}/installation", signed)
    if answer.status == 200:
        answer = _minted(hub, repo, signed, answer)
    if answer.status == 201:
        answer = hub.get(f"/repos/{quote(repo)}", f"token {answer.get('token')}")
    return judge_tracker("GITHUB_AUDIT_ISSUE", repo, answer)


def permissions(repo: str, held: Mapping[str, str]) -> Check:
    name = f"permissions {repo}"
    lacking = [
        f"{what}: {level} ({reason})"
        for what, (level, reason) in PERMISSIONS.items()
        if LEVELS.get(held.get(what, ""), 0) < LEVELS[level]
    ]
    if lacking:
        return failing(
            name,
            "lacking " + "; ".join(lacking),
            "those calls are refused with 403, and the gate stays closed",
            "add them on the App's page under Permissions, then accept the request at the installation",
        )
    excess = [what for what in EXCESSIVE if held.get(what) in ("write", "admin")]
    if excess:
        return failing(
            name,
            f"may write {', '.join(excess)}, which no review needs",
            "whoever gets hold of the key gets all that it may do",
            "lower it on the App's page under Permissions",
        )
    return ok(name, "as needed and no more")


def events(repo: str, subscribed: list[str]) -> Check:
    lacking = [event for event in EVENTS if event not in subscribed]
    if lacking:
        return failing(
            f"events {repo}",
            f"not subscribed to {', '.join(lacking)}",
            "pushes or commands are seen only when the reconciler comes by, or never",
            "tick them on the App's page under Permissions & events",
        )
    return ok(f"events {repo}", "all subscribed")


def _token(hub: GitHub, write_probe: bool) -> Iterator[Check]:
    signed = f"token {hub.settings.token}"
    answer = hub.get("/user", signed)
    if answer.status == 0:
        yield unreachable("GitHub", hub.settings.api_url, answer)
        return
    yield clock("GitHub", answer, hub.now)
    if answer.status == 401:
        fix = "make a new token of the bot's account and set GITHUB_TOKEN"
        yield failing("GITHUB_TOKEN", "GitHub refuses it", "nothing can be read or written", fix)
        return
    yield ok("GITHUB_TOKEN", f"signed in as {answer.get('login') or 'an App or a fine-grained token'}")
    for repo in hub.settings.repositories:
        found = hub.get(f"/repos/{quote(repo)}", signed)
        yield _access(repo, found)
        if found.status != 200:
            continue
        hooks = hub.get(f"/repos/{quote(repo)}/hooks?per_page=100", signed)
        yield github_hook(hooks, hub.public_url, f"{repo}'s settings under Webhooks", repo)
        yield from _gate(hub, repo, signed, str(found.get("default_branch") or ""))
        if write_probe:
            yield _write(hub, repo, signed)
    if repo := hub.settings.audit_issue:
        yield judge_tracker("GITHUB_AUDIT_ISSUE", repo, hub.get(f"/repos/{quote(repo)}", signed))


def _access(repo: str, answer: Answer) -> Check:
    name = f"access {repo}"
    if answer.status != 200:
        fix = f"correct GITHUB_REPOSITORIES, or give the bot's account access to {repo}"
        return failing(name, f"{repo} is not visible ({answer.status})", "it cannot be reviewed", fix)
    if answer.get("permissions", "push") is not True:
        fix = f"give the bot's account the role Write on {repo}"
        return failing(name, "the token may read only", "statuses are refused with 403 or 404", fix)
    return ok(name, "may read and write")


def _gate(hub: GitHub, repo: str, signed: str, branch: str = "") -> Iterator[Check]:
    """Whether the branch protection asks for our gate, from nobody but us."""
    branch = branch or str(hub.get(f"/repos/{quote(repo)}", signed).get("default_branch") or "")
    at = f"/repos/{quote(repo)}"
    classic = hub.get(f"{at}/branches/{quote(branch, '')}/protection/required_status_checks", signed)
    rules = hub.get(f"{at}/rules/branches/{quote(branch, '')}", signed)
    yield judge_protection(repo, branch, hub.settings.app_id, classic, rules)


def judge_protection(repo: str, branch: str, app_id: str, classic: Answer, rules: Answer) -> Check:
    name = f"required check {repo}"
    asked = {
        str(one.get("context")): str(one.get("app_id") or "")
        for one in Answer(200, body=classic.get("checks")).items()
    }
    for rule in rules.items():
        held = rule.get("parameters") if rule.get("type") == "required_status_checks" else None
        for one in Answer(200, body=(held or {}).get("required_status_checks")).items():
            asked[str(one.get("context"))] = str(one.get("integration_id") or "")
    if GATE not in asked:
        unprotected = classic.status == 404 and "not protected" in classic.message
        if classic.status == 200 or unprotected:
            fix = f"require {GATE} in the protection of {branch}" + (", from this App" if app_id else "")
            what = f"{branch} does not require {GATE}"
            return failing(name, what, "a pull request can be merged whatever we find", fix)
        what = f"the protection of {branch} cannot be read with this credential ({classic.status})"
        return skipped(name, what, f"look yourself whether {GATE} is required there")
    if app_id and asked[GATE] != app_id:
        return failing(
            name,
            f"{GATE} is required from {'any source' if asked[GATE] in ('', '-1') else f'App {asked[GATE]}'}",
            "anybody who may write can set the status and open the gate",
            f"choose App {app_id} as the expected source of {GATE}",
        )
    return ok(name, f"{branch} requires {GATE}" + (" from this App" if app_id else ""))


def _write(hub: GitHub, repo: str, signed: str) -> Check:
    name = f"write probe {repo}"
    tip = hub.get(f"/repos/{quote(repo)}/commits?per_page=1", signed).items()
    sha = str(tip[0].get("sha")) if tip else ""
    sent = {"state": "success", "context": "hubbot/doctor", "description": "hubbot doctor was here"}
    answer = hub.post(f"/repos/{quote(repo)}/statuses/{sha}", signed, sent)
    if answer.status == 201:
        return ok(name, f"set the status hubbot/doctor on {sha[:12]}")
    what = f"GitHub answered {answer.status}: {answer.message}"
    return failing(name, what, "no result can be shown", "give the credential write access to statuses")


def unreachable(forge: str, address: str, answer: Answer) -> Check:
    return failing(
        f"{forge} API",
        f"{address}: {answer.trouble}",
        "nothing can be read or written",
        f"check {forge.upper()}_API_URL, the way out (firewall, DNS) and the machine's certificates",
    )
