"""Takes the names of model files apart: version tag, digest, metrics, and the model's own name."""

from __future__ import annotations

import re
from decimal import Decimal

#: Longer names are not taken apart; the longest real one has 190 characters.
MAX_NAME = 400
_SIGNS = {code: None for code in range(128) if not chr(code).isalnum()}
_BACKEND_TAG = re.compile(r"_(?:ascend|gpu|cpu)_v([0-9])([0-9]{1,2})[0-9]_", re.IGNORECASE)
_HEX_TAG = re.compile(r"(?<![0-9a-z])(?=[0-9a-f]{0,11}[a-f])[0-9a-f]{8,12}(?![0-9a-z])")
_METRIC = re.compile(r"(.{0,60}?[^0-9.])([0-9]{1,6}(?:\.[0-9]{1,8})?)")
_NUMBERED = re.compile(r"_v?[0-9][0-9.]{0,20}(?:_|$)")
_BACKEND = re.compile(r"_(?:ascend|gpu|cpu)(?:_|$)", re.IGNORECASE)


def stem(file_name: str) -> str:
    """The file name without its last suffix, cut to what is looked at."""
    name, dot, _ = file_name.rpartition(".")
    return (name if dot else file_name)[:MAX_NAME]


def squashed(text: str) -> str:
    """Letters and digits alone, in lower case, so that spellings of one name are equal."""
    folded = text[:MAX_NAME].casefold()
    return folded.translate(_SIGNS) if folded.isascii() else "".join(filter(str.isalnum, folded))


def version_tag(file_name: str) -> str:
    """The release that a tag such as `_ascend_v1100_` stands for (1.10), empty where there is none."""
    match = _BACKEND_TAG.search(file_name[:MAX_NAME])
    return f"{match[1]}.{match[2]}" if match else ""


def hex_tags(file_name: str) -> list[str]:
    """Beginnings of digests in a file name, as in `vgg19-5104d1ea.ckpt`; numbers such as dates are none."""
    return _HEX_TAG.findall(file_name[:MAX_NAME])


def metrics(parts: list[str]) -> dict[str, Decimal]:
    """Numbers by the squashed name before them (`acc92.5`); a name that occurs twice is left out."""
    found: dict[str, Decimal] = {}
    twice = set()
    for part in parts:
        bare = part.strip()
        match = _METRIC.fullmatch(bare) if bare[-1:].isdigit() else None
        if match is None:
            continue
        name = squashed(match[1])
        if name in found:
            twice.add(name)
        found[name] = Decimal(match[2])
    return {name: number for name, number in found.items() if name and name not in twice}


def model_part(name: str) -> str:
    """What a name says of the model: all before the backend, the version or the dataset."""
    cut = name[:MAX_NAME].removesuffix("_cn")
    for end in (_BACKEND.search(cut), _NUMBERED.search(cut)):
        if end and end.start():
            cut = cut[: end.start()]
    head, _, _ = cut.rpartition("_")
    return head or cut
