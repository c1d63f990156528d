"""Bounded JSON for the bodies of deliveries: whatever arrives, the answer is an object or a refusal."""

from __future__ import annotations

import json
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from bot.forges.base import Refused

#: Real deliveries nest about ten deep; ours to choose.
MAX_DEPTH = 64
#: A form delivery has the one field `payload`; ours to choose.
MAX_FORM_FIELDS = 4

Object = dict[str, Any]


def json_object(text: str) -> Object:
    """The JSON object that `text` is.

    Raises `Refused` (400) for anything else, a repeated key, NaN, more than `MAX_DEPTH` levels, and text that
    no database or terminal could be given (halves of surrogate pairs).
    """
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        _vet(value)
    except (ValueError, RecursionError):
        refuse("the body is not JSON, or repeats a key, or nests too deep")
    if not isinstance(value, dict):
        refuse("the body is not a JSON object")
    return value


def utf8(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        refuse("the body is not UTF-8")


def form_payload(body: bytes) -> str:
    """The field `payload` of a form, which both forges can be set to send."""
    try:
        fields = parse_qsl(
            body.decode("utf-8").strip(),
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


def refuse(reason: str) -> NoReturn:
    raise Refused(400, reason)


def _unique(pairs: list[tuple[str, Any]]) -> Object:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is repeated")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _vet(value: object) -> None:
    waiting: list[tuple[object, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            item.encode("utf-8")
        elif depth > MAX_DEPTH:
            raise ValueError("too deep")
        elif isinstance(item, dict):
            waiting += [(key, depth) for key in item]
            waiting += [(child, depth + 1) for child in item.values()]
        elif isinstance(item, list):
            waiting += [(child, depth + 1) for child in item]
