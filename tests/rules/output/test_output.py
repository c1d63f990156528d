"""Every format carries the findings, counts nobody's fault as an error, and lets no stranger's text act."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rules.finding import Fault, Finding, Severity, Span, Suggestion
from rules.output import concise, github, markdown, sarif, text
from rules.output import json as json_output
from rules.output.result import Result, counts
from rules.output.visible import code_span, visible, width

PATH = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
NEAR = Finding(
    "MSH202",
    "unknown-field",
    Severity.WARNING,
    Fault.CONTRIBUTOR,
    PATH,
    Span(5, 1, 5, 14),
    key="train_dataset",
    variant="near",
    values={"field": "train_dataset", "meant": "train-dataset"},
    suggestion=Suggestion(Span(5, 1, 5, 14), "train-dataset"),
    fingerprint="0123456789abcdef",
)
DOWN = Finding(
    "MSH305",
    "link-unreachable",
    Severity.ERROR,
    Fault.HOST,
    PATH,
    Span(9, 17, 9, 40),
    key="asset[0].asset-link",
    variant="timeout",
    values={"link": "https://a.b/c.ckpt"},
    fingerprint="fedcba9876543210",
)
LINES = {
    PATH: ("# x", "", "---", "", "train_dataset: 模型", "", "", "", "    asset-link: <https://a.b/c.ckpt>")
}
RESULT = Result((NEAR, DOWN), 1, "en", LINES)
HOSTILE = "\x1b[31m`|\n::error::\u202e\u200b<img src=x>@everyone![a](b)"


def hostile() -> Result:
    bad = replace(NEAR, path=HOSTILE, values={"field": HOSTILE, "meant": HOSTILE})
    return Result((bad,), 1, "en", {HOSTILE: ("", "", "", "", HOSTILE.replace("\n", ""))})


def test_what_could_not_be_verified_is_no_error() -> None:
    assert counts(RESULT) == {"error": 0, "warning": 1, "notice": 0, "unverified": 1}


def test_text_shows_the_line_and_marks_the_place() -> None:
    shown = text.render(RESULT)
    assert "warning[MSH202] unknown-field: The hub does not know the field train_dataset." in shown
    assert f"  --> {PATH}:5:1\n" in shown
    assert "5 | train_dataset: 模型\n  | ^^^^^^^^^^^^^\n" in shown
    assert "could not verify[MSH305]" in shown
    assert "   = write: train-dataset\n" in shown
    assert shown.endswith("Errors: 0, warnings: 1, notices: 0, could not be verified: 1.\n")
    assert "\x1b" not in shown
    assert "\x1b[1;33m" in text.render(RESULT, colour=True)


def test_text_marks_below_wide_characters_and_in_long_lines() -> None:
    line = "模型" * 200 + "x" + "模" * 200
    finding = replace(NEAR, span=Span(1, 401, 1, 402))
    rows = text.render(Result((finding,), 1, "en", {PATH: (line,)})).split("\n")
    source, marker = rows[3], rows[4]
    assert width(source[: source.index("x")]) == marker.index("^")
    assert len(source) < 200


def test_text_without_the_page_or_findings() -> None:
    assert " | " not in text.render(replace(RESULT, lines={}))
    assert text.render(Result((), 3)) == "Pages checked: 3. No findings.\n"
    assert "没有发现问题" in text.render(Result((), 3, "zh"))


def test_concise() -> None:
    assert concise.render(RESULT).split("\n")[0] == (
        f"{PATH}:5:1: MSH202 unknown-field "
        "The hub does not know the field train_dataset. Did you mean train-dataset?"
    )
    assert concise.render(hostile()).count("\n") == 1


def test_json_is_the_fixed_object() -> None:
    loaded = json.loads(json_output.render(RESULT))
    assert set(loaded) == {"version", "files", "summary", "findings"}
    assert (loaded["version"], loaded["files"]) == (1, 1)
    assert loaded["summary"] == {"error": 0, "warning": 1, "notice": 0, "unverified": 1}
    assert loaded["findings"][0] == {
        "rule": "MSH202",
        "name": "unknown-field",
        "severity": "warning",
        "fault": "contributor",
        "path": PATH,
        "line": 5,
        "column": 1,
        "end_line": 5,
        "end_column": 14,
        "message": "The hub does not know the field train_dataset. Did you mean train-dataset?",
        "help": "Rename train_dataset to train-dataset.",
        "suggestion": {
            "line": 5,
            "column": 1,
            "end_line": 5,
            "end_column": 14,
            "replacement": "train-dataset",
        },
        "fingerprint": "0123456789abcdef",
    }
    assert loaded["findings"][1]["suggestion"] is None


def test_sarif_has_the_shape_that_code_scanning_reads() -> None:
    log = json.loads(sarif.render(RESULT))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["MSH202", "MSH305"]
    assert run["columnKind"] == "utf16CodeUnits"
    near, down = run["results"]
    assert rules[near["ruleIndex"]]["id"] == near["ruleId"] == "MSH202"
    assert (near["kind"], near["level"]) == ("fail", "warning")
    assert (down["kind"], down["level"]) == ("open", "none")
    place = near["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == PATH
    assert place["region"] == {"startLine": 5, "startColumn": 1, "endLine": 5, "endColumn": 14}
    assert near["partialFingerprints"]["hubbot/v1"] == "0123456789abcdef"
    (change,) = near["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "train-dataset"}
    assert "fixes" not in down
    assert json.loads(sarif.render(hostile()))["runs"][0]["results"][0]["message"]["text"]


def test_github_commands_are_one_line_each() -> None:
    near, down = github.render(RESULT).splitlines()
    assert near.startswith(
        f"::warning file={PATH},line=5,endLine=5,col=1,endColumn=14,title=MSH202 unknown-field::The hub"
    )
    assert down.startswith("::notice ")
    shown = github.render(hostile())
    assert shown.count("\n") == 1
    assert "<U+000A>%3A%3Aerror%3A%3A" in shown.split("::")[1]
    assert "::error::" not in shown.split("::", 2)[1]


def test_markdown_groups_by_page_and_shows_values_in_code_spans() -> None:
    shown = markdown.render(RESULT)
    assert shown.count(f"**`{PATH}`**") == 1
    assert "Did you mean `train-dataset`?" in shown
    html = MarkdownIt("commonmark").render(markdown.render(hostile()))
    assert not re.search(r"<img|<a ", html)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("render", [text.render, concise.render, github.render, markdown.render])
def test_nothing_invisible_is_printed(render: object, lang: str) -> None:
    assert callable(render)
    shown = render(replace(hostile(), lang=lang))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]", shown)


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("plain 中文 – é", "plain 中文 – é"),
        ("a\u202eb", "a<U+202E>b"),
        ("a\u200bb\ufeff", "a<U+200B>b<U+FEFF>"),
        ("a\tb\nc\0", "a<U+0009>b<U+000A>c<U+0000>"),
        ("x\ufe0f\U000e0041", "x<U+FE0F><U+E0041>"),
        ("a\u00a0b\u3164", "a<U+00A0>b<U+3164>"),
        ("\ud800", "<U+D800>"),
        ("e" + "\u0301" * 5, "e" + "\u0301" * 3 + "<U+0301><U+0301>"),
        ("x" * 301, "x" * 300 + "…"),
    ],
)
def test_visible(given_text: str, shown: str) -> None:
    assert visible(given_text) == shown


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="`|*_[]()<>!@#\\ \n\ra<b&\u202e", min_size=1, max_size=40))
def test_code_span_cannot_be_left(given_text: str) -> None:
    (inline,) = [
        token
        for token in MarkdownIt("commonmark").parse(f"x {code_span(given_text)} y")
        if token.type == "inline"
    ]
    assert [child.type for child in inline.children or []] == ["text", "code_inline", "text"]
