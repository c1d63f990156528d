"""Lines that take comments, counted as the forges count them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.review.diff import added_lines, commentable_lines, positions, shown_lines, texts

TWO_HUNKS = """\
@@ -1,3 +1,4 @@ heading
 one
-two
+zwei
+drei
 three
@@ -10,2 +11,2 @@
 ten
-eleven
+elf
\\ No newline at end of file"""


def test_two_hunks() -> None:
    assert added_lines(TWO_HUNKS) == {2, 3, 12}
    assert commentable_lines(TWO_HUNKS) == {1, 2, 3, 4, 11, 12}
    assert positions(TWO_HUNKS) == {1: 1, 2: 3, 3: 4, 4: 5, 11: 7, 12: 9}
    assert shown_lines(TWO_HUNKS)[12].text == "elf"


@pytest.mark.parametrize(
    ("patch", "lines"),
    [
        ("@@ -0,0 +1,2 @@\n+a\n+b", {1, 2}),
        ("@@ -0,0 +1 @@\n+a\n\\ No newline at end of file", {1}),
        ("@@ -1,2 +0,0 @@\n-a\n-b", set()),
        ("@@ -1 +1 @@\n-a\r\n+b\r", {1}),
        ("@@ -1,3 +1,3 @@\n a\n\n-b\n+c", {1, 2, 3}),
        ("@@ -1,2 +1,2 @@\n @@ -9 +9 @@\n-a\n+b", {1, 2}),
        ("", set()),
        ("no hunk\n+a", set()),
        ("@@ broken\n+a", set()),
        ("@@ -1 +99999999999999999999 @@\n+a", set()),
        ("@@ -1 +1 @@\n+a\n+more than announced", {1}),
        ("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+a", {1}),
    ],
)
def test_lines_inside_hunks(patch: str, lines: set[int]) -> None:
    assert commentable_lines(patch) == lines
    assert set(positions(patch)) == lines


@given(st.one_of(st.text(), st.text(alphabet="@-+, 0123456789\n\\", max_size=200)))
def test_a_hostile_patch_never_raises(patch: str) -> None:
    assert added_lines(patch) <= commentable_lines(patch)
    assert all(position >= 1 for position in positions(patch).values())


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (2, 3, True),
        (1, 4, True),
        (11, 11, True),
        (4, 11, False),
        (3, 2, False),
        (4, 5, False),
        (1, 10**9, False),
    ],
)
def test_lines_are_together_only_within_one_hunk(first: int, last: int, shown: bool) -> None:
    assert len(texts(shown_lines(TWO_HUNKS), first, last)) == (last - first + 1 if shown else 0)


def test_hunks_that_touch_are_still_two() -> None:
    lines = shown_lines("@@ -1 +1 @@\n+one\n@@ -2 +2 @@\n+two")
    assert set(lines) == {1, 2}
    assert texts(lines, 1, 2) == ()
