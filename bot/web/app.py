"""The Flask application: endpoint, pages, health, and what every answer carries."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from bot.web import defects, hub, pages, record
from bot.web.closed import closed
from bot.web.health import health
from bot.web.live import live
from bot.web.site import Site, install
from bot.web.text import finalize
from bot.web.webhooks import webhooks
from bot.web.words import Words, installed
from bot.web.world import StoreUnavailable, World

#: On every answer, errors too. The pages have no script, no form, and nothing from elsewhere; only the set-up
#: has forms, and says so itself.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
#: How long a browser keeps the stylesheet, in seconds; its address changes with its content.
STATIC_AGE = 7 * 24 * 3600
_STATIC = Path(__file__).with_name("static")


def create_app(world: World, words: Words | None = None, setup: Blueprint = closed) -> Flask:
    """The application for one world; `words` are the other parts' functions, by default the real ones.

    `setup` answers below `/setup`, by default that it is closed.
    """
    app = Flask(
        "bot.web", static_folder=str(_STATIC), template_folder=str(Path(__file__).with_name("templates"))
    )
    app.config.update(SEND_FILE_MAX_AGE_DEFAULT=STATIC_AGE, PROPAGATE_EXCEPTIONS=False)
    # A redirect to add or drop a slash would name the host that the request claims.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.jinja_env.finalize = finalize
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["stylesheet"] = _versioned("style.css")
    install(app, Site(world, words or installed()))
    app.register_blueprint(webhooks)
    app.register_blueprint(health)
    app.register_blueprint(pages.pages)
    app.register_blueprint(live)
    app.register_blueprint(record.record)
    app.register_blueprint(hub.hub)
    app.register_blueprint(setup)
    app.after_request(_dress)
    app.register_error_handler(StoreUnavailable, _unavailable)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _broken)
    return app


def _versioned(name: str) -> str:
    digest = sha256((_STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _dress(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if "Cache-Control" not in answer.headers:
        answer.headers["Cache-Control"] = "no-cache"
    return answer


def _unavailable(trouble: StoreUnavailable) -> Response:
    current_app.logger.warning("the store is unavailable: %s", trouble)
    answer = _error(503)
    answer.headers["Retry-After"] = str(trouble.retry_after)
    return answer


def _refused(error: HTTPException) -> Response:
    answer = _error(error.code or 500)
    if error.code == 405:
        answer.headers["Allow"] = error.get_response().headers.get("Allow", "")
    return answer


def _broken(error: Exception) -> Response:
    return _error(500, defects.record(request.endpoint or "routing", error))


def _error(status: int, id_: str = "") -> Response:
    if request.path.startswith("/webhooks/"):
        return Response(f"refused ({status})\n", status, mimetype="text/plain")
    return pages.error(status, id_)
