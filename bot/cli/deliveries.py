"""`hubbot deliveries list|show|replay|record`: what forges delivered, and the same work once more."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import settings, settingsfile
from bot.errors import UserError
from rules.output.visible import visible

if TYPE_CHECKING:
    from bot.model import Delivery
    from bot.store.inbox import Stored, Whole
    from bot.wiring import Receiver

#: Characters of a body that `show` prints; `record` keeps all of it.
SHOWN = 4000
#: The largest number that the database's columns take; neither forge counts so far.
LARGEST = 2**31 - 1


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("deliveries", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True, metavar="list|show|replay|record")
    listed = what.add_parser("list", help="the newest deliveries")
    listed.add_argument("--limit", type=count, default=50, help="so many at most (default: 50)")
    listed.add_argument("--repo", default="", help="of one repository only (owner/name)")
    listed.add_argument("--number", type=count, default=0, help="of one pull request only")
    shown = what.add_parser("show", help="one delivery with its headers and its body, secrets removed")
    replayed = what.add_parser("replay", help="parse a delivery again and do what it asks for")
    replayed.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    recorded = what.add_parser("record", help="write a delivery to files, for a test or a report")
    for one in (shown, replayed, recorded):
        one.add_argument("id", help="our number of it, or the forge's id")
    recorded.add_argument("folder", type=Path, help="where to write NAME.headers.json and NAME.body")
    for one in (listed, shown, replayed):
        one.add_argument("--json", action="store_true", help="print JSON")


def count(text: str) -> int:
    """How many, or which pull request. Raises `ValueError`, for argparse."""
    found = int(text)
    if not 0 < found <= LARGEST:
        raise ValueError
    return found


def run(args: argparse.Namespace) -> int:
    from bot import wiring
    from bot.store import inbox
    from bot.store.database import existing_database

    chosen = settings.load(settingsfile.environment(os.environ), credentials=False)
    # Whoever looks must not make what he looks for, least of all in the wrong folder.
    existing_database(chosen.database_url).dispose()
    receiver = wiring.receiver(chosen)
    engine = receiver.store.engine
    try:
        if args.what == "list":
            found = inbox.newest(engine, args.limit, repo=args.repo, number=args.number)
            return _list(found, as_json=args.json)
        whole = inbox.one(engine, args.id)
        if whole is None:
            raise UserError(f"No delivery {args.id} is kept; `hubbot deliveries list` shows those that are.")
        if args.what == "show":
            return _show(whole, as_json=args.json)
        if args.what == "record":
            return _record(whole, args.folder)
        return _replay(receiver, whole, args)
    finally:
        engine.dispose()


def _list(found: Sequence[Stored], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
        return 0
    for one in found:
        pull = f"{visible(one.repo)}#{one.number}" if one.number else visible(one.repo)
        print(f"{one.id:>8}  {_moment(one.received_at)}  {_kind(one):<40}  {pull}")
    return 0


def _show(whole: Whole, *, as_json: bool) -> int:
    body = whole.body.decode("utf-8", "replace")
    if as_json:
        print(json.dumps({**asdict(whole.stored), "headers": dict(whole.headers), "body": body}))
        return 0
    one = whole.stored
    print(f"{one.id}  {visible(one.delivery_id)}  {_moment(one.received_at)}  {_kind(one)}")
    for name, value in whole.headers.items():
        print(f"{visible(name)}: {visible(value)}")
    shown = "\n".join(visible(line, SHOWN) for line in body[:SHOWN].split("\n"))
    print(f"\n{shown}" + ("…" if len(body) > SHOWN else ""))
    return 0


def _record(whole: Whole, folder: Path) -> int:
    """Names are made of our own number, never of what was delivered."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stem = folder / f"{whole.stored.forge}-{whole.stored.id}"
        headers = json.dumps(dict(whole.headers), indent=2, sort_keys=True)
        stem.with_suffix(".headers.json").write_text(headers + "\n", encoding="utf-8")
        stem.with_suffix(".body").write_bytes(whole.body)
    except OSError as error:
        raise UserError(f"{folder} cannot be written ({error.strerror}).") from None
    print(f"{stem}.headers.json\n{stem}.body")
    return 0


def _replay(receiver: Receiver, whole: Whole, args: argparse.Namespace) -> int:
    from bot.store import inbox

    delivery = _parsed(receiver, whole)
    served = receiver.repositories.get(delivery.forge, ())
    if delivery.repo.casefold() not in {name.casefold() for name in served}:
        raise UserError(f"{visible(delivery.repo)} is not served: it is not in the list of repositories.")
    request = (
        inbox.planned(delivery)
        if args.dry_run
        else inbox.replay(receiver.store.engine, delivery, time.time())
    )
    said = {"id": whole.stored.id, "intent": str(delivery.intent), "job": request, "dry_run": args.dry_run}
    if args.json:
        print(json.dumps(said))
    elif not request:
        print(f"Nothing to do: {visible(delivery.reason) or delivery.intent}.")
    else:
        print(f"{'Would ask' if args.dry_run else 'Asked'} for: {visible(request)}")
    return 0


def _parsed(receiver: Receiver, whole: Whole) -> Delivery:
    """What the kept request says, read by the code of today."""
    from bot.forges.base import Refused

    hooks = receiver.hooks.get(whole.stored.forge)
    if hooks is None:
        raise UserError(f"{whole.stored.forge} is not configured; set its variables to replay this delivery.")
    try:
        return hooks.parse(whole.headers, whole.body)
    except Refused as refusal:
        raise UserError(f"The delivery cannot be read again: {refusal}.") from None


def _kind(one: Stored) -> str:
    return visible(f"{one.forge} {one.event}" + (f".{one.action}" if one.action else ""))


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
