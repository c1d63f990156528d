"""Deploys the bot at scale by the operations guide and changes every secret of it under load.

PostgreSQL, two receivers behind nginx, two workers, two downloaders, both simulated forges:
`python -m benchmarks.rollout --count 60`. Needs a simulator of the forges and the pages of a hub, like the
acceptance cases; ends with 1 if anything was lost, refused, said twice, left in the wrong state, or told.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Prints what is done while it is done, then one table."""
    import forgesim
    from forgesim.github.access import new_key

    from tests.acceptance.pages import prepare
    from tests.acceptance.rollout import rollout

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--count", type=int, default=60, help="pull requests")
    parser.add_argument("--downloaders", type=int, default=2)
    parser.add_argument(
        "--hubbot", default=os.environ.get("HUBBOT", f"{sys.executable} -m bot"), help="the program"
    )
    parser.add_argument("--keep", type=Path, help="a new folder for logs and settings, which is left")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whatever was started is ended all the same
    data = Path(forgesim.__file__).parents[1] / "hub"
    with tempfile.TemporaryDirectory(prefix="hubbot-rollout-") as temporary:
        folder = args.keep or Path(temporary) / "run"
        folder.mkdir(mode=0o755)
        Path(temporary).chmod(0o755)
        hub = prepare(data, folder, args.count)
        outcome = rollout(
            hub,
            folder,
            shlex.split(args.hubbot),
            args.count,
            new_key(),
            lambda text: print(text, flush=True),
            args.downloaders,
        )
    for name, figure in outcome.figures.items():
        print(f"{name:45} {figure}")
    print("\n".join(outcome.wrong) or "nothing lost, nothing refused, nothing told")
    return int(bool(outcome.wrong))


if __name__ == "__main__":
    sys.exit(main())
