"""What Gitee says of us: token, role and what it means for the results, webhook."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import quote

from bot.doctor.ask import Answer, ask
from bot.doctor.check import Check, failing, ok, skipped
from bot.doctor.clock import clock
from bot.doctor.github import unreachable
from bot.doctor.tracker import judge_tracker
from bot.settings import GiteeSettings, Settings

WHY = "deliveries do not arrive, and reviews wait for the reconciler"


class Role(StrEnum):
    """What an account may do in a repository, which decides how results are shown there."""

    ADMIN = "admin"
    DEVELOPER = "developer"
    READER = "reader"
    STRANGER = "stranger"


def role_of(answer: Answer) -> Role:
    """The role by Gitee's answer about the repository."""
    held = answer.get("permission")
    if answer.status != 200:
        return Role.STRANGER
    if isinstance(held, dict) and held.get("admin") is True:
        return Role.ADMIN
    return Role.DEVELOPER if isinstance(held, dict) and held.get("push") is True else Role.READER


def examine_gitee(chosen: Settings, now: float) -> Iterator[Check]:
    if chosen.gitee is None:
        return
    answer = get(chosen.gitee, "/user")
    if answer.status == 0:
        yield unreachable("Gitee", chosen.gitee.api_url, answer)
        return
    yield clock("Gitee", answer, now)
    if answer.status != 200:
        fix = "make a personal access token of the bot's account (user_info, projects, pull_requests, notes)"
        what = f"Gitee refuses it ({answer.status}: {answer.message})"
        yield failing("GITEE_TOKEN", what, "nothing can be read or written", fix)
        return
    yield ok("GITEE_TOKEN", f"signed in as {answer.get('login')}")
    for repo in chosen.gitee.repositories:
        found = get(chosen.gitee, f"/repos/{quote(repo)}")
        yield _role(repo, found)
        if found.status == 200:
            hooks = get(chosen.gitee, f"/repos/{quote(repo)}/hooks?per_page=100")
            yield _hook(repo, hooks, chosen.public_url)
    if repo := chosen.gitee.audit_issue:
        yield judge_tracker("GITEE_AUDIT_ISSUE", repo, get(chosen.gitee, f"/repos/{quote(repo)}"))


def get(settings: GiteeSettings, path: str) -> Answer:
    """What Gitee answers to the bot's account."""
    return ask("GET", settings.api_url + path, {"Authorization": f"Bearer {settings.token}"})


def _role(repo: str, answer: Answer) -> Check:
    name, role = f"role {repo}", role_of(answer)
    if role is Role.STRANGER:
        fix = f"correct GITEE_REPOSITORIES, or make the bot's account a member of {repo}"
        return failing(name, f"{repo} is not visible ({answer.status})", "it cannot be reviewed", fix)
    if role is Role.ADMIN:
        return ok(name, "administrator: results are check runs, which branch protection can require")
    if role is Role.DEVELOPER:
        return ok(
            name,
            "developer: results are the labels hubbot:verified and hubbot:needs-fix and the summary; "
            "for check runs the account must be an administrator",
        )
    return failing(
        name,
        "the account may read only",
        "neither check runs nor labels can be set: nothing but comments shows the result",
        f"make the bot's account a developer of {repo}, or an administrator for check runs",
    )


def _hook(repo: str, answer: Answer, public_url: str) -> Check:
    name, wanted = f"webhook {repo}", f"{public_url}/webhooks/gitee"
    if answer.status != 200:
        what = f"Gitee shows hooks to administrators only ({answer.status})"
        return skipped(name, what, f"compare it yourself under {repo}'s WebHooks: {wanted}")
    ours = [hook for hook in answer.items() if hook.get("url") == wanted]
    if not ours:
        there = ", ".join(str(hook.get("url"))[:100] for hook in answer.items()[:3]) or "none"
        fix = f"add a WebHook {wanted} with a signature key, for pull requests and comments"
        return failing(name, f"no WebHook goes to {wanted} (there: {there})", WHY, fix)
    wants = {"merge_requests_events": "pull requests", "note_events": "comments"}
    lacking = [words for key, words in wants.items() if not ours[0].get(key)]
    if lacking:
        fix = "tick them on the WebHook's page"
        return failing(name, f"it does not send {' and '.join(lacking)}", WHY, fix)
    return ok(name, f"goes to {wanted}")
