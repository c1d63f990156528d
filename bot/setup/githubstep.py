"""The step of GitHub: an App made by its manifest, or an App or token that is there already."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from secrets import token_urlsafe

from flask import Response, request

from bot.doctor.github import PERMISSIONS, QUEUE_PERMISSIONS
from bot.doctor.hook import EVENTS, QUEUE_EVENTS
from bot.errors import UserError
from bot.setup import look
from bot.setup.desk import Form, answer, desk, next_after, onward, policy
from bot.setup.door import STRENGTH
from bot.setup.draft import Draft, Line, of_app
from bot.setup.fields import account, app_name, credential, is_loopback, number, secret
from bot.setup.manifest import CODE, Made, convert, manifest, registration
from bot.wiring import site_of


def github() -> Response:
    """Step 2: an App made by its manifest, or one or a token that is there already."""
    at = desk()
    if "github" not in at.draft.wanted():
        return onward("place")
    if request.method == "GET":
        if "code" in request.args or "state" in request.args:
            return _returned(at.draft)
        return _github(Form())
    form = Form()
    match form.typed("do"):
        case "app":
            return _asked(at.draft, form)
        case "import":
            _import(at.draft, form)
        case "token":
            _token(at.draft, form)
        case "forget":
            at.draft.take("github", {})
            at.draft.app = None
        case "next":
            return onward(next_after("github"))
        case _:
            _look(at.draft)
    at.preview.forget()
    return _github(form) if form.wrong else onward("github")


def _github(form: Form) -> Response:
    draft = desk().draft
    owner = draft.repositories("github")[0].partition("/")[0]
    typed = {"owner": "organization", "account": owner, **(request.form if form.wrong else draft.wish)}
    waits = draft.connected("github") and "github" not in draft.received and not is_loopback(draft.url)
    return answer(
        "setupgithub.html",
        "github",
        form,
        typed=typed,
        way=form.typed("do"),
        owner=owner,
        lines=draft.lines.get("github", ()),
        grave=look.grave(tuple(draft.lines.get("github", ()))),
        local=is_loopback(draft.url),
        url=draft.url,
        waits=waits,
        refresh=waits and bool(draft.lines.get("github")) and not form.wrong,
        following=next_after("github"),
    )


def _asked(draft: Draft, form: Form) -> Response:
    """The page whose only button sends the manifest to GitHub."""
    name = form.read("name", app_name)
    organization = form.read("account", account) if form.typed("owner") == "organization" else ""
    if form.wrong:
        return _github(form)
    queue = bool(form.typed("queue"))
    draft.wish = {key: form.typed(key) for key in ("name", "owner", "account", "queue")}
    draft.state = token_urlsafe(STRENGTH)
    site, public_url = site_of(draft.api("github")), draft.url
    wanted = manifest(name, public_url, _back(draft), queue=queue)
    shown = answer(
        "setupmanifest.html",
        "github",
        name=name,
        organization=organization,
        permissions=[*((what, level) for what, (level, _) in PERMISSIONS.items())]
        + (list(QUEUE_PERMISSIONS.items()) if queue else []),
        events=(*EVENTS, *(QUEUE_EVENTS if queue else ())),
        local=is_loopback(public_url),
        url=public_url,
        action=f"{registration(site, organization)}?state={draft.state}",
        manifest=json.dumps(wanted),
        site=site,
    )
    shown.headers["Content-Security-Policy"] = policy(site)
    return shown


def _returned(draft: Draft) -> Response:
    """What GitHub sends people back with: the code counts only with the state that went there, once."""
    code, state = request.args.get("code", ""), request.args.get("state", "")
    form = Form()
    expected = draft.state.encode()
    if not expected or not hmac.compare_digest(state.encode("utf-8", "surrogatepass"), expected):
        form.refuse("app", "state")
        return _github(form)
    draft.state = ""
    made = convert(draft.api("github"), code) if CODE.fullmatch(code) else None
    if not isinstance(made, Made):
        silent = made is not None and made.status == 0
        form.refuse(
            "app", "silent" if silent else "code", forge="GitHub", detail=made.message if made else ""
        )
        return _github(form)
    if _take(draft, form, "app", of_app(made)):
        draft.app = made
    # Without the code in the address, so that no history keeps it.
    return _github(form) if form.wrong else onward("github")


def _import(draft: Draft, form: Form) -> None:
    """An App that exists: its number, key and secret, each asked about before it counts."""
    app_id, hook = form.read("app_id", number), form.read("hook_secret", secret)
    key = form.typed("private_key").strip()
    if "-----BEGIN" not in key or "-----END" not in key:
        form.refuse("private_key", "key")
    if form.wrong:
        return
    made = Made(app_id, "", key.replace("\r\n", "\n"), hook, "")
    if _take(draft, form, "private_key", of_app(made)):
        draft.app = made
        _look(draft)
        _withdraw(draft, form, {"app": "app_refused", "api": "silent"}, "app_id")


def _token(draft: Draft, form: Form) -> None:
    """A token of the bot's own account: statuses instead of check runs."""
    token, hook = form.read("token", credential), form.read("token_secret", secret)
    if form.wrong or not _take(draft, form, "token", {"GITHUB_TOKEN": token, "GITHUB_WEBHOOK_SECRET": hook}):
        return
    draft.app = None
    _look(draft)
    _withdraw(draft, form, {"token": "token_refused", "api": "silent"}, "token")


def _take(draft: Draft, form: Form, name: str, values: Mapping[str, str]) -> bool:
    try:
        draft.take("github", values)
    except UserError as error:
        form.refuse(name, "settings", reason=str(error))
        return False
    return True


def _withdraw(draft: Draft, form: Form, kinds: Mapping[str, str], name: str) -> None:
    """What the forge refuses does not count; the sentence beside the field says what it said."""
    for line in draft.lines.get("github", ()):
        if line.state == "failing" and line.kind in kinds:
            form.refuse(name, kinds[line.kind], forge="GitHub", detail=line.detail)
            draft.take("github", {})
            draft.app = None
            return


def _look(draft: Draft) -> None:
    if not draft.connected("github"):
        return
    try:
        draft.lines["github"] = tuple(look.github(draft.settings(), draft.now()))
    except UserError:
        # The key is no key: the line says so.
        draft.lines["github"] = (Line("app", "failing"),)


def _back(draft: Draft) -> str:
    """Where GitHub sends people back to: of the two addresses that were chosen, the one they are at now.

    The host that a request names only chooses; it is never used itself.
    """
    url = draft.url
    return url if request.host == url.partition("://")[2] else draft.back
