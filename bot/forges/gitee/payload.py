"""Reads the body of a delivery as bounded JSON: whatever arrives, the answer is an object or a refusal."""

from __future__ import annotations

import json
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlencode

from bot.forges.base import Refused

#: Real deliveries nest 8 deep; ours to choose.
MAX_DEPTH = 64
#: A form delivery has the one field `payload`; ours to choose.
MAX_FORM_FIELDS = 16
#: What Gitee repeats of the credential in every body.
SECRET_FIELDS = frozenset({"password", "sign"})

Object = dict[str, Any]


def load(body: bytes) -> Object:
    """The delivery's JSON object, sent as it is or as the form field `payload`. Raises `Refused` (400)."""
    try:
        value = json.loads(_text(body), object_pairs_hook=_unique, parse_constant=_no_constant)
        _vet(value)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not a JSON object as a delivery has it") from None
    if not isinstance(value, dict):
        raise Refused(400, "the body is not a JSON object")
    return value


def redact(body: bytes) -> bytes:
    """The same delivery with every `password` and `sign` blank; nothing at all of a body that is no JSON."""
    try:
        value = json.loads(_text(body))
        _blank(value)
        text = json.dumps(value, separators=(",", ":"))
    except (ValueError, RecursionError):
        return b""
    return (text if _is_json(body) else urlencode({"payload": text})).encode("ascii")


def _is_json(body: bytes) -> bool:
    return not body.lstrip().startswith(b"payload=")


def _text(body: bytes) -> str:
    text = body.decode("utf-8")
    if _is_json(body):
        return text
    fields = parse_qsl(text.strip(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
    found = [value for name, value in fields if name == "payload"]
    if len(found) != 1:
        raise ValueError("not exactly one payload")
    return found[0]


def _unique(pairs: list[tuple[str, Any]]) -> Object:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _vet(value: Any) -> None:
    """Refuses what is too deep, and text that cannot be written as UTF-8 (lone surrogates)."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError("too deep")
        if isinstance(item, str):
            item.encode("utf-8")
        elif isinstance(item, dict):
            waiting += [(key, depth) for key in item]
            waiting += [(child, depth + 1) for child in item.values()]
        elif isinstance(item, list):
            waiting += [(child, depth + 1) for child in item]


def _blank(value: Any) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            for key in item:
                if key.lower() in SECRET_FIELDS:
                    item[key] = ""
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
