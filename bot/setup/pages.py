"""The way into the set-up, and its first and last steps: the place, the preview, going live."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, request

from bot import settingsfile
from bot.doctor.ask import ask
from bot.errors import UserError
from bot.setup.desk import Form, answer, desk, next_after, onward, policy
from bot.setup.door import COOKIE, PATH, VISIT_LIFE, TooMany
from bot.setup.draft import FORGES, OPEN, Line
from bot.setup.fields import address, is_loopback, repositories
from bot.setup.preview import rendered
from bot.web.pages import show

#: Bytes of a form: a private key and some names. Ours.
MAX_FORM = 64 * 1024
#: Where repositories are looked at by people, for those who paste an address.
SITES = {"github": "github.com", "gitee": "gitee.com"}


def guarded() -> Response | None:
    """Lets nobody in without the cookie, and no form that is not from these pages."""
    request.max_content_length = MAX_FORM
    cookie, door = request.cookies.get(COOKIE, ""), desk().door
    if "token" in request.args and request.endpoint == "setup.place" and request.method == "GET":
        return onward("place") if door.knows(cookie) else _enter(request.args["token"])
    if not door.knows(cookie):
        return _locked("locked")
    if request.method != "POST":
        return None
    elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
    if elsewhere or not door.sent_from_here(cookie, request.form.get("form", "")):
        return _locked("foreign")
    return None


def guard(response: Response) -> Response:
    """Nothing of these pages is kept anywhere; their forms come back here."""
    response.headers["Cache-Control"] = "no-store"
    response.headers.setdefault("Content-Security-Policy", policy())
    return response


def _enter(token: str) -> Response:
    try:
        value = desk().door.enter(token)
    except TooMany as trouble:
        refused = _locked("many", 429)
        refused.headers["Retry-After"] = str(trouble.retry_after)
        return refused
    if not value:
        return _locked("wrong")
    made = onward("place")
    secure = desk().draft.back.startswith("https://")
    # Lax, not Strict: GitHub leads back here by a link of its own.
    made.set_cookie(
        COOKIE, value, max_age=int(VISIT_LIFE), path=PATH, httponly=True, samesite="Lax", secure=secure
    )
    return made


def _locked(why: str, status: int = 403) -> Response:
    made = show("setuplocked.html", why=why, refresh=False)
    made.status_code = status
    return made


def place() -> Response:
    """Step 1: the address that people and forges reach the bot by, and the repositories."""
    draft = desk().draft
    if request.method == "GET":
        typed = {"PUBLIC_URL": draft.url}
        typed |= {f"{f.upper()}_REPOSITORIES": ", ".join(draft.repositories(f)) for f in FORGES}
        return answer("setupplace.html", "place", typed=typed, lines=draft.lines.get("place", ()))
    form = Form()
    values = {"PUBLIC_URL": form.read("PUBLIC_URL", address)}
    for forge, site in SITES.items():
        name = f"{forge.upper()}_REPOSITORIES"
        values[name] = form.read(name, lambda text, site=site: repositories(text, site))  # type: ignore[misc]  # bound
    given = draft.given.get("PUBLIC_URL", "").strip().rstrip("/")
    if given and values["PUBLIC_URL"] not in ("", given):
        form.refuse("PUBLIC_URL", "environment", value=given)
    if not form.wrong and not any(values[f"{forge.upper()}_REPOSITORIES"] for forge in FORGES):
        form.refuse("GITHUB_REPOSITORIES", "no_repository")
    if form.wrong:
        return answer("setupplace.html", "place", form, typed=request.form, lines=())
    draft.place(values)
    desk().preview.forget()
    draft.lines["place"] = tuple(_reached(values["PUBLIC_URL"]))
    return onward("place" if form.typed("do") == "check" else next_after("place"))


def _reached(url: str) -> Iterator[Line]:
    """Whether this very program answers at an address, as far as one can tell from here."""
    if is_loopback(url):
        yield Line("loopback", "skipped", url)
        return
    if url.startswith("http://"):
        yield Line("plain", "failing", url)
    found = ask("GET", f"{url}/healthz", {})
    good = found.status == 200 and found.text == "ok\n"
    yield Line(
        "reached", "ok" if good else "failing", url, "" if good else found.trouble or str(found.status)
    )


def preview() -> Response:
    """Step 4: the comment that would stand on the newest open pull request."""
    at = desk()
    if not at.draft.complete():
        return _unfinished()
    if request.method == "POST":
        at.preview.start(at.draft.settings())
        return onward("preview")
    shown = at.preview.shown
    return answer(
        "setuppreview.html",
        "preview",
        shown=shown,
        comment=rendered(shown.comment),
        refresh=shown.state == "running",
    )


def summary() -> Response:
    """Step 5: what is written, and going live with it."""
    at = desk()
    if at.done:
        return _live()
    if not at.draft.complete():
        return _unfinished()
    if request.method == "GET":
        return _summed(Form())
    form, values = Form(), dict(at.draft.written())
    if form.typed("dry_run"):
        values["DRY_RUN"] = "1"
    other = form.typed("do") == "beside"
    file = at.file.with_name(f"{at.file.name}.new") if other else at.file
    try:
        at.draft.settings(**{name: value for name, value in values.items() if name == "DRY_RUN"})
        settingsfile.write(values, file)
    except FileExistsError:
        form.refuse("file", "beside_exists" if other else "exists", path=str(file))
    except OSError as error:
        form.refuse("file", "unwritable", path=str(file), reason=error.strerror or type(error).__name__)
    except UserError as error:
        form.refuse("file", "settings", reason=str(error))
    if form.wrong:
        return _summed(form)
    if other:
        return answer("setupsummary.html", "summary", rows=_rows(), file=at.file, beside=file, dry_run=False)
    at.done.append(True)
    at.preview.cancel()
    at.go_live()
    return _live()


def _summed(form: Form) -> Response:
    at = desk()
    dry_run = bool(request.form.get("dry_run"))
    return answer(
        "setupsummary.html", "summary", form, rows=_rows(), file=at.file, beside=None, dry_run=dry_run
    )


def _rows() -> list[tuple[str, str]]:
    """Every setting by name; the value of what may be seen, nothing of a secret."""
    return [(name, value if name in OPEN else "") for name, value in desk().draft.written().items()]


def _live() -> Response:
    return answer("setuplive.html", "summary", refresh=True, refresh_to="/")


def _unfinished() -> Response:
    """To the first step that has not what it needs."""
    draft = desk().draft
    return onward(next((forge for forge in draft.wanted() if not draft.connected(forge)), "place"))
