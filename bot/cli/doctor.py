"""`hubbot doctor`: looks the deployment over and says what is wrong, why it matters and how to mend it."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict
from typing import Any

from bot import logs

MARKS = {"ok": "ok     ", "failing": "FAILING", "skipped": "skipped"}


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "doctor",
        description="Examines settings, database, forges and webhooks. Exit 1: something is failing.",
    )
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--offline", action="store_true", help="ask nobody: only what this machine can tell")
    either.add_argument(
        "--write-probe", action="store_true", help="also set a status `hubbot/doctor` on GitHub"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, for monitoring")


def run(args: argparse.Namespace) -> int:
    from bot.doctor.examine import Examination, examine, worst

    logs.configure(())
    asked = Examination(os.environ, online=not args.offline, write_probe=args.write_probe)
    checks = []
    for check in examine(asked):
        checks.append(check)
        if not args.json:
            print(f"{MARKS[check.state]}  {check.name}: {check.what}", flush=True)
            for word, text in (("why", check.why), ("fix", check.fix)):
                if text:
                    print(f"         {word}: {text}", flush=True)
    if args.json:
        shown = {"version": 1, "ok": not worst(checks), "checks": [asdict(check) for check in checks]}
        print(json.dumps(shown, ensure_ascii=False))
    return worst(checks)
