"""Keeps the one issue about a hub: opened when somebody is needed, edited on change, closed when none is."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import astuple, replace
from hashlib import sha256

from bot.flows.run import Run
from bot.model import Issue, PullRef
from bot.review import issue
from bot.review.health import NEEDS_OWNER, Declared
from bot.review.issue import Trouble, Wanted
from bot.store import work
from bot.store.auditrows import hub_name
from bot.store.hubview import HubView
from bot.store.work import Request
from bot.wiring import Keeping, World

log = logging.getLogger("hubbot.audit")

#: Seconds between two looks at what has changed while a round is under way.
EVERY = 600.0
#: Seconds that a forge may take to list what it has just been given: as long nothing is created once more.
SETTLES = 120.0
#: Begins the note that an issue has been asked for and no answer has come yet.
ASKED = "asked "
#: What a page without any entry declares.
NOTHING = Declared("", "", "")


def request(world: World, ref: PullRef, due_at: float = 0.0) -> Request | None:
    """A look at whether the issue is still right; None where none is kept."""
    if world.auditor is None or ref.forge not in world.auditor.keeping:
        return None
    return Request(f"issue {hub_name(ref)}", work.ISSUE, ref, {}, work.LATER, due_at=due_at)


def keep(run: Run) -> Request | None:
    """Brings the issue to what the audit says now; writes nothing where that is what it said last."""
    world = run.world
    keeping = world.auditor.keeping.get(run.ref.forge) if world.auditor else None
    if keeping is None:
        return None
    hub = hub_name(run.ref)
    wanted = issue.wanted(hub, troubles(world, hub), run.forge.default_language, world.public_url)
    note, said = f"issue {hub} in {keeping.repo}", _digest(wanted)
    before = world.store.note(note)
    if before == said:
        return None
    if world.dry_run:
        log.info("the issue about %s would be %s", hub, "open" if wanted.is_open else "closed")
        return None
    found = keeping.tracker.issues(keeping.repo, issue.marker(hub), wanted.title)
    if not found and wanted.is_open:
        if (waits_until := _asked_at(before) + SETTLES) > world.now():
            return request(world, run.ref, waits_until)
        run.guard()
        world.store.save_note(note, f"{ASKED}{world.now()}", world.now())
        made = keeping.tracker.create_issue(keeping.repo, wanted.title, wanted.body)
        log.info("issue %s about %s opened", made.id, hub)
    elif found:
        _edit(run, keeping, found, wanted)
    world.store.save_note(note, said, world.now())
    return None


def troubles(world: World, hub: str) -> list[Trouble]:
    """Every file of the hub's pages that needs an owner."""
    found = []
    for row, files in HubView(world.store.engine).needing(hub):
        told = [(file.declared, file.state, file.history) for file in files] or [(NOTHING, row.state, None)]
        found += [
            Trouble(row.publisher, row.path, declared, state, history)
            for declared, state, history in told
            if state in NEEDS_OWNER
        ]
    return found


def _edit(run: Run, keeping: Keeping, found: Sequence[Issue], wanted: Wanted) -> None:
    """The oldest says it all; one more that a lost answer has left behind is closed."""
    first, *others = found
    target = replace(first, title=wanted.title, body=wanted.body, is_open=wanted.is_open)
    changed = [] if _same(first, target) else [target]
    for one in (*changed, *(replace(other, is_open=False) for other in others if other.is_open)):
        run.guard()
        keeping.tracker.edit_issue(keeping.repo, one)
        log.info("issue %s about %s is %s", one.id, hub_name(run.ref), "open" if one.is_open else "closed")


def _same(one: Issue, other: Issue) -> bool:
    """Whether they read alike: forges have their own ways with line ends and blanks."""
    return (one.title, one.body.split(), one.is_open) == (other.title, other.body.split(), other.is_open)


def _asked_at(note: str) -> float:
    return float(note.removeprefix(ASKED)) if note.startswith(ASKED) else float("-inf")


def _digest(wanted: Wanted) -> str:
    return sha256(json.dumps(astuple(wanted)).encode()).hexdigest()
