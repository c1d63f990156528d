"""Whether the process lives and whether it is ready, for supervisors and load balancers."""

from __future__ import annotations

from flask import Blueprint, Response

from bot.web import defects
from bot.web.site import site
from bot.web.text import visible

#: Ours: what is wrong is said in one line.
MAX_DETAIL = 200

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process answers; nothing else is looked at."""
    return Response("ok\n", mimetype="text/plain")


@health.get("/readyz")
def ready() -> Response:
    """200 when everything that deliveries need works, else 503 and what does not."""
    try:
        checks = site().world.ready()
    except Exception as error:  # noqa: BLE001 (whatever fails here, the answer is "not ready")
        defects.record("readyz", error)
        checks = [("store", False, "cannot be read")]
    lines = [
        f"ok {name}" if fine else f"failing {name}: {visible(detail, MAX_DETAIL)}"
        for name, fine, detail in checks
    ]
    status = 200 if all(fine for _, fine, _ in checks) else 503
    return Response("\n".join(lines) + "\n", status, mimetype="text/plain")
