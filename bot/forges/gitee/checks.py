"""Check runs of Gitee, which only a token of a repository's administrator may write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.forges.gitee import answers
from bot.forges.gitee.comments import fit
from bot.forges.gitee.http import Api, repo_path, segment
from bot.model import CONTEXTS, Check, CheckState, PullRequest

#: Annotations in one call: GitHub's limit, whose interface this is; Gitee documents none.
MAX_ANNOTATIONS = 50
#: Never `neutral` or `skipped`: both pass a required check.
CONCLUSIONS = {CheckState.SUCCESS: "success", CheckState.FAILURE: "failure", CheckState.ERROR: "timed_out"}
STATES = {conclusion: state for state, conclusion in CONCLUSIONS.items()}


def show(api: Api, pull: PullRequest, check: Check) -> None:
    """Makes the context's newest run say this: one that has not concluded is continued, else one is made."""
    runs = _latest(_runs(api, pull, {"check_name": check.context}))
    present = runs.get(check.context)
    if present is not None and _told(present) == (check.state, check.title, check.details_url):
        return
    body = _body(pull, check)
    base = f"{repo_path(pull.ref.repo)}/check-runs"
    if present is not None and present.get("status") != "completed":
        api.patch(f"{base}/{answers.number(present.get('id'), 'check run id')}", body)
    else:
        api.post(base, {**body, "head_sha": pull.head_sha})


def posted(api: Api, pull: PullRequest) -> Mapping[str, tuple[CheckState, str]]:
    """State and title of our contexts on the head; a conclusion that is never ours is left out."""
    told = {name: _told(run) for name, run in _latest(_runs(api, pull, {})).items() if name in CONTEXTS}
    return {name: (state, title) for name, (state, title, _) in told.items() if state is not None}


def _runs(api: Api, pull: PullRequest, query: Mapping[str, str]) -> list[answers.Object]:
    """Runs that were made for a pull request are listed only when asked for with its global id."""
    path = f"{repo_path(pull.ref.repo)}/commits/{segment(pull.head_sha)}/check-runs"
    listed = api.pages(path, {"pull_request_id": str(pull.global_id), **query})
    return [answers.obj(run, "check run") for run in listed]


def _latest(runs: list[answers.Object]) -> dict[str, answers.Object]:
    ordered = sorted(runs, key=lambda run: answers.number(run.get("id"), "check run id"))
    return {answers.text(run.get("name"), "check run name"): run for run in ordered}


def _told(run: answers.Object) -> tuple[CheckState | None, str, str]:
    output = run.get("output")
    title = answers.prose(output.get("title")) if isinstance(output, dict) else ""
    state = STATES.get(str(run.get("conclusion"))) if run.get("status") == "completed" else CheckState.PENDING
    return state, title, answers.prose(run.get("details_url"))


def _body(pull: PullRequest, check: Check) -> dict[str, Any]:
    title = check.title or check.context
    body: dict[str, Any] = {
        "name": check.context,
        "pull_request_id": pull.global_id,
        "output": {"title": title, "summary": fit(check.summary or title)},
    }
    if check.details_url:
        body["details_url"] = check.details_url
    if check.state is CheckState.PENDING:
        return {**body, "status": "in_progress"}
    if check.annotations:
        body["output"]["annotations"] = [
            {
                "path": note.path,
                "start_line": note.line,
                "end_line": note.end_line,
                "annotation_level": note.level,
                "title": note.title,
                "message": note.message,
            }
            for note in check.annotations[:MAX_ANNOTATIONS]
        ]
    return {**body, "status": "completed", "conclusion": CONCLUSIONS[check.state]}
