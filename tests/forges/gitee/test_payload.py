"""The bounded reading of a delivery's body, and what of it may be stored."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.forges.base import Refused
from bot.forges.gitee import payload

JUNK = [
    ("nothing", b""),
    ("a list", b"[]"),
    ("null", b"null"),
    ("a text", b'"x"'),
    ("a number", b"1"),
    ("no JSON", b"{"),
    ("a key twice", b'{"number": 1, "number": 2}'),
    ("a key twice, deeper", b'{"a": [{"b": 1, "b": 1}]}'),
    ("not a number", b'{"a": NaN}'),
    ("infinity", b'{"a": -Infinity}'),
    ("too deep", b'{"a":' + b"[" * 64 + b"]" * 64 + b"}"),
    ("far too deep", b"[" * 200_000),
    ("a lone surrogate", b'{"a": "\\ud800"}'),
    ("a lone surrogate as a key", b'{"\\udfff": 1}'),
    ("a number of 5,000 digits", b'{"a": ' + b"1" * 5000 + b"}"),
    ("not UTF-8", b'{"a": "\xff"}'),
    ("UTF-16", '{"a": 1}'.encode("utf-16")),
    ("a byte order mark", '\ufeff{"a": 1}'.encode()),
    ("a form without JSON", b"payload=x"),
    ("a form with two payloads", b"payload={}&payload={}"),
    ("a form of many fields", b"payload={}&" + b"a=1&" * 100),
    ("a form that is not UTF-8", b"payload=%ff"),
]


@pytest.mark.parametrize(("case", "body"), JUNK, ids=[case for case, _ in JUNK])
def test_junk_is_refused(case, body):
    with pytest.raises(Refused) as refused:
        payload.load(body)
    assert refused.value.status == 400
    assert isinstance(payload.redact(body), bytes)


def test_what_is_no_delivery_is_not_stored():
    assert payload.redact(b'\xff{"password": "secret"}') == b""


def test_the_deepest_allowed_body_is_read():
    assert payload.load(b'{"a":' + b"[" * 62 + b"]" * 62 + b"}")


def test_secrets_are_blank_at_any_depth_and_in_any_spelling():
    nested = b'[{"Sign": "s3cret", "b": {"p\\u0061ssword": ["s3cret"]}}]'
    body = b'{"password": "s3cret", "a": ' + nested + b', "note": "sign"}'
    stored = payload.redact(body)
    assert b"s3cret" not in stored
    assert json.loads(stored) == {
        "password": "",
        "a": [{"Sign": "", "b": {"password": ""}}],
        "note": "sign",
    }


def test_a_form_stays_a_form():
    stored = payload.redact(
        urlencode({"payload": json.dumps({"password": "s3cret", "note": "a+b &c"})}).encode()
    )
    assert b"s3cret" not in stored
    assert payload.load(stored) == {"password": "", "note": "a+b &c"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=9), VALUES, max_size=4), st.booleans())
def test_everything_else_is_stored_as_it_came(data, as_form):
    text = json.dumps({**data, "password": "hunter2hunter2"}, ensure_ascii=False)
    body = urlencode({"payload": text}).encode() if as_form else text.encode()
    stored = payload.redact(body)
    assert b"hunter2hunter2" not in stored
    kept = {key: value for key, value in data.items() if key.lower() not in payload.SECRET_FIELDS}
    nested = any(
        word in text.lower().replace('"password": "hunter2hunter2"', "") for word in ("password", "sign")
    )
    if not nested:
        assert payload.load(stored) == {**kept, "password": ""}


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=100))
def test_redacting_takes_any_bytes(body):
    assert payload.redact(payload.redact(body)) == payload.redact(body)
