"""Cases of single rules; what must not be reported stands first in each table."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from rules.finding import Finding, Severity
from rules.page import Page, parse

Make = Callable[..., Page]
Judge = Callable[..., list[Finding]]
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
LINK = "https://download.mindspore.cn/models/r1.10/lenet_ascend_v1100_mnist_research_cv_acc98.ckpt"
CN = "mshub_res/assets/mindspore/1.10/lenet_mnist_cn.md"


def case(judge: Judge, page: Page, code: str) -> tuple[str, str] | None:
    """Variant and replacement of the only finding of a rule."""
    found = judge(page, code)
    if not found:
        return None
    (finding,) = found
    return finding.variant, finding.suggestion.replacement if finding.suggestion else ""


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (DIGEST, None),
        (f'"{DIGEST}"', None),
        (DIGEST.upper(), ("case", DIGEST)),
        (f"sha256:{DIGEST}", ("dressed", DIGEST)),
        (f"SHA-256 = {DIGEST.upper()}", ("dressed", DIGEST)),
        (f"{DIGEST[:32]} {DIGEST[32:]}", ("dressed", DIGEST)),
        (f"<{DIGEST}>", ("dressed", DIGEST)),
        (f"{DIGEST[:32]}\u200b{DIGEST[32:]}", ("not-hex", "")),
        (DIGEST.replace("9", "９"), ("not-hex", "")),
        (DIGEST[:-1] + "y", ("not-hex", "")),
        (DIGEST[:8], ("short", "")),
        (DIGEST[:63], ("short", "")),
        (DIGEST + "0", ("long", "")),
        (DIGEST[:32], ("other-hash", "")),
        (DIGEST[:40], ("other-hash", "")),
        (DIGEST * 2, ("other-hash", "")),
        ("0" * 64, ("placeholder", "")),
        ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", ("empty-file", "")),
    ],
)
def test_sha256(make: Make, judge: Judge, written: str, expected: tuple[str, str] | None) -> None:
    assert case(judge, make((DIGEST, written)), "MSH302") == expected


@pytest.mark.parametrize(
    ("written", "variant", "severity"),
    [
        (f"<{LINK}>", None, None),
        (LINK, None, None),
        (LINK.replace("mindspore.cn/", "mindspore.cn:443/"), None, None),
        (LINK.replace("download.", "DOWNLOAD."), None, None),
        (LINK + "?versionId=3", None, None),
        (LINK.replace("download.mindspore.cn", "models.example.org"), "host", Severity.WARNING),
        (LINK.replace("download.mindspore.cn", "evil-download.mindspore.cn"), "alike", Severity.ERROR),
        (LINK.replace("download.mindspore.cn", "downlaod.mindspore.cn"), "alike", Severity.ERROR),
        (LINK.replace("https", "http"), "http", Severity.ERROR),
        (LINK.replace("https", "ftp"), "scheme", Severity.ERROR),
        (LINK.replace("https://", "https://user@"), "user", Severity.ERROR),
        (LINK + "?X-Amz-Signature=ab&X-Amz-Expires=60", "signed", Severity.ERROR),
        (LINK + "?a=b&access_token=ab", "signed", Severity.ERROR),
        (LINK.replace("mindspore.cn/", "mindspore.cn:8443/"), "port", Severity.ERROR),
        (LINK.replace("download.mindspore.cn", "169.254.169.254"), "numeric", Severity.ERROR),
        (LINK.replace("download.mindspore.cn", "0x7f000001"), "numeric", Severity.ERROR),
        (LINK.replace("download.mindspore.cn", "localhost"), "numeric", Severity.ERROR),
        (LINK.replace("download.mindspore.cn", "down\u200bload.mindspore.cn"), "characters", Severity.ERROR),
        (LINK.replace("download.mindspore.cn", "①②⑦.⓪.⓪.①"), "characters", Severity.ERROR),
        (LINK.replace("lenet_ascend", "模型"), "characters", Severity.ERROR),
        (LINK.replace("download.mindspore.cn", "[::1]"), "malformed", Severity.ERROR),
        ("https://127.0.0.1\\@download.mindspore.cn/a.ckpt", "malformed", Severity.ERROR),
        ("https://download.mindspore.cn", "malformed", Severity.ERROR),
        ("https:/download.mindspore.cn/a.ckpt", "malformed", Severity.ERROR),
        ("download.mindspore.cn/a.ckpt", "malformed", Severity.ERROR),
        (f"<{LINK}", "brackets", Severity.ERROR),
        (LINK + "?" + "x" * 2_000, "malformed", Severity.ERROR),
    ],
)
def test_links(
    make: Make, judge: Judge, written: str, variant: str | None, severity: Severity | None
) -> None:
    found = judge(make((f"<{LINK}>", written)), "MSH304")
    assert [(one.variant, one.severity) for one in found] == (
        [] if variant is None else [(variant, severity)]
    )


def test_a_secret_in_a_link_is_not_repeated(make: Make, judge: Judge) -> None:
    written = LINK.replace("https://", "https://me:hunter2@") + "?token=hunter2"
    (finding,) = judge(make((LINK, written)), "MSH304")
    assert "hunter2" not in "".join(finding.values.values())


@pytest.mark.parametrize(
    ("code", "old", "new", "expected"),
    [
        ("MSH206", "cv-classification", "nlp", None),
        ("MSH206", "cv-classification", "CV-classification", ("main-near", "cv-classification")),
        ("MSH206", "cv-classification", "cv-Classification", ("sub-type-near", "cv-classification")),
        ("MSH206", "cv-classification", "cv-classfication", ("sub-type-near", "cv-classification")),
        ("MSH206", "cv-classification", "cv-", ("sub-type", "")),
        ("MSH206", "cv-classification", "gnn-classification", ("sub-type", "")),
        ("MSH207", "used-for: inference", "used-for: inference/transfer-learning", None),
        ("MSH207", "used-for: inference", "used-for: Inference", ("near", "inference")),
        ("MSH207", "used-for: inference", "used-for: 推理", ("unknown", "")),
        ("MSH204", "mindspore-version: 1.10", "mindspore-version: r1.10", ("dressed", "1.10")),
        ("MSH204", "mindspore-version: 1.10", "mindspore-version: 1.10.0", ("dressed", "1.10")),
        ("MSH204", "mindspore-version: 1.10", "mindspore-version: １.10", ("form", "")),
        ("MSH204", "mindspore-version: 1.10", "mindspore-version: 1", ("form", "")),
        ("MSH205", "mindspore-version: 1.10", "mindspore-version: v1.10", None),
        ("MSH301", "file-format: ckpt", "file-format: CKPT", ("near", "ckpt")),
        ("MSH301", "file-format: ckpt", "file-format: geir", ("near", "air")),
        ("MSH301", "acc98.ckpt", "acc98.CKPT", None),
        ("MSH301", "acc98.ckpt", "acc98.tar.gz", ("suffix", "")),
        ("MSH301", "acc98.ckpt", "acc98", ("suffix", "")),
        ("MSH401", '"mindspore/1.10/', '"mindspore/1.10/ ', ("blank", "mindspore/1.10/lenet_mnist")),
        ("MSH202", "evaluation: -", "input-shape: [1, 2]", None),
        ("MSH202", "evaluation: -", "evalution: -", ("near", "evaluation")),
        ("MSH202", "evaluation: -", "mAP: 1", ("unknown", "")),
        ("MSH202", "    file-format", "    link: x\n    file-format", ("near", "")),
        ("MSH202", "license: Apache2.0", "lіcense: Apache2.0", None),
        ("MSH201", "license: Apache2.0", "lіcense: Apache2.0", ("misspelt", "license")),
        ("MSH201", "author: MindSpore team", "author: ~", ("empty", "")),
        ("MSH201", "author: MindSpore team", 'author: ""', ("empty", "")),
        ("MSH201", "author: MindSpore team", "author: [a, b]", ("shape", "")),
        ("MSH201", "author: MindSpore team", "author: {a: b}", ("shape", "")),
        ("MSH201", "file-format: ckpt", "file-format: [ckpt]", ("shape", "")),
        ("MSH201", f"    asset-link: <{LINK}>\n", "", ("asset-missing", "")),
        ("MSH203", "evaluation: -", "evaluation: -\nevaluation: -", ("same", "")),
    ],
)  # fmt: skip
def test_fields(
    make: Make, judge: Judge, code: str, old: str, new: str, expected: tuple[str, str] | None
) -> None:
    assert case(judge, make((old, new)), code) == expected


@pytest.mark.parametrize("asset", ["asset: none", "asset: {file-format: ckpt}", "asset: []"])
def test_an_asset_list_of_another_shape(make: Make, judge: Judge, good_text: str, asset: str) -> None:
    listed = good_text[good_text.index("asset:") : good_text.index("license:")]
    assert "asset-shape" in {finding.variant for finding in judge(make((listed, f"{asset}\n\n")), "MSH201")}


def test_an_asset_entry_that_is_only_a_word_lacks_everything(
    make: Make, judge: Judge, good_text: str
) -> None:
    listed = good_text[good_text.index("asset:") : good_text.index("license:")]
    found = judge(make((listed, "asset:\n- lenet.ckpt\n\n")), "MSH201")
    assert [one.key for one in found] == [
        f"asset[0].{name}" for name in ("asset-link", "asset-sha256", "file-format")
    ]


def test_a_letter_of_another_script_is_shown_by_number(make: Make, judge: Judge) -> None:
    (finding,) = judge(make(("license: Apache2.0", "lіcense: Apache2.0")), "MSH201")
    assert finding.values["written"] == "l<U+0456>cense"


def test_a_flood_of_unknown_fields_is_judged_quickly(judge: Judge) -> None:
    started = time.process_time()
    keys = "\n".join(f"model-nam{number}: v" for number in range(2_400))
    found = judge(parse("mshub_res/assets/mindspore/1.10/x.md", f"# x\n\n---\nauthor: x\n{keys}\n---\n"))
    assert {one.rule for one in found} >= {"MSH201", "MSH202"}
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("path", "variant"),
    [
        ("mshub_res/assets/mindspore/1.10/lenet_mnist.md", None),
        ("mshub_res/assets/someone-else/1.10/lenet_mnist.md", None),
        ("mshub_res/assets/mindspore/ascend/1.10/lenet_mnist.md", None),
        ("mshub_res/assets/mindspore/lenet_mnist.md", "path"),
        ("assets/mindspore/1.10/lenet_mnist.md", "path"),
        ("mshub_res/assets/mindspore/r1.10/lenet_mnist.md", "version"),
        ("mshub_res/assets/mindspore/tpu/1.10/lenet_mnist.md", "backend"),
    ],
)
def test_paths(make: Make, judge: Judge, path: str, variant: str | None) -> None:
    assert [one.variant for one in judge(make(path=path), "MSH102")] == ([] if variant is None else [variant])


def test_model_version_is_the_publishers_own_where_the_policy_says_so(make: Make, judge: Judge) -> None:
    page = make(("model-version: 1.10", "model-version: 1.0"), path="mshub_res/assets/noah-cvlab/1.10/x.md")
    assert judge(page, "MSH205") == []
    assert [one.key for one in judge(make(("model-version: 1.10", "model-version: 1.0")), "MSH205")] == [
        "model-version"
    ]


def test_the_chinese_page_may_name_the_english_uid(make: Make, judge: Judge) -> None:
    assert judge(make(path=CN), "MSH401") == []


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 50, bytes(range(256)) * 20, b"---\n---\n", "中文".encode("utf-16")]
)
@pytest.mark.parametrize("path", [CN, "mshub_res/assets/mindspore/1.10/x.md"])
def test_garbage_gets_findings(judge: Judge, data: bytes, path: str) -> None:
    found = judge(parse(path, data))
    assert any(one.rule == "MSH101" and one.severity is Severity.ERROR for one in found)
