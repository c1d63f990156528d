"""Shows a context on a commit: as a check run where the bot is an App, as a commit status otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from github.CheckRun import CheckRun
from github.Repository import Repository

from bot.errors import ForgeError
from bot.forges.github.api import Api
from bot.forges.github.shape import item, number, part, text, user
from bot.model import CONTEXTS, Annotation, Check, CheckState, PullRequest, User

#: GitHub refuses a longer status description; a check's title follows suit so that both read alike.
MAX_TITLE = 140
#: GitHub: "summary exceeds a maximum bytesize of 65535", counted in bytes of UTF-8.
MAX_SUMMARY = 65_535
#: GitHub takes 50 annotations a request and appends those of the next.
ANNOTATIONS_A_CALL = 50
#: Three requests. Of more the gravest 50 are shown and all in the report: a bulk review stays at ten writes.
MAX_ANNOTATIONS = 150
#: GitHub: a title of 255 characters, a message of 64 kB.
MAX_ANNOTATION_TITLE = 255
MAX_ANNOTATION_MESSAGE = 64_000

#: The button on a concluded run; GitHub allows 20, 40 and 20 characters.
RECHECK = {
    "label": "Recheck / 重新检查",
    "description": "Read every model file anew / 重新读取所有模型文件",
    "identifier": "recheck",
}

#: `neutral` and `skipped` satisfy a required check so never those; a time-out blocks and blames nobody.
_CONCLUSIONS = {CheckState.SUCCESS: "success", CheckState.FAILURE: "failure", CheckState.ERROR: "timed_out"}
_CONCLUDED = {word: state for state, word in _CONCLUSIONS.items()}
_STATES = {state.value: state for state in CheckState}


@dataclass(frozen=True, slots=True)
class Standing:
    """One of our contexts as it stands: `run` is the check run's id, `reusable` whether it may be updated."""

    state: CheckState
    title: str
    url: str
    summary: str = ""
    run: int = 0
    reusable: bool = False


def standing_and_foreign(
    api: Api, pull: PullRequest, me: Callable[[], User]
) -> tuple[dict[str, Standing], frozenset[str]]:
    """Our contexts on the pull request's head, and those whose newest status somebody else wrote.

    `me` is asked only where there is a status to compare with.

    A check run carries its App's name, so that nobody else can write one of ours.
    """
    if api.credential.app_id:
        return _runs(api, pull), frozenset()
    newest = _statuses(api, pull, me)
    ours = {context: one for context in CONTEXTS if (one := newest.get(context)) is not None}
    return ours, frozenset(context for context in CONTEXTS if context in newest and context not in ours)


def show(
    api: Api, pull: PullRequest, check: Check, stands: Standing | None, learn: Callable[[User], None]
) -> Standing:
    """Writes the context if it differs from what stands; returns what stands then.

    `learn` is told of the account that GitHub says has written a status: ours.
    """
    title, summary = check.title[:MAX_TITLE], cut(check.summary or check.title, MAX_SUMMARY)
    if not api.credential.app_id:
        wanted = Standing(check.state, title, check.details_url)
        if stands != wanted:
            learn(_post_status(api, pull, check, title))
        return wanted
    if stands is not None and _same(stands, check, title, summary):
        return stands
    run = _write_run(api, pull, check, title, summary, stands.run if stands and stands.reusable else 0)
    pending = check.state is CheckState.PENDING
    return Standing(
        check.state, title, check.details_url, summary, run, reusable=pending and not check.annotations
    )


def cut(words: str, most: int) -> str:
    """As much as fits into `most` bytes of UTF-8, ended by an ellipsis where something was cut."""
    data = words.encode("utf-8", "replace")
    if len(data) <= most:
        return words
    mark = "…"
    return data[: most - len(mark.encode())].decode("utf-8", "ignore") + mark


def _same(stands: Standing, check: Check, title: str, summary: str) -> bool:
    """An empty address is filled in by GitHub, so that there is nothing to compare."""
    return (stands.state, stands.title, stands.summary) == (check.state, title, summary) and (
        not check.details_url or stands.url == check.details_url
    )


# -- check runs ------------------------------------------------------------------------------------------


def _runs(api: Api, pull: PullRequest) -> dict[str, Standing]:
    """Only the newest run of a context counts, and where it is another pull request's ours does not stand."""
    found: dict[str, Standing | None] = {}
    path = f"/commits/{pull.head_sha}/check-runs"
    listed = api.pages(pull.ref.repo, path, within="check_runs", filter="latest")
    for answer in sorted(listed, key=lambda one: -number(one, "id")):
        context, app = text(answer, "name"), item(answer.get("app") or {}, "app")
        mine = api.credential.app_id in (str(app.get("id")), app.get("client_id"))
        if not mine or context not in CONTEXTS or context in found:
            continue
        found[context] = _run(answer, str(pull.ref.number))
    return {context: run for context, run in found.items() if run is not None}


def _run(answer: Mapping[str, Any], external_id: str) -> Standing | None:
    """None for one of no use: another pull request's, or concluded by somebody else (stale, cancelled)."""
    if text(answer, "external_id", "") != external_id:
        return None
    output = part(answer, "output")
    unfinished = text(answer, "status") != "completed"
    state = CheckState.PENDING if unfinished else _CONCLUDED.get(text(answer, "conclusion", ""))
    if state is None:
        return None
    return Standing(
        state=state,
        title=text(output, "title", ""),
        url=text(answer, "details_url", ""),
        summary=text(output, "summary", ""),
        run=number(answer, "id"),
        # Annotations are only ever added, so that a run which has some would show them twice.
        reusable=unfinished and number(output, "annotations_count") == 0,
    )


def _write_run(api: Api, pull: PullRequest, check: Check, title: str, summary: str, run_id: int) -> int:
    """Updates the unfinished run or creates one; concludes it with the last batch of annotations."""
    shown = len(check.annotations) if len(check.annotations) <= MAX_ANNOTATIONS else ANNOTATIONS_A_CALL
    marks = [_annotation(one) for one in check.annotations[:shown]]
    batches = [marks[at : at + ANNOTATIONS_A_CALL] for at in range(0, len(marks), ANNOTATIONS_A_CALL)] or [[]]
    with api.repository(pull.ref.repo) as repo:
        run = repo.get_check_run(run_id) if run_id else None
        for index, batch in enumerate(batches):
            sent: dict[str, Any] = {"output": {"title": title, "summary": summary, "annotations": batch}}
            if check.details_url:
                sent["details_url"] = check.details_url
            if index == len(batches) - 1 and check.state is not CheckState.PENDING:
                sent |= {"status": "completed", "conclusion": _CONCLUSIONS[check.state]}
                sent |= {"actions": [RECHECK]}
            else:
                sent |= {"status": "queued" if check.queued else "in_progress"}
            if run is None:
                run = _create_run(repo, pull, check.context, sent)
                run_id = run.id
            else:
                run.edit(**sent)
    return run_id


def _create_run(repo: Repository, pull: PullRequest, context: str, sent: dict[str, Any]) -> CheckRun:
    made = repo.create_check_run(context, pull.head_sha, external_id=str(pull.ref.number), **sent)
    if not isinstance(made.id, int):
        raise ForgeError("GitHub's check run has no id")
    return repo.get_check_run(made.id)


def _annotation(one: Annotation) -> dict[str, str | int]:
    start = max(one.line, 1)
    return {
        "path": one.path,
        "start_line": start,
        "end_line": max(one.end_line, start),
        "annotation_level": one.level,
        "title": one.title[:MAX_ANNOTATION_TITLE],
        "message": cut(one.message, MAX_ANNOTATION_MESSAGE),
    }


# -- commit statuses -------------------------------------------------------------------------------------


def _statuses(api: Api, pull: PullRequest, me: Callable[[], User]) -> dict[str, Standing | None]:
    """The newest status of each context, which is what GitHub counts; None for somebody else's.

    Contexts ignore case.
    """
    newest: dict[str, Standing | None] = {}
    for answer in api.pages(pull.ref.repo, f"/commits/{pull.head_sha}/statuses"):
        context = text(answer, "context").lower()
        if context in newest:
            continue
        state = _STATES.get(text(answer, "state"))
        if state is None or user(answer.get("creator")).id != me().id:
            newest[context] = None
        else:
            newest[context] = Standing(state, text(answer, "description", ""), text(answer, "target_url", ""))
        if newest.keys() >= set(CONTEXTS):
            break
    return newest


def _post_status(api: Api, pull: PullRequest, check: Check, title: str) -> User:
    address = {"target_url": check.details_url} if check.details_url else {}
    with api.repository(pull.ref.repo) as repo:
        made = repo.get_commit(pull.head_sha).create_status(
            check.state.value, description=title, context=check.context, **address
        )
    if not isinstance(made.id, int):
        raise ForgeError("GitHub's status has no id")
    return user(made.raw_data.get("creator"))
