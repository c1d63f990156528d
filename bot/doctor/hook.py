"""The webhook as a forge has it against the one that we wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.doctor.ask import Answer
from bot.doctor.check import Check, failing, ok, skipped

#: What `bot.forges.github.hooks` acts on.
EVENTS = ("pull_request", "issue_comment", "pull_request_review", "check_run", "check_suite")
#: And where the hub has a merge queue.
QUEUE_EVENTS = ("merge_group",)
WHY = "deliveries do not arrive, and reviews wait for the reconciler"


def github_hook(answer: Answer, public_url: str, where: str, repo: str = "") -> Check:
    """Judges an App's hook, or with `repo` the one among that repository's hooks that is ours."""
    name, wanted = f"webhook {repo or 'GitHub'}", f"{public_url}/webhooks/github"
    if answer.status != 200:
        what = f"GitHub does not show it to this credential ({answer.status})"
        return skipped(name, what, f"compare it yourself on {where}: {wanted}")
    held: Mapping[str, Any] = {"config": answer.body, "active": True, "events": list(EVENTS)}
    if repo:
        ours = [hook for hook in answer.items() if _config(hook).get("url") == wanted]
        held = (ours or answer.items() or [{}])[0]
    url = _config(held).get("url")
    if url != wanted:
        return failing(name, f"it goes to {url or 'nowhere'}", WHY, f"on {where} set it to {wanted}")
    faults = _faults(held, repo)
    if faults:
        return failing(name, "; ".join(faults), WHY, f"mend this on {where}")
    return ok(name, f"goes to {wanted}")


def _config(hook: Mapping[str, Any]) -> Mapping[str, Any]:
    config = hook.get("config")
    return config if isinstance(config, dict) else {}


def _faults(hook: Mapping[str, Any], repo: str) -> list[str]:
    config, subscribed = _config(hook), hook.get("events") or []
    faults = []
    if not hook.get("active", True):
        faults.append("it is switched off (Active)")
    if not config.get("secret"):
        faults.append("it has no secret, so that every delivery is refused")
    if str(config.get("insecure_ssl", "0")) == "1":
        faults.append("its SSL verification is off, so that deliveries can be read on their way")
    # An App's results are check runs, which can be run again; a token's are statuses, which cannot.
    needed = [event for event in EVENTS if not (repo and event.startswith("check_"))]
    lacking = [event for event in needed if event not in subscribed and "*" not in subscribed]
    if lacking:
        faults.append(f"it does not send {', '.join(lacking)}")
    return faults
