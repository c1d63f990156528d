"""Repairs change what they must and nothing else, come to rest, and silence the rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import policy
from rules.facts import Facts
from rules.finding import Fault, Problem, Span, Suggestion
from rules.fix import MAX_ROUNDS, Fixed, apply, fix
from rules.page import Page, parse
from rules.rule import Context, Rule, levels
from rules.source import MAX_PAGE, point

PATH = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
GOOD = (Path(__file__).parent / "fixtures" / "msh101" / "good.md").read_text(encoding="utf-8")
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#: What stands in the sound page, and spellings of it that can be repaired without loss.
SLIPS = {
    DIGEST: (DIGEST.upper(), f"sha256:{DIGEST}", f"<{DIGEST}>", f"{DIGEST[:9]} {DIGEST[9:]}"),
    "module-type: cv-classification": ("module-type: CV-Classification", "module-type: cv-classfication"),
    "model-version: 1.10": ("model-version: v1.10", "model-version: r1.10.0"),
    "mindspore-version: 1.10": ("mindspore-version: '1.10.0'", "mindspore-version: MindSpore 1.10"),
    "used-for: inference": ("used-for: Inference", "used-for: infrence"),
    "file-format: ckpt": ("file-format: CKPT", "file-format: .ckpt"),
    "license: Apache2.0": ("licence: Apache2.0", "License: Apache2.0"),
    '"mindspore/1.10/lenet_mnist"': ('"mindspore/1.10/lenet_mnist.md"', '"mindspore/1.10/Lenet_mnist"'),
}


def fixed(data: bytes, rules: tuple[Rule, ...] | None = None) -> Fixed:
    return fix({PATH: data}, Facts(), policy.default(), rules)


@st.composite
def slipped(draw: st.DrawFn) -> bytes:
    """The sound page with slips in it, written by any editor, with words of any script in its body."""
    text = GOOD
    for right, wrong in SLIPS.items():
        text = text.replace(right, draw(st.sampled_from((right, *wrong))))
    text += draw(st.text(st.characters(categories=("Lu", "Ll", "Lo", "Nd")), max_size=30)) + "\n"
    ends = draw(st.sampled_from(("\n", "\r\n", "mixed")))
    lines = text.split("\n")
    if ends == "mixed":
        text = "".join(f"{line}\r\n" if number % 3 else f"{line}\n" for number, line in enumerate(lines))
    else:
        text = ends.join(lines)
    return (draw(st.sampled_from(("", "\ufeff"))) + text).encode()


@settings(max_examples=60, deadline=None)
@given(slipped())
def test_repairs_come_to_rest_and_touch_only_the_lines_they_are_about(data: bytes) -> None:
    first = fixed(data)
    after = first.changed.get(PATH, data)
    assert fixed(after).changed == {}
    assert not [finding for finding in first.findings if finding.suggestion]
    old, new = (page.decode("utf-8").split("\n") for page in (data, after))
    assert len(old) == len(new)
    wrong = [slip for slips in SLIPS.values() for slip in slips]
    for before, behind in zip(old, new, strict=True):
        assert before.endswith("\r") == behind.endswith("\r")
        assert before.startswith("\ufeff") == behind.startswith("\ufeff")
        assert before == behind or any(slip.partition(": ")[2] or slip in before for slip in wrong)


@pytest.mark.parametrize("wrong", [wrong for slips in SLIPS.values() for wrong in slips])
def test_a_slip_is_either_repaired_or_left_as_it_is(wrong: str) -> None:
    right = next(right for right, slips in SLIPS.items() if wrong in slips)
    data = GOOD.replace(right, wrong).encode()
    after = fixed(data)
    assert not [finding for finding in after.findings if finding.suggestion]
    assert after.changed in ({}, {PATH: GOOD.encode()}) or "licen" in wrong.casefold()


def test_most_slips_are_repaired() -> None:
    text = GOOD
    for right, wrong in SLIPS.items():
        text = text.replace(right, wrong[0])
    after = fixed(text.encode())
    assert after.changed[PATH].decode() == GOOD
    assert after.findings == ()


def suggestion(line: int, column: int, end: int, text: str) -> Suggestion:
    return Suggestion(Span(line, column, line, end), text)


@pytest.mark.parametrize(
    ("data", "suggestions", "expected"),
    [
        (b"abc", [], b"abc"),
        (b"", [suggestion(1, 1, 1, "x")], b"x"),
        (b"abc\n", [suggestion(2, 1, 1, "x")], b"abc\nx"),
        (b"abc\n", [suggestion(3, 1, 1, "x")], b"abc\n"),
        (b"abc\n", [suggestion(1, 2, 9, "x")], b"abc\n"),
        (b"abc\n", [suggestion(1, 3, 2, "x")], b"abc\n"),
        (b"abc\n", [suggestion(0, 1, 1, "x")], b"abc\n"),
        (b"abc\r\ndef\r\n", [suggestion(1, 1, 5, "x")], b"abc\r\ndef\r\n"),
        (b"abc\r\ndef\r\n", [suggestion(1, 4, 4, "\nx")], b"abc\r\nx\r\ndef\r\n"),
        (b"abc\r\ndef", [suggestion(2, 1, 4, "x")], b"abc\r\nx"),
        (b"a\rb\nc", [suggestion(1, 3, 4, "x")], b"a\rx\nc"),
        ("\ufeff中文\n".encode(), [suggestion(1, 2, 3, "x")], "\ufeff中x\n".encode()),
        (b"abcdef", [suggestion(1, 4, 5, "y"), suggestion(1, 1, 2, "x")], b"xbcyef"),
        (b"abcdef", [suggestion(1, 2, 4, "x"), suggestion(1, 3, 5, "y")], b"axdef"),
        (b"abcdef", [suggestion(1, 2, 4, "x"), suggestion(1, 2, 4, "y")], b"axdef"),
        (b"abcdef", [suggestion(1, 2, 4, "x"), suggestion(1, 4, 5, "y")], b"axdef"),
        (b"abc\ndef", [Suggestion(Span(1, 2, 2, 3), "x")], b"axf"),
        (b"\xffabc", [suggestion(1, 2, 3, "x")], b"\xffabc"),
        (b"a" * (MAX_PAGE + 1), [suggestion(1, 1, 2, "x")], b"a" * (MAX_PAGE + 1)),
    ],
)
def test_edits(data: bytes, suggestions: list[Suggestion], expected: bytes) -> None:
    assert apply(data, suggestions) == expected


def toy(code: str, old: str, new: str) -> Rule:
    """A rule that wants another word wherever a line of the page is `old`."""

    def check(page: Page, _context: Context) -> Iterator[Problem]:
        for number, line in enumerate(page.lines, 1):
            if line == old:
                span = point(number, 1, len(line))
                yield Problem(span, key=old, suggestion=Suggestion(span, new))

    return Rule(code, old, check, levels("error", "error"), Fault.CONTRIBUTOR, "")


def test_one_repair_may_uncover_another() -> None:
    rules = tuple(toy(f"MSH90{number}", f"w{number}", f"w{number + 1}") for number in range(5))
    after = fixed(GOOD.encode() + b"w0", rules)
    assert after.changed[PATH] == GOOD.encode() + b"w5"
    assert MAX_ROUNDS > 5


def test_rules_that_never_agree_are_not_followed_and_others_are() -> None:
    quarrel = (toy("MSH901", "left", "right"), toy("MSH902", "right", "left"))
    data = GOOD.encode() + b"left\nold"
    after = fixed(data, (*quarrel, toy("MSH903", "old", "new")))
    assert after.changed[PATH] == GOOD.encode() + b"left\nnew"
    assert fixed(after.changed[PATH], quarrel).changed == {}


def test_a_repair_that_breaks_the_header_is_not_made() -> None:
    breaks = toy("MSH901", "author: MindSpore team", "author: : [")
    assert fixed(GOOD.encode(), (breaks,)).changed == {}


def compact(text: str) -> str:
    """A page without blank lines in its header, so that each value ends where the next line begins."""
    parts = text.split("---\n")
    parts[1] = "".join(f"{line}\n" for line in parts[1].split("\n") if line)
    return "---\n".join(parts)


LINK = GOOD.partition("asset-link: ")[2].partition("\n")[0]
#: Ways to write a value in a header, that is indented by four.
SHAPES = ("|\n      {}", ">-\n      {}", "|+\n      {}\n", "\n      {}", "'{}'", '"{}"', "{}  # a comment")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("also", ["author: MindSpore team", "author: x: y"], ids=["readable", "mended too"])
def test_no_entry_is_lost_whatever_the_shape_of_a_value(shape: str, also: str) -> None:
    """The end of a block scalar once took the next entry with it, while another repair was made."""
    second = GOOD.partition("-\n    file-format")[2].partition("\nlicense")[0]
    text = compact(
        GOOD.replace("\nlicense", f"-\n    file-format{second.replace('.ckpt', '2.ckpt')}\nlicense", 1)
    )
    text = text.replace("author: MindSpore team", also)
    text = text.replace(f"asset-sha256: {DIGEST}", f"asset-sha256: {shape.format(DIGEST.upper())}", 1)
    text = text.replace("file-format: ckpt\n", f"file-format: {shape.format('CKPT')}\n", 1)
    after = parse(PATH, fixed(text.encode()).changed[PATH])
    assert [(asset.sha256, asset.link) for asset in after.assets] == [
        (DIGEST, LINK.strip("<>")),
        (DIGEST, LINK.strip("<>").replace(".ckpt", "2.ckpt")),
    ]
    assert [asset.file_format for asset in after.assets] == ["ckpt", "ckpt"]
    assert after.troubles == ()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("license: Apache2.0", "licence: Apache2.0\nLicense: MIT"),
        ("    file-format: ckpt", "    fileformat: ckpt\n    file_format: mindir"),
    ],
)
def test_two_spellings_of_a_field_do_not_become_one(right: str, wrong: str) -> None:
    after = fixed(GOOD.replace(right, wrong).encode())
    assert after.changed == {}


def test_a_repair_that_loses_a_link_is_not_made_and_others_are() -> None:
    place = f"    asset-link: {LINK}"
    loses = toy("MSH901", place, "    asset-link: <https://download.mindspore.cn/other.ckpt>")
    gone = toy("MSH902", f"    asset-sha256: {DIGEST}", "")
    data = GOOD.encode() + b"old"
    after = fixed(data, (loses, gone, toy("MSH903", "old", "new")))
    assert after.changed[PATH] == GOOD.encode() + b"new"


def test_pages_that_are_no_text_are_left_alone() -> None:
    for data in (b"", b"\xff\xfe", GOOD.replace("cv-c", "CV-c").encode("utf-16"), bytes(range(256))):
        assert fixed(data).changed == {}
