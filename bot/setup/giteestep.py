"""The step of Gitee: the token and what it may do, its webhook, and the first delivery waited for."""

from __future__ import annotations

from flask import Response, request

from bot.setup import look
from bot.setup.desk import Form, answer, desk, next_after, onward
from bot.setup.draft import Draft, new_secret
from bot.setup.fields import credential, is_loopback, secret

#: How often a Gitee without a webhook is looked at, in seconds. Ours: what people wait for an answer.
POLL = "60"


def gitee() -> Response:
    """Step 3: the token and what it may do, and how Gitee tells of what happens."""
    at = desk()
    if "gitee" not in at.draft.wanted():
        return onward("place")
    if request.method == "GET":
        return _gitee(Form())
    form = Form()
    match form.typed("do"):
        case "connect":
            _connect(at.draft, form)
        case "next":
            return onward(next_after("gitee"))
        case _:
            at.draft.take("gitee", {})
    at.preview.forget()
    return _gitee(form) if form.wrong else onward("gitee")


def _gitee(form: Form) -> Response:
    draft = desk().draft
    local = is_loopback(draft.url)
    waits = draft.connected("gitee") and draft.hook != "poll" and "gitee" not in draft.received
    lines = tuple(draft.lines.get("gitee", ()))
    return answer(
        "setupgitee.html",
        "gitee",
        form,
        typed=request.form if form.wrong else {"hook": draft.hook or ("poll" if local else "make")},
        lines=lines,
        grave=look.grave(lines),
        local=local,
        url=draft.url,
        waits=waits,
        refresh=waits and not form.wrong,
        following=next_after("gitee"),
    )


def _connect(draft: Draft, form: Form) -> None:
    token, hook = form.read("token", credential), form.typed("hook")
    key = form.read("secret", secret) if hook == "paste" else new_secret()
    if hook not in ("make", "paste", "poll"):
        form.refuse("hook", "choose")
    if hook != "poll" and is_loopback(draft.url):
        form.refuse("hook", "hook_local", url=draft.url)
    if form.wrong:
        return
    values = {"GITEE_TOKEN": token, "GITEE_WEBHOOK_SECRET": key}
    if hook == "poll":
        values["GITEE_POLL_SECONDS"] = POLL
    draft.take("gitee", values)
    draft.hook = hook
    chosen = draft.settings().gitee
    assert chosen is not None, "it was connected just now"
    lines = list(look.gitee(chosen))
    refused = next(
        (line for line in lines if line.state == "failing" and line.kind in ("gitee_token", "api")), None
    )
    if refused is not None:
        form.refuse(
            "token",
            "silent" if refused.kind == "api" else "token_refused",
            forge="Gitee",
            detail=refused.detail,
        )
    elif hook == "make":
        lacking = [
            line.subject for line in lines if line.kind.startswith("role_") and line.kind != "role_admin"
        ]
        if lacking:
            form.refuse("hook", "hook_role", repo=lacking[0])
        else:
            url = f"{draft.url}/webhooks/gitee"
            lines += [look.make_hook(chosen, repo, url) for repo in chosen.repositories]
    if form.wrong:
        draft.take("gitee", {})
        draft.hook = ""
        return
    draft.lines["gitee"] = tuple(lines)
