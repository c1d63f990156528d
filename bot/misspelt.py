"""Variables that look like our settings but are none: a slip that would be ignored in silence."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from rapidfuzz.distance import OSA

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
    near = [(OSA.distance(bare, one), one) for one in ours if min(len(one), len(bare)) >= SHORTEST]
    distance, one = min(near, default=(slips + 1, ""))
    return one if distance <= slips else ""
