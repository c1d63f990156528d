"""Reads the body of a delivery as bounded JSON: whatever arrives, the answer is an object or a refusal."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from bot.forges.base import Refused
from bot.forges.delivery import Object, form_payload, json_object, utf8

#: What Gitee repeats of the credential in every body.
SECRET_FIELDS = frozenset({"password", "sign"})


def load(body: bytes) -> Object:
    """The delivery's JSON object, sent as it is or as the form field `payload`. Raises `Refused` (400)."""
    return json_object(_text(body))


def redact(body: bytes) -> bytes:
    """The same delivery with every `password` and `sign` blank; nothing at all of a body that is no JSON."""
    try:
        value = json.loads(_text(body))
        _blank(value)
        text = json.dumps(value, separators=(",", ":"))
    except (Refused, ValueError, RecursionError):
        return b""
    return (text if _is_json(body) else urlencode({"payload": text})).encode("ascii")


def _is_json(body: bytes) -> bool:
    return not body.lstrip().startswith(b"payload=")


def _text(body: bytes) -> str:
    return utf8(body) if _is_json(body) else form_payload(body)


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
