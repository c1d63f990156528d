"""What there is to do: how it is asked for, and what a wish comes to beside one that waits already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, case, or_, true

from bot.model import Comment, Group, PullRef
from bot.store.database import INSERTS, storable
from bot.store.schema import jobs

#: Characters of a login that are kept; both forges allow fewer.
MAX_AUTHOR = 100
#: Characters of a delivery's id that are kept; those of both forges are shorter.
MAX_DELIVERY = 100

#: The scope of a review that reads nothing anew: only what people decided is judged again.
JUDGE = "judge"
#: The target of a later try that nobody asked for.
RETRY = "retry"
REVIEW, COMMENT, INDEX, RECONCILE, LOCATE = "review", "comment", "index", "reconcile", "locate"
AUDIT = "audit"
#: A look at the issue that says what the audit has found.
ISSUE = "issue"
#: What a merge queue would merge, verified as a review verifies.
GROUP = "group"
#: What a worker's start asks for anew.
STANDING = (RECONCILE, INDEX, AUDIT, ISSUE)
#: Smaller goes first: words to people, then small pull requests, then bulk work and housekeeping.
SOON, NORMAL, BULK, LATER, LAST = 0, 10, 20, 30, 40


@dataclass(frozen=True, slots=True)
class Priorities:
    """A range of priorities, both ends included."""

    first: int = SOON
    last: int = LAST


ANY, SMALL, LARGE = Priorities(), Priorities(last=NORMAL), Priorities(first=BULK)

#: The payload of a review that only a delivery asks for: any other wish outweighs it.
HINT: Mapping[str, Any] = {"fresh": False, "hint": True}


@dataclass(frozen=True, slots=True)
class Request:
    """Something to do: `key` names it, so that asking twice is asking once."""

    key: str
    kind: str
    ref: PullRef
    payload: Mapping[str, Any]
    priority: int = NORMAL
    supersede: bool = False
    due_at: float = 0.0
    #: Who is thought to have caused it, for fairness only; empty leaves it as it was.
    author: str = ""
    #: The id of the delivery that asks for it; empty leaves it as it was.
    delivery: str = ""


def review_request(
    ref: PullRef,
    *,
    supersede: bool,
    fresh: bool = False,
    hint: bool = False,
    scope: str = "all",
    target: str = "",
    due_at: float = 0.0,
    priority: int = NORMAL,
    author: str = "",
) -> Request:
    """A review of the pull request's present head; `fresh` measures remote files anew.

    `hint` says that only a delivery asks for it, which may tell of nothing new.
    `scope` and `target` say of which files: `all`, `failed`, those of one `path`, those that one `rule`
    speaks of.
    """
    part = {} if scope == "all" else {"scope": scope, "target": target}
    payload = HINT if hint else {"fresh": fresh} | part
    return Request(f"review {ref}", REVIEW, ref, payload, priority, supersede, due_at, author)


def retry_request(ref: PullRef, due_at: float) -> Request:
    """A later look at what could not be verified."""
    return review_request(ref, supersede=False, scope="failed", target=RETRY, due_at=due_at)


def judge_request(ref: PullRef) -> Request:
    """The gate judged again by what people have decided, in the one job that writes to the pull request."""
    return review_request(ref, supersede=False, scope=JUDGE, priority=SOON)


def group_request(ref: PullRef, group: Group, *, since: float = 0.0, due_at: float = 0.0) -> Request:
    """The answer to a merge queue; `since` is when it began to wait for something else."""
    key = f"group {ref.forge}/{ref.repo} {group.head_sha}"
    return Request(key, GROUP, ref, {"group": asdict(group), "since": since}, SOON, due_at=due_at)


def comment_request(ref: PullRef, said: Comment) -> Request:
    """The answer to a comment, whether a delivery or a look at the forge told of it, or both."""
    payload = {"id": said.id, "author": asdict(said.author), "body": said.body, "url": said.url}
    return Request(f"comment {ref} {said.id}", COMMENT, ref, payload, SOON)


#: How a job begins that was never asked for before.
UNBEGUN: Mapping[str, Any] = {
    "wanted": 1,
    "done": 0,
    "superseded": 0,
    "attempts": 0,
    "failures": 0,
    "token": 0,
    "worker": "",
    "error": "",
    "parked": False,
}


def enqueue(connection: Connection, request: Request, now: float) -> int:
    """Writes `request` down within the caller's transaction; returns the generation that will fulfil it."""
    values = {
        "key": request.key,
        "kind": request.kind,
        "forge": request.ref.forge,
        "repo": request.ref.repo,
        "number": request.ref.number,
        "payload": _json(request.payload),
        "priority": request.priority,
        "due_at": request.due_at or now,
        "author": storable(request.author, MAX_AUTHOR),
        "delivery": storable(request.delivery, MAX_DELIVERY),
        **UNBEGUN,
    }
    upsert = _upsert(connection.dialect.name, request.supersede, _wish(request))
    return int(connection.execute(upsert, values).scalar_one())


class Wish(StrEnum):
    """What a request comes to beside one that waits already."""

    EVERYTHING = "everything"  # nothing else asks for more
    ANEW = "anew"  # a part of a review, its files read anew
    REVIEW = "review"
    JUDGEMENT = "judgement"  # anything else asks for more


@cache
def _upsert(dialect: str, supersede: bool, wish: Wish) -> Any:
    """A job or, where there is one of its key, what asking again makes of it. Built once: it is long."""
    insert = INSERTS[dialect](jobs)
    new = insert.excluded
    begun = jobs.c.worker != ""
    idle = jobs.c.wanted == jobs.c.done
    later = jobs.c.due_at > new.due_at
    unfulfilled = (jobs.c.wanted > jobs.c.done) & (true() if supersede else ~begun)
    again: dict[str, Any] = {
        # A job that waits already covers this wish, unless it is running: then one more run follows.
        "wanted": case((or_(begun, idle, jobs.c.parked), jobs.c.wanted + 1), else_=jobs.c.wanted),
        "due_at": case((or_(idle, jobs.c.parked, later), new.due_at), else_=jobs.c.due_at),
        "payload": _merged(wish, unfulfilled, new.payload),
        "priority": new.priority,
        # Deaths in a run that a push has ended say nothing about the next.
        "attempts": 0 if supersede else case((begun, jobs.c.attempts), else_=0),
        "failures": 0,
        "parked": False,
        "author": case((new.author != "", new.author), else_=jobs.c.author),
        "delivery": case((new.delivery != "", new.delivery), else_=jobs.c.delivery),
    }
    if supersede:
        again["superseded"] = case((begun, jobs.c.wanted), else_=jobs.c.superseded)
    return insert.on_conflict_do_update(index_elements=[jobs.c.key], set_=again).returning(jobs.c.wanted)


def _json(payload: Mapping[str, Any]) -> str:
    return json.dumps(dict(payload))


def _wish(request: Request) -> Wish:
    scope, fresh = request.payload.get("scope", "all"), bool(request.payload.get("fresh"))
    if request.kind != REVIEW or (fresh and scope == "all"):
        return Wish.EVERYTHING
    if scope == JUDGE:
        return Wish.JUDGEMENT
    return Wish.ANEW if fresh else Wish.REVIEW


def _merged(wish: Wish, unfulfilled: Any, own: Any) -> Any:
    """What a review that was not begun yet and one more wish come to: never less than either asks for.

    A wish to read every file anew stays until a run has fulfilled it. To judge again asks for least, and a
    later try of our own gives way: the run that takes its place asks for another if it has to.
    """
    if wish is Wish.EVERYTHING:
        return own
    if wish is Wish.JUDGEMENT:
        return case((unfulfilled, jobs.c.payload), else_=own)
    whole, anew = _json({"fresh": False}), _json({"fresh": True})
    was_judging = jobs.c.payload.like(f'%"scope": "{JUDGE}"%')
    was_retry = jobs.c.payload.like(f'%"target": "{RETRY}"%')
    was_fresh = jobs.c.payload.like('%"fresh": true%')
    both = anew if wish is Wish.ANEW else case((was_fresh, anew), else_=whole)
    alone = ~unfulfilled | was_judging | was_retry | (jobs.c.payload == own)
    return case((alone, own), else_=both)
