"""Check runs of Gitee, which only a token of a repository's administrator may write."""

from __future__ import annotations

from collections.abc import Mapping

from bot.forges.gitee import answers
from bot.forges.gitee.comments import fit
from bot.forges.gitee.http import Api, repo_path, segment
from bot.model import CONTEXTS, Annotation, Check, CheckState, PullRequest

#: Annotations in one call: GitHub's limit, whose interface this is; those of the next call are added.
ANNOTATIONS_A_CALL = 50
#: Four calls; what is beyond them stands in the report. Ours to choose.
MAX_ANNOTATIONS = 200
#: Never `neutral` or `skipped`: both pass a required check.
CONCLUSIONS = {CheckState.SUCCESS: "success", CheckState.FAILURE: "failure", CheckState.ERROR: "timed_out"}
STATES = {conclusion: state for state, conclusion in CONCLUSIONS.items()}


def show(api: Api, pull: PullRequest, check: Check) -> None:
    """Makes the context's newest run say this: one that has not concluded is continued, else one is made."""
    runs = _latest(_runs(api, pull, {"check_name": check.context}))
    present = runs.get(check.context)
    if present is not None and _told(present) == (check.state, check.title, check.details_url):
        return
    base = f"{repo_path(pull.ref.repo)}/check-runs"
    run = answers.number(present.get("id"), "check run id") if present and _can_go_on(present) else 0
    for body in _bodies(pull, check):
        if run:
            api.patch(f"{base}/{run}", body)
        else:
            made = answers.obj(api.post(base, {**body, "head_sha": pull.head_sha}), "check run")
            run = answers.number(made.get("id"), "check run id")


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


def _can_go_on(run: answers.Object) -> bool:
    """Whether a run is unfinished and has no annotations, which would be shown twice."""
    output = run.get("output")
    has_notes = isinstance(output, dict) and bool(output.get("annotations_count"))
    return run.get("status") != "completed" and not has_notes


def _bodies(pull: PullRequest, check: Check) -> list[answers.Object]:
    """What to send, a batch of annotations each; the last concludes, for a conclusion cannot be changed."""
    title = check.title or check.context
    said: answers.Object = {"name": check.context, "pull_request_id": pull.global_id}
    if check.details_url:
        said["details_url"] = check.details_url
    output = {"title": title, "summary": fit(check.summary or title)}
    if check.state is CheckState.PENDING:
        return [{**said, "status": "in_progress", "output": output}]
    notes = [_annotation(note) for note in check.annotations[:MAX_ANNOTATIONS]]
    batches = [notes[at : at + ANNOTATIONS_A_CALL] for at in range(0, len(notes), ANNOTATIONS_A_CALL)]
    outputs: list[answers.Object] = [{**output, "annotations": batch} for batch in batches] or [{**output}]
    bodies = [{**said, "status": "in_progress", "output": each} for each in outputs]
    bodies[-1] |= {"status": "completed", "conclusion": CONCLUSIONS[check.state]}
    return bodies


def _annotation(note: Annotation) -> answers.Object:
    return {
        "path": note.path,
        "start_line": note.line,
        "end_line": note.end_line,
        "annotation_level": note.level,
        "title": note.title,
        "message": note.message,
    }
