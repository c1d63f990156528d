"""The frame in the page of a review under way: how far it is, and whether there is something newer.

The page around it is not read anew, so that what its reader has opened stays open. Without scripts only a
frame can do that.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from bot.web.opening import is_running, mark
from bot.web.pages import found_report, show
from bot.web.site import site

#: That of every page, but that a page of ours may have this one in a frame.
POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

live = Blueprint("live", __name__)


@live.get("/reports/<id>/now")
def now(id: str) -> Response:  # noqa: A002 (named after the part of the address)
    """How far the review is; for a page that shows it as `seen`, the link to what is newer since."""
    found = found_report(id)
    newest = next(iter(site().world.reports(found.ref, 1)), found)
    is_news = request.args.get("seen") != mark(newest)
    answer = show(
        "now.html",
        found.language,
        report=newest,
        is_news=is_news,
        at=request.args.get("at"),
        refresh=is_running(newest) and not is_news,
    )
    answer.headers["Content-Security-Policy"] = POLICY
    return answer
