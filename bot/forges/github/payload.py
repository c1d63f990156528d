"""Reads the JSON of a verified webhook into plain values, refusing whatever is not shaped as it should be."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from bot.forges.base import Refused

#: Real deliveries nest about ten deep; ours to choose.
MAX_DEPTH = 64
#: A form delivery has one field; ours to choose.
MAX_FORM_FIELDS = 4
#: The largest integer that every JSON reader keeps exact (RFC 8259, section 6).
MAX_INTEGER = 2**53

_SHA = re.compile(r"[0-9a-f]{40}")


def decode(content_type: str, body: bytes) -> Mapping[str, Any]:
    """The delivery's JSON object; GitHub sends it as it is, or in the form field `payload`."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        text = _form_field(body)
    elif kind == "application/json":
        text = _utf8(body)
    else:
        refuse("the content type is neither JSON nor a form")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        refuse("the body is not JSON, or repeats a key, or nests too deep")
    _check(value)
    if not isinstance(value, dict):
        refuse("the body is not a JSON object")
    return value


def part(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A JSON object below a key."""
    value = of.get(key)
    if not isinstance(value, dict):
        refuse(f"`{key}` is not an object")
    return value


def text(of: Mapping[str, Any], key: str, *, default: str | None = None, most: int = 1 << 20) -> str:
    """A string below a key; an absent or null one is `default` where there is one."""
    value = of.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or len(value) > most:
        refuse(f"`{key}` is not a text of at most {most} characters")
    return value


def positive(of: Mapping[str, Any], key: str) -> int:
    """A whole number above zero."""
    value = of.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < MAX_INTEGER:
        refuse(f"`{key}` is not a positive whole number")
    return value


def sha(of: Mapping[str, Any], key: str) -> str:
    """A full Git commit id."""
    value = of.get(key)
    if not isinstance(value, str) or not _SHA.fullmatch(value):
        refuse(f"`{key}` is not a commit id")
    return value


def refuse(reason: str) -> NoReturn:
    raise Refused(400, reason)


def _utf8(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        refuse("the body is not UTF-8")


def _form_field(body: bytes) -> str:
    try:
        fields = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MAX_FORM_FIELDS,
        )
    except ValueError:
        refuse("the body is not a form")
    found = [value for name, value in fields if name == "payload"]
    if len(found) != 1:
        refuse("the form does not have exactly one `payload`")
    return found[0]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is repeated")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _check(value: object) -> None:
    """Bounds the depth, and refuses text that no database or terminal could be given (lone surrogates)."""
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            _whole(item)
        elif depth > MAX_DEPTH:
            refuse("the JSON nests too deep")
        elif isinstance(item, dict):
            for key in item:
                _whole(key)
            waiting += [(child, depth + 1) for child in item.values()]
        elif isinstance(item, list):
            waiting += [(child, depth + 1) for child in item]


def _whole(item: str) -> None:
    if item.isascii():
        return
    try:
        item.encode("utf-8")
    except UnicodeEncodeError:
        refuse("a text holds half of a surrogate pair")
