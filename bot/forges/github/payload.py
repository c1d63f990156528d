"""Reads the JSON of a verified webhook into plain values, refusing whatever is not shaped as it should be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.forges.delivery import form_payload, json_object, refuse, utf8

#: The largest integer that every JSON reader keeps exact (RFC 8259, section 6).
MAX_INTEGER = 2**53

_SHA = re.compile(r"[0-9a-f]{40}")


def decode(content_type: str, body: bytes) -> Mapping[str, Any]:
    """The delivery's JSON object; GitHub sends it as it is, or in the form field `payload`."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return json_object(form_payload(body))
    if kind != "application/json":
        refuse("the content type is neither JSON nor a form")
    return json_object(utf8(body))


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
