"""Variables that look like our settings but are none: a slip that would be ignored in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

#: Shorter names (HOST, PORT) are near to too many words of others.
SHORTEST = 7
#: Letters that may be wrong, missing, too many or swapped, in short and in long names.
SLIPS_SHORT, SLIPS_LONG, LONG = 1, 2, 10
#: A prefix that people expect and we do not have.
PREFIX = "HUBBOT_"


def misspelt(environment: Iterable[str], known: Collection[str]) -> list[tuple[str, str]]:
    """Each variable that is almost one of `known` (or of its NAME_FILE), with the one that is meant."""
    ours = [*known, *(f"{name}_FILE" for name in known)]
    return [
        (name, meant) for name in sorted(environment) if name not in ours and (meant := _meant(name, ours))
    ]


def _meant(name: str, ours: Collection[str]) -> str:
    upper = name.upper()
    bare = upper.removeprefix(PREFIX)
    if name != bare and bare in ours and (upper.startswith(PREFIX) or len(bare) >= SHORTEST):
        return bare
    slips = SLIPS_LONG if len(bare) >= LONG else SLIPS_SHORT
    near = [one for one in ours if min(len(one), len(bare)) >= SHORTEST and _letters(bare, one) <= slips]
    if not near:
        return ""
    from rapidfuzz.distance import OSA  # only here: hardly any variable comes so far

    distance, one = min((OSA.distance(bare, one), one) for one in near)
    return one if distance <= slips else ""


def _letters(name: str, other: str) -> int:
    """How many slips the letters alone, in whatever order, need at least."""
    mine, theirs = Counter(name), Counter(other)
    return max((mine - theirs).total(), (theirs - mine).total())
