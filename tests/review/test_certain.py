"""Lines that any diff shows: never one that Git's own diff does not."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.review.certain import MAX_LINES, certain
from bot.review.diff import added_lines, commentable_lines

LINES = st.lists(st.sampled_from("abcdefgh"), max_size=30)


def test_a_new_file_is_shown_whole() -> None:
    patch = certain(None, ("a", "b", ""))
    assert patch is not None
    assert commentable_lines(patch) == added_lines(patch) == {1, 2}


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("a", "a", set()),
        ("abcdefghij", "abcdeXghij", {3, 4, 5, 6, 7, 8, 9}),
        ("a", "Xa", {1, 2}),
        ("ab", "ba", set()),
    ],
)
def test_a_changed_file_shows_what_is_new_to_it_with_its_neighbours(
    old: str, new: str, shown: set[int]
) -> None:
    assert commentable_lines(certain([*old, ""], [*new, ""]) or "") == shown


@given(LINES, LINES)
def test_no_line_is_claimed_that_a_diff_would_not_show(old: list[str], new: list[str]) -> None:
    real = "\n".join(list(difflib.unified_diff(old, new, n=3, lineterm=""))[2:])
    assert commentable_lines(certain([*old, ""], [*new, ""]) or "") <= commentable_lines(real)


@pytest.mark.parametrize("new", [["x"] * (MAX_LINES + 1), ["x" * 100_001], ["\0"]])
def test_what_a_forge_shows_no_diff_of_takes_no_comment(new: list[str]) -> None:
    assert certain(None, new) is None
