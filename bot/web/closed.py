"""What `/setup` says of a hubbot that is set up already, or only shows the demo: closed, and how to go on."""

from __future__ import annotations

from flask import Blueprint, Response

from bot.web.pages import show

closed = Blueprint("setup", __name__)


@closed.route("/setup")
@closed.route("/setup/<step>")
def place(step: str = "") -> Response:  # noqa: ARG001 - every step is as closed as the others
    """403, whoever asks."""
    answer = show("setupclosed.html", refresh=False)
    answer.status_code = 403
    return answer
