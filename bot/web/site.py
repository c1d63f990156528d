"""What one running application serves, found from within a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from bot.web.words import Words
from bot.web.world import World

_KEY = "hubbot"


@dataclass(frozen=True, slots=True)
class Site:
    """The world and the words that an application was made with."""

    world: World
    words: Words


def install(app: Flask, made_with: Site) -> None:
    """Gives an application its site."""
    app.extensions[_KEY] = made_with


def site() -> Site:
    """The site of the application that is answering."""
    return cast("Site", current_app.extensions[_KEY])
