"""The parser keeps text and places; what must not be reported stands first."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.finding import Span
from rules.header import HeaderError, Parser, load, pure_parser
from rules.page import Page, parse

PATH = "mshub_res/assets/mindspore/1.10/lenet_mnist.md"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
LINK = "https://download.mindspore.cn/models/a.ckpt"


def page(header: str, *, path: str = PATH, body: str = "") -> Page:
    return parse(path, f"# LeNet\n\n---\n\n{header}\n\n---\n{body}")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text, id="as it is"),
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="Windows line ends"),
        pytest.param(lambda text: text.rstrip("\n"), id="no newline at the end"),
        pytest.param(lambda text: text.replace("\n---\n", "\n---   \n", 1), id="blanks after ---"),
        pytest.param(lambda text: text + "\n---\n\nmore\n\n--- x\n", id="--- in the body"),
        pytest.param(lambda text: text.replace("98.ckpt>", "98.ckpt").replace("<h", "h"), id="bare link"),
        pytest.param(lambda text: text.replace("evaluation: -", "evaluation:  - "), id="bare dash"),
        pytest.param(lambda text: text.replace("LeNet classifies", "LeNet‑5 “classifies”\u00a0"), id="NBSP"),
        pytest.param(lambda text: text.replace("LeNet classifies", "LeNet\u2028\x85\u200b"), id="odd breaks"),
        pytest.param(lambda text: text.replace("evaluation: -", "input-shape: [[1, 2], [3]]"), id="lists"),
        pytest.param(lambda text: text.replace("license: ", "license:   "), id="blanks before a value"),
    ],
)
def test_read_without_trouble(good_text: str, change: Callable[[str], str]) -> None:
    read = parse(PATH, change(good_text).encode())
    assert read.troubles == ()
    assert read.duplicates == ()
    assert read.text("model-version") == "1.10"
    assert read.text("fine-tunable") == "True"
    assert [(asset.sha256, asset.file_format) for asset in read.assets] == [(DIGEST, "ckpt")]
    assert read.assets[0].link.endswith("acc98.ckpt")
    assert [usage.uid for usage in read.usages] == ["mindspore/1.10/lenet_mnist"]


@pytest.mark.parametrize(
    "value", ["1.10", "no", "on", "010", "0x10", "12:30:45", "~x", "2023-2-17", "1e3", "-"]
)
def test_values_are_text(value: str) -> None:
    read = page(f"some-key: {value}")
    assert read.text("some-key") == value
    assert read.troubles == ()


@pytest.mark.parametrize(
    "assets",
    [  # the last two with a header that YAML refuses
        f"asset:\n\n-\n    file-format: ckpt\n    asset-link: <{LINK}>\n    asset-sha256: {DIGEST}\n",
        f"asset:\n\n- file-format: ckpt  \n  asset-link: <{LINK}>  \n  asset-sha256: {DIGEST}  \n",
        f"asset:\n\n- file-format: ckpt\n\n  asset-link: {LINK}\n\n  asset-sha256: {DIGEST}\n",
        f"asset:\n  file-format: ckpt\n  asset-link: < {LINK} >\n  asset-sha256: {DIGEST}\n",
        f"资源：\n\n- 文件格式：ckpt\n  资源链接： <{LINK}>\n  资源SHA256校验码： {DIGEST}\n",
        f"a: b: c\nasset:\n-\n    file-format: ckpt\n    asset-link: <{LINK}>\n    asset-sha256: {DIGEST}\n",
        f"a: b: c\nasset:\n- file-format: ckpt\n\n  asset-link: {LINK}\n  asset-sha256: {DIGEST}\nd: e\n",
    ],
)
def test_assets_in_every_style(assets: str) -> None:
    (asset,) = page(assets, path=PATH.replace(".md", "_cn.md")).assets
    assert (asset.link, asset.sha256, asset.file_format) == (LINK, DIGEST, "ckpt")
    read = page(assets)
    for text, span in ((LINK, read.assets[0].link_span), (DIGEST, read.assets[0].place("asset-sha256"))):
        assert read.lines[span.line - 1][span.column - 1 : span.end_column - 1] == text


def test_places_count_characters_from_one() -> None:
    read = page("作者: 人\nsummary: 模型 x")
    assert read.fields["summary"].span == Span(6, 10, 6, 14)
    assert read.fields["summary"].key_span == Span(6, 1, 6, 8)


@pytest.mark.parametrize(
    ("path", "names", "uid"),
    [
        (PATH, ("mindspore", "", "1.10", "lenet_mnist"), "mindspore/1.10/lenet_mnist"),
        (
            "mshub_res/assets/noah/gpu/1.0/a-b.c_d.md",
            ("noah", "gpu", "1.0", "a-b.c_d"),
            "noah/gpu/1.0/a-b.c_d",
        ),
        ("mshub_res/assets/mindspore/x.md", ("", "", "", ""), ""),
        ("mshub_res/assets/a/b/c/d/x.md", ("", "", "", ""), ""),
        ("mshub_res/assets//1.0/x.md", ("", "", "", ""), ""),
        ("README.md", ("", "", "", ""), ""),
    ],
)
def test_names_come_from_the_path(path: str, names: tuple[str, ...], uid: str) -> None:
    read = parse(path, "")
    assert (read.publisher, read.backend, read.version, read.name) == names
    assert read.uid == uid


def test_a_chinese_page_is_known_as_such() -> None:
    text = f"模型名称：LeNet\n\nMindSpore Lite：True\n\n资源：\n\n- 资源链接： <{LINK}>\n\n许可证：Apache 2.0"
    read = page(text, path=PATH.replace(".md", "_cn.md"))
    assert read.is_cn
    assert read.troubles == ()
    assert read.text("model-name") == "LeNet"
    assert read.text("license") == "Apache 2.0"
    assert [asset.link for asset in read.assets] == [LINK]
    assert not page(text).is_cn
    assert [trouble.reason for trouble in page(text).troubles] == ["chinese-keys"]


def test_chinese_keys_with_ascii_colons_are_read_too() -> None:
    text = f"模型名称: LeNet\n资源:\n- 资源链接: <{LINK}>\n"
    read = page(text, path=PATH.replace(".md", "_cn.md"))
    assert (read.is_cn, read.text("model-name"), read.assets[0].link) == (True, "LeNet", LINK)


def test_of_a_repeated_key_the_last_counts_and_both_are_kept() -> None:
    read = page(f"license: a\nlicense: b\nasset:\n- asset-link: {LINK}\n  asset-link: {LINK}2\n")
    assert read.text("license") == "b"
    assert [(d.key, d.first.text, d.again.text) for d in read.duplicates] == [
        ("license", "a", "b"),
        ("asset[0].asset-link", LINK, f"{LINK}2"),
    ]


@pytest.mark.parametrize(
    ("line", "uid"),
    [
        ('model = "mindspore/1.10/x"', "mindspore/1.10/x"),
        ("    model='mindspore/ascend/0.7/x.md'", "mindspore/ascend/0.7/x.md"),
        ('net = mshub.load("mindspore/1.10/ x", num_classes=3)', "mindspore/1.10/ x"),
        ('model = "resnet50"', None),
        ('other_model = "a/b/c"', None),
        ("model = build()", None),
    ],
)
def test_usage(line: str, uid: str | None) -> None:
    read = page("a: b", body=f"\n```python\n{line}\n```\n")
    assert [usage.uid for usage in read.usages] == ([] if uid is None else [uid])
    for usage in read.usages:
        span = usage.span
        assert read.lines[span.line - 1][span.column - 1 : span.end_column - 1] == uid


NODES = "\n".join(f"k{number}: v" for number in range(5_001))
BOMB = "\n".join(
    ["a: &a [x, x, x, x, x, x, x, x, x]"]
    + [f"{c}: &{c} [*{p}, *{p}]" for p, c in zip("abcde", "bcdef", strict=True)]
)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("accuracy: vit-base: 83.78", "colon"),
        ("\tkey: value", "syntax"),
        ("a: [1, 2", "syntax"),
        ("a: &x 1\nb: *x", "alias"),
        (BOMB, "alias"),
        ("a:\n  <<: {b: c}", "merge-key"),
        ('"<<": x', "merge-key"),
        ("a: !!python/object/apply:os.system [x]", "tag"),
        ("a: !!int abc", "tag"),
        ("a: ! x", "tag"),
        ("a: b\n--- c\n", "documents"),
        ("a: b\n...\nc: d", "documents"),
        ("%YAML 1.1\na: b", "directive"),
        ("? [a]\n: b", "complex-key"),
        ("- a\n- b", "not-mapping"),
        ("text", "not-mapping"),
        ("", "empty"),
        ("# only a comment", "empty"),
        ("a: " + "[" * 17 + "]" * 17, "too-deep"),
        ("a: " + "[" * 501, "too-deep"),
        ("- " * 5_000 + "x", "too-deep"),
        (NODES, "too-many"),
        ("a: " + "x" * 16_385, "scalar-too-long"),
        ("a: b\n" * 14_000, "header-too-large"),
        ('a: "\\U11111111"', "syntax"),
    ],
)
@pytest.mark.parametrize("parser", [None, pure_parser], ids=["libyaml", "pure"])
def test_refused_headers(header: str, reason: str, parser: Callable[[str], Parser] | None) -> None:
    started = time.process_time()
    with pytest.raises(HeaderError) as caught:
        load(header.split("\n"), 1, parser)
    assert caught.value.reason == reason
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "bracket", ["[", "{", '"[', "[]", "- ", "? ", "a: ", "&", "*", "!", "'", '"', "#", "|", "---\n"]
)
def test_floods_end_quickly(bracket: str) -> None:
    started = time.process_time()
    for count in (500, 5_000, 200_000):
        parse(PATH, f"# x\n\n---\n{bracket * count}\n---\n")
        parse(PATH, f"{bracket * count}")
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("data", "reason", "detail", "place"),
    [
        (b"# x\n\n---\na: \xff\n---\n", "not-utf-8", "", (4, 4)),
        ("# x\n\n---\na: 中文\n---\n".encode("gbk"), "not-utf-8", "GBK", (4, 4)),
        ("# x\n\n---\na: b\n---\n".encode("utf-16"), "not-utf-8", "UTF-16", (1, 1)),
        (b"# x\n\n---\na: b\0\n---\n", "nul", "", (4, 5)),
        (b"", "not-delimited", "0", (1, 1)),
        (b"# x\n\n---\na: b\n", "not-delimited", "1", (3, 1)),
        (b"# x\n\n---\na: b\n...\n", "not-delimited", "1", (3, 1)),
        (b"# x\n\n---\na: b\n---\n" + b"x" * (1 << 20), "too-large", "1048576", (1, 1)),
    ],
)
def test_troubles_with_the_text(data: bytes, reason: str, detail: str, place: tuple[int, int]) -> None:
    troubles = {trouble.reason: trouble for trouble in parse(PATH, data).troubles}
    assert troubles[reason].detail == detail
    assert (troubles[reason].span.line, troubles[reason].span.column) == place


def test_a_character_cut_by_our_own_limit_is_not_blamed() -> None:
    data = b"# x\n\n---\na: b\n---\n" + "中".encode() * 400_000
    assert [trouble.reason for trouble in parse(PATH, data).troubles] == ["too-large"]


def test_a_full_width_colon_is_named() -> None:
    (trouble,) = page("a: b\nlicense：Apache2.0").troubles
    assert (trouble.reason, trouble.span) == ("wide-colon", Span(6, 8, 6, 9))


def test_load_names_the_page_line() -> None:
    with pytest.raises(HeaderError) as caught:
        load(["a: b", "c: &d e"], 10)
    assert (caught.value.reason, caught.value.span.line) == ("alias", 11)


MARKS = (
    "---\n",
    "\n",
    "- ",
    "-\n",
    ": ",
    "：",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "!t ",
    "|\n",
    ">\n",
    "'",
    '"',
    "#",
)
WORDS = (
    "asset:\n",
    "    asset-link: <https://a.b/c.ckpt>\n",
    "key: value\n",
    "模型名称",
    "资源：\n",
    "%YAML 1.1\n",
)
ODD = ("\\x", "\t", "\r\n", "\0", "\ufeff", "\u2028", "\x85", "\ud800", "? ", "<<: ", 'model = "a/b"\n')
PIECES = st.sampled_from((*MARKS, *WORDS, *ODD))


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=60).map("".join), st.text(max_size=300), st.binary(max_size=300)))
def test_any_input_gives_a_page(data: str | bytes) -> None:
    for path in (PATH, PATH.replace(".md", "_cn.md")):
        read = parse(path, data)
        spans = [field.span for field in read.fields.values()] + [trouble.span for trouble in read.troubles]
        spans += [asset.link_span for asset in read.assets] + [usage.span for usage in read.usages]
        assert all(1 <= span.line <= len(read.lines) + 1 and span.column >= 1 for span in spans)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_header_gives_a_page(header: str) -> None:
    read = parse(PATH, f"# x\n\n---\n{header}\n---\n")
    assert read.fields or read.troubles
