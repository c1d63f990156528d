"""A review is written in the language of its author, as far as one can see."""

from __future__ import annotations

import pytest

from bot.review.language import language


@pytest.mark.parametrize(
    ("title", "body", "default", "expected"),
    [
        ("Add googlenet", "", "en", "en"),
        ("Add googlenet", "", "zh", "zh"),
        ("新增 googlenet", "", "en", "zh"),
        ("Add googlenet", "请审阅", "en", "zh"),
        ("Add googlenet", "<!-- 请填写说明 -->\nAdds a model.", "en", "en"),
        ("Add googlenet", "<!-- a --> 好 <!-- b -->", "en", "zh"),
        ("Add googlenet", "<!-- 没有结束", "en", "en"),
        ("Add, googlenet。", "（）", "en", "en"),
        ("", "", "fr", "en"),
        ("", "<!--" * 100_000, "zh", "zh"),
    ],
)
def test_language(title: str, body: str, default: str, expected: str) -> None:
    assert language(title, body, default) == expected
