"""The record of a pull request as data: every command, decision and change of the gate."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from flask import Blueprint, Response, abort

from bot.model import AuditEntry, PullRef
from bot.review.text import without_secrets
from bot.web.pages import pull_ref
from bot.web.site import site

#: Ours: entries of one export, the newest; a pull request has a few dozen.
MAX_ENTRIES = 5_000
COLUMNS = ("at", "action", "outcome", "head_sha", "actor_id", "actor", "detail")
#: What makes a spreadsheet take a cell for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")

record = Blueprint("record", __name__)


@record.get("/pulls/<forge>/<owner>/<repo>/<int:number>/audit.json")
def audit_json(forge: str, owner: str, repo: str, number: int) -> Response:
    """The record, oldest first."""
    entries = [plain(entry) for entry in _entries(pull_ref(forge, owner, repo, number))]
    return Response(json.dumps({"version": 1, "entries": entries}), mimetype="application/json")


@record.get("/pulls/<forge>/<owner>/<repo>/<int:number>/audit.csv")
def audit_csv(forge: str, owner: str, repo: str, number: int) -> Response:
    """The same for a spreadsheet; no cell of it is a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for entry in _entries(pull_ref(forge, owner, repo, number)):
        row = plain(entry) | {"detail": json.dumps(plain(entry)["detail"], ensure_ascii=False)}
        writer.writerow([cell(row[column]) for column in COLUMNS])
    content = text.getvalue().encode("utf-8", "backslashreplace")
    return Response(content, mimetype="text/csv")


def plain(entry: AuditEntry) -> dict[str, Any]:
    """An entry as it is exported: times in seconds since the epoch, addresses without what they may hide."""
    return {
        "at": entry.at,
        "action": entry.action,
        "outcome": entry.outcome,
        "head_sha": entry.head_sha,
        "actor_id": entry.actor.id if entry.actor else 0,
        "actor": entry.actor.login if entry.actor else "",
        "detail": {key: without_secrets(value) for key, value in entry.detail.items()},
    }


def cell(value: object) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _entries(ref: PullRef) -> list[AuditEntry]:
    found = list(site().world.audit(ref, MAX_ENTRIES))
    if not found and not site().world.reports(ref, 1):
        abort(404)
    return found
