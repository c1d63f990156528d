"""The JSON Schema of a page's header, made from the policy, for editors that complete and check YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rules.artifacts.digest import LENGTH
from rules.policy import Policy
from rules.words import LANGUAGES, phrases

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = "urn:hubbot:page-header:1"
_WORDS = Path(__file__).with_name("locale") / "schema.yaml"
#: An editor's YAML gives types to plain text: 1.9 is a number for it, True a boolean.
_TEXT = ("string", "number", "boolean")
_VERSION = r"^[0-9]{1,3}\.[0-9]{1,3}$"
_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
#: Addresses stand in angle brackets, or without.
_LINK = r"^(<https?://[^\s<>]+>|https?://[^\s<>]+)$"
_DIGEST = f"^[0-9a-f]{{{LENGTH}}}$"
_FLAG = "^([Tt]rue|[Ff]alse)$"


def schema(policy: Policy) -> dict[str, Any]:
    """The schema as plain values. Each description says the same in English and in Chinese."""
    shapes = _shapes(policy)
    entry = {
        "type": "object",
        "properties": {name: {**_described(name), **_shape(name, shapes)} for name in policy.asset_fields},
        "required": list(policy.asset_fields),
        "additionalProperties": False,
    }
    shapes["asset"] = {"type": ["array"], "minItems": 1, "items": entry}
    return {
        "$schema": DIALECT,
        "$id": ID,
        "title": "MindSpore Hub page header",
        **_described("header"),
        "type": "object",
        "properties": {name: _field(name, shapes, policy) for name in policy.fields},
        "required": list(policy.required_fields),
        "additionalProperties": False,
    }


def _field(name: str, shapes: dict[str, dict[str, Any]], policy: Policy) -> dict[str, Any]:
    shape = _shape(name, shapes)
    more = []
    if name in policy.list_fields and "array" not in shape["type"]:
        more.append("array")
    if name not in policy.required_fields:
        more.append("null")
    return {**_described(name), **shape, "type": [*shape["type"], *more]}


def _shape(name: str, shapes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What a field may hold; plain text where no more is known of it."""
    return shapes.get(name, {"type": [*_TEXT]})


def _shapes(policy: Policy) -> dict[str, dict[str, Any]]:
    """The fields whose text has a form. A pattern binds text only: what is typed as a number passes it."""
    types = [
        main if not sub else f"{main}-{sub}"
        for main, subs in policy.module_types.items()
        for sub in ("", *subs)
    ]
    users = dict.fromkeys(user for names in policy.publishers.values() for user in names)
    version = {"type": ["string", "number"], "pattern": _VERSION}
    link = {"type": ["string"], "pattern": _LINK}
    flag = {"type": ["boolean", "string"], "pattern": _FLAG}
    backends = {"type": ["string"], "pattern": _any_of(policy.backends), "examples": [*policy.backends]}
    return {
        "module-type": {"type": ["string"], "enum": types},
        "fine-tunable": flag,
        "model-version": version,
        "mindspore-version": version,
        "mindspore-lite": flag,
        "allow-cache-ckpt": flag,
        "update-time": {"type": ["string"], "pattern": _DATE},
        "repo-link": link,
        "user-id": {"type": ["string"], "examples": [*users]},
        "used-for": {"type": ["string"], "pattern": _any_of(policy.used_for), "examples": [*policy.used_for]},
        "license": {"type": ["string"], "examples": [*policy.licences]},
        "train-dataset": {"type": [*_TEXT], "examples": [*policy.datasets]},
        "train-backend": backends,
        "infer-backend": backends,
        "file-format": {"type": ["string"], "enum": [*policy.file_formats]},
        "asset-link": link,
        "asset-sha256": {"type": ["string", "integer"], "pattern": _DIGEST},
    }


def _any_of(choices: Iterable[str]) -> str:
    """One of the words, or several with slashes or commas between them."""
    word = f"({'|'.join(re.escape(choice).replace(chr(92) + '-', '-') for choice in choices)})"
    return f"^{word}([/,|] ?{word})*$"


def _described(name: str) -> dict[str, str]:
    """The field's description in both languages; none for a field that the hub's own policy adds."""
    texts = [phrases(_WORDS)[lang].get(name) for lang in LANGUAGES]
    return {"description": "\n".join(map(str, texts))} if all(texts) else {}
