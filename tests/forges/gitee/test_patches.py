"""Positions in Gitee's diffs, and whole files read from them."""

import pytest

from bot.forges.gitee import patches
from bot.review.diff import positions

TWO_HUNKS = """@@ -1,3 +1,4 @@ name
 one
-two
+zwei
+drei
 four
@@ -20,2 +21,2 @@
 twenty
-++ b/x
+-- a/x
\\ No newline at end of file
"""


def test_positions_count_every_row_of_the_diff():
    assert positions(TWO_HUNKS) == {1: 1, 2: 3, 3: 4, 4: 5, 21: 7, 22: 9}


@pytest.mark.parametrize("patch", ["", "@@ -1,2 +0,0 @@\n-a\n-b\n", "no diff at all"])
def test_what_leaves_no_line_has_no_position(patch):
    assert positions(patch) == {}


def test_a_context_line_may_have_lost_its_blank():
    assert positions("@@ -1,3 +1,4 @@\n a\n\n+b\n c\n") == {1: 1, 2: 2, 3: 3, 4: 4}


@pytest.mark.parametrize(
    ("patch", "content"),
    [
        ("@@ -0,0 +1,2 @@\n+a\n+b\n", b"a\nb\n"),
        ("@@ -0,0 +1,2 @@\n+a\n+b", b"a\nb\n"),
        ("@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n", b"a"),
        ("@@ -0,0 +1,2 @@\n+\n+++ b/x\r\n", b"\n++ b/x\r\n"),
        ("@@ -0,0 +1 @@\n+\u6a21\u578b\n", "模型\n".encode()),
    ],
)
def test_an_added_file_is_read_from_its_patch(patch, content):
    assert patches.added_content(patch) == content


@pytest.mark.parametrize(
    "patch",
    [
        "",
        "@@ -0,0 +1,2 @@",
        "@@ -0,0 +2,2 @@\n+a\n",
        "@@ -1 +1 @@\n-a\n+b\n",
        "@@ -0,0 +1,2 @@\n+a\n@@ -5 +6 @@\n+b\n",
        "@@ -0,0 +1,2 @@\n+a\n b\n",
    ],
)
def test_any_other_patch_tells_no_whole_file(patch):
    assert patches.added_content(patch) is None


def test_the_id_is_the_one_that_git_gives():
    assert patches.git_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert patches.git_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
