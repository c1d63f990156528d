"""Recognises data sets: a value is matched whole before it is split, and a file name from its end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from rules.nearest import normal
from rules.rule import Context

#: The known data sets by their normalised names.
Known = Mapping[str, str]

#: What pages write where there is no data set to name, normalised.
_NOTHING = frozenset({"", "na", "n/a", "none", "null", "~", "\u65e0"})
_SEPARATORS = re.compile(r"\s{0,9}[,;|/&+\u3001\uff0c]\s{0,9}|\s(?:and|with)\s")
_VERSION = re.compile(r"v?[0-9]{1,3}(?:\.[0-9]{1,3}){1,2}|v[0-9]{1,3}", re.IGNORECASE)
_DIGITS = re.compile("[0-9]{1,60}")
_GENERIC = re.compile(r"\b(?:data ?sets?|corpus)\b", re.IGNORECASE)
#: `ava2.2`, `LJSpeech-v1.2`: a name without digits of its own, and the number of a release.
_RELEASE = re.compile(r"(?<=[a-zA-Z])[-_ ]?v?[0-9]{1,2}\.[0-9]{1,2}$")
#: Shorter beginnings stand for too much.
_LONG = 6
#: An alias shares the beginning: `ava2.2` and `avadataset`, `lmdbd` and `LMDBDataset`.
_SHARED = 3
#: Out of 100: `veir` for `veri` (75), `criteio` for `criteo` (92).
_ALIKE = 75.0


@dataclass(frozen=True, slots=True)
class NameParts:
    """A file name taken apart: the model, and the known data set that the name ends in, else empty."""

    model: str
    dataset: str


def known_datasets(context: Context) -> Known:
    """The vocabulary of the policy, for `Context.once`."""
    return by_normal(context.policy.datasets)


@lru_cache(maxsize=8)
def by_normal(names: tuple[str, ...]) -> Known:
    """Names by their normalised ones; a policy's are asked for with every check of a page."""
    return {normal(name): name for name in names}


def says_none(text: str) -> bool:
    """Whether a value says that there is no data set to name."""
    return normal(text.strip()) in _NOTHING


def pieces(text: str, known: Known) -> tuple[str, ...]:
    """The data sets that a value names: the value itself when it is known, else its parts."""
    if normal(text) in known:
        return (text,)
    found: list[str] = []
    for part in (part.strip() for part in _SEPARATORS.split(text)):
        tokens = part.split("_")
        whole = normal(part) in known or not all(normal(token) in known for token in tokens)
        found += [part] if whole else tokens
    return tuple(part for part in found if part)


def is_known(name: str, known: Known) -> bool:
    """Whether the vocabulary has a name, in any case and with any separators."""
    return normal(name) in known


def is_family(name: str, known: Known) -> bool:
    """Whether a name is known, or that of known parts (`MVTec AD`), or of another release of a known one."""
    wanted = normal(name)
    first, *more = name.split()
    plain = _GENERIC.sub("", name).strip()
    return (
        any(word in known for word in (wanted, normal(plain), normal(_RELEASE.sub("", plain))))
        or (bool(more) and len(first) > _SHARED and normal(first) in known)
        or (len(wanted) >= _LONG and any(other.startswith(wanted) for other in known))
    )


def split_name(name: str, known: Known) -> NameParts:
    """Model and data set of a page's file name; a version between them counts for neither."""
    tokens = name.removesuffix("_cn").split("_")
    starts = (start for start in range(1, len(tokens)) if normal("".join(tokens[start:])) in known)
    start = next(starts, len(tokens))
    model = [token for token in tokens[:start] if not _VERSION.fullmatch(token)]
    return NameParts("_".join(model), "_".join(tokens[start:]))


def in_name(dataset: str, name: str, known: Known) -> bool:
    """Whether a file name shows a data set, under its own name, a shortened or a misspelt one."""
    wanted, whole = normal(dataset), "".join(_tokens(name))
    return wanted in whole or any(alike(token, dataset) for token in _candidates(name, known))


def alike(one: str, other: str) -> bool:
    """Whether two names stand for one data set. Names that differ in their digits only do not."""
    first, second = normal(one), normal(other)
    if _DIGITS.sub("", first) == _DIGITS.sub("", second):
        digits = [_DIGITS.findall(first), _DIGITS.findall(second)]
        return first == second or not all(digits)
    shorter, longer = sorted((first, second), key=len)
    if len(shorter) > 1 and (longer.startswith(shorter) or (len(shorter) > _SHARED and shorter in longer)):
        return True
    if first[:_SHARED] == second[:_SHARED]:
        return True
    from rapidfuzz.fuzz import ratio  # only here: most pages name their data set as it is

    return ratio(first, second) >= _ALIKE


def _tokens(name: str) -> list[str]:
    return [normal(token) for token in name.removesuffix("_cn").split("_")]


def _candidates(name: str, known: Known) -> Iterator[str]:
    """What may stand for a data set in a file name: its known end, and its last words."""
    parts = split_name(name, known)
    if parts.dataset:
        yield parts.dataset
    tokens = [token for token in name.removesuffix("_cn").split("_")[1:] if not _VERSION.fullmatch(token)]
    yield from tokens[-2:]
