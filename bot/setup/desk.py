"""What one set-up works with, and what every one of its pages has in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from flask import Flask, Response, current_app, redirect, request, url_for

from bot.setup.door import COOKIE, Door
from bot.setup.draft import FORGES, Draft
from bot.setup.fields import Unfit
from bot.setup.preview import Preview
from bot.web.app import HEADERS
from bot.web.pages import show

_KEY = "hubbot-setup"
NOTHING: Mapping[str, str] = MappingProxyType({})
#: The pages in their order, by endpoint.
STEPS = ("place", "github", "gitee", "preview", "summary")


@dataclass(frozen=True, slots=True)
class Desk:
    """`go_live` tells the supervisor that `file` was written, so that it starts again with it."""

    door: Door
    draft: Draft
    preview: Preview
    file: Path
    go_live: Callable[[], None]
    #: What went through, so that a second press of the button does no more.
    done: list[bool] = field(default_factory=list)


def install(app: Flask, made: Desk) -> None:
    app.extensions[_KEY] = made


def desk() -> Desk:
    """The set-up of the application that is answering."""
    return cast("Desk", current_app.extensions[_KEY])


class Form:
    """The fields of a request: what was typed, and what is wrong with it."""

    def __init__(self) -> None:
        self.wrong: dict[str, Unfit] = {}

    def typed(self, name: str) -> str:
        return request.form.get(name, "")

    def read(self, name: str, fit: Callable[[str], str]) -> str:
        """The field's value as a setting; nothing, and a note beside the field, where it cannot be one."""
        try:
            return fit(self.typed(name))
        except Unfit as unfit:
            self.wrong[name] = unfit
            return ""

    def refuse(self, name: str, key: str, **values: object) -> None:
        self.wrong[name] = Unfit(key, **values)


def answer(
    template: str, step: str, form: Form | None = None, status: int = 200, **values: object
) -> Response:
    """A page of the set-up: the steps above it, the words beside its fields, nothing that was secret."""
    at = desk()
    wanted = ("place", *(at.draft.wanted() or FORGES), "preview", "summary")
    fields: dict[str, Any] = {"refresh": False, **values}
    made = show(
        template,
        step=step,
        steps=[(name, is_done(name)) for name in STEPS if name in wanted],
        draft=at.draft,
        wrong=form.wrong if form else {},
        token=at.door.form(request.cookies.get(COOKIE, "")),
        **fields,
    )
    made.status_code = 422 if form and form.wrong else status
    return made


def is_done(step: str) -> bool:
    """Whether a step has what it is there for."""
    at = desk()
    if step == "place":
        return bool(at.draft.wanted())
    if step in ("github", "gitee"):
        return at.draft.connected(step)
    return step == "preview" and at.preview.shown.state in ("done", "empty")


def onward(step: str) -> Response:
    """To another page, by GET; the address is a path, whatever host the request named."""
    return cast("Response", redirect(url_for(f"setup.{step}"), 303))


def next_after(step: str) -> str:
    """The page after this one."""
    wanted = ("place", *desk().draft.wanted(), "preview", "summary")
    return wanted[min(wanted.index(step) + 1, len(wanted) - 1)]


def policy(*elsewhere: str) -> str:
    """The policy of a page whose form goes to us, and on one page to GitHub."""
    return HEADERS["Content-Security-Policy"].replace(
        "form-action 'none'", " ".join(("form-action 'self'", *elsewhere))
    )
