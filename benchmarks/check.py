"""How long `hubbot check` takes: a whole hub, one page, the help; beside it the hub's own validator.

Runs of all contestants alternate, so that a busy machine slows every one of them alike.
Prints medians of wall and processor time, in seconds, and the peak of memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Runs the validator's check on every page with its network and its TLS contexts taken away: what is left
#: is the work on the pages themselves. Its own loop ends at the first page that its YAML parser refuses.
VALIDATOR = """
import io, socket, ssl, sys, types, urllib.request
from pathlib import Path
root, assets = sys.argv[1:]
package = types.ModuleType("mindspore_hub")
package.__path__ = [f"{root}/mindspore_hub"]
sys.modules["mindspore_hub"] = package
urllib.request.urlopen = lambda *given, **named: io.BytesIO()
ssl.create_default_context = lambda *given, **named: types.SimpleNamespace()
socket.gethostbyname = lambda name: "127.0.0.1"
from mindspore_hub._utils.check import ValidMarkdown
passed = refused = 0
for page in sorted(Path(assets).rglob("*.md")) if Path(assets).is_dir() else [Path(assets)]:
    try:
        ValidMarkdown(str(page)).check_markdown_file()
        passed += 1
    except Exception:
        refused += 1
print(f"passed {passed}, refused {refused}", file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds of wall and processor time, bytes at the peak."""

    wall: float
    cpu: float
    peak: int


def main() -> int:
    args = _arguments()
    page = str(next(iter(sorted((args.hub / "mshub_res" / "assets").rglob("*.md")))))
    hubbot = [sys.executable, "-m", "bot"]
    contestants = {
        "check --all": [*hubbot, "check", "--all", "--format", "concise", str(args.hub)],
        "check PAGE": [*hubbot, "check", page],
        "--help": [*hubbot, "--help"],
    }
    if args.validator:
        assets = str(args.hub / "mshub_res" / "assets")
        contestants["validator"] = [args.python, "-c", VALIDATOR, str(args.validator), assets]
        contestants["validator PAGE"] = [args.python, "-c", VALIDATOR, str(args.validator), page]
    else:
        print("The hub's own validator is not measured: give --validator.")
    _report(measure(contestants, args.runs))
    return 0


def measure(contestants: Mapping[str, Sequence[str]], runs: int) -> dict[str, list[Run]]:
    """Every contestant in turn, `runs` times, after a first turn that fills the caches and is not counted."""
    measured: dict[str, list[Run]] = {name: [] for name in contestants}
    for number in range(runs + 1):
        for name, command in contestants.items():
            run = _run(command)
            if number:
                measured[name].append(run)
    return measured


def _run(command: Sequence[str]) -> Run:
    # As when it is installed: with compiled modules, which the first turn, not counted, makes.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(ROOT)
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    said = process.stderr.read() if process.stderr else ""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    code = process.returncode = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        raise SystemExit(f"{command[:4]} ended with {code}: {said[-500:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _report(measured: Mapping[str, Sequence[Run]]) -> None:
    for name, runs in measured.items():
        wall = statistics.median(run.wall for run in runs)
        cpu = statistics.median(run.cpu for run in runs)
        peak = max(run.peak for run in runs)
        print(f"{name:<14} wall {wall:7.3f} s   cpu {cpu:7.3f} s   peak {peak / 1e6:5.0f} MB   n={len(runs)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("hub", type=Path, help="a checkout of a hub")
    parser.add_argument("--runs", type=int, default=7, help="counted runs of each (default: 7)")
    parser.add_argument("--validator", type=Path, help="a checkout of the hub with its own validator")
    parser.add_argument(
        "--python", default=sys.executable, help="the interpreter that has the validator's packages"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
