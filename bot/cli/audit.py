"""`hubbot audit`: verifies every page of a hub: is each file there, as declared, of its declared format?"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.auditstate import AuditState, load
from bot.cli.ending import FINDINGS, OK, UNFINISHED
from bot.cli.gather import from_hub
from bot.cli.terminal import spoken
from bot.cli.words import say
from bot.errors import UserError
from bot.review import health
from bot.review.health import NEEDS_OWNER, Declared, History, State
from rules import engine, policy
from rules.facts import Facts, Wanted
from rules.links import is_fetchable
from rules.output.visible import visible
from rules.rule import Subject

STATE = Path("hubbot-audit.jsonl")
#: Connections to one host: a person waits, but every publisher's files come from there.
PER_HOST = 4
#: Files between two lines of progress where there is no terminal, seconds between two looks of the table.
EVERY, REDRAW = 100, 0.2
#: What the fetcher says of a file that it did not even ask for.
NOT_ASKED = "host-unavailable"


@dataclass(frozen=True, slots=True)
class Entry:
    """One asset entry of a page, and the line where its address stands."""

    path: str
    line: int
    declared: Declared


def add_parser(commands: Any) -> None:
    """Adds the command to the dispatcher's."""
    parser = commands.add_parser("audit", description=__doc__)
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the hub (default: here)")
    parser.add_argument(
        "--remote",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="read the files; without, say what the pages alone show",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print the result")
    parser.add_argument("--lang", choices=("zh", "en"), default=spoken(), help="language of the result")
    parser.add_argument(
        "--state",
        type=Path,
        default=STATE,
        metavar="FILE",
        help=f"what is remembered: a run cut short goes on, a later one sees changes (default: {STATE})",
    )


def run(args: argparse.Namespace) -> int:
    """Returns 0 clean, 1 pages need an owner, 2 usage, 3 could not finish or could not verify."""
    subjects = from_hub(args.path, args.lang)
    entries = _entries(subjects)
    known: Mapping[str, History] = {}
    if args.remote:
        known = _look(entries, load(args.state, args.lang), args.lang)
    states = [health.judge(entry.declared, known.get(entry.declared.link)) for entry in entries]
    rules = None if args.remote else _rules(subjects)
    print(_text(subjects, entries, states, known, rules, args), end="")
    if len(_bare(subjects)) or any(state in NEEDS_OWNER for state in states):
        return FINDINGS
    return UNFINISHED if args.remote and any(state is not State.SOUND for state in states) else OK


def _entries(subjects: Sequence[Subject]) -> list[Entry]:
    return [
        Entry(
            subject.page.path,
            asset.link_span.line,
            Declared(asset.link, asset.sha256, asset.file_format),
        )
        for subject in subjects
        for asset in subject.page.assets
    ]


def _bare(subjects: Sequence[Subject]) -> list[str]:
    """Pages that name no file at all."""
    return [subject.page.path for subject in subjects if not subject.page.assets]


def _look(entries: Sequence[Entry], state: AuditState, lang: str) -> Mapping[str, History]:
    """Reads every file that this round has not read; what is known then."""
    from bot import settings
    from bot.downloads import Fetcher, Limits

    declared: dict[str, list[Declared]] = {}
    for entry in entries:
        if is_fetchable(entry.declared.link):
            declared.setdefault(entry.declared.link, []).append(entry.declared)
    connect_to, ca_bundle = settings.for_downloads(os.environ)
    fetcher = Fetcher(Limits(per_host=PER_HOST), connect_to=connect_to, ca_bundle=ca_bundle or None)
    try:
        state.begin(time.time())
    except OSError as error:
        raise UserError(say(lang, "cannot-write", path=state.path, detail=error.strerror)) from None
    missing = [url for url in declared if not state.is_done(url)]
    table = _table(lang, len(declared), state, declared)
    wanted = [
        Wanted(url, health.expected(one, state.known.get(url)), one.file_format)
        for url in missing
        for one in declared[url]
    ]
    try:
        with closing(fetcher):
            for file in fetcher.measure(wanted, lambda: False):
                if file.reason != NOT_ASKED:
                    whole = {one.digest for one in declared[file.url]} - {""}
                    state.keep(health.observed(state.known.get(file.url), file, whole))
                table()
    finally:
        state.end(finished=all(map(state.is_done, declared)))
        table(last=True)
    return {url: history for url, history in state.known.items() if state.is_done(url)}


def _table(
    lang: str, total: int, state: AuditState, declared: Mapping[str, Sequence[Declared]]
) -> Callable[..., None]:
    """Shows how far it is: a table that is drawn anew on a terminal, a line now and then elsewhere."""
    live = sys.stderr.isatty()
    drawn, at = 0, 0.0

    def show(*, last: bool = False) -> None:
        nonlocal drawn, at
        done = [url for url in declared if state.is_done(url)]
        if not live:
            if last or (done and len(done) % EVERY == 0):
                print(_say(lang, "progress", done=len(done), all=total), file=sys.stderr)
            return
        if not last and time.monotonic() - at < REDRAW:
            return
        at = time.monotonic()
        counted = Counter(
            health.worst(health.judge(one, state.known[url]) for one in declared[url]) for url in done
        )
        width = 30 * len(done) // total if total else 30
        lines = [f"[{'#' * width}{'.' * (30 - width)}] {_say(lang, 'progress', done=len(done), all=total)}"]
        lines += [f"  {counted[known]:6}  {_say(lang, known.value)}" for known in State if counted[known]]
        back = f"\x1b[{drawn}F\x1b[J" if drawn else ""
        print(back + "\n".join(lines), file=sys.stderr, flush=True)
        drawn = len(lines)

    return show


def _rules(subjects: Sequence[Subject]) -> Mapping[str, int]:
    """How often each rule speaks of the pages as they are."""
    found = Counter(f.rule for f in engine.check(subjects, Facts(), policy.default()))
    return dict(sorted(found.items()))


def _text(
    subjects: Sequence[Subject],
    entries: Sequence[Entry],
    states: Sequence[State],
    known: Mapping[str, History],
    rules: Mapping[str, int] | None,
    args: argparse.Namespace,
) -> str:
    counted = Counter(states)
    shown = [
        (entry, state)
        for entry, state in sorted(
            zip(entries, states, strict=True), key=lambda pair: (health.RANKS[pair[1]], pair[0].path)
        )
        if state is not State.SOUND and (args.remote or state is not State.WAITING)
    ]
    bare = _bare(subjects)
    if args.format == "json":
        return _json(len(subjects), counted, shown, bare, known, rules)
    lines = [
        visible(_line(entry, state, known.get(entry.declared.link), args.lang)) for entry, state in shown
    ]
    lines += [visible(f"{path}: {_say(args.lang, 'no-link')}") for path in bare]
    lines += [f"{code}  {count}" for code, count in (rules or {}).items()]
    sums = _say(args.lang, "and").join(
        f"{_say(args.lang, state.value)} {counted[state]}"
        for state in State
        if counted[state] and (args.remote or state is not State.WAITING)
    )
    total = _say(args.lang, "summary", pages=len(subjects), files=len(entries), states=sums)
    return "".join(f"{line}\n" for line in [*lines, total.rstrip()])


def _line(entry: Entry, state: State, history: History | None, lang: str) -> str:
    said = f"{entry.path}:{entry.line}: {_say(lang, state.value)}"
    if history and state in (State.CHANGED, State.DIFFERS):
        expected = entry.declared.digest or history.baseline
        said += _say(lang, "digests", expected=expected, observed=history.digest)
    elif history and history.reason:
        said += f" ({history.reason}{'; ' if history.detail else ''}{history.detail})"
    elif state is State.UNDECLARED and entry.declared.sha256:
        said += f" ({entry.declared.sha256})"
    return f"{said} {entry.declared.link}"


def _json(
    pages: int,
    counted: Mapping[State, int],
    shown: Sequence[tuple[Entry, State]],
    bare: Sequence[str],
    known: Mapping[str, History],
    rules: Mapping[str, int] | None,
) -> str:
    found = [_found(entry, state, known.get(entry.declared.link)) for entry, state in shown]
    found += [{"path": path, "line": 1, "state": State.NO_LINK.value} for path in bare]
    states = {state.value: counted[state] for state in State if counted[state]}
    result: dict[str, Any] = {"version": 1, "pages": pages, "states": states, "found": found}
    if rules is not None:
        result["rules"] = rules
    return json.dumps(result, indent=2) + "\n"


def _found(entry: Entry, state: State, history: History | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "path": entry.path,
        "line": entry.line,
        "state": state.value,
        "url": entry.declared.link,
        "declared": entry.declared.sha256,
    }
    if history is not None:
        for name in ("digest", "baseline", "size", "content", "reason", "detail", "checked_at", "misses"):
            found[name] = getattr(history, name)
    return found


def _say(lang: str, name: str, **values: object) -> str:
    return say(lang, name, "audit", **values)
