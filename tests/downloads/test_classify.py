"""What headers and first bytes give away."""

from __future__ import annotations

from email.message import Message

import pytest

from bot.downloads.classify import is_html, retry_after, wrong_content, wrong_status
from bot.downloads.validators import Validator, continued, strong


@pytest.mark.parametrize(
    "head",
    [
        b"<html>",
        b"<!DOCTYPE HTML PUBLIC>",
        b" \r\n\t<!doctype html>",
        b"\xef\xbb\xbf<html>",
        "\ufeff<html>".encode("utf-16-be"),
        b"<!-- note --><html>",
        b'<?xml version="1.0"?>\n<html xmlns="x">',
        b"<script>location='/login'</script>",
    ],
)
def test_web_pages_are_recognised(head: bytes) -> None:
    assert is_html(head)


@pytest.mark.parametrize(
    "head", [b"", b"\x0a\x11\x0a\x0f", b"<htmlx", b"PK\x03\x04", b"{}", b"text <html>", b"<?xml?><Error/>"]
)
def test_other_things_are_no_web_pages(head: bytes) -> None:
    assert not is_html(head)


def test_binary_content_of_a_web_type_is_a_file() -> None:
    assert wrong_content(b"\x0a\x11\x00\x0f", 4, "text/html", "") == ""


@pytest.mark.parametrize(
    ("moved_to", "reason"),
    [
        ("https://h.example.com/login", "login-wall"),
        ("https://passport.example.com/x", "login-wall"),
        ("https://h.example.com/blogging", "html-page"),
        ("", "html-page"),
    ],
)
def test_a_page_behind_a_sign_in_is_a_login_wall(moved_to: str, reason: str) -> None:
    assert wrong_content(b"<html>", 6, "", moved_to) == reason


@pytest.mark.parametrize(
    ("status", "reason"), [(400, ""), (403, ""), (404, "not-found"), (451, ""), (500, "")]
)
def test_only_plain_statuses_blame(status: int, reason: str) -> None:
    assert wrong_status(status, b"") == reason


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0),
        ("-3", None),
        ("1e9", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after(text, now=10.0) == seconds


def headers(**named: str) -> Message:
    message = Message()
    for name, value in named.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("message", "validator"),
    [
        (headers(ETag='"a"'), Validator("etag", '"a"')),
        (headers(ETag='W/"a"'), None),
        (headers(ETag="a"), None),
        (headers(ETag='""'), None),
        (headers(), None),
        (headers(Last_Modified="Mon, 01 Jan 2024 00:00:00 GMT"), None),
        (headers(Last_Modified="nonsense", Date="Mon, 01 Jan 2024 00:00:00 GMT"), None),
    ],
)
def test_only_strong_validators_count(message: Message, validator: Validator | None) -> None:
    assert strong(message) == validator


@pytest.mark.parametrize(
    ("ranges", "etag", "whole"),
    [
        ("bytes 10-99/100", '"a"', 100),
        ("bytes 10-99/*", '"a"', None),
        ("bytes 10-98/100", '"a"', None),
        ("bytes 9-99/100", '"a"', None),
        ("bytes 10-199/200", '"a"', None),
        ("bytes 10-99/100", '"b"', None),
        ("items 10-99/100", '"a"', None),
        ("", '"a"', None),
    ],
)
def test_any_doubt_about_the_rest_begins_anew(ranges: str, etag: str, whole: int | None) -> None:
    message = headers(ETag=etag, Content_Range=ranges)
    assert continued(message, Validator("etag", '"a"'), 10, 100) == whole
