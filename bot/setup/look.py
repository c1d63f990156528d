"""What the forges say of the credentials, in lines whose sentences exist in both languages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from bot import settings
from bot.doctor.ask import Answer, ask
from bot.doctor.check import Check
from bot.doctor.gitee import Role, get, role_of
from bot.doctor.github import examine_github
from bot.logs import redact
from bot.settings import GiteeSettings, Settings
from bot.setup.draft import Line

#: The first word of a check of `hubbot doctor`, and the kind of our line.
KINDS = {
    "App": "app",
    "GITHUB_TOKEN": "token",
    "clock": "clock",
    "installation": "installation",
    "permissions": "permissions",
    "events": "events",
    "access": "access",
    "required": "required",
    "GitHub": "api",
}
#: Of these nothing can work; the others can be mended after going live.
GRAVE = ("app", "token", "api", "installation", "access", "clock")
ROLES = {Role.ADMIN: "ok", Role.DEVELOPER: "ok", Role.READER: "failing", Role.STRANGER: "failing"}


def github(chosen: Settings, now: float) -> Iterator[Line]:
    """What `hubbot doctor` sees, but for the webhook of which the page waits to hear."""
    hidden = settings.secrets(chosen)
    for check in examine_github(chosen, now, write_probe=False):
        kind, _, subject = check.name.partition(" ")
        if kind in KINDS:
            yield Line(
                KINDS[kind], check.state.value, subject.rpartition(" ")[2], redact(_told(check), hidden)
            )


def gitee(chosen: GiteeSettings) -> Iterator[Line]:
    """Who the token is, and what it may do in each repository, which decides how results are shown."""
    answer = get(chosen, "/user")
    if answer.status != 200:
        yield Line("api" if answer.status == 0 else "gitee_token", "failing", "Gitee", _said(answer, chosen))
        return
    yield Line("gitee_token", "ok", str(answer.get("login") or "")[:100])
    for repo in chosen.repositories:
        found = get(chosen, f"/repos/{quote(repo)}")
        role = role_of(found)
        yield Line(
            f"role_{role.value}", ROLES[role], repo, "" if ROLES[role] == "ok" else _said(found, chosen)
        )


def make_hook(chosen: GiteeSettings, repo: str, url: str) -> Line:
    """Creates the WebHook, or gives the one that goes there already our key; then asks for a test."""
    at = f"/repos/{quote(repo)}/hooks"
    wanted = {
        "url": url,
        "title": "hubbot",
        "password": chosen.secrets[0],
        "encryption_type": 1,
        "push_events": False,
        "tag_push_events": False,
        "issues_events": False,
        "note_events": True,
        "merge_requests_events": True,
    }
    listed = get(chosen, f"{at}?per_page=100")
    known = next((hook.get("id") for hook in listed.items() if hook.get("url") == url), None)
    if isinstance(known, int):
        answer = _send(chosen, "PATCH", f"{at}/{known}", wanted)
    else:
        answer = _send(chosen, "POST", at, wanted)
    made = answer.get("id")
    if answer.status not in (200, 201) or not isinstance(made, int):
        return Line("gitee_hook", "failing", repo, _said(answer, chosen))
    # Where Gitee sends none, somebody clicks; the page waits either way.
    _send(chosen, "POST", f"{at}/{made}/tests", {})
    return Line("gitee_hook", "ok", repo)


def grave(lines: Sequence[Line]) -> bool:
    """Whether anything fails without which nothing can be reviewed."""
    return any(
        line.state == "failing" and line.kind in (*GRAVE, "gitee_token", "role_stranger") for line in lines
    )


def _send(chosen: GiteeSettings, method: str, path: str, sent: Mapping[str, object]) -> Answer:
    return ask(method, chosen.api_url + path, {"Authorization": f"Bearer {chosen.token}"}, sent=sent)


def _said(answer: Answer, chosen: GiteeSettings) -> str:
    said = f"Gitee answered {answer.status}: {answer.message}" if answer.status else answer.trouble
    return redact(said, (chosen.token, *chosen.secrets))


def _told(check: Check) -> str:
    return check.what if check.state.value == "ok" else "; ".join(filter(None, (check.what, check.fix)))
