"""What listing a checkpoint's tensors adds to hashing it, without a network: `benchmarks.walker [ROUNDS]`."""

from __future__ import annotations

import random
import statistics
import sys
import time

from benchmarks.server import MIB, tensor_entry
from bot.downloads.checkpoint import Walker
from bot.downloads.partial import Partial
from bot.downloads.reading import BUFFER

#: How many tensors, and of how many bytes each.
SHAPES = ((512, 512 << 10), (800, 128 << 10), (9_000, 4 << 10), (83_000, 512))


class _Idle(Walker):
    """Takes no step."""

    def feed(self, part: memoryview) -> None:
        pass


def main() -> None:
    """Argument: how many rounds, of which the median is shown."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print("| tensors | MiB | hash alone, CPU s | with the walk | ratio | listed |\n|---|---|---|---|---|---|")
    for count, size in SHAPES:
        block = random.Random(size).randbytes(size)
        content = b"".join(tensor_entry(f"layer.{n}.weight".encode(), block) for n in range(count))
        pairs = [(_seconds(content, _Idle()), _seconds(content, walker := Walker())) for _ in range(rounds)]
        alone, walked = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(after / before for before, after in pairs)
        listed = len(walker.tensors) if walker.whole else 0
        print(f"| {count} | {len(content) / MIB:.0f} | {alone:.3f} | {walked:.3f} | {ratio:.2f} | {listed} |")


def _seconds(content: bytes, walker: Walker) -> float:
    partial, view = Partial(walker=walker), memoryview(content)
    start = time.process_time()
    for at in range(0, len(view), BUFFER):
        partial.take(view[at : at + BUFFER])
    return time.process_time() - start


if __name__ == "__main__":
    main()
