"""Opens the set-up on an application: its pages, its ears for test deliveries, and the link that lets in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Blueprint, Flask

from bot.settingsfile import PATH
from bot.setup import giteestep, githubstep, pages
from bot.setup.desk import Desk, install
from bot.setup.door import Door
from bot.setup.draft import FORGES, Draft, Listening
from bot.setup.preview import Preview
from bot.web.app import create_app
from bot.web.stored import StoredWorld

VIEWS = {
    "": pages.place,
    "/github": githubstep.github,
    "/gitee": giteestep.gitee,
    "/preview": pages.preview,
    "/summary": pages.summary,
}


def opened(
    world: StoredWorld,
    environment: Mapping[str, str],
    go_live: Callable[[], None],
    file: Path = PATH,
) -> tuple[Flask, str]:
    """The application with its set-up, and the link by which whoever reads it gets in, once.

    The state is this process's memory: there must be one process only, and its end forgets everything.
    """
    back = world.public_url.replace("://0.0.0.0", "://127.0.0.1").replace("://[::]", "://[::1]")
    draft = Draft(environment, back, world.now)
    door = Door(world.now)
    world.hooks = {**world.hooks, **{forge: Listening(draft, forge) for forge in FORGES}}
    app = create_app(world, setup=_blueprint())
    install(app, Desk(door, draft, Preview(), file, go_live))
    return app, f"{back}/setup?token={door.token}"


def _blueprint() -> Blueprint:
    made = Blueprint("setup", __name__, url_prefix="/setup")
    made.before_request(pages.guarded)
    made.after_request(pages.guard)
    for path, view in VIEWS.items():
        made.add_url_rule(path, view_func=view, methods=["GET", "POST"])
    return made
